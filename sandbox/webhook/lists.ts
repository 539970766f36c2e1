/** The lists that the receiver keeps, and who is on them. */
import { integer, only, type Row, text, textOrNull } from '../frame/database.ts'
import type { VendorList, World } from '../frame/vendor.ts'

/** As the receiver shows a list. */
export interface Shown {
  readonly id: string
  readonly name: string
  readonly mark?: string
  readonly members: number
}

export interface Lists {
  all(): Shown[]
  find(id: string): Shown | undefined
  /** The one that bears the mark, else the one of this name, else a new one. */
  open(name: string, mark: string): Shown
  drop(id: string): void
  /** Values are written over those that are there; one that is null is cleared. */
  join(id: string, email: string, fields: Readonly<Record<string, unknown>>): void
  /** False where nobody of this address was on it. */
  leave(id: string, email: string): boolean
  fieldsOf(id: string, email: string): unknown
  members(id: string): Iterable<string>
  listed(): readonly VendorList[]
}

const prefix = 'list-'
const numberIn = (id: string): number => (/^list-[1-9]\d{0,14}$/.test(id) ? Number(id.slice(prefix.length)) : 0)

export const receiverLists = ({ db }: World): Lists => {
  const selectAll = db.prepare('SELECT * FROM list ORDER BY number')
  const selectOne = db.prepare('SELECT * FROM list WHERE number = ?')
  const selectMarked = db.prepare('SELECT * FROM list WHERE mark = ?')
  const selectNamed = db.prepare('SELECT * FROM list WHERE name = ? ORDER BY number LIMIT 1')
  const insert = db.prepare('INSERT INTO list (name, mark) VALUES (?, ?) RETURNING *')
  const remove = db.prepare('DELETE FROM list WHERE number = ?')
  const removeMembers = db.prepare('DELETE FROM member WHERE list = ?')
  const count = db.prepare('SELECT count(*) AS members FROM member WHERE list = ?')
  const selectFields = db.prepare('SELECT fields FROM member WHERE list = ? AND email = ?')
  const put = db.prepare('INSERT OR REPLACE INTO member (list, email, fields) VALUES (?, ?, ?)')
  const take = db.prepare('DELETE FROM member WHERE list = ? AND email = ?')
  const selectMembers = db.prepare('SELECT email FROM member WHERE list = ? ORDER BY email')

  const shown = (row: Row): Shown => {
    const mark = textOrNull(row, 'mark')
    return {
      id: `${prefix}${integer(row, 'number')}`,
      name: text(row, 'name'),
      ...(mark === null ? {} : { mark }),
      members: integer(only(count.get(integer(row, 'number'))), 'members'),
    }
  }
  const fieldsOf = (id: string, email: string): unknown => {
    const row = selectFields.get(numberIn(id), email)
    return row === undefined ? undefined : JSON.parse(text(row, 'fields'))
  }
  return {
    all: () => selectAll.all().map(shown),
    find(id) {
      const row = selectOne.get(numberIn(id))
      return row === undefined ? undefined : shown(row)
    },
    open: (name, mark) => shown(selectMarked.get(mark) ?? selectNamed.get(name) ?? only(insert.get(name, mark))),
    drop(id) {
      removeMembers.run(numberIn(id))
      remove.run(numberIn(id))
    },
    join(id, email, fields) {
      const before = fieldsOf(id, email)
      const merged = { ...(typeof before === 'object' ? before : {}), ...fields }
      const kept = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null))
      put.run(numberIn(id), email, JSON.stringify(kept))
    },
    leave: (id, email) => take.run(numberIn(id), email).changes > 0,
    fieldsOf,
    *members(id) {
      for (const row of selectMembers.all(numberIn(id))) yield text(row, 'email')
    },
    listed: () => selectAll.all().map(shown),
  }
}
