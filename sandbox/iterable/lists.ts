/** Iterable's lists: making, reading, deleting, and who is on them. */
import { z } from 'zod'
import { integer, only, type Row, text, textOrNull } from '../frame/database.ts'
import { type Answer, type Call, parseJson, type VendorList, type World } from '../frame/vendor.ts'
import type { GuardedRoute } from './access.ts'
import { badJsonBody, invalidListId, refusal } from './answers.ts'

/**
 * Seconds until a new list is known to the calls that change it. Not published; the vendor's own tests allow a minute
 * (https://github.com/Iterable/api-client, checked 2026-11-21). Assumed.
 */
const usualSecondsUntilKnown = 10
/** Seconds until a change of members is seen; the vendor says to wait a minute. Assumed. */
const secondsUntilSeen = 20
const usersInPiece = 10_000
/** Numbers run over all projects of a data centre, so a project's first list has seven digits. */
const firstId = 1_050_001

export type ListType = 'Standard' | 'Dynamic' | 'Suppression' | 'Internal'

export interface ListSettings {
  readonly secondsUntilKnown?: number
  /** Lists that people made at the vendor in other ways than by its API. */
  readonly lists?: readonly { readonly name: string; readonly type: ListType }[]
}

export interface Lists {
  readonly routes: readonly GuardedRoute[]
  all(): VendorList[]
  members(id: string): Iterable<string>
  /** Why nobody can be put on or taken off the list now. */
  refused(listId: number, now: number): Answer | undefined
  join(listId: number, user: number, now: number): void
  leave(listId: number, user: number, now: number): boolean
  /** Ids of the lists that a user is on. */
  listsOf(user: number): number[]
  settle(now: number): void
}

const wantedList = z.object({ name: z.string(), description: z.string().optional() })

export const iterableLists = (world: World, settings: ListSettings): Lists => {
  const { db } = world
  const selectAll = db.prepare('SELECT * FROM list ORDER BY id')
  const selectOne = db.prepare('SELECT * FROM list WHERE id = ?')
  const insert = db.prepare(
    'INSERT INTO list (id, name, description, type, created_at, known_at) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const next = db.prepare("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'list'), ?) + 1 AS id")
  const remove = db.prepare('DELETE FROM list WHERE id = ?')
  const removeMembers = db.prepare('DELETE FROM member WHERE list = ?')
  const join = db.prepare(
    `INSERT INTO member (list, user, seen_from) VALUES (?, ?, ?)
     ON CONFLICT (list, user) DO UPDATE SET seen_until = NULL WHERE seen_until IS NOT NULL`,
  )
  const leave = db.prepare(
    'UPDATE member SET seen_until = max(seen_from, ?) WHERE list = ? AND user = ? AND seen_until IS NULL',
  )
  const forget = db.prepare('DELETE FROM member WHERE seen_until <= ?')
  const count = db.prepare('SELECT count(*) AS members FROM member WHERE list = ? AND seen_until IS NULL')
  const countSeen = db.prepare(
    'SELECT count(*) AS members FROM member WHERE list = ? AND seen_from <= ? AND (seen_until IS NULL OR seen_until > ?)',
  )
  const selectMembers = db.prepare(
    `SELECT coalesce(email, user_id) AS identifier FROM member JOIN user ON user.number = member.user
     WHERE list = ? AND seen_until IS NULL ORDER BY identifier`,
  )
  const selectSeen = db.prepare(
    `SELECT number, CASE WHEN ? THEN coalesce(user_id, email) ELSE coalesce(email, user_id) END AS identifier
     FROM member JOIN user ON user.number = member.user
     WHERE list = ? AND member.user > ? AND seen_from <= ? AND (seen_until IS NULL OR seen_until > ?)
     ORDER BY member.user LIMIT ?`,
  )
  const listsOf = db.prepare('SELECT list FROM member WHERE user = ? AND seen_until IS NULL ORDER BY list')

  const add = (name: string, description: string | null, type: ListType, now: number, wait: number): number => {
    const id = integer(only(next.get(firstId - 1)), 'id')
    insert.run(id, name, description, type, Math.round(now), Math.ceil(now + wait))
    return id
  }
  if (selectAll.all().length === 0) {
    for (const { name, type } of settings.lists ?? []) add(name, null, type, world.now(), 0)
  }
  const untilKnown = world.wait(settings.secondsUntilKnown ?? usualSecondsUntilKnown)

  const shown = (row: Row) => {
    const description = textOrNull(row, 'description')
    return {
      id: integer(row, 'id'),
      name: text(row, 'name'),
      ...(description === null ? {} : { description }),
      createdAt: integer(row, 'created_at'),
      listType: text(row, 'type'),
    }
  }

  const create = (call: Call): Answer => {
    const parsed = parseJson(call.body)
    const body = wantedList.safeParse(parsed?.value)
    if (!body.success) return badJsonBody(call, { 'obj.name': 'String value expected' })
    if (body.data.name.trim() === '') return refusal(400, 'BadParams', 'List name must not be empty')
    const { name, description = null } = body.data
    return { status: 200, json: { listId: add(name, description, 'Standard', call.now, untilKnown) }, records: 1 }
  }

  const onList =
    (idOf: (call: Call) => string | null | undefined, answer: (row: Row, call: Call) => Answer) =>
    (call: Call): Answer => {
      const id = Number(idOf(call))
      if (!Number.isSafeInteger(id)) return refusal(400, 'BadParams', 'listId must be a number')
      const row = selectOne.get(id)
      return row === undefined ? invalidListId(id) : answer(row, call)
    }
  const inQuery = (call: Call) => call.query.get('listId')
  const inPath = (call: Call) => call.params.id

  const size = onList(inPath, (row, { now }) => {
    const members = integer(only(countSeen.get(integer(row, 'id'), Math.floor(now), Math.floor(now))), 'members')
    return { status: 200, text: String(members) }
  })
  /** Piece by piece, each a query of its own: other calls change members in between. */
  function* seenBy(list: number, byUserId: boolean, now: number, most: number): Generator<string> {
    let [last, left] = [0, most]
    while (left > 0) {
      const rows = selectSeen.all(byUserId ? 1 : 0, list, last, now, now, Math.min(left, usersInPiece))
      const end = rows.at(-1)
      if (end === undefined) return
      yield rows.map((row) => `${text(row, 'identifier')}\n`).join('')
      last = integer(end, 'number')
      left -= rows.length
    }
  }
  const seen = (row: Row, { query, now }: Call, most: number): Answer => {
    const pieces = seenBy(integer(row, 'id'), query.get('preferUserId') === 'true', Math.floor(now), most)
    async function* bytes(): AsyncGenerator<Uint8Array> {
      for (const piece of pieces) yield Buffer.from(piece)
    }
    return { status: 200, pieces: bytes(), headers: { 'content-type': 'text/plain' } }
  }
  const getUsers = onList(inQuery, (row, call) => seen(row, call, Number.MAX_SAFE_INTEGER))
  const previewUsers = onList(inQuery, (row, call) => {
    const wanted = Number(call.query.get('size') ?? 1000)
    if (!Number.isInteger(wanted) || wanted < 1 || wanted > 5000) {
      return refusal(400, 'BadParams', 'size must be between 1 and 5000')
    }
    return seen(row, call, wanted)
  })
  const drop = onList(inPath, (row) => {
    const id = integer(row, 'id')
    removeMembers.run(id)
    remove.run(id)
    return { status: 200, json: { msg: `List ${id} was successfully deleted.`, code: 'Success' }, records: 1 }
  })

  // Rates: https://api.iterable.com/api/docs (checked 2026-11-21).
  const slow = { calls: 5, seconds: 60 }
  return {
    routes: [
      {
        method: 'GET',
        path: '/api/lists',
        rate: { calls: 100, seconds: 1 },
        answer: () => ({ status: 200, json: { lists: selectAll.all().map(shown) } }),
      },
      { method: 'POST', path: '/api/lists', write: true, answer: create },
      { method: 'GET', path: '/api/lists/getUsers', rate: slow, answer: getUsers },
      { method: 'GET', path: '/api/lists/previewUsers', rate: slow, answer: previewUsers },
      { method: 'GET', path: '/api/lists/{id}/size', rate: slow, answer: size },
      { method: 'DELETE', path: '/api/lists/{id}', write: true, answer: drop },
    ],
    all: () =>
      selectAll.all().map((row) => ({
        id: String(integer(row, 'id')),
        name: text(row, 'name'),
        members: integer(only(count.get(integer(row, 'id'))), 'members'),
      })),
    *members(id) {
      for (const row of selectMembers.all(Number(id))) yield text(row, 'identifier')
    },
    refused(listId, now) {
      const row = selectOne.get(listId)
      if (row === undefined || integer(row, 'known_at') > now) return invalidListId(listId)
      // Which refusal it is, is not published.
      return text(row, 'type') === 'Standard'
        ? undefined
        : refusal(400, 'BadParams', `List ${listId} is not a static list`)
    },
    join(listId, user, now) {
      join.run(listId, user, Math.ceil(now + world.wait(secondsUntilSeen)))
    },
    leave: (listId, user, now) => leave.run(Math.ceil(now + world.wait(secondsUntilSeen)), listId, user).changes !== 0,
    listsOf: (user) => listsOf.all(user).map((row) => integer(row, 'list')),
    settle(now) {
      forget.run(Math.floor(now))
    },
  }
}
