/** Reads who is on a Dotdigital address book: page by page, each beginning with the last of the one before. */
import { z } from 'zod'
import { type Everybody, type Member, met, type Reply, Stop, send, type Talk } from '../../destination-kit/kit.ts'
import { bookIdOf, oneBook } from './address-books.ts'
import { bookMissing, saysBookGone } from './answers.ts'
import { type DotdigitalAt, inRegion } from './api.ts'

/** The most that the vendor gives in a page. */
const pageSize = 1000

const pageShape = z.array(z.object({ id: z.number().int().positive(), email: z.string().nullish() }))
type Contact = z.infer<typeof pageShape>[number]

const changed = (): Stop =>
  new Stop(
    'unreadable',
    'The address book changed while Dotdigital told who is on it, so somebody may be missing. Run again.',
  )

/** `GET /v2/address-books/{id}/contacts`. https://developer.dotdigital.com/reference/get-contacts-from-address-book (checked 2026-11-21). */
function* pageAt(skip: number, at: DotdigitalAt): Talk<readonly Contact[]> {
  const reply: Reply = yield* send({
    method: 'GET',
    path: inRegion(at, `/v2/address-books/${bookIdOf(at.list.id)}/contacts`),
    query: { select: String(pageSize), skip: String(skip), withFullData: 'false' },
    rate: 'low',
    expect: [400, 404],
  })
  if (reply.status < 400) return reply.json(pageShape)
  if (saysBookGone(reply)) throw bookMissing()
  throw new Stop('unreadable', 'Dotdigital would not tell who is on this address book.')
}

const membersAmong = (contacts: readonly Contact[]): Member[] =>
  contacts.flatMap(({ id, email }) => (email?.trim() ? [{ identifier: email.trim(), remoteId: String(id) }] : []))

/**
 * Pages are counted from the start, so somebody who leaves meanwhile moves another one over the edge between two pages.
 * The one at the edge is therefore read again with the next page, and has to stand where they stood; nobody may come
 * twice. The ids of all who were read are held for that, some tens of megabytes for a million.
 */
export function* readMembers(at: DotdigitalAt): Talk<Everybody> {
  const seen = new Set<number>()
  let nameless = 0
  let edge: number | undefined
  for (;;) {
    const page: readonly Contact[] = yield* pageAt(edge === undefined ? 0 : seen.size - 1, at)
    if (edge !== undefined && page[0]?.id !== edge) throw changed()
    const more = edge === undefined ? page : page.slice(1)
    const before = seen.size
    for (const { id } of more) seen.add(id)
    if (seen.size !== before + more.length) throw changed()
    const members = membersAmong(more)
    nameless += more.length - members.length
    if (members.length > 0) yield* met(members)
    const last = more.at(-1)
    if (last === undefined) break
    edge = last.id
  }
  const book = yield* oneBook(at.list.id, at)
  if (book === undefined) throw bookMissing()
  if (book.size === undefined) {
    throw new Stop('unreadable', 'Dotdigital does not say how many contacts are on this address book.')
  }
  if (book.size !== seen.size) throw changed()
  return { kind: 'everybody', count: book.size, nameless }
}
