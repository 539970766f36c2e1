/** What counts as a difference, and how it is named. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Difference, differencesOf } from './differences.ts'

it.each<[string, unknown, unknown, readonly Difference[]]>([
  ['nothing', { a: [1, { b: null }] }, { a: [1, { b: null }] }, []],
  ['an absent key and undefined', { a: 1 }, { a: 1, b: undefined }, []],
  ['a value', { a: { b: 1 } }, { a: { b: 2 } }, [{ path: 'a.b', before: 1, after: 2 }]],
  ['a new key', {}, { a: 1 }, [{ path: 'a', after: 1 }]],
  ['a key that is gone', { a: 1 }, {}, [{ path: 'a', before: 1 }]],
  ['null', { a: null }, { a: 1 }, [{ path: 'a', before: null, after: 1 }]],
  ['an item', { a: [1, 2] }, { a: [1, 3] }, [{ path: 'a[1]', before: 2, after: 3 }]],
  ['a longer list', { a: [1] }, { a: [1, 2] }, [{ path: 'a', before: [1], after: [1, 2] }]],
  ['a list and a value', { a: [1] }, { a: 1 }, [{ path: 'a', before: [1], after: 1 }]],
  [
    'items with names',
    { a: [{ name: 'x', n: 1 }, { name: 'y' }] },
    { a: [{ name: 'x', n: 2 }, { name: 'z' }] },
    [
      { path: 'a["x"].n', before: 1, after: 2 },
      { path: 'a["y"]', before: { name: 'y' } },
      { path: 'a["z"]', after: { name: 'z' } },
    ],
  ],
  [
    'the order of items with names',
    { a: [{ name: 'x' }, { name: 'y' }] },
    { a: [{ name: 'y' }, { name: 'x' }] },
    [{ path: 'a (order)', before: ['x', 'y'], after: ['y', 'x'] }],
  ],
])('%s', (_what, before, after, expected) => {
  expect(differencesOf(before, after)).toEqual(expected)
})

it('is empty exactly where the JSON is the same', () => {
  const key = fc.constantFrom('name', 'a', 'b')
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, true, 0, 1, '', 'x', 'y'),
      fc.array(tie('json'), { maxLength: 3 }),
      fc.dictionary(key, tie('json'), { noNullPrototype: true }),
    ),
  }))
  const sorted = (value: unknown): string =>
    JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort())
        : inner,
    )
  fc.assert(
    fc.property(json, json, (before, after) => {
      expect(differencesOf(before, after).length === 0).toBe(sorted(before) === sorted(after))
    }),
    { numRuns: 2000 },
  )
})
