/** SendGrid's contacts as they stand: upserting one, leaving a list, finding by address. */
import { randomUUID } from 'node:crypto'
import { integer, only, type Row, text, textOrNull } from '../frame/database.ts'
import type { World } from '../frame/vendor.ts'
import { type IdentifierName, textFieldNames, type Upsert } from './contact.ts'

export type Upserted =
  | { readonly kind: 'created' | 'updated' | 'unchanged' }
  | { readonly kind: 'refused'; readonly reason: string }

export interface ContactStore {
  /** Applies one contact and puts it on the lists, given by number. */
  upsert(contact: Upsert, lists: readonly number[], now: number): Upserted
  leave(list: number, contact: number): void
  count(): number
  /** The contact whose address, or one of whose other addresses, this is; `email` in lower case. */
  find(email: string): Row | undefined
  findBy(name: IdentifierName, value: string): Row | undefined
  byId(id: string): Row | undefined
  show(contact: Row): Record<string, unknown>
}

interface Kept {
  readonly fields: Readonly<Record<string, string>>
  readonly custom: Readonly<Record<string, string | number>>
  readonly alternates: readonly string[]
}
/** Looks no deeper: only this file writes them, and tens of thousands are read in one job. */
const isKept = (value: unknown): value is Kept =>
  typeof value === 'object' && value !== null && 'fields' in value && 'custom' in value && 'alternates' in value
const keptIn = (row: Row): Kept => {
  const value: unknown = JSON.parse(text(row, 'fields'))
  if (!isKept(value)) throw new Error("The sandbox's own file has a contact that cannot be read.")
  return value
}
const nothingKept: Kept = { fields: {}, custom: {}, alternates: [] }

const merged = <V>(old: Readonly<Record<string, V>>, given: Readonly<Record<string, V>>): Record<string, V> => {
  const all = { ...old, ...given }
  for (const name of Object.keys(given)) if (all[name] === '') delete all[name]
  return all
}

const mergeKept = (old: Kept, given: Upsert): Kept => ({
  fields: merged(old.fields, given.fields),
  custom: merged(old.custom, given.custom),
  alternates: given.alternates ?? old.alternates,
})

const identifierNames: readonly IdentifierName[] = ['email', 'phone_number_id', 'external_id', 'anonymous_id']
const identifiersOf = (row: Row): (string | null)[] => identifierNames.map((name) => textOrNull(row, name))

/** A UUID whose last part is the contact's number: found again without an index over random values. */
const idFor = (number: number): string => randomUUID().slice(0, -12) + number.toString(16).padStart(12, '0')
const numberIn = (id: string): number => {
  const last = id.slice(-12)
  return /^[0-9a-f]{12}$/.test(last) ? Number.parseInt(last, 16) : 0
}

export const contactStore = (world: World): ContactStore => {
  const { db } = world
  const selectBy = {
    email: db.prepare('SELECT * FROM contact WHERE email = ?'),
    phone_number_id: db.prepare('SELECT * FROM contact WHERE phone_number_id = ?'),
    external_id: db.prepare('SELECT * FROM contact WHERE external_id = ?'),
    anonymous_id: db.prepare('SELECT * FROM contact WHERE anonymous_id = ?'),
  }
  const selectByNumber = db.prepare('SELECT * FROM contact WHERE number = ?')
  const selectLast = db.prepare('SELECT coalesce(max(number), 0) AS number FROM contact')
  const selectByAlternate = db.prepare(
    'SELECT contact.* FROM alternate_email JOIN contact ON contact.number = alternate_email.contact WHERE alternate_email.email = ?',
  )
  const count = db.prepare('SELECT count(*) AS contacts FROM contact')
  const insert = db.prepare(
    `INSERT INTO contact (number, id, email, phone_number_id, external_id, anonymous_id, fields, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const update = db.prepare(
    `UPDATE contact SET email = ?, phone_number_id = ?, external_id = ?, anonymous_id = ?, fields = ?, updated_at = ?
     WHERE number = ?`,
  )
  const join = db.prepare('INSERT OR IGNORE INTO member (list, contact) VALUES (?, ?)')
  const leave = db.prepare('DELETE FROM member WHERE list = ? AND contact = ?')
  const listsOf = db.prepare(
    `SELECT id FROM list WHERE EXISTS (SELECT 1 FROM member WHERE member.list = list.number AND member.contact = ?)
     ORDER BY number`,
  )
  const dropAlternates = db.prepare('DELETE FROM alternate_email WHERE contact = ?')
  const addAlternate = db.prepare('INSERT OR IGNORE INTO alternate_email (email, contact) VALUES (?, ?)')

  let lastNumber = integer(only(selectLast.get()), 'number')

  const setAlternates = (contact: number, alternates: readonly string[] | undefined): void => {
    if (alternates === undefined) return
    dropAlternates.run(contact)
    for (const email of alternates) addAlternate.run(email, contact)
  }

  const joinAll = (lists: readonly number[], contact: number): boolean => {
    let joined = false
    for (const list of lists) if (join.run(list, contact).changes !== 0) joined = true
    return joined
  }

  /** Every contact that one of the identifiers names. */
  const matches = (identifiers: Upsert['identifiers']): Map<number, Row> => {
    const found = new Map<number, Row>()
    for (const name of identifierNames) {
      const value = identifiers[name]
      const row = value === undefined ? undefined : selectBy[name].get(value)
      if (row !== undefined) found.set(integer(row, 'number'), row)
    }
    return found
  }

  const create = (contact: Upsert, lists: readonly number[], now: number): Upserted => {
    const { email, phone_number_id, external_id, anonymous_id } = contact.identifiers
    const fields = JSON.stringify(mergeKept(nothingKept, contact))
    const number = ++lastNumber
    insert.run(
      number,
      idFor(number),
      email ?? null,
      phone_number_id ?? null,
      external_id ?? null,
      anonymous_id ?? null,
      fields,
      now,
      now,
    )
    setAlternates(number, contact.alternates)
    joinAll(lists, number)
    return { kind: 'created' }
  }

  const change = (row: Row, contact: Upsert, lists: readonly number[], now: number): Upserted => {
    const number = integer(row, 'number')
    const before = identifiersOf(row)
    const given = identifierNames.map((name) => contact.identifiers[name] ?? null)
    // "In order to update a contact, all of its existing identifiers must be present."
    if (before.some((value, index) => value !== null && value !== given[index])) {
      return { kind: 'refused', reason: 'all existing identifiers of the contact must be present' }
    }
    const fields = JSON.stringify(mergeKept(keptIn(row), contact))
    const joined = joinAll(lists, number)
    const same = fields === text(row, 'fields') && given.every((value, index) => value === before[index])
    if (same) return { kind: joined ? 'updated' : 'unchanged' }
    const [email, phone, external, anonymous] = given
    update.run(email ?? null, phone ?? null, external ?? null, anonymous ?? null, fields, now, number)
    setAlternates(number, contact.alternates)
    return { kind: 'updated' }
  }

  return {
    upsert(contact, lists, now) {
      const found = matches(contact.identifiers)
      if (found.size > 1) return { kind: 'refused', reason: 'the identifiers belong to more than one contact' }
      const [row] = found.values()
      return row === undefined ? create(contact, lists, now) : change(row, contact, lists, now)
    },
    leave(list, contact) {
      leave.run(list, contact)
    },
    count: () => integer(only(count.get()), 'contacts'),
    find: (email) => selectBy.email.get(email) ?? selectByAlternate.get(email),
    findBy: (name, value) => selectBy[name].get(value),
    byId(id) {
      const row = selectByNumber.get(numberIn(id))
      return row !== undefined && row.id === id ? row : undefined
    },
    show(row) {
      const { fields, custom, alternates } = keptIn(row)
      const id = text(row, 'id')
      return {
        id,
        ...Object.fromEntries(identifierNames.map((name, index) => [name, identifiersOf(row)[index] ?? ''])),
        ...Object.fromEntries(textFieldNames.map((name) => [name, fields[name] ?? ''])),
        alternate_emails: alternates,
        list_ids: listsOf.all(integer(row, 'number')).map((list) => text(list, 'id')),
        segment_ids: [],
        custom_fields: custom,
        created_at: new Date(integer(row, 'created_at')).toISOString(),
        updated_at: new Date(integer(row, 'updated_at')).toISOString(),
        _metadata: { self: `${world.origin()}/v3/marketing/contacts/${id}` },
      }
    },
  }
}
