/** Rate windows: never more than they say, never less. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alignedWindow, slidingWindow } from './rates.ts'

/** Moments that never go back. */
const moments = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 200 }).map((steps) => {
  let now = 0
  return steps.map((step) => {
    now += step
    return now
  })
})

describe('alignedWindow', () => {
  it('allows the first calls of each stretch and no other', () => {
    fc.assert(
      fc.property(moments, fc.integer({ min: 1, max: 5 }), (times, calls) => {
        const window = alignedWindow(calls, 100)
        const used = new Map<number, number>()
        for (const now of times) {
          const stretch = Math.floor(now / 100)
          const before = used.get(stretch) ?? 0
          const taken = window.take(now)
          expect(taken.allowed).toBe(before < calls)
          if (taken.allowed) used.set(stretch, before + 1)
          expect(taken.remaining).toBe(calls - (used.get(stretch) ?? 0))
          expect(taken.resetAt).toBe((stretch + 1) * 100)
        }
      }),
    )
  })
})

describe('slidingWindow', () => {
  it('allows a call exactly when fewer than all were allowed in the time before it', () => {
    fc.assert(
      fc.property(moments, fc.integer({ min: 1, max: 5 }), (times, calls) => {
        const window = slidingWindow(calls, 100)
        const allowed: number[] = []
        for (const now of times) {
          const recent = allowed.filter((time) => now - time < 100).length
          const taken = window.take(now)
          expect(taken.allowed).toBe(recent < calls)
          if (taken.allowed) allowed.push(now)
        }
      }),
    )
  })
})
