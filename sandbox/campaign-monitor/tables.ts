/** Tables of the Campaign Monitor simulator. Times are milliseconds since the epoch. */

export const schema = `
CREATE TABLE IF NOT EXISTS code (code TEXT PRIMARY KEY, redirect_uri TEXT NOT NULL, scope TEXT NOT NULL, expires_at INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE IF NOT EXISTS access_token (token TEXT PRIMARY KEY, scope TEXT NOT NULL, expires_at INTEGER NOT NULL, revoked INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE IF NOT EXISTS refresh_token (token TEXT PRIMARY KEY, scope TEXT NOT NULL, used INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE IF NOT EXISTS list (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, client TEXT NOT NULL, title TEXT NOT NULL,
  confirmed_opt_in INTEGER NOT NULL, unsubscribe_setting TEXT NOT NULL, UNIQUE (client, title)
) STRICT;
CREATE TABLE IF NOT EXISTS custom_field (
  list INTEGER NOT NULL, name TEXT NOT NULL COLLATE NOCASE, key TEXT NOT NULL COLLATE NOCASE, type TEXT NOT NULL, options TEXT NOT NULL,
  visible INTEGER NOT NULL, PRIMARY KEY (list, name)
) STRICT;
CREATE TABLE IF NOT EXISTS subscriber (
  list INTEGER NOT NULL, email TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, joined_at INTEGER NOT NULL, changed_at INTEGER NOT NULL,
  fields TEXT NOT NULL, read_deleted INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (list, email)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS subscriber_of_state ON subscriber (list, state, email, changed_at);
CREATE TABLE IF NOT EXISTS suppressed (client TEXT NOT NULL, email TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (client, email)) STRICT;
`
