/** Tables of the Microsoft Advertising simulator. Times are milliseconds since the epoch. */
import { workSchema } from '../frame/work.ts'

export const schema = `
CREATE TABLE IF NOT EXISTS code (
  code TEXT PRIMARY KEY, redirect_uri TEXT NOT NULL, scope TEXT NOT NULL, challenge TEXT, expires_at INTEGER NOT NULL,
  used INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS access_token (token TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS refresh_token (
  token TEXT PRIMARY KEY, scope TEXT NOT NULL, expires_at INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS audience (
  number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL COLLATE NOCASE UNIQUE, description TEXT,
  scope TEXT NOT NULL, parent_id TEXT NOT NULL, membership_duration INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS member (
  audience INTEGER NOT NULL, hash TEXT NOT NULL, added_at INTEGER NOT NULL, PRIMARY KEY (audience, hash)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS upload (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, mode TEXT NOT NULL, url_expires_at INTEGER NOT NULL,
  verdict TEXT CHECK (verdict IN ('taken', 'no version', 'format', 'rows')), extension TEXT, lists TEXT, rows INTEGER,
  starts_at INTEGER, done_at INTEGER, errored INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS upload_done ON upload (done_at);
CREATE TABLE IF NOT EXISTS upload_result (number INTEGER PRIMARY KEY, upload INTEGER NOT NULL, rows TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS upload_result_upload ON upload_result (upload);
${workSchema}`
