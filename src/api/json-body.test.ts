/** How deep JSON nests, counted without parsing it. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonical } from './canonical.ts'
import { nestingOf } from './json-body.ts'

test.each([
  ['1', 0],
  ['"[[["', 0],
  ['"\\"[["', 0],
  ['"\\\\"', 0],
  ['[]', 1],
  ['[{},{"a":[]}]', 3],
  ['{"a":"}","b":[1]}', 2],
  ['[[[[[[', 6],
])('%s: %i', (text, depth) => expect(nestingOf(text, 100)).toBe(depth))

test('counts no further than it must', () => expect(nestingOf('['.repeat(1_000_000), 5)).toBe(6))

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0

test('is the depth of what is parsed', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(nestingOf(JSON.stringify(value), 1000)).toBe(depthOf(value))
    }),
  )
})

test('the canonical text is the same for the same value, whatever the order of its keys, and parses to it', () => {
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, inner]) => [key, reversed(inner)]),
    )
  }
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const plain: unknown = JSON.parse(JSON.stringify(value))
      expect(canonical(reversed(plain))).toBe(canonical(plain))
      expect(JSON.parse(canonical(plain))).toEqual(plain)
    }),
  )
})
