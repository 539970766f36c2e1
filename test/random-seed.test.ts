import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seedOf } from './random-seed.ts'

describe('the seed of properties', () => {
  it.each<[string | undefined, number]>([
    [undefined, 20261122],
    ['', 20261122],
    ['7', 7],
    ['-3', -3],
    ['random', 2 ** 30],
  ])('is, for %j, %i', (asked, seed) => {
    expect(seedOf(asked, () => 0.5)).toBe(seed)
  })

  it.each(['seven', '1.5', 'Random'])('is not made of %j', (asked) => {
    expect(() => seedOf(asked, () => 0.5)).toThrow('SUND_SEED')
  })

  it('is set for every property', () => {
    const asked = process.env.SUND_SEED
    expect(fc.readConfigureGlobal().seed).toBeTypeOf('number')
    if (asked === undefined) expect(fc.readConfigureGlobal().seed).toBe(20261122)
  })
})
