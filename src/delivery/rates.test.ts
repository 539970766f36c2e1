import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { virtualClock } from './fixtures/virtual-clock.ts'
import { openRates } from './rates.ts'

const never = new AbortController().signal

describe('rates', () => {
  test('never more than the rate in any window, whoever asks and whenever, and 95 % of it used', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 10, max: 5_000 }),
        fc.array(fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 12 }), { minLength: 1, maxLength: 5 }),
        async (calls, perMs, pausesOfRuns) => {
          const clock = virtualClock()
          const rates = openRates(clock)
          const sent: number[] = []
          await Promise.all(
            pausesOfRuns.map(async (pauses) => {
              for (const pause of pauses) {
                await clock.sleep(pause, never)
                await rates.take('account', { calls, perMs }, never)
                sent.push(clock.elapsed())
              }
            }),
          )
          expect(sent).toHaveLength(pausesOfRuns.flat().length)
          for (let i = calls; i < sent.length; i++) {
            expect((sent[i] ?? 0) - (sent[i - calls] ?? 0)).toBeGreaterThanOrEqual(perMs)
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  test('uses at least 95 % of the rate when there is always something to send', async () => {
    const clock = virtualClock()
    const rates = openRates(clock)
    for (let i = 0; i < 200; i++) await rates.take('account', { calls: 10, perMs: 1_000 }, never)
    expect(200 / 10 / ((clock.elapsed() + 1_000) / 1_000)).toBeGreaterThanOrEqual(0.95)
  })

  test('first come, first served', async () => {
    const clock = virtualClock()
    const rates = openRates(clock)
    const order: number[] = []
    const one = async (name: number): Promise<void> => {
      await rates.take('account', { calls: 1, perMs: 333.3 }, never)
      order.push(name)
      if (name < 20) await one(name + 4)
    }
    await Promise.all([0, 1, 2, 3].map(one))
    expect(order).toEqual(Array.from({ length: 24 }, (_, i) => i))
  })

  test('a held bucket waits, others do not', async () => {
    const clock = virtualClock()
    const rates = openRates(clock)
    const at: Record<string, number> = {}
    const take = async (key: string): Promise<void> => {
      await rates.take(key, { calls: 5, perMs: 1_000 }, never)
      at[key] = clock.elapsed()
    }
    rates.hold('a', 9_000)
    rates.hold('a', 2_000)
    await Promise.all([take('a'), take('b')])
    expect(at).toEqual({ a: 9_000, b: 0 })
  })

  test('who gives up takes no place and keeps nobody waiting', async () => {
    const clock = virtualClock()
    const rates = openRates(clock)
    const rate = { calls: 1, perMs: 1_000 }
    await rates.take('a', rate, never)
    const leaving = new AbortController()
    const first = rates.take('a', rate, leaving.signal)
    const second = rates.take('a', rate, never)
    leaving.abort(new Error('gone'))
    await expect(first).rejects.toThrow('gone')
    await second
    expect(clock.elapsed()).toBe(1_020)
    const alone = rates.take('a', rate, leaving.signal)
    await expect(alone).rejects.toThrow('gone')

    const lonely = new AbortController()
    const waiting = rates.take('a', rate, lonely.signal)
    lonely.abort(new Error('gone too'))
    await expect(waiting).rejects.toThrow('gone too')
    await rates.take('a', rate, never)
    expect(clock.elapsed()).toBe(2_040)
  })
})
