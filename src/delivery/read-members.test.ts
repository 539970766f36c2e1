import { describe, expect, test } from 'vitest'
import {
  type Everybody,
  type Fate,
  type Later,
  type Member,
  met,
  type ReadBack,
  type Reader,
  type Reply,
  type Request,
  scan,
  send,
  type Talk,
} from '../destination-kit/kit.ts'
import { pending } from '../destination-kit/words.ts'
import type { Attached } from './channel.ts'
import { unwatched } from './conversation.ts'
import { BrokenTalk, LostOnce } from './failures.ts'
import { virtualClock } from './fixtures/virtual-clock.ts'
import { type MemberSink, readMembers } from './read-members.ts'

const { signal } = new AbortController()
const settles = { value: 600, source: 'https://vendor.example', checked: '2026-11-21', kind: 'assumed' } as const
const at = { settings: {}, found: {}, list: { id: '1', name: 'List' } }

class Kept implements MemberSink {
  members: Member[] = []
  sizes: number[] = []
  async clear(): Promise<void> {
    this.members = []
  }
  async take(members: readonly Member[]): Promise<void> {
    this.members.push(...members)
    this.sizes.push(members.length)
  }
}

const replyOf = (text: string): Reply => ({
  status: 200,
  text,
  header: () => undefined,
  json: () => {
    throw new Error('not asked for')
  },
})

type Answer = (request: Request, attached: Attached) => Promise<Reply>
const echo: Answer = async ({ path }) => replyOf(path)

const read = async (talks: Omit<ReadBack<string, string>, 'settles'>, answer: Answer = echo) => {
  const sink = new Kept()
  const clock = virtualClock()
  const channel = {
    ask: async (request: Request, _w: unknown, _s: unknown, more: Attached = {}) => answer(request, more),
  }
  const from = { settles, ...talks }
  try {
    const count = await readMembers({ from, at, channel, clock, signal, watch: unwatched(signal) }, sink)
    return { count, sink, clock }
  } catch (error) {
    return { error, sink, clock }
  }
}

const numbered = (from: number, to: number): Member[] =>
  Array.from({ length: to - from }, (_, index) => ({
    identifier: `p${from + index}@x.example`,
    remoteId: `${from + index}`,
  }))
const get = (path: string): Request => ({ method: 'GET', path })
const all = (count: number): Everybody => ({ kind: 'everybody', count })

describe('members told page by page', () => {
  test('come into the sink, in slices however large a page is', async () => {
    const { count, sink } = await read({
      *talk(): Talk<Everybody> {
        for (const [from, to] of [
          [0, 1000],
          [1000, 46_000],
        ] as const) {
          yield* send(get(`/members?from=${from}`))
          yield* met(numbered(from, to))
        }
        return all(46_000)
      },
    })
    expect(count).toBe(46_000)
    expect(sink.members).toEqual(numbered(0, 46_000))
    expect(sink.sizes).toEqual([1000, 20_000, 20_000, 5000])
  })

  test('are counted with those without an identifier', async () => {
    const { count } = await read({
      *talk(): Talk<Everybody> {
        yield* met(numbered(0, 2))
        return { kind: 'everybody', count: 3, nameless: 1 }
      },
    })
    expect(count).toBe(3)
  })

  test.each([
    ['fewer', 3],
    ['more', 1],
  ])('are %s than the vendor counts: a Stop', async (_what, count) => {
    const { error } = await read({
      *talk(): Talk<Everybody> {
        yield* met(numbered(0, 2))
        return all(count)
      },
    })
    expect(error).toMatchObject({ name: 'Stop', why: 'unreadable' })
  })

  test('are forgotten when the talk starts again after a lost answer', async () => {
    let lost = 0
    const answer: Answer = async ({ path }) => {
      if (path === '/2' && lost++ === 0) throw new LostOnce('gone')
      return replyOf(path)
    }
    const { count, sink } = await read(
      {
        *talk(): Talk<Everybody> {
          yield* send(get('/1'))
          yield* met(numbered(0, 2))
          yield* send(get('/2'))
          yield* met(numbered(2, 3))
          return all(3)
        },
      },
      answer,
    )
    expect([count, sink.members]).toEqual([3, numbered(0, 3)])
  })

  test('are refused without yield*', async () => {
    const { error } = await read({
      *talk(): Talk<Everybody> {
        yield* send(get('/1'))
        met(numbered(0, 2))
        return all(0)
      },
    })
    expect(error).toBeInstanceOf(BrokenTalk)
  })
})

const ask = function* (): Talk<Later> {
  yield* send(get('/ask'))
  return pending('job', { after: 10 })
}

describe('members told by a job', () => {
  test('are read when it is ready', async () => {
    let looks = 0
    const { count, clock } = await read({
      talk: ask,
      *confirm(job): Talk<Everybody | Later> {
        yield* send(get(`/${job}`))
        if (++looks < 3) return pending('job', { after: 10 })
        yield* met(numbered(0, 2))
        return all(2)
      },
    })
    expect([count, clock.elapsed()]).toEqual([2, 30_000])
  })

  test('that never ends: given up', async () => {
    const { error, clock } = await read({ talk: ask, confirm: ask })
    expect(error).toMatchObject({ why: 'unreadable', message: expect.stringMatching(/did not finish/) })
    expect(clock.elapsed()).toBe(settles.value * 1000)
  })

  test('that is not ready and named somebody is not understood', async () => {
    const { error } = await read({
      *talk(): Talk<Later> {
        yield* met(numbered(0, 1))
        return pending('job')
      },
    })
    expect(error).toBeInstanceOf(BrokenTalk)
  })
})

describe('members told by reports', () => {
  const reader: Reader = { by: 'identifier', lines: (line) => [line, { kind: 'applied' }] }
  const reports = (names: readonly string[], count: number) => ({
    *talk(): Talk<Everybody> {
      for (const name of names) yield* scan(get(name), reader)
      return all(count)
    },
  })
  const marking =
    (fate: Fate): Answer =>
    async ({ path }, { scan: scanned }) => {
      if (scanned === undefined) throw new Error('A report was expected.')
      await scanned.marks.begin()
      await scanned.marks.take(scanned.reader.by, [[path, fate]])
      return { ...replyOf(''), scanned: { items: 1, whole: true, ...(await scanned.marks.figures()) } }
    }

  test('add up over all reports', async () => {
    const { count, sink } = await read(reports(['/a', '/b'], 2), marking({ kind: 'applied', remoteId: '7' }))
    expect(count).toBe(2)
    expect(sink.members).toEqual([
      { identifier: '/a', remoteId: '7' },
      { identifier: '/b', remoteId: '7' },
    ])
  })

  test('of whom a reader says something else are not understood', async () => {
    const { error } = await read(reports(['/a'], 1), marking({ kind: 'unknown', reason: 'who knows' }))
    expect(error).toBeInstanceOf(BrokenTalk)
  })
})
