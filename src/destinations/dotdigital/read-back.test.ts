import { describe, expect, it } from 'vitest'
import type { Request } from '../../destination-kit/kit.ts'
import { type Answer, endOf, play } from '../../destination-kit/play.ts'
import { dotdigital } from '../dotdigital.ts'
import { judge } from './answers.ts'

const { members } = dotdigital
if (members === undefined) throw new Error('Dotdigital tells who is on an address book.')
const at = {
  settings: { addressBookId: '7' },
  found: { accountId: '1', endpoint: 'https://r1-api.dotdigital.com' },
  list: { id: '7', name: 'News' },
}
const gone: Answer = { status: 404, json: { message: 'Error: ERROR_ADDRESSBOOK_NOT_FOUND' } }
const contact = (id: number) => ({ id, email: `p${id}@x.example`, status: 'Subscribed' })
const contacts = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => contact(from + index))

interface Book {
  readonly people: readonly object[]
  /** What the book says of its size; without it, what is true. */
  readonly size?: number | null
}

/** An address book that is another one at each request for a page. */
const vendor =
  (...books: readonly [Book, ...Book[]]) =>
  (request: Request, number: number): Answer => {
    const { people, size } = books[Math.min(number, books.length - 1)] ?? books[0]
    if (request.query === undefined) {
      return { json: { id: 7, name: 'News', contacts: size === undefined ? people.length : size } }
    }
    const skip = Number(request.query.skip)
    return { json: people.slice(skip, skip + Number(request.query.select)) }
  }
const read = (answers: Parameters<typeof play>[1]) => play(() => members.talk(at), answers, judge)

describe('reading who is on an address book', () => {
  it('reads page by page, each beginning with the last of the one before, and gives contact ids', () => {
    const played = read(vendor({ people: contacts(1, 2502) }))
    expect(played.requests.map(({ path, query }) => [path.slice(29), query?.skip])).toEqual([
      ['/v2/address-books/7/contacts', '0'],
      ['/v2/address-books/7/contacts', '999'],
      ['/v2/address-books/7/contacts', '1998'],
      ['/v2/address-books/7/contacts', '2500'],
      ['/v2/address-books/7', undefined],
    ])
    expect(played.members).toHaveLength(2501)
    expect(new Set(played.members.map(({ remoteId }) => remoteId)).size).toBe(2501)
    expect(played.members[2500]).toEqual({ identifier: 'p2501@x.example', remoteId: '2501' })
    expect(endOf(played)).toEqual({ kind: 'everybody', count: 2501, nameless: 0 })
  })

  it('counts whom Dotdigital knows by something else than an address', () => {
    const played = read(vendor({ people: [contact(1), { id: 2, email: null }, { id: 3, email: ' ' }] }))
    expect(played.members).toEqual([{ identifier: 'p1@x.example', remoteId: '1' }])
    expect(endOf(played)).toEqual({ kind: 'everybody', count: 3, nameless: 2 })
  })

  it('reads an empty address book', () => {
    expect(endOf(read(vendor({ people: [] })))).toEqual({ kind: 'everybody', count: 0, nameless: 0 })
  })

  const before = { people: contacts(1, 2001) }
  it.each<[string, readonly [Book, ...Book[]]]>([
    ['somebody left before the edge of two pages, and another joined', [before, { people: contacts(2, 2002) }]],
    ['somebody joined before the edge of two pages', [before, { people: [contact(3000), ...before.people] }]],
    ['so many left that the next page is empty', [before, { people: contacts(1, 3) }]],
    ['the pages do not follow what is asked', [before, { people: [contact(1000), ...contacts(1, 1001)] }]],
    ['the book says that it has more', [{ ...before, size: 2001 }]],
    ['the book does not say how many it has', [{ ...before, size: null }]],
  ])('stops where %s', (_what, books) => {
    const shifted = vendor(...books)
    expect(read(shifted).ending).toMatchObject({ kind: 'stopped', stop: { why: 'unreadable' } })
  })

  it.each<[string, readonly Answer[], string]>([
    ['an address book that is gone', [gone], 'list-missing'],
    ['one that is gone when it was read', [{ json: [] }, gone], 'list-missing'],
    ['a refusal without a reason', [{ status: 400, json: {} }], 'unreadable'],
    ['a page of something else', [{ json: { contacts: [] } }], 'unreadable'],
  ])('stops at %s', (_what, answers, why) => {
    expect(read(answers).ending).toMatchObject({ kind: 'stopped', stop: { why } })
  })

  it('asks nothing for what cannot be an address book', () => {
    const played = play(() => members.talk({ ...at, list: { id: '7/../8', name: 'X' } }), [], judge)
    expect(played.ending).toMatchObject({ stop: { why: 'list-missing' } })
  })
})
