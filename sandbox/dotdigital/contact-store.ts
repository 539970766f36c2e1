/** Dotdigital's contacts as they stand, and who is on which list. */
import { z } from 'zod'
import { integer, only, type Row, text } from '../frame/database.ts'
import { Pages } from '../frame/pages.ts'
import type { World } from '../frame/vendor.ts'
import { type ImportContact, type MergeOption, standingOf } from './contact.ts'

type Values = Readonly<Record<string, unknown>>
const keptFields = z.record(z.string(), z.unknown())

export interface ContactStore {
  /** Applies one contact and puts it on the lists. */
  upsert(
    contact: ImportContact,
    merge: MergeOption,
  ): { readonly kind: 'created' | 'updated'; readonly contactId: number }
  leave(list: number, contact: number): void
  count(): number
  find(email: string): Row | undefined
  byId(id: number): Row | undefined
  /** As v3 shows a contact. */
  show(contact: Row): Record<string, unknown>
  /** As v2 shows those on a list, in order of their ids. */
  page(list: number, select: number, skip: number, full: boolean): Record<string, unknown>[]
  /** Sorted addresses of those whom the list is sent to. */
  members(list: number): Iterable<string>
}

const isEmpty = (value: unknown): boolean => value === undefined || value === null || value === ''

/** https://developer.dotdigital.com/reference/importcontacts-1 (checked 2026-11-21); `null` clears a field. */
const merged = (old: Values, given: Values, merge: MergeOption): Values => {
  const all: Record<string, unknown> = { ...old }
  for (const [name, value] of Object.entries(given)) {
    if (merge === 'overwriteIfNotEmpty' && isEmpty(value)) continue
    if (merge === 'overwriteIfEmpty' && !isEmpty(old[name])) continue
    if (value === null) delete all[name]
    else all[name] = value
  }
  return all
}

/** `pendingOptIn` in v3 is `PendingOptIn` in v2. */
const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

const moment = (row: Row, column: string): string => new Date(integer(row, column)).toISOString()

export const contactStore = ({ db, now }: World): ContactStore => {
  const selectOne = db.prepare('SELECT * FROM contact WHERE email = ?')
  const selectById = db.prepare('SELECT * FROM contact WHERE id = ?')
  const count = db.prepare('SELECT count(*) AS contacts FROM contact')
  const insert = db.prepare(
    'INSERT INTO contact (email, status, fields, created_at, updated_at) VALUES (?, ?, ?, ?, ?) RETURNING id',
  )
  const update = db.prepare('UPDATE contact SET fields = ?, updated_at = ? WHERE id = ?')
  // Who has left a list themselves stays suppressed there.
  const join = db.prepare('INSERT OR IGNORE INTO member (list, contact, status) VALUES (?, ?, ?)')
  const leave = db.prepare(`DELETE FROM member WHERE list = ? AND contact = ? AND status = 'subscribed'`)
  const listsOf = db.prepare(
    'SELECT list.id, list.name, member.status FROM member JOIN list ON list.id = member.list WHERE contact = ? ORDER BY list.id',
  )
  const onList = `FROM member JOIN contact ON contact.id = member.contact WHERE list = ? AND member.status = 'subscribed'`
  // Who is skipped need not be known as a contact.
  const selectPage = db.prepare(
    `SELECT contact.* FROM (
       SELECT contact AS id FROM member WHERE list = ? AND status = 'subscribed' AND contact >= ? ORDER BY contact LIMIT ? OFFSET ?
     ) AS page JOIN contact ON contact.id = page.id ORDER BY contact.id`,
  )
  const pages = new Pages<number>()
  let revision = 0
  const selectMembers = db.prepare(`SELECT email ${onList} ORDER BY email`)

  const joinAll = (lists: readonly number[], contact: number, standing: string): void => {
    for (const list of lists) join.run(list, contact, standing)
    revision++
  }
  const fieldsOf = (row: Row): Values => keptFields.parse(JSON.parse(text(row, 'fields')))
  const shownFields = (row: Row): { key: string; value: unknown }[] =>
    Object.entries(fieldsOf(row)).map(([key, value]) => ({ key, value }))

  return {
    upsert({ email, fields, lists }, merge) {
      const standing = standingOf(email)
      const there = selectOne.get(email)
      const at = Math.floor(now())
      if (there === undefined) {
        const kept = JSON.stringify(merged({}, fields, merge))
        const id = integer(only(insert.get(email, standing.status, kept, at, at)), 'id')
        joinAll(lists, id, standing.onLists)
        return { kind: 'created', contactId: id }
      }
      const id = integer(there, 'id')
      update.run(JSON.stringify(merged(fieldsOf(there), fields, merge)), at, id)
      joinAll(lists, id, standing.onLists)
      return { kind: 'updated', contactId: id }
    },
    leave(list, contact) {
      leave.run(list, contact)
      revision++
    },
    count: () => integer(only(count.get()), 'contacts'),
    find: (email) => selectOne.get(email.trim().toLowerCase()),
    byId: (id) => selectById.get(id),
    show(row) {
      const status = text(row, 'status')
      return {
        contactId: integer(row, 'id'),
        identifiers: { email: text(row, 'email') },
        status,
        created: moment(row, 'created_at'),
        updated: moment(row, 'updated_at'),
        dataFields: fieldsOf(row),
        channelProperties: { email: { status, emailType: 'Html', optInType: 'Unknown' } },
        lists: listsOf.all(integer(row, 'id')).map(({ id, name, status: onList }) => ({ id, name, status: onList })),
      }
    },
    page(list, select, skip, full) {
      const { from = 0, offset } = pages.start(String(list), revision, skip)
      const rows = selectPage.all(list, from, select, offset)
      const last = rows.at(-1)
      if (last !== undefined) pages.note(String(list), revision, skip + rows.length - 1, integer(last, 'id'))
      return rows.map((row) => ({
        id: integer(row, 'id'),
        email: text(row, 'email'),
        optInType: 'Unknown',
        emailType: 'Html',
        dataFields: full ? shownFields(row) : null,
        status: capital(text(row, 'status')),
      }))
    },
    *members(list) {
      for (const row of selectMembers.all(list)) yield text(row, 'email')
    },
  }
}
