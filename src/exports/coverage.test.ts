import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Coverage } from './coverage.ts'

const span = fc
  .tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 8 }))
  .map(([from, more]) => ({ from, to: from + more }))

test('what is covered is what was added, place by place', () => {
  fc.assert(
    fc.property(fc.array(span, { maxLength: 12 }), span, (added, asked) => {
      const covered = new Coverage()
      const places = new Set<number>()
      for (const { from, to } of added) {
        covered.add({ from, to })
        for (let place = from; place <= to; place++) places.add(place)
      }
      const wanted = Array.from({ length: asked.to - asked.from + 1 }, (_, index) => asked.from + index)
      expect(covered.holds(asked)).toBe(wanted.every((place) => places.has(place)))
      expect(covered.touches(asked)).toBe(wanted.some((place) => places.has(place)))
    }),
  )
})
