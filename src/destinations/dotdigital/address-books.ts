/** Reads Dotdigital's address books, which it has come to call lists. They are made at Dotdigital, never by us. */
import { z } from 'zod'
import { type List, type Reply, Stop, send, type Talk } from '../../destination-kit/kit.ts'
import { bookMissing, saysBookGone } from './answers.ts'
import { type DotdigitalPlace, inRegion } from './api.ts'

const bookShape = z.object({ id: z.number().int().positive(), name: z.string(), contacts: z.number().nullish() })

/** The most that the vendor gives in a page. */
const pageSize = 1000
const largestId = 2_147_483_647

/** Ids are 32-bit numbers, written without leading zeros: they stand in paths, where another text could reach elsewhere. */
export const isBookId = (text: string): boolean => /^[1-9]\d{0,9}$/.test(text) && Number(text) <= largestId

/** The id as it may stand in a path. Throws Stop('list-missing') when no address book can have it. */
export const bookIdOf = (id: string): string => {
  if (!isBookId(id)) throw bookMissing()
  return id
}

const asList = ({ id, name, contacts }: z.infer<typeof bookShape>): List =>
  typeof contacts === 'number' ? { id: String(id), name, size: contacts } : { id: String(id), name }

/**
 * Every address book of the account, page by page until one is empty: a page may hold fewer than asked for.
 * https://developer.dotdigital.com/reference/get-address-books (checked 2026-11-21).
 */
export function* allBooks(place: DotdigitalPlace): Talk<readonly List[]> {
  const books = new Map<string, List>()
  for (;;) {
    const before = books.size
    const reply: Reply = yield* send({
      method: 'GET',
      path: inRegion(place, '/v2/address-books'),
      query: { select: String(pageSize), skip: String(before) },
      rate: 'low',
    })
    const page = reply.json(z.array(bookShape))
    if (page.length === 0) return [...books.values()]
    for (const book of page) books.set(String(book.id), asList(book))
    if (books.size === before) throw new Stop('unreadable', 'Dotdigital repeats a page of address books.')
  }
}

/** The address book of this id, or undefined when Dotdigital has none. */
export function* oneBook(id: string, place: DotdigitalPlace): Talk<List | undefined> {
  if (!isBookId(id)) return undefined
  const reply = yield* send({
    method: 'GET',
    path: inRegion(place, `/v2/address-books/${id}`),
    rate: 'high',
    expect: [400, 404],
  })
  if (reply.status < 400) return asList(reply.json(bookShape))
  if (saysBookGone(reply)) return undefined
  throw new Stop('unreadable', 'Dotdigital does not say whether it knows this address book.')
}
