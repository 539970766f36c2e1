import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { End } from './deliver.ts'
import { acme } from './fixtures/acme.ts'
import { MemoryRun } from './fixtures/memory-ports.ts'
import { kinds, openRig, people, type Rig } from './fixtures/rig.ts'

let rig: Rig
beforeEach(async () => {
  rig = await openRig()
})
afterEach(() => rig.close())

const direct = { listId: '7', operation: 'add', route: 0 } as const
const byJob = { listId: '7', operation: 'add', route: 1 } as const
const removal = { listId: '7', operation: 'remove', route: 0 } as const
const complete: End = { kind: 'complete' }
const news = (): Set<string> => rig.vendor.list('news')

describe('what is sent', () => {
  test('every record once, with an outcome each, and the traffic counted', async () => {
    const run = new MemoryRun(people(100, (seq) => (seq % 25 === 3 ? `bad${seq}@example.com` : `p${seq}@example.com`)))
    run.plan({ from: 0, to: 99 }, 10, direct)
    expect(await rig.run(acme(), run)).toEqual(complete)
    expect(kinds(run)).toEqual({ applied: 96, rejected: 4 })
    for (const seq of [3, 28, 53, 78]) expect(run.staged.get(seq)?.kind).toBe('rejected')
    expect(news().size).toBe(96)
    expect(new Set(run.states())).toEqual(new Set(['done']))
    expect([run.requests, run.writes, rig.vendor.asked.length]).toEqual([10, 10, 10])
  })

  test('adds have all ended, jobs too, before the first removal leaves', async () => {
    const run = new MemoryRun(people(40))
    run.plan({ from: 0, to: 9 }, 5, removal)
    run.plan({ from: 10, to: 39 }, 5, byJob)
    rig.vendor.looksNeeded = 3
    expect(await rig.run(acme(), run)).toEqual(complete)
    const paths = rig.vendor.asked.map(({ path }) => path)
    expect(paths.indexOf('/lists/news/remove')).toBeGreaterThan(
      paths.findLastIndex((path) => path.startsWith('/jobs/')),
    )
    expect(paths.filter((path) => path === '/lists/news/remove')).toHaveLength(2)
  })

  test('calls keep the limits of records and bytes, and the batch rows say so', async () => {
    const run = new MemoryRun(people(50))
    run.plan({ from: 0, to: 49 }, 50, direct)
    expect(await rig.run(acme({ bytes: 400 }), run, { options: { maxRecords: 9 } })).toEqual(complete)
    const sizes = rig.vendor.asked.map(({ body }) => body.length - '{"members":[]}'.length)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(400)
    expect(news().size).toBe(50)
    expect(run.staged.size).toBe(50)
    expect(run.batches.get(1)?.state).toBe('split')
  })

  test('a record that alone is too large is rejected, not sent', async () => {
    const run = new MemoryRun(
      people(3, (seq) => (seq === 1 ? `${'x'.repeat(500)}@example.com` : `p${seq}@example.com`)),
    )
    run.plan({ from: 0, to: 2 }, 3, direct)
    expect(await rig.run(acme({ bytes: 100 }), run)).toEqual(complete)
    expect(run.staged.get(1)).toMatchObject({ kind: 'rejected', code: 'too-large' })
    expect(kinds(run)).toEqual({ applied: 2, rejected: 1 })
  })

  test('at most `parallel` batches are in flight', async () => {
    let most = 0
    let open = 0
    const inner = rig.channel(acme())
    const run = new MemoryRun(people(60)).plan({ from: 0, to: 59 }, 2, direct)
    await rig.run(
      acme({ parallel: 3 }),
      run,
      {},
      {
        ask: async (...asked) => {
          most = Math.max(most, ++open)
          try {
            return await inner.ask(...asked)
          } finally {
            open--
          }
        },
      },
    )
    expect(most).toBe(3)
  })

  test('an outbox that leaves a row out stops the run instead of passing the row for delivered', async () => {
    const run = new MemoryRun(people(3)).plan({ from: 0, to: 4 }, 5, direct)
    await expect(rig.run(acme(), run)).rejects.toThrow('The outbox gave 3 rows of 0 to 4.')
    expect(run.staged.size).toBe(0)
  })
})

describe('jobs', () => {
  test('waiting for jobs holds no slot', async () => {
    rig.vendor.looksNeeded = 4
    const run = new MemoryRun(people(20)).plan({ from: 0, to: 19 }, 2, byJob)
    expect(await rig.run(acme({ parallel: 1 }), run)).toEqual(complete)
    const kindsAsked = rig.vendor.asked.map(({ path }) => path.startsWith('/jobs/'))
    expect(kindsAsked.slice(0, 10)).toEqual(Array(10).fill(false))
    expect(kinds(run)).toEqual({ applied: 20 })
  })

  test('no more jobs are open than the vendor takes', async () => {
    let open = 0
    let most = 0
    rig.vendor.fault = ({ path }) => {
      if (path.endsWith('/import')) most = Math.max(most, ++open)
      const job = rig.vendor.jobs.get(path.split('/')[2] ?? '')
      if (job !== undefined && job.looks + 1 >= rig.vendor.looksNeeded) open--
      return undefined
    }
    const run = new MemoryRun(people(20)).plan({ from: 0, to: 19 }, 2, byJob)
    expect(await rig.run(acme({ parallel: 4, jobs: 2 }), run)).toEqual(complete)
    expect(most).toBe(2)
  })

  test('are looked at after 2 s, then ever more seldom, up to 30 s', async () => {
    rig.vendor.looksNeeded = 12
    const run = new MemoryRun(people(2)).plan({ from: 0, to: 1 }, 2, byJob)
    expect(await rig.run(acme(), run)).toEqual(complete)
    const gaps = rig.sentAt.slice(1).map((at, i) => Math.round(at - (rig.sentAt[i] ?? 0)))
    expect(gaps.slice(0, 3)).toEqual([2_000, 3_000, 4_500])
    expect(gaps.slice(-3)).toEqual([30_000, 30_000, 30_000])
  })

  test('one that never ends is unknown once it is older than the route allows', async () => {
    rig.vendor.looksNeeded = Number.POSITIVE_INFINITY
    const run = new MemoryRun(people(2)).plan({ from: 0, to: 1 }, 2, byJob)
    expect(await rig.run(acme({ settles: 600 }), run)).toEqual(complete)
    expect(kinds(run)).toEqual({ unknown: 2 })
    expect(rig.clock.elapsed()).toBe(600_000)
  })

  test('accepted by a process that died, one is asked for again and not sent again', async () => {
    const run = new MemoryRun(people(4)).plan({ from: 0, to: 3 }, 4, byJob)
    const halt = new AbortController()
    rig.vendor.fault = ({ path }) => {
      if (path.startsWith('/jobs/')) halt.abort(new Error('killed'))
      return undefined
    }
    expect(await rig.run(acme(), run, { halt: halt.signal })).toEqual({ kind: 'halted' })
    expect(run.states()).toEqual(['accepted'])
    rig.vendor.fault = () => undefined
    expect(await rig.run(acme(), run)).toEqual(complete)
    expect(rig.vendor.asked.filter(({ path }) => path.endsWith('/import'))).toHaveLength(1)
    expect(kinds(run)).toEqual({ applied: 4 })
  })
})

describe('jobs of a process that died long ago', () => {
  const interrupted = async (): Promise<MemoryRun> => {
    const run = new MemoryRun(people(2)).plan({ from: 0, to: 1 }, 2, byJob)
    const halt = new AbortController()
    rig.vendor.fault = ({ path }) => {
      if (path.startsWith('/jobs/')) halt.abort(new Error('killed'))
      return undefined
    }
    await rig.run(acme({ settles: 600 }), run, { halt: halt.signal })
    rig.vendor.fault = () => undefined
    await rig.clock.sleep(7_200_000, new AbortController().signal)
    return run
  }

  test('are looked at once more: one that has ended since counts', async () => {
    rig.vendor.looksNeeded = 1
    const run = await interrupted()
    expect(await rig.run(acme({ settles: 600 }), run)).toEqual(complete)
    expect(kinds(run)).toEqual({ applied: 2 })
  })

  test('and one that has not is unknown', async () => {
    rig.vendor.looksNeeded = Number.POSITIVE_INFINITY
    const run = await interrupted()
    const before = rig.vendor.asked.length
    expect(await rig.run(acme({ settles: 600 }), run)).toEqual(complete)
    expect(kinds(run)).toEqual({ unknown: 2 })
    expect(rig.vendor.asked.length).toBe(before + 1)
  })

  test('and one whose outcomes are stored already is only committed', async () => {
    rig.vendor.looksNeeded = 1
    const run = await interrupted()
    await run.staging.stage({ from: 0, to: 1, otherwise: { kind: 'applied' }, except: new Map() })
    const before = rig.vendor.asked.length
    expect(await rig.run(acme(), run)).toEqual(complete)
    expect(rig.vendor.asked.length).toBe(before)
    expect(run.states()).toEqual(['done'])
  })

  test('and one that the vendor no longer knows stops the run without a second upload', async () => {
    const run = await interrupted()
    rig.vendor.jobs.clear()
    expect(await rig.run(acme(), run)).toMatchObject({ kind: 'stopped', unread: 1 })
    expect(rig.vendor.asked.filter(({ path }) => path.endsWith('/import'))).toHaveLength(1)
    expect(run.states()).toEqual(['accepted'])
  })
})

describe('one bad record', () => {
  test('that poisons a call of 4,000 is found in O(log n) calls, and the rest is delivered', async () => {
    const run = new MemoryRun(people(4_000, (seq) => (seq === 2_717 ? 'poison@example.com' : `p${seq}@example.com`)))
    run.plan({ from: 0, to: 3_999 }, 4_000, direct)
    expect(await rig.run(acme(), run)).toEqual(complete)
    expect(kinds(run)).toEqual({ applied: 3_999, rejected: 1 })
    expect(run.staged.get(2_717)).toEqual({ kind: 'rejected', code: 'refused', reason: 'Acme refused the call.' })
    expect(news().size).toBe(3_999)
    expect(rig.vendor.asked.length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(4_000)) + 1)
  })

  test('a call that the vendor calls too large is halved', async () => {
    rig.vendor.fault = ({ body }) => (body.length > 600 ? { status: 413 } : undefined)
    const run = new MemoryRun(people(64)).plan({ from: 0, to: 63 }, 64, direct)
    expect(await rig.run(acme(), run)).toEqual(complete)
    expect(kinds(run)).toEqual({ applied: 64 })
    expect(news().size).toBe(64)
  })
})

describe('a failing vendor', () => {
  const faulty: [string, Parameters<typeof burst>[0], number][] = [
    ['429 with Retry-After', { status: 429, headers: { 'retry-after': '7' } }, 0],
    ['429 without', { status: 429 }, 0],
    ['503', { status: 503 }, 1],
    ['503 with Retry-After', { status: 503, headers: { 'retry-after': '1' } }, 0],
    ['500 after the write', { status: 500 }, 1],
    ['a connection reset before the write', 'reset', 1],
    ['an answer that never comes after the write', 'vanish', 1],
    ['an answer cut in half', 'cut', 1],
    ['silence', 'hang', 1],
  ]
  const burst = (fault: NonNullable<ReturnType<Rig['vendor']['fault']>>, from: number, to: number): void => {
    rig.vendor.fault = ({ count }) => (count >= from && count <= to ? fault : undefined)
  }
  test.each(faulty)('%s: nothing is lost, and what may have been applied is marked', async (_what, fault, marked) => {
    burst(fault, 4, 6)
    const run = new MemoryRun(people(30)).plan({ from: 0, to: 29 }, 3, direct)
    expect(await rig.run(acme(), run)).toEqual(complete)
    expect(kinds(run)).toEqual({ applied: 30 })
    expect(news().size).toBe(30)
    expect(run.lostAt.size > 0).toBe(marked === 1)
    expect([...run.batches.values()].some(({ lostAt }) => lostAt !== undefined)).toBe(marked === 1)
    expect(run.requests).toBe(rig.vendor.asked.length)
  })

  test('that answers 200 with a web page stops the run as unreadable, and nobody counts as delivered', async () => {
    burst({ status: 200, body: '<html><title>Sign in</title>Kari Nordmann' }, 1, 99)
    const run = new MemoryRun(people(30)).plan({ from: 0, to: 29 }, 3, direct)
    const end = await rig.run(acme({ parallel: 2 }), run)
    expect(end).toMatchObject({ kind: 'stopped', cause: 'unreadable' })
    expect(JSON.stringify(end)).not.toContain('Kari')
    expect(run.staged.size).toBe(0)
    expect(rig.vendor.asked.length).toBe(2)
    expect(run.states().filter((state) => state === 'sending')).toHaveLength(2)
    expect(run.states().filter((state) => state === 'pending')).toHaveLength(8)
  })

  test('that is down longer than our patience stops the run; what was not sent waits', async () => {
    const { vendor } = rig
    await vendor.stop()
    const run = new MemoryRun(people(30)).plan({ from: 0, to: 29 }, 3, direct)
    const end = await rig.run(acme(), run)
    expect(end).toMatchObject({ kind: 'stopped', cause: 'vendor-down' })
    expect(new Set(run.states())).toEqual(new Set(['pending']))
    expect(rig.clock.elapsed()).toBeGreaterThanOrEqual(300_000)
    expect(rig.clock.elapsed()).toBeLessThan(400_000)
  })

  test('that swallows answers until our patience ends leaves what was sent as sent', async () => {
    burst('vanish', 3, Number.POSITIVE_INFINITY)
    const run = new MemoryRun(people(30)).plan({ from: 0, to: 29 }, 3, direct)
    expect(await rig.run(acme({ parallel: 1 }), run)).toMatchObject({ kind: 'stopped', cause: 'vendor-down' })
    const left = [...run.batches.values()].filter(({ state }) => state === 'sending')
    expect(left.map(({ number, lostAt }) => [number, lostAt instanceof Date])).toEqual([[3, true]])
    expect(run.states().filter((state) => state === 'pending')).toHaveLength(7)
  })

  test('is asked little while it is down: bursts cost at most a fifth more requests', async () => {
    // Down for 60 s of every 200 s of virtual time.
    const slow = acme({ calls: 1, per: 1, parallel: 4 })
    rig.vendor.fault = () => (rig.clock.elapsed() % 200_000 > 140_000 ? { status: 503 } : undefined)
    const run = new MemoryRun(people(900)).plan({ from: 0, to: 899 }, 1, direct)
    expect(await rig.run(slow, run)).toEqual(complete)
    expect(news().size).toBe(900)
    expect(rig.vendor.asked.length).toBeGreaterThan(900)
    expect(rig.vendor.asked.length).toBeLessThanOrEqual(900 * 1.2)
  })

  test('an answer that names somebody who was not sent leaves the others unknown', async () => {
    burst({ status: 200, body: '{"rejected":["stranger@example.com","P1@EXAMPLE.COM"]}' }, 1, 1)
    const run = new MemoryRun(people(3)).plan({ from: 0, to: 2 }, 3, direct)
    expect(await rig.run(acme(), run)).toEqual(complete)
    expect(kinds(run)).toEqual({ unknown: 2, rejected: 1 })
    expect(run.staged.get(1)?.kind).toBe('rejected')
  })
})
