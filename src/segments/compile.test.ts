/** Rules mean the same in SQL as read by a person, over any rows; and nothing a person writes becomes SQL. */
import fc from 'fast-check'
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Condition, Rule, Value } from '../domain/rule.ts'
import type { ColumnType } from '../domain/source.ts'
import { openDuckDb } from '../engine/duckdb.ts'
import type { DataEngine } from '../engine/engine.ts'
import { compileSegment } from './compile.ts'
import { type Operator, operators } from './operators.ts'

const today = '2026-11-21'
const fields = [
  { name: 'Loyalty Tier', type: 'text' },
  { name: 'say "hi" -- ]`', type: 'text' },
  { name: 'Income', type: 'number' },
  { name: 'Born', type: 'date' },
  { name: 'Subscriber', type: 'boolean' },
] as const

type Stored = string | number | boolean | null
type Profile = Readonly<Record<string, Stored>>

const compiled = (rule: unknown) => compileSegment({ name: 'S', rule }, { fields, today })

let engine: DataEngine

beforeAll(async () => {
  engine = await openDuckDb({ file: ':memory:' })
})
afterAll(async () => engine.close())

/** The places of the profiles that the compiled rule takes. */
const taken = async (rule: unknown, profiles: readonly Profile[]): Promise<number[]> => {
  const rows = profiles.map((profile, place) => {
    const values = fields.map(({ name, type }) => sql`cast(${profile[name] ?? null} as ${sql.raw(sqlTypes[type])})`)
    return sql`(${sql.join([sql.lit(place), ...values])})`
  })
  const columns = sql.join(fields.map(({ name }) => sql.id(name)))
  const query = sql`select place from (values ${sql.join(rows)}) p (place, ${columns}) where ${compiled(rule)} order by 1`
  return (await engine.rows(query, z.object({ place: z.number() }))).map(({ place }) => place)
}

const sqlTypes: Readonly<Record<ColumnType, string>> = {
  text: 'varchar',
  number: 'double',
  date: 'date',
  boolean: 'boolean',
}

const DAY_MS = 86_400_000

/** What an operator means, said once more and in another language. */
const meanings: Readonly<Record<string, (stored: string | number | boolean, given: readonly Value[]) => boolean>> = {
  is: (stored, [value]) => stored === value,
  'is not': (stored, [value]) => stored !== value,
  'is any of': (stored, values) => values.includes(stored),
  'is none of': (stored, values) => !values.includes(stored),
  contains: (stored, [value]) => String(stored).includes(String(value)),
  'does not contain': (stored, [value]) => !String(stored).includes(String(value)),
  'starts with': (stored, [value]) => String(stored).startsWith(String(value)),
  'ends with': (stored, [value]) => String(stored).endsWith(String(value)),
  'less than': (stored, [value = 0]) => stored < value,
  'at most': (stored, [value = 0]) => stored <= value,
  'more than': (stored, [value = 0]) => stored > value,
  'at least': (stored, [value = 0]) => stored >= value,
  before: (stored, [value = '']) => stored < value,
  'on or before': (stored, [value = '']) => stored <= value,
  after: (stored, [value = '']) => stored > value,
  'on or after': (stored, [value = '']) => stored >= value,
  between: (stored, [low = 0, high = 0]) => low <= stored && stored <= high,
  'not between': (stored, [low = 0, high = 0]) => stored < low || high < stored,
  'within last days': (stored, [days]) => {
    const age = (Date.parse(today) - Date.parse(String(stored))) / DAY_MS
    return age >= 0 && age < Number(days)
  },
}

const lower = (value: Value): Value => (typeof value === 'string' ? value.toLowerCase() : value)

const holdsCondition = ({ field, op, value, values, ignoreCase }: Condition, profile: Profile): boolean => {
  const stored = profile[field] ?? null
  if (op === 'is missing') return stored === null
  if (stored === null) return false
  if (op === 'is present') return true
  const given = values ?? (value === undefined ? [] : [value])
  const meaning = meanings[op]
  if (meaning === undefined) throw new TypeError(op)
  return ignoreCase === true ? meaning(lower(stored), given.map(lower)) : meaning(stored, given)
}

const holds = (rule: Rule, profile: Profile): boolean => {
  if ('all' in rule) return rule.all.every((part) => holds(part, profile))
  if ('any' in rule) return rule.any.some((part) => holds(part, profile))
  return holdsCondition(rule, profile)
}

const words = [
  'high',
  'High',
  'hig',
  'gh',
  'h%',
  '%',
  '_',
  '100%',
  "it's",
  "'; drop table p --",
  'å',
  'ÅSE',
  'åse',
  ' ',
]
const text = fc.constantFrom(...words)
const number = fc.constantFrom(0, -1, 1, 1.5, 1000, 9007199254740991, -0.25)
const date = fc.constantFrom(
  '0001-01-01',
  '1979-12-31',
  '1980-01-01',
  '2026-11-20',
  '2026-11-21',
  '2026-11-22',
  '9999-12-31',
)
const valuesOf: Readonly<Record<ColumnType | 'count', fc.Arbitrary<Value>>> = {
  text,
  number,
  date,
  boolean: fc.boolean(),
  count: fc.constantFrom(1, 2, 365),
}

const inOrder = ([a, b]: readonly [Value, Value]): Value[] => (a <= b ? [a, b] : [b, a])

const operatorsOf = (type: ColumnType): [string, Operator][] => Object.entries(operators[type])

const conditions: fc.Arbitrary<Condition>[] = fields.flatMap(({ name: field, type }) =>
  operatorsOf(type).map(([op, { takes, arity }]): fc.Arbitrary<Condition> => {
    if (takes === 'nothing') return fc.constant({ field, op })
    const value = valuesOf[takes]
    const ignoreCase = takes === 'text' ? fc.boolean() : fc.constant(undefined)
    if (arity === 'one') return fc.record({ field: fc.constant(field), op: fc.constant(op), value, ignoreCase })
    const values =
      arity === 'two' ? fc.tuple(value, value).map(inOrder) : fc.array(value, { minLength: 1, maxLength: 3 })
    return fc.record({ field: fc.constant(field), op: fc.constant(op), values, ignoreCase })
  }),
)

const anyRule: fc.Arbitrary<Rule> = fc.letrec<{ rule: Rule }>((tie) => {
  const parts = fc.array(tie('rule'), { minLength: 1, maxLength: 3 })
  return {
    rule: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.oneof(...conditions),
      fc.record({ all: parts }),
      fc.record({ any: parts }),
    ),
  }
}).rule

const profile: fc.Arbitrary<Profile> = fc.record({
  'Loyalty Tier': fc.option(text),
  'say "hi" -- ]`': fc.option(text),
  Income: fc.option(number),
  Born: fc.option(date),
  Subscriber: fc.option(fc.boolean()),
})

test('a compiled rule takes exactly the profiles for which it holds', async () => {
  await fc.assert(
    fc.asyncProperty(anyRule, fc.array(profile, { minLength: 1, maxLength: 8 }), async (rule, profiles) => {
      const expected = profiles.flatMap((one, place) => (holds(rule, one) ? [place] : []))
      expect(await taken(rule, profiles)).toEqual(expected)
    }),
    { numRuns: 300 },
  )
})

test('every operator is among the rules that are tried', () => {
  const tried = new Set(fc.sample(fc.oneof(...conditions), 4000).map(({ field, op }) => `${field} ${op}`))
  expect(tried.size).toBe(conditions.length)
})

const compiler = new Kysely<unknown>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})

test('no value stands in the SQL text: each is bound', () => {
  const mark = fc.stringMatching(/^MARK[a-z'";%-]{1,20}$/)
  const rules = mark.chain((value) =>
    fc.constantFrom<Rule>(
      { field: 'Loyalty Tier', op: 'is', value },
      { field: 'Loyalty Tier', op: 'contains', value, ignoreCase: true },
      { any: [{ all: [{ field: 'Loyalty Tier', op: 'is none of', values: [value, value] }] }] },
    ),
  )
  fc.assert(
    fc.property(rules, (rule) => {
      const query = compiled(rule).compile(compiler)
      expect(query.sql).not.toContain('MARK')
      expect(query.parameters.every((value) => String(value).startsWith('MARK'))).toBe(true)
      expect(query.parameters.length).toBeGreaterThan(0)
    }),
  )
})

test('the SQL of a rule', () => {
  const rule = {
    all: [
      { field: 'Loyalty Tier', op: 'is', value: 'high' },
      {
        any: [
          { field: 'Born', op: 'between', values: ['1980-01-01', '1989-12-31'] },
          { field: 'Income', op: 'is missing' },
        ],
      },
    ],
  }
  const { sql: written, parameters } = compiled(rule).compile(compiler)
  expect(written).toBe(
    '("Loyalty Tier" = $1 and ("Born" between cast($2 as date) and cast($3 as date) or "Income" is null))',
  )
  expect(parameters).toEqual(['high', '1980-01-01', '1989-12-31'])
})

describe('a rule that cannot be evaluated is neither everybody nor nobody', () => {
  const tier = { field: 'Loyalty Tier', op: 'is', value: 'high' }
  test.each<[string, unknown, object]>([
    ['a field that is gone', { ...tier, field: 'Tier' }, { field: 'Tier', problem: 'unknown field' }],
    ['a field in another case', { ...tier, field: 'loyalty tier' }, { problem: 'unknown field' }],
    ['a field deep inside', { all: [tier, { any: [tier, { ...tier, field: 'Tier' }] }] }, { field: 'Tier' }],
    ['a column of our own', { ...tier, field: '_hash' }, { problem: 'unknown field' }],
    [
      'an unknown operator',
      { ...tier, op: 'like' },
      { field: 'Loyalty Tier', op: 'like', problem: 'unknown operator' },
    ],
    ['an operator of another type', { ...tier, op: 'before' }, { problem: 'unknown operator' }],
    ['an operator that every object has', { ...tier, op: 'constructor' }, { problem: 'unknown operator' }],
    ['no value', { field: 'Loyalty Tier', op: 'is' }, { problem: 'value missing' }],
    ['a value too many', { ...tier, op: 'is missing' }, { problem: 'value not expected' }],
    ['values for a value', { field: 'Loyalty Tier', op: 'is', values: ['a'] }, { problem: 'wrong number of values' }],
    ['a value for values', { ...tier, op: 'is any of' }, { problem: 'wrong number of values' }],
    ['one end', { field: 'Income', op: 'between', values: [1] }, { problem: 'wrong number of values' }],
    [
      'ends in the wrong order',
      { field: 'Income', op: 'between', values: [2, 1] },
      { problem: 'ends in the wrong order' },
    ],
    ['text for a number', { field: 'Income', op: 'is', value: '1' }, { problem: 'wrong type of value' }],
    ['text for a boolean', { field: 'Subscriber', op: 'is', value: 'Yes' }, { problem: 'wrong type of value' }],
    ['a number for text', { ...tier, value: 1 }, { problem: 'wrong type of value' }],
    [
      'a day that is not in the calendar',
      { field: 'Born', op: 'is', value: '1900-02-29' },
      { problem: 'wrong type of value' },
    ],
    ['a date in another form', { field: 'Born', op: 'is', value: '5/8/1986' }, { problem: 'wrong type of value' }],
    ['no days', { field: 'Born', op: 'within last days', value: 0 }, { problem: 'wrong type of value' }],
    [
      'case of a number',
      { field: 'Income', op: 'is', value: 1, ignoreCase: true },
      { problem: 'case of a field that is not text' },
    ],
    ['an empty value', { ...tier, value: '' }, { segment: 'S' }],
    ['an empty group', { all: [] }, { segment: 'S' }],
    ['nothing', null, { segment: 'S' }],
  ])('%s', (_name, rule, details) => {
    expect(() => compiled(rule)).toThrow(
      expect.objectContaining({
        code: 'segment.invalid',
        details: expect.objectContaining({ segment: 'S', ...details }),
      }),
    )
  })
})
