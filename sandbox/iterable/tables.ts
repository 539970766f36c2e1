/** Tables of the Iterable simulator. Times are milliseconds since the epoch. */

/** Members are seen from `seen_from` on, and until `seen_until` once they were taken off. */
export const schema = `
CREATE TABLE IF NOT EXISTS list (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, description TEXT, type TEXT NOT NULL,
  created_at INTEGER NOT NULL, known_at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS user (
  number INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT UNIQUE, user_id TEXT UNIQUE, fields TEXT NOT NULL,
  unsubscribed_channels TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS forgotten (email TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS member (
  list INTEGER NOT NULL, user INTEGER NOT NULL, seen_from INTEGER NOT NULL, seen_until INTEGER, PRIMARY KEY (list, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS member_user ON member (user);
CREATE INDEX IF NOT EXISTS member_until ON member (seen_until) WHERE seen_until IS NOT NULL;
CREATE TABLE IF NOT EXISTS field (name TEXT PRIMARY KEY, type TEXT NOT NULL) STRICT, WITHOUT ROWID;
`
