import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type AnyDestination,
  type Crowd,
  type Fate,
  keep,
  type Now,
  Stop,
  scan,
  send,
  type Talk,
} from '../destination-kit/kit.ts'
import { converse } from './conversation.ts'
import { BrokenTalk } from './failures.ts'
import { acme } from './fixtures/acme.ts'
import { MemoryRun } from './fixtures/memory-ports.ts'
import { kinds, openRig, people, type Rig } from './fixtures/rig.ts'

let rig: Rig
beforeEach(async () => {
  rig = await openRig()
})
afterEach(() => rig.close())

const bulk = { listId: '7', operation: 'add', route: 0 } as const
const applied: Fate = { kind: 'applied' }
const rejected: Fate = { kind: 'rejected', code: 'bad', reason: 'bad' }
const limit = { source: 'https://acme.example', checked: '2026-11-21', kind: 'assumed' } as const

interface Route {
  readonly bytes?: number
  readonly row?: (identifier: string) => string
  talk(crowd: Crowd): Talk<Now>
}

/** Acme with one bulk route. */
const acmeBulk = ({ bytes, row = (text) => text, talk }: Route): AnyDestination => ({
  ...acme(),
  add: [
    {
      bulk: true,
      max: { value: 1_000_000, ...limit },
      ...(bytes === undefined ? {} : { bytes: { value: bytes, ...limit } }),
      parallel: 1,
      settles: { value: 600, ...limit },
      requests: () => 1,
      row: ({ identifier }) => row(identifier),
      talk: (crowd) => talk(crowd),
    },
  ],
})

const upload = (crowd: Crowd) =>
  send({ method: 'PUT', path: '/up', body: { rows: crowd, head: 'h\n', between: '\n', tail: '\nt', pack: 'gzip' } })

const uploading = (route: Partial<Route> = {}): AnyDestination =>
  acmeBulk({
    *talk(crowd) {
      yield* upload(crowd)
      return { kind: 'each', otherwise: applied, by: 'ref', except: new Map() }
    },
    ...route,
  })

/** Every body that the vendor got, unpacked. */
const bodies: string[] = []
const answering = (report: string | Buffer = ''): void => {
  bodies.length = 0
  rig.vendor.fault = ({ bytes, method }) => {
    if (method === 'PUT') bodies.push(gunzipSync(bytes).toString())
    return { status: 200, body: report }
  }
}

describe('a crowd', () => {
  test('is written in order, from slices of the outbox, with its length said', async () => {
    answering()
    const run = new MemoryRun(people(25_001)).plan({ from: 0, to: 25_000 }, 30_000, bulk)
    expect(await rig.run(uploading(), run)).toEqual({ kind: 'complete' })
    const rows = Array.from({ length: 25_001 }, (_, seq) => `p${seq}@example.com`)
    expect(bodies).toEqual([`h\n${rows.join('\n')}\nt`])
    expect(run.largestRead).toBe(10_000)
    expect(kinds(run)).toEqual({ applied: 25_001 })
    const { headers, bytes } = rig.vendor.asked[0] ?? {}
    expect(headers?.['content-length']).toBe(String(bytes?.length))
    expect(headers).not.toHaveProperty('transfer-encoding')
  })

  test('that is larger than a call may be is halved until it fits, and a record too large alone is rejected', async () => {
    answering()
    const run = new MemoryRun(people(40, (seq) => (seq === 7 ? 'x'.repeat(400) : `p${seq}@example.com`)))
    run.plan({ from: 0, to: 39 }, 40, bulk)
    expect(await rig.run(uploading({ bytes: 300 }), run)).toEqual({ kind: 'complete' })
    expect(Math.max(...bodies.map((body) => body.length))).toBeLessThanOrEqual(300 + 4)
    expect(kinds(run)).toEqual({ applied: 39, rejected: 1 })
    expect(run.staged.get(7)).toMatchObject({ kind: 'rejected', code: 'refused' })
  })

  test('is written again, the same bytes, when an answer is lost', async () => {
    answering()
    const answer = rig.vendor.fault
    rig.vendor.fault = (asked) => {
      answer(asked)
      return asked.count === 1 ? 'reset' : { status: 200 }
    }
    const run = new MemoryRun(people(50)).plan({ from: 0, to: 49 }, 50, bulk)
    expect(await rig.run(uploading(), run)).toEqual({ kind: 'complete' })
    expect(rig.vendor.asked.map(({ bytes }) => bytes.toString('base64'))).toHaveLength(2)
    expect(new Set(rig.vendor.asked.map(({ bytes }) => bytes.toString('base64'))).size).toBe(1)
    expect(run.lostAt.size).toBe(50)
  })

  test('with a record that must not be sent stops, and nothing leaves', async () => {
    answering()
    const row = (identifier: string): string => {
      if (identifier === 'p31@example.com') throw new Stop('bad-request', 'This must not be sent.')
      return identifier
    }
    const run = new MemoryRun(people(50)).plan({ from: 0, to: 49 }, 50, bulk)
    expect(await rig.run(uploading({ row }), run)).toMatchObject({ kind: 'stopped', cause: 'bad-request' })
    expect(rig.vendor.asked).toHaveLength(0)
    expect(run.states()).toEqual(['pending'])
  })

  test('whose definition is wrong stops as unreadable, without words of the person', async () => {
    const row = (identifier: string): string => {
      throw new Error(`cannot write ${identifier}`)
    }
    const run = new MemoryRun(people(5)).plan({ from: 0, to: 4 }, 5, bulk)
    const end = await rig.run(uploading({ row }), run)
    expect(end).toMatchObject({ kind: 'stopped', cause: 'unreadable' })
    expect(JSON.stringify(end)).not.toContain('example.com')
  })

  test('that the outbox cannot give whole is never sent', async () => {
    answering()
    const run = new MemoryRun(people(20)).plan({ from: 0, to: 24 }, 30, bulk)
    await expect(rig.run(uploading(), run)).rejects.toThrow('The outbox gave 20 rows')
    expect(rig.vendor.asked).toHaveLength(0)
  })

  test('knows the matched fields, and how many people it is', async () => {
    answering()
    const crowds: Crowd[] = []
    const destination = acmeBulk({
      *talk(crowd) {
        crowds.push(crowd)
        yield* upload(crowd)
        return { kind: 'each', otherwise: applied, by: 'ref', except: new Map() }
      },
    })
    const fields = { first_name: 'A', city: null }
    const run = new MemoryRun(people(3).map((person) => ({ ...person, fields }))).plan({ from: 0, to: 2 }, 3, bulk)
    await rig.run(destination, run)
    expect(crowds).toEqual([{ crowd: true, count: 3, fields: ['first_name', 'city'] }])
  })
})

describe('a report', () => {
  /** Uploads, then reads who was refused. */
  const reporting = (by: 'ref' | 'identifier', otherwise: Fate = applied): AnyDestination =>
    acmeBulk({
      *talk(crowd) {
        yield* upload(crowd)
        const reply = yield* scan(
          { method: 'GET', path: '/report' },
          { by, csv: ({ who = '', fate }) => [who, fate === 'ok' ? applied : rejected] },
        )
        const whole = reply.scanned?.whole === true
        return {
          kind: 'each',
          otherwise: whole ? otherwise : { kind: 'unknown', reason: 'cut' },
          by,
          except: new Map(),
        }
      },
    })
  const planned = (count: number): MemoryRun =>
    new MemoryRun(people(count)).plan({ from: 0, to: count - 1 }, count, bulk)
  const table = (...lines: readonly string[]): string => ['who,fate', ...lines].join('\n')

  test('of any size is staged in slices, by ref and by identifier', async () => {
    const lines = Array.from({ length: 90_000 }, (_, seq) => seq).filter((seq) => seq % 3 === 0)
    for (const by of ['ref', 'identifier'] as const) {
      answering(table(...lines.map((seq) => (by === 'ref' ? `${seq},no` : `P${seq}@Example.com,no`))))
      const run = planned(90_000)
      expect(await rig.run(reporting(by), run)).toEqual({ kind: 'complete' })
      expect(kinds(run)).toEqual({ applied: 60_000, rejected: 30_000 })
      expect(run.staged.get(2_997)?.kind).toBe('rejected')
      expect(run.staged.get(2_998)?.kind).toBe('applied')
      expect(run.largestSlice).toBe(20_000)
      expect(run.log.filter((call) => call === 'mark')).toHaveLength(2)
    }
  })

  test.each([
    ['names a stranger', ['0,no', '99,no'], { rejected: 1, unknown: 4 }],
    ['contradicts itself', ['0,no', '0,ok'], { applied: 4, unknown: 1 }],
    ['is cut', ['0,no', '"1'], { rejected: 1, unknown: 4 }],
    ['says nothing', [], { applied: 5 }],
  ])('that %s leaves the right people unknown', async (_what, lines, counts) => {
    answering(table(...lines))
    const run = planned(5)
    expect(await rig.run(reporting('ref'), run)).toEqual({ kind: 'complete' })
    expect(kinds(run)).toEqual(counts)
  })

  test('whose answer is cut in the middle is read once, from its beginning', async () => {
    const report = table('0,no', '1,no')
    answering(report)
    const answer = rig.vendor.fault
    let cut = 0
    rig.vendor.fault = (asked) => (asked.path === '/report' && cut++ === 0 ? 'cut' : answer(asked))
    const run = planned(5)
    expect(await rig.run(reporting('ref'), run)).toEqual({ kind: 'complete' })
    expect(kinds(run)).toEqual({ applied: 3, rejected: 2 })
  })

  test('that an earlier process had read in part counts only as it is read now', async () => {
    answering(table('1,no'))
    const run = planned(5)
    await run.staging.mark(new Map([[4, rejected]]))
    await rig.run(reporting('ref'), run)
    expect(kinds(run)).toEqual({ applied: 4, rejected: 1 })
    expect(run.staged.get(1)?.kind).toBe('rejected')
  })

  test('that is refused is given to the talk as it is', async () => {
    answering()
    const answer = rig.vendor.fault
    rig.vendor.fault = (asked) => (asked.path === '/report' ? { status: 410, body: 'gone' } : answer(asked))
    const seen: (readonly [number, string, boolean])[] = []
    const destination = acmeBulk({
      *talk(crowd) {
        yield* upload(crowd)
        const reply = yield* scan(
          { method: 'GET', path: '/report', expect: [410] },
          { by: 'ref', csv: () => undefined },
        )
        seen.push([reply.status, reply.text, reply.scanned === undefined])
        return { kind: 'each', otherwise: applied, by: 'ref', except: new Map() }
      },
    })
    await rig.run(destination, planned(2))
    expect(seen).toEqual([[410, 'gone', true]])
  })

  test('whose reader is wrong stops the run, without words of the report', async () => {
    answering(table('ada@example.com,no'))
    const destination = acmeBulk({
      *talk() {
        yield* scan(
          { method: 'GET', path: '/report' },
          {
            by: 'ref',
            csv: ({ who }) => {
              throw new Error(`cannot read ${who}`)
            },
          },
        )
        return { kind: 'each', otherwise: applied, by: 'ref', except: new Map() }
      },
    })
    const end = await rig.run(destination, planned(2))
    expect(end).toMatchObject({ kind: 'stopped', cause: 'unreadable' })
    expect(JSON.stringify(end)).not.toContain('ada@')
  })
})

describe('where there is no batch', () => {
  const never = new AbortController().signal
  const talks: [string, () => Talk<unknown>][] = [
    [
      'a job cannot be kept',
      function* () {
        yield* keep('job')
      },
    ],
    [
      'a report cannot be scanned',
      function* () {
        yield* scan({ method: 'GET', path: '/lists' }, { by: 'ref', csv: () => undefined })
      },
    ],
  ]
  test.each(talks)('%s', async (_what, talk) => {
    await expect(converse(talk, rig.channel(acme()), never)).rejects.toThrow(BrokenTalk)
    expect(rig.vendor.asked).toHaveLength(0)
  })

  test('a kept job that is forgotten to be yielded is an error', async () => {
    const forgetful = function* (): Talk<number> {
      keep('job')
      yield* send({ method: 'GET', path: '/lists' })
      return 1
    }
    await expect(converse(forgetful, rig.channel(acme()), never)).rejects.toThrow(BrokenTalk)
  })
})
