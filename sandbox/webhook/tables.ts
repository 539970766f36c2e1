/** Tables of the webhook's receiver. */

export const schema = `
CREATE TABLE IF NOT EXISTS list (
  number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, mark TEXT UNIQUE
) STRICT;
CREATE TABLE IF NOT EXISTS member (
  list INTEGER NOT NULL, email TEXT NOT NULL, fields TEXT NOT NULL, PRIMARY KEY (list, email)
) STRICT, WITHOUT ROWID;
`
