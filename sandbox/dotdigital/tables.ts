/** Tables of the Dotdigital simulator. Times are milliseconds since the epoch. */
import { workSchema } from '../frame/work.ts'

export const schema = `
CREATE TABLE IF NOT EXISTS list (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL COLLATE NOCASE UNIQUE, visibility TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS contact (
  id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL UNIQUE, status TEXT NOT NULL, fields TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS member (
  list INTEGER NOT NULL, contact INTEGER NOT NULL, status TEXT NOT NULL CHECK (status IN ('subscribed', 'suppressed')),
  PRIMARY KEY (list, contact)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS member_contact ON member (contact);
CREATE TABLE IF NOT EXISTS data_field (
  number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL COLLATE NOCASE UNIQUE, type TEXT NOT NULL,
  visibility TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS job (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL CHECK (type IN ('import', 'removal')),
  finish_at INTEGER NOT NULL, failed TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS job_open ON job (type, finish_at);
CREATE TABLE IF NOT EXISTS report (
  number INTEGER PRIMARY KEY, job INTEGER NOT NULL, part TEXT NOT NULL CHECK (part IN ('created', 'updated', 'failures')),
  count INTEGER NOT NULL, entries TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS report_job ON report (job, part);
CREATE TABLE IF NOT EXISTS failure (job INTEGER NOT NULL, code TEXT NOT NULL, count INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS failure_job ON failure (job);
${workSchema}`
