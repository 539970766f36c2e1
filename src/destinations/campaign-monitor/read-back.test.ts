import { describe, expect, it } from 'vitest'
import type { Request } from '../../destination-kit/kit.ts'
import { type Answer, endOf, play } from '../../destination-kit/play.ts'
import { campaignMonitor } from '../campaign-monitor.ts'
import { judge } from './answers.ts'

const { members } = campaignMonitor
if (members === undefined) throw new Error('Campaign Monitor tells who is on a list.')
const id = 'a'.repeat(32)
const at = { settings: { clientId: '' }, found: { clientId: 'b'.repeat(32) }, list: { id, name: 'Newsletter' } }

interface State {
  readonly active: readonly string[]
  readonly unconfirmed?: readonly string[]
  readonly deleted?: number
  readonly bounced?: number
  readonly unsubscribed?: number
}

const addresses = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `P${String(from + index).padStart(5, '0')}@x.example`)

/** A list that may be another one at each request: statistics, unconfirmed people, those who are active, statistics. */
const vendor =
  (...states: readonly [State, ...State[]]) =>
  ({ path, query }: Request, number: number): Answer => {
    const {
      active,
      unconfirmed = [],
      deleted = 0,
      bounced = 0,
      unsubscribed = 0,
    } = states[Math.min(number, states.length - 1)] ?? states[0]
    if (path.endsWith('/stats.json')) {
      return {
        json: {
          TotalActiveSubscribers: active.length,
          TotalUnsubscribes: unsubscribed,
          TotalDeleted: deleted,
          TotalBounces: bounced,
        },
      }
    }
    const all = path.endsWith('/active.json') ? active : unconfirmed
    const [page, size] = [Number(query?.page), Number(query?.pagesize)]
    const here = all.slice((page - 1) * size, page * size)
    return {
      json: {
        Results: here.map((EmailAddress) => ({ EmailAddress, State: 'x' })),
        PageNumber: page,
        RecordsOnThisPage: here.length,
        TotalNumberOfRecords: all.length,
        NumberOfPages: Math.ceil(all.length / size),
      },
    }
  }
const read = (answers: Parameters<typeof play>[1]) => play(() => members.talk(at), answers, judge)

describe('reading who is on a list', () => {
  it('reads who has yet to confirm, then who is active, a thousand a page', () => {
    const played = read(vendor({ active: addresses(0, 2300), unconfirmed: ['later@x.example'], deleted: 4 }))
    expect(played.requests.map(({ path, query }) => [path.slice(path.lastIndexOf('/') + 1), query?.page])).toEqual([
      ['stats.json', undefined],
      ['unconfirmed.json', '1'],
      ['active.json', '1'],
      ['active.json', '2'],
      ['active.json', '3'],
      ['stats.json', undefined],
    ])
    expect(played.requests[2]?.query).toEqual({
      page: '1',
      pagesize: '1000',
      orderfield: 'email',
      orderdirection: 'asc',
    })
    expect(new Set(played.members.map(({ identifier }) => identifier))).toEqual(
      new Set(['later@x.example', ...addresses(0, 2300)]),
    )
    expect(endOf(played)).toEqual({ kind: 'everybody', count: 2301 })
  })

  it('reads an empty list', () => {
    expect(endOf(read(vendor({ active: [] })))).toEqual({ kind: 'everybody', count: 0 })
  })

  const before: State = { active: addresses(0, 1500) }
  const [, ...others] = before.active
  it.each<[string, readonly [State, ...State[]]]>([
    ['somebody left between two pages', [before, before, before, { active: others, deleted: 1 }]],
    [
      'somebody left between two pages and another joined',
      [before, before, before, { active: [...others, 'z@x.example'], deleted: 1 }],
    ],
    [
      'somebody unsubscribed and another joined',
      [before, before, before, { active: [...others, 'z@x.example'], unsubscribed: 1 }],
    ],
    [
      'somebody bounced and another joined',
      [before, before, before, { active: [...others, 'z@x.example'], bounced: 1 }],
    ],
    ['somebody joined between two pages', [before, before, before, { active: ['a@x.example', ...before.active] }]],
    [
      'somebody comes twice',
      [before, before, before, { active: ['a@x.example', ...before.active.slice(0, 1499)] }, before],
    ],
    [
      'somebody confirmed meanwhile',
      [
        { ...before, unconfirmed: ['z@x.example'] },
        { ...before, unconfirmed: ['z@x.example'] },
        { active: [...before.active, 'z@x.example'] },
      ],
    ],
  ])('stops where %s', (_what, states) => {
    expect(read(vendor(...states)).ending).toMatchObject({
      kind: 'stopped',
      stop: { why: 'unreadable', message: expect.stringMatching(/changed while/) },
    })
  })

  const page = { Results: [], PageNumber: 1, RecordsOnThisPage: 0, TotalNumberOfRecords: 0, NumberOfPages: 0 }
  const stats: Answer = {
    json: { TotalActiveSubscribers: 0, TotalUnsubscribes: 0, TotalDeleted: 0, TotalBounces: 0 },
  }
  it.each<[string, readonly Answer[], string]>([
    ['a list that is gone', [{ status: 401, json: { Code: 101, Message: 'Invalid ListID' } }], 'list-missing'],
    ['statistics without a count', [{ json: { TotalActiveSubscribers: 0 } }], 'unreadable'],
    ['another page than was asked for', [stats, { json: { ...page, PageNumber: 2 } }], 'unreadable'],
    ['a page that is cut', [stats, { json: { ...page, RecordsOnThisPage: 1 } }], 'unreadable'],
    ['fewer than there are', [stats, { json: { ...page, TotalNumberOfRecords: 1 } }], 'unreadable'],
    [
      'somebody without an address',
      [stats, { json: { ...page, Results: [{ EmailAddress: ' ' }], RecordsOnThisPage: 1 } }],
      'unreadable',
    ],
  ])('stops at %s', (_what, answers, why) => {
    expect(read(answers).ending).toMatchObject({ kind: 'stopped', stop: { why } })
  })
})

describe('the size of a double opt-in list', () => {
  const sized = (ConfirmedOptIn: boolean, active: number) =>
    endOf(
      play(
        () => campaignMonitor.list(id, at),
        [{ json: { ListID: id, Title: 'Newsletter', ConfirmedOptIn } }, { json: { TotalActiveSubscribers: active } }],
        judge,
      ),
    )
  it.each([
    ['is not told where nobody is active, since people may have yet to confirm', true, 0, undefined],
    ['is that of who is active', true, 3, 3],
    ['is zero where nobody has to confirm', false, 0, 0],
  ])('%s', (_what, confirmed, active, size) => {
    expect(sized(confirmed, active)).toMatchObject({ id })
    expect(sized(confirmed, active)?.size).toBe(size)
  })
})
