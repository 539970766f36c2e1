import { describe, expect, test } from 'vitest'
import { VendorDown } from './failures.ts'
import { virtualClock } from './fixtures/virtual-clock.ts'
import { openRecovery } from './recovery.ts'
import { fullJitter, MAX_RETRY_AFTER_MS, openRetryBudget, retryAfterMs } from './retry.ts'

const now = new Date('2026-11-21T12:00:00Z')
const never = new AbortController().signal

describe('Retry-After', () => {
  test.each([
    [undefined, undefined],
    ['', undefined],
    ['7', 7_000],
    [' 0.5 ', 500],
    ['0', undefined],
    ['-5', undefined],
    ['1e9', undefined],
    ['1000000000', MAX_RETRY_AFTER_MS],
    ['soon', undefined],
    ['NaN', undefined],
    ['2026', 2_026_000],
    ['Sat, 21 Nov 2026 12:00:30 GMT', 30_000],
    ['Saturday, 21-Nov-26 12:00:30 GMT', 30_000],
    ['Sat, 21 Nov 2026 11:59:00 GMT', undefined],
    ['Fri, 31 Dec 9999 23:59:59 GMT', MAX_RETRY_AFTER_MS],
  ])('%j is %j ms', (header, ms) => expect(retryAfterMs(header, now)).toBe(ms))
})

test('jitter is full: from nothing to a doubling ceiling', () => {
  const ceiling = (attempt: number): number => fullJitter(attempt, () => 0.999_999, 100, 5_000)
  expect([0, 1, 2, 10, 2_000].map((attempt) => Math.round(ceiling(attempt)))).toEqual([100, 200, 400, 5_000, 5_000])
  expect(fullJitter(5, () => 0, 100, 5_000)).toBe(0)
})

test('the budget lets a fifth of the requests be repeated, beyond a small reserve', () => {
  const budget = openRetryBudget()
  let repeated = 0
  for (let i = 0; i < 1_000; i++) {
    budget.earn()
    while (budget.spend()) repeated++
  }
  expect(repeated).toBeGreaterThanOrEqual(200)
  expect(repeated).toBeLessThanOrEqual(211)
})

describe('recovery', () => {
  test('one at a time tries a failing vendor; the others wait until it passed', async () => {
    const clock = virtualClock()
    const recovery = openRecovery(clock, () => 0.5, 60_000)
    expect(await recovery.enter(never)).toBe(false)
    recovery.failed(false, { attempts: 0, since: undefined }, 'down', 1_000)
    const entered: [number, boolean][] = []
    const all = [0, 1, 2].map(async () => {
      const tries = await recovery.enter(never)
      entered.push([clock.elapsed(), tries])
      if (tries) {
        await clock.sleep(500, never)
        recovery.passed(tries)
      }
    })
    await Promise.all(all)
    expect(entered).toEqual([
      [1_000, true],
      [1_500, false],
      [1_500, false],
    ])
  })

  test('when the one that tries is aborted, the next one tries', async () => {
    const clock = virtualClock()
    const recovery = openRecovery(clock, () => 0, 60_000)
    recovery.failed(false, { attempts: 0, since: undefined }, 'down', 0)
    const first = await recovery.enter(never)
    const second = recovery.enter(never)
    recovery.left(first)
    expect(await second).toBe(true)
  })

  test('who waits can be aborted', async () => {
    const recovery = openRecovery(virtualClock(), () => 0, 60_000)
    recovery.failed(false, { attempts: 0, since: undefined }, 'down', 0)
    await recovery.enter(never)
    const leaving = new AbortController()
    const waiting = recovery.enter(leaving.signal)
    leaving.abort(new Error('gone'))
    await expect(waiting).rejects.toThrow('gone')
  })

  test('patience ends for a vendor that fails all, and for a request that alone fails', async () => {
    const clock = virtualClock()
    const recovery = openRecovery(clock, () => 0.5, 60_000)
    const alone = { attempts: 0, since: undefined }
    for (let minute = 0; minute < 2; minute++) {
      expect(() => recovery.failed(false, alone, 'down', 0)).not.toThrow()
      await clock.sleep(29_000, never)
      recovery.passed(false)
    }
    await clock.sleep(2_000, never)
    expect(() => recovery.failed(false, alone, 'HTTP 500', 0)).toThrow(VendorDown)
    expect(() => recovery.failed(false, { attempts: 0, since: undefined }, 'down', 0)).not.toThrow()
  })
})
