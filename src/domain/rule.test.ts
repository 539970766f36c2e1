/** Which rules are rules at all. */
import { expect, test } from 'vitest'
import { MAX_DEPTH, MAX_NODES, rule } from './rule.ts'

const leaf = { field: 'State', op: 'is', value: 'California' }
const nested = (depth: number): unknown => (depth === 1 ? leaf : { all: [nested(depth - 1)] })

test.each<[string, unknown]>([
  ['a condition', leaf],
  ['groups in groups', { any: [leaf, { all: [leaf, { ...leaf, ignoreCase: true }] }] }],
  ['several values', { field: 'State', op: 'is any of', values: ['a', 'b'] }],
  ['as deep as allowed', nested(MAX_DEPTH)],
  ['as large as allowed', { all: Array.from({ length: MAX_NODES - 1 }, () => leaf) }],
])('valid: %s', (_name, input) => {
  expect(rule.parse(input)).toEqual(input)
})

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['an empty object', {}],
  ['an empty all', { all: [] }],
  ['an empty any', { any: [] }],
  ['an empty group deep inside', { all: [leaf, { any: [{ all: [] }] }] }],
  ['all and any at once', { all: [leaf], any: [leaf] }],
  ['a group with a condition', { all: [leaf], ...leaf }],
  ['an empty value', { ...leaf, value: '' }],
  ['a null value', { ...leaf, value: null }],
  ['no values', { field: 'State', op: 'is any of', values: [] }],
  ['an empty field', { ...leaf, field: '' }],
  ['a value with a NUL', { ...leaf, value: 'a\0b' }],
  ['a value with half a character', { ...leaf, value: '\ud800' }],
  ['not a number', { ...leaf, value: Number.NaN }],
  ['infinity', { ...leaf, value: Number.POSITIVE_INFINITY }],
  ['a property that does not exist', { ...leaf, ignorecase: true }],
  ['one too deep', nested(MAX_DEPTH + 1)],
  ['far too deep', JSON.parse(`${'{"all":['.repeat(5000)}1${']}'.repeat(5000)}`)],
  ['one too large', { all: Array.from({ length: MAX_NODES }, () => leaf) }],
])('invalid: %s', (_name, input) => {
  expect(rule.safeParse(input).success).toBe(false)
})
