/** SendGrid's lists: reading by page, making, renaming, deleting. */
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { integer, only, type Row, text } from '../frame/database.ts'
import { type Answer, type Call, parseJson, type VendorList, type World } from '../frame/vendor.ts'
import type { GuardedRoute } from './access.ts'
import { badJson, refusal } from './answers.ts'

/** https://www.twilio.com/docs/sendgrid/api-reference/lists/create-list (checked 2026-11-21). */
const mostLists = 1000
const longestName = 100
const pageSizes = { default: 100, max: 1000 }

export interface Lists {
  readonly routes: readonly GuardedRoute[]
  all(): VendorList[]
  /** The list's number, by which members refer to it. */
  number(id: string): number | undefined
  members(id: string): Iterable<string>
}

const named = z.object({ name: z.string().min(1).max(longestName) })
const listNotFound = (): Answer => refusal(404, { field: 'id', message: 'list not found' })

export const sendGridLists = (world: World): Lists => {
  const { db } = world
  const columns = '*, (SELECT count(*) FROM member WHERE member.list = list.number) AS members'
  const selectAll = db.prepare(`SELECT ${columns} FROM list ORDER BY number`)
  const selectPage = db.prepare(`SELECT ${columns} FROM list WHERE number > ? ORDER BY number LIMIT ?`)
  const selectPrevious = db.prepare('SELECT number FROM list WHERE number <= ? ORDER BY number DESC LIMIT 1 OFFSET ?')
  const selectOne = db.prepare(`SELECT ${columns} FROM list WHERE id = ?`)
  const selectNumber = db.prepare('SELECT number FROM list WHERE id = ?')
  const selectByName = db.prepare('SELECT id FROM list WHERE name = ?')
  const count = db.prepare('SELECT count(*) AS lists FROM list')
  const insert = db.prepare('INSERT INTO list (id, name) VALUES (?, ?)')
  const rename = db.prepare('UPDATE list SET name = ? WHERE id = ?')
  const removeMembers = db.prepare('DELETE FROM member WHERE list = ?')
  const remove = db.prepare('DELETE FROM list WHERE id = ?')
  const selectMembers = db.prepare(
    `SELECT coalesce(email, phone_number_id, external_id, anonymous_id) AS identifier
     FROM member JOIN contact ON contact.number = member.contact WHERE member.list = ? ORDER BY identifier`,
  )
  const selectSample = db.prepare(
    `SELECT contact.id, email FROM member JOIN contact ON contact.number = member.contact
     WHERE member.list = ? ORDER BY contact.number DESC LIMIT 50`,
  )

  const url = (id: string): string => `${world.origin()}/v3/marketing/lists/${id}`
  const shown = (row: Row) => ({
    id: text(row, 'id'),
    name: text(row, 'name'),
    contact_count: integer(row, 'members'),
    _metadata: { self: url(text(row, 'id')) },
  })
  const pageUrl = (size: number, token: string): string =>
    `${world.origin()}/v3/marketing/lists?page_size=${size}&page_token=${token}`
  const tokenFor = (number: number): string => Buffer.from(`after ${number}`).toString('base64url')
  const afterOf = (token: string): number | undefined => {
    const found = /^after (\d+)$/.exec(Buffer.from(token, 'base64url').toString('utf8'))
    return found === null ? undefined : Number(found[1])
  }

  const page = (call: Call): Answer => {
    const wanted = call.query.get('page_size')
    const size = wanted === null || wanted === '' ? pageSizes.default : Number(wanted)
    if (!Number.isInteger(size) || size < 1 || size > pageSizes.max) {
      return refusal(400, { field: 'page_size', message: 'page_size must be between 1 and 1000' })
    }
    const token = call.query.get('page_token') ?? ''
    const after = token === '' ? 0 : afterOf(token)
    if (after === undefined) return refusal(400, { field: 'page_token', message: 'invalid page_token' })
    const rows = selectPage.all(after, size + 1)
    const shownRows = rows.slice(0, size)
    const last = shownRows.at(-1)
    const before = after === 0 ? undefined : selectPrevious.get(after, size)
    return {
      status: 200,
      json: {
        result: shownRows.map(shown),
        _metadata: {
          self: pageUrl(size, token),
          ...(after === 0 ? {} : { prev: pageUrl(size, before ? tokenFor(integer(before, 'number')) : '') }),
          ...(rows.length > size && last ? { next: pageUrl(size, tokenFor(integer(last, 'number'))) } : {}),
          count: integer(only(count.get()), 'lists'),
        },
      },
    }
  }

  /** A name as sent, or the refusal of it. That names are unique was seen by others, not documented. */
  const nameIn = (call: Call, own?: string): { readonly name: string } | { readonly refused: Answer } => {
    const parsed = parseJson(call.body)
    if (parsed === undefined) return { refused: badJson() }
    const body = named.safeParse(parsed.value)
    if (!body.success) {
      return { refused: refusal(400, { field: 'name', message: 'name must be between 1 and 100 characters' }) }
    }
    const other = selectByName.get(body.data.name)
    if (other !== undefined && text(other, 'id') !== own) {
      return { refused: refusal(400, { field: 'name', message: 'a list with this name already exists' }) }
    }
    return { name: body.data.name }
  }

  const create = (call: Call): Answer => {
    const wanted = nameIn(call)
    if ('refused' in wanted) return wanted.refused
    if (integer(only(count.get()), 'lists') >= mostLists) {
      return refusal(400, { field: null, message: `the limit of ${mostLists} lists is reached` })
    }
    const id = randomUUID()
    insert.run(id, wanted.name)
    return { status: 201, json: shown(only(selectOne.get(id))), records: 1 }
  }

  const onList =
    (answer: (row: Row, call: Call) => Answer) =>
    (call: Call): Answer => {
      const row = selectOne.get(call.params.id ?? '')
      return row === undefined ? listNotFound() : answer(row, call)
    }

  const show = onList((row, call) => ({
    status: 200,
    json: {
      ...shown(row),
      ...(call.query.get('contact_sample') === 'true'
        ? { contact_sample: selectSample.all(integer(row, 'number')).map(({ id, email }) => ({ id, email })) }
        : {}),
    },
  }))

  const change = onList((row, call) => {
    const wanted = nameIn(call, text(row, 'id'))
    if ('refused' in wanted) return wanted.refused
    rename.run(wanted.name, text(row, 'id'))
    return { status: 200, json: shown(only(selectOne.get(text(row, 'id')))), records: 1 }
  })

  const drop = onList((row) => {
    removeMembers.run(integer(row, 'number'))
    remove.run(text(row, 'id'))
    return { status: 204, records: 1 }
  })

  const countMembers = onList((row) => {
    const members = integer(row, 'members')
    return { status: 200, json: { contact_count: members, billable_count: members } }
  })

  const number = (id: string): number | undefined => {
    const row = selectNumber.get(id)
    return row === undefined ? undefined : integer(row, 'number')
  }

  return {
    routes: [
      { method: 'GET', path: '/v3/marketing/lists', bucket: 'lists', answer: page },
      { method: 'POST', path: '/v3/marketing/lists', bucket: 'lists', write: true, answer: create },
      { method: 'GET', path: '/v3/marketing/lists/{id}', bucket: 'lists', answer: show },
      { method: 'PATCH', path: '/v3/marketing/lists/{id}', bucket: 'lists', write: true, answer: change },
      { method: 'DELETE', path: '/v3/marketing/lists/{id}', bucket: 'lists', write: true, answer: drop },
      { method: 'GET', path: '/v3/marketing/lists/{id}/contacts/count', bucket: 'lists', answer: countMembers },
    ],
    all: () =>
      selectAll.all().map((row) => ({
        id: text(row, 'id'),
        name: text(row, 'name'),
        members: integer(row, 'members'),
      })),
    number,
    *members(id) {
      const found = number(id)
      if (found === undefined) return
      for (const row of selectMembers.all(found)) yield text(row, 'identifier')
    },
  }
}
