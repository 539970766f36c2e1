import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Stop } from '../destination-kit/kit.ts'
import type { End } from './deliver.ts'
import { acme } from './fixtures/acme.ts'
import { MemoryRun } from './fixtures/memory-ports.ts'
import { kinds, openRig, people, type Rig } from './fixtures/rig.ts'
import type { Tokens } from './ports.ts'

let rig: Rig
beforeEach(async () => {
  rig = await openRig()
})
afterEach(() => rig.close())

const direct = { listId: '7', operation: 'add', route: 0 } as const
const byJob = { listId: '7', operation: 'add', route: 1 } as const
const removal = { listId: '7', operation: 'remove', route: 0 } as const
const complete: End = { kind: 'complete' }

describe('a stop', () => {
  const causes: [number, string][] = [
    [401, 'auth'],
    [403, 'permission'],
    [404, 'list-missing'],
    [400, 'bad-request'],
    [501, 'bad-request'],
    [302, 'unreadable'],
  ]
  test.each(causes)('by HTTP %i has the cause %s; what was refused was never sent', async (status, cause) => {
    rig.vendor.fault = ({ count }) => (count > 2 ? { status } : undefined)
    const run = new MemoryRun(people(30)).plan({ from: 0, to: 29 }, 3, direct)
    const end = await rig.run(acme({ parallel: 1 }), run)
    expect(end).toMatchObject({ kind: 'stopped', cause })
    expect(rig.vendor.asked.length).toBe(3)
    expect(run.states().sort()).toEqual([...Array(2).fill('done'), ...Array(8).fill('pending')])
    expect(run.requests).toBe(3)
  })

  test('of one batch lets jobs that were accepted come to their end', async () => {
    rig.vendor.fault = ({ path, count }) => (path.endsWith('/import') && count > 3 ? { status: 400 } : undefined)
    const run = new MemoryRun(people(30)).plan({ from: 0, to: 29 }, 3, byJob)
    const end = await rig.run(acme({ parallel: 1 }), run)
    expect(end).toMatchObject({ kind: 'stopped', cause: 'bad-request', unread: 0 })
    expect(kinds(run)).toEqual({ applied: 9 })
  })

  test('for want of permission leaves accepted jobs as they are, and says so', async () => {
    rig.vendor.fault = ({ path, count }) => (path.endsWith('/import') && count > 3 ? { status: 403 } : undefined)
    const run = new MemoryRun(people(30)).plan({ from: 0, to: 29 }, 3, byJob)
    const end = await rig.run(acme({ parallel: 1 }), run)
    expect(end).toMatchObject({ kind: 'stopped', cause: 'permission', unread: 3 })
    expect(JSON.stringify(end)).toContain('3 accepted jobs')
    expect(run.states().filter((state) => state === 'accepted')).toHaveLength(3)
  })

  test.each([
    ['keeps removals from being sent', 403, false],
    ['of adds alone lets removals go on, since a full list must be able to shrink', 400, true],
  ])('%s', async (_what, status, removes) => {
    rig.vendor.fault = ({ path }) => (path.endsWith('/members') ? { status } : undefined)
    const run = new MemoryRun(people(4)).plan({ from: 0, to: 1 }, 2, direct).plan({ from: 2, to: 3 }, 2, removal)
    expect(await rig.run(acme(), run)).toMatchObject({ kind: 'stopped' })
    expect(rig.vendor.asked.some(({ path }) => path.endsWith('/remove'))).toBe(removes)
  })
})

describe('ending early', () => {
  test('a cancel sends no new batch and follows accepted jobs to their end', async () => {
    const cancel = new AbortController()
    rig.vendor.fault = ({ path, count }) => {
      if (path.endsWith('/import') && count === 3) cancel.abort()
      return undefined
    }
    const run = new MemoryRun(people(30)).plan({ from: 0, to: 29 }, 3, byJob)
    expect(await rig.run(acme({ parallel: 1 }), run, { signal: cancel.signal })).toEqual({ kind: 'canceled' })
    expect(rig.vendor.asked.filter(({ path }) => path.endsWith('/import'))).toHaveLength(3)
    expect(kinds(run)).toEqual({ applied: 9 })
    expect(run.states().filter((state) => state === 'pending')).toHaveLength(7)
  })

  test('a cancel while the vendor asks to wait does not wait', async () => {
    const cancel = new AbortController()
    rig.vendor.fault = () => {
      setImmediate(() => cancel.abort())
      return { status: 429, headers: { 'retry-after': '3000' } }
    }
    const run = new MemoryRun(people(6)).plan({ from: 0, to: 5 }, 3, direct)
    expect(await rig.run(acme(), run, { signal: cancel.signal })).toEqual({ kind: 'canceled' })
    expect(new Set(run.states())).toEqual(new Set(['pending']))
    expect(rig.clock.elapsed()).toBe(0)
  })

  test('a cancel lets a batch come to its end that may have been applied', async () => {
    const cancel = new AbortController()
    rig.vendor.fault = ({ count }) => {
      cancel.abort()
      return count === 1 ? 'vanish' : undefined
    }
    const run = new MemoryRun(people(6)).plan({ from: 0, to: 5 }, 3, direct)
    expect(await rig.run(acme({ parallel: 1 }), run, { signal: cancel.signal })).toEqual({ kind: 'canceled' })
    expect(kinds(run)).toEqual({ applied: 3 })
    expect(run.states()).toEqual(['done', 'pending'])
  })

  test('a cancel that comes when all is done is no cancel', async () => {
    const cancel = new AbortController()
    rig.vendor.fault = () => {
      cancel.abort()
      return undefined
    }
    const run = new MemoryRun(people(3)).plan({ from: 0, to: 2 }, 3, direct)
    expect(await rig.run(acme(), run, { signal: cancel.signal })).toEqual(complete)
  })

  test('a halt stops a request in flight; the next process finds the batch and sends it again', async () => {
    const halt = new AbortController()
    rig.vendor.fault = ({ count }) => {
      if (count === 3) setImmediate(() => halt.abort(new Error('killed')))
      return count >= 3 ? 'hang' : undefined
    }
    const run = new MemoryRun(people(30)).plan({ from: 0, to: 29 }, 3, direct)
    expect(await rig.run(acme({ parallel: 1 }), run, { halt: halt.signal })).toEqual({ kind: 'halted' })
    expect(run.states().filter((state) => state === 'sending')).toHaveLength(1)
    rig.vendor.fault = () => undefined
    expect(await rig.run(acme({ parallel: 1 }), run)).toEqual(complete)
    expect(kinds(run)).toEqual({ applied: 30 })
    expect([...run.lostAt.keys()].sort()).toEqual([6, 7, 8])
  })
})

describe('access tokens', () => {
  const tokens = (renewals: string[], revoked = false): Tokens => {
    let current = 'token-0'
    return {
      current: async () => current,
      renew: async (stale, count) => {
        if (stale !== current) return current
        count()
        if (revoked) throw new Stop('auth', 'The grant was revoked.')
        current = renewals.shift() ?? 'worthless'
        return current
      },
    }
  }
  const runWith = async (tokensOfRun: Tokens, run: MemoryRun): Promise<End> => {
    const destination = acme({ parallel: 2 }, true)
    return rig.run(destination, run, {}, rig.channel(destination, { tokens: tokensOfRun }))
  }

  test('that expire in the middle are renewed, and the batch is sent with the new one', async () => {
    rig.vendor.token = 'token-0'
    rig.vendor.fault = ({ count }) => {
      if (count === 4) rig.vendor.token = 'token-1'
      return undefined
    }
    const run = new MemoryRun(people(30)).plan({ from: 0, to: 29 }, 3, direct)
    expect(await runWith(tokens(['token-1']), run)).toEqual(complete)
    expect(kinds(run)).toEqual({ applied: 30 })
    expect(run.requests).toBe(rig.vendor.asked.length + 1)
    expect(run.writes).toBe(rig.vendor.asked.length)
  })

  test('that are refused even when new stop the run after one renewal', async () => {
    rig.vendor.token = 'none'
    const run = new MemoryRun(people(3)).plan({ from: 0, to: 2 }, 3, direct)
    expect(await runWith(tokens(['token-1']), run)).toMatchObject({ kind: 'stopped', cause: 'auth' })
    expect(rig.vendor.asked).toHaveLength(2)
    expect(run.states()).toEqual(['pending'])
  })

  test('that cannot be renewed stop the run', async () => {
    rig.vendor.token = 'none'
    const run = new MemoryRun(people(3)).plan({ from: 0, to: 2 }, 3, direct)
    expect(await runWith(tokens([], true), run)).toMatchObject({ kind: 'stopped', cause: 'auth' })
  })
})
