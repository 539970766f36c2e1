/** Tables of the SendGrid simulator. Times are milliseconds since the epoch. */
import { workSchema } from '../frame/work.ts'

export const schema = `
CREATE TABLE IF NOT EXISTS list (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE IF NOT EXISTS contact (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL, email TEXT, phone_number_id TEXT, external_id TEXT, anonymous_id TEXT,
  fields TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS contact_email ON contact (email) WHERE email IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS contact_phone ON contact (phone_number_id) WHERE phone_number_id IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS contact_external ON contact (external_id) WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS contact_anonymous ON contact (anonymous_id) WHERE anonymous_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS alternate_email (email TEXT PRIMARY KEY, contact INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS member (
  list INTEGER NOT NULL, contact INTEGER NOT NULL, PRIMARY KEY (list, contact)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS field (
  number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL COLLATE NOCASE UNIQUE, type TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS job (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL CHECK (type IN ('upsert_contacts', 'remove_contacts')),
  requested INTEGER NOT NULL, accepted_at INTEGER NOT NULL, finish_at INTEGER,
  created INTEGER NOT NULL DEFAULT 0, updated INTEGER NOT NULL DEFAULT 0, deleted INTEGER NOT NULL DEFAULT 0,
  errored INTEGER NOT NULL DEFAULT 0, unprocessable INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS job_error (number INTEGER PRIMARY KEY, job INTEGER NOT NULL, rows TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS job_error_job ON job_error (job);
CREATE TABLE IF NOT EXISTS import (
  job INTEGER PRIMARY KEY, lists TEXT NOT NULL, mappings TEXT NOT NULL, expires_at INTEGER NOT NULL, starts_at INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS export (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, lists TEXT NOT NULL, file_type TEXT NOT NULL,
  most_bytes INTEGER NOT NULL, created_at INTEGER NOT NULL, due_at INTEGER NOT NULL, contacts INTEGER, files INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS export_piece (
  number INTEGER PRIMARY KEY, export INTEGER NOT NULL, file INTEGER NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS export_piece_file ON export_piece (export, file);
${workSchema}`
