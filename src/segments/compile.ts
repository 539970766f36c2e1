/** Compiles a segment's rule into an SQL condition over the profiles, its values bound. */
import { type RawBuilder, sql } from 'kysely'
import { type Rule, rule as ruleShape, type Value } from '../domain/rule.ts'
import { SundError } from '../errors.ts'
import type { SealedField } from '../unify/profiles.ts'
import { type CheckedCondition, checkCondition, InvalidCondition } from './condition-values.ts'

export interface Segment {
  readonly id: string
  readonly name: string
  /** Checked here, since it may have been stored long ago. */
  readonly rule: unknown
}

export interface CompileOptions {
  readonly fields: readonly SealedField[]
  /** The day that relative dates count from, as ISO date: pinned, so that a refresh means one day. */
  readonly today: string
}

type Bool = RawBuilder<boolean>
type Operands = readonly [column: RawBuilder<unknown>, ...values: RawBuilder<unknown>[]]

const missing = sql`null`

/** By operator; `a` is the field, `b` and `c` the values. Text is searched by position, never by pattern. */
const comparisons: Readonly<Record<string, (a: RawBuilder<unknown>, values: readonly RawBuilder<unknown>[]) => Bool>> =
  {
    is: (a, [b = missing]) => sql`${a} = ${b}`,
    'is not': (a, [b = missing]) => sql`${a} <> ${b}`,
    'is any of': (a, values) => sql`${a} in (${sql.join([...values])})`,
    'is none of': (a, values) => sql`${a} not in (${sql.join([...values])})`,
    contains: (a, [b = missing]) => sql`strpos(${a}, ${b}) > 0`,
    'does not contain': (a, [b = missing]) => sql`strpos(${a}, ${b}) = 0`,
    'starts with': (a, [b = missing]) => sql`starts_with(${a}, ${b})`,
    'ends with': (a, [b = missing]) => sql`right(${a}, length(${b})) = ${b}`,
    'less than': (a, [b = missing]) => sql`${a} < ${b}`,
    'at most': (a, [b = missing]) => sql`${a} <= ${b}`,
    'more than': (a, [b = missing]) => sql`${a} > ${b}`,
    'at least': (a, [b = missing]) => sql`${a} >= ${b}`,
    before: (a, [b = missing]) => sql`${a} < ${b}`,
    'on or before': (a, [b = missing]) => sql`${a} <= ${b}`,
    after: (a, [b = missing]) => sql`${a} > ${b}`,
    'on or after': (a, [b = missing]) => sql`${a} >= ${b}`,
    between: (a, [b = missing, c = missing]) => sql`${a} between ${b} and ${c}`,
    'not between': (a, [b = missing, c = missing]) => sql`${a} not between ${b} and ${c}`,
  }

const bound = (value: Value, { field, ignoreCase }: CheckedCondition): RawBuilder<unknown> => {
  if (field.type === 'number') return sql`cast(${value} as double)`
  if (field.type === 'date') return sql`cast(${value} as date)`
  return ignoreCase ? sql`lower(${value})` : sql`${value}`
}

const DAY_MS = 24 * 60 * 60 * 1000

const daysBefore = (today: string, days: number): string =>
  new Date(Date.parse(`${today}T00:00:00Z`) - days * DAY_MS).toISOString().slice(0, 10)

/** The last N days end today; days to come are not among them. */
const withinLastDays = ({ field, values }: CheckedCondition, today: string): Bool => {
  const [days] = values
  const first = daysBefore(today, typeof days === 'number' ? days - 1 : 0)
  return sql`${sql.id(field.name)} between cast(${first} as date) and cast(${today} as date)`
}

const leaf = (checked: CheckedCondition, today: string): Bool => {
  const { field, op, values, ignoreCase } = checked
  const column = sql.id(field.name)
  if (op === 'is missing') return sql`${column} is null`
  if (op === 'is present') return sql`${column} is not null`
  if (op === 'within last days') return withinLastDays(checked, today)
  const compare = comparisons[op]
  if (compare === undefined) throw new TypeError(`The operator ${op} has no comparison.`)
  const operands: Operands = [
    ignoreCase ? sql`lower(${column})` : column,
    ...values.map((value) => bound(value, checked)),
  ]
  const [a, ...others] = operands
  return compare(a, others)
}

const compileNode = (node: Rule, options: CompileOptions): Bool => {
  if ('all' in node)
    return sql`(${sql.join(
      node.all.map((part) => compileNode(part, options)),
      sql` and `,
    )})`
  if ('any' in node)
    return sql`(${sql.join(
      node.any.map((part) => compileNode(part, options)),
      sql` or `,
    )})`
  return leaf(checkCondition(node, options.fields), options.today)
}

/**
 * For behind `where` only. There a null, which a missing value makes of a comparison, leaves the profile out like false:
 * rules join conditions by `and` and `or` and have no negation, so a null can never turn true. Said of each condition
 * (`coalesce(..., false)`) the engine no longer knows it by its columns, and the same rule costs half as much again. Throws `segment.invalid`, naming the segment and the condition: a rule
 * that cannot be evaluated means neither everybody nor nobody.
 */
export function compileSegment(segment: Omit<Segment, 'id'>, options: CompileOptions): Bool {
  const parsed = ruleShape.safeParse(segment.rule)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const path = issue?.path.join('.') ?? ''
    throw new SundError('segment.invalid', {
      segment: segment.name,
      field: path,
      op: '?',
      problem: issue?.message ?? '',
    })
  }
  try {
    return compileNode(parsed.data, options)
  } catch (error) {
    if (!(error instanceof InvalidCondition)) throw error
    const { condition, problem } = error
    throw new SundError('segment.invalid', { segment: segment.name, field: condition.field, op: condition.op, problem })
  }
}
