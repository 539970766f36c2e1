/** Dotdigital's address books, or lists: v2 alone makes, reads and changes them. */
import { z } from 'zod'
import { integer, type Row, text } from '../frame/database.ts'
import { type Answer, type Call, parseJson, type VendorList, type World } from '../frame/vendor.ts'
import type { GuardedRoute } from './access.ts'
import { bookNotFound, malformed, refusalV2 } from './answers.ts'
import type { ContactStore } from './contact-store.ts'

/** https://developer.dotdigital.com/reference/create-address-book (checked 2026-11-21). */
const wanted = z.object({
  name: z.string().trim().min(1).max(128),
  visibility: z.enum(['Private', 'Public']).default('Private'),
})
const reserved = new Set(['test', 'all contacts'])
const mostInPage = 1000

export interface AddressBooks {
  readonly routes: readonly GuardedRoute[]
  has(id: number): boolean
  /** The list that a path names. */
  inPath(call: Call): number | undefined
  all(): readonly VendorList[]
}

/** Select and skip of a page, or undefined where they cannot be used. */
export const pageIn = ({ query }: Call): { readonly select: number; readonly skip: number } | undefined => {
  const select = Number(query.get('select') ?? mostInPage)
  const skip = Number(query.get('skip') ?? 0)
  const usable = Number.isInteger(select) && select >= 1 && select <= mostInPage && Number.isInteger(skip) && skip >= 0
  return usable ? { select, skip } : undefined
}

export const addressBooks = ({ db }: World, contacts: ContactStore): AddressBooks => {
  const counted = `SELECT *, (SELECT count(*) FROM member WHERE list = list.id AND status = 'subscribed') AS members FROM list`
  const selectPage = db.prepare(`${counted} ORDER BY id LIMIT ? OFFSET ?`)
  const selectOne = db.prepare(`${counted} WHERE id = ?`)
  const selectNamed = db.prepare('SELECT id FROM list WHERE name = ?')
  const exists = db.prepare('SELECT 1 FROM list WHERE id = ?')
  const insert = db.prepare('INSERT INTO list (name, visibility) VALUES (?, ?) RETURNING id')
  const update = db.prepare('UPDATE list SET name = ?, visibility = ? WHERE id = ?')
  const dropMembers = db.prepare('DELETE FROM member WHERE list = ?')
  const drop = db.prepare('DELETE FROM list WHERE id = ?')

  const shown = (row: Row) => ({
    id: integer(row, 'id'),
    name: text(row, 'name'),
    visibility: text(row, 'visibility'),
    contacts: integer(row, 'members'),
  })
  /** Without a look at who is on it. */
  const idIn = (call: Call): number | undefined => {
    const id = call.params.id ?? ''
    return /^\d{1,10}$/.test(id) && exists.get(Number(id)) !== undefined ? Number(id) : undefined
  }
  const named = (call: Call): Row | undefined => {
    const id = idIn(call)
    return id === undefined ? undefined : selectOne.get(id)
  }

  /** Names are compared without regard to case (assumed). */
  const write = (call: Call, own: number | undefined): Answer => {
    const given = wanted.safeParse(parseJson(call.body)?.value)
    if (!given.success) return refusalV2(400, 'The address book is not valid.', 'ERROR_ADDRESSBOOK_INVALID')
    const { name, visibility } = given.data
    const holder = selectNamed.get(name)
    const taken = holder !== undefined && integer(holder, 'id') !== own
    if (taken || reserved.has(name.toLowerCase())) {
      return refusalV2(400, 'There is an address book of that name.', 'ERROR_ADDRESSBOOK_DUPLICATE')
    }
    if (own !== undefined) update.run(name, visibility, own)
    const row = own === undefined ? insert.get(name, visibility) : selectOne.get(own)
    const id = row === undefined ? undefined : selectOne.get(integer(row, 'id'))
    return id === undefined ? bookNotFound() : { status: 200, json: shown(id), records: 1 }
  }
  const change = (call: Call): Answer => {
    const id = idIn(call)
    return id === undefined ? bookNotFound() : write(call, id)
  }
  const show = (call: Call): Answer => {
    const row = named(call)
    return row === undefined ? bookNotFound() : { status: 200, json: shown(row) }
  }
  /** The contacts stay in the account. */
  const remove = (call: Call): Answer => {
    const id = idIn(call)
    if (id === undefined) return bookNotFound()
    dropMembers.run(id)
    drop.run(id)
    return { status: 204, records: 1 }
  }
  const page = (call: Call): Answer => {
    const at = pageIn(call)
    return at === undefined ? malformed() : { status: 200, json: selectPage.all(at.select, at.skip).map(shown) }
  }
  const people = (call: Call): Answer => {
    const id = idIn(call)
    if (id === undefined) return bookNotFound()
    const at = pageIn(call)
    if (at === undefined) return malformed()
    const full = call.query.get('withFullData') === 'true'
    return { status: 200, json: contacts.page(id, at.select, at.skip, full) }
  }

  const path = '/v2/address-books'
  return {
    routes: [
      { method: 'GET', path, tier: 'low', answer: page },
      { method: 'POST', path, tier: 'medium', write: true, answer: (call) => write(call, undefined) },
      { method: 'GET', path: `${path}/{id}`, tier: 'high', answer: show },
      { method: 'PUT', path: `${path}/{id}`, tier: 'medium', write: true, answer: change },
      { method: 'DELETE', path: `${path}/{id}`, tier: 'medium', write: true, answer: remove },
      { method: 'GET', path: `${path}/{id}/contacts`, tier: 'low', answer: people },
    ],
    has: (id) => exists.get(id) !== undefined,
    inPath: idIn,
    all: () =>
      selectPage.all(-1, 0).map((row) => ({
        id: String(integer(row, 'id')),
        name: text(row, 'name'),
        members: integer(row, 'members'),
      })),
  }
}
