/** The table of operators: which type has which, how many values each takes, and what people call it. */
import type { ColumnType } from '../domain/source.ts'

/** How many values a condition gives: none, one as `value`, two as `values` (both ends included), or one and more as `values`. */
export type Arity = 'none' | 'one' | 'two' | 'many'

export interface Operator {
  /** What a condition's value is; a count is a whole number from 1. */
  readonly takes: ColumnType | 'count' | 'nothing'
  readonly arity: Arity
  readonly label: { readonly en: string; readonly nb: string }
}

const presence = {
  'is missing': { takes: 'nothing', arity: 'none', label: { en: 'is missing', nb: 'mangler' } },
  'is present': { takes: 'nothing', arity: 'none', label: { en: 'is present', nb: 'har verdi' } },
} as const satisfies Readonly<Record<string, Operator>>

const one = <T extends ColumnType>(takes: T, en: string, nb: string) =>
  ({ takes, arity: 'one', label: { en, nb } }) as const
const two = <T extends ColumnType>(takes: T, en: string, nb: string) =>
  ({ takes, arity: 'two', label: { en, nb } }) as const
const many = <T extends ColumnType>(takes: T, en: string, nb: string) =>
  ({ takes, arity: 'many', label: { en, nb } }) as const

/** Whatever the operator, a condition on a missing value is false, save `is missing`. */
export const operators = {
  text: {
    is: one('text', 'is', 'er'),
    'is not': one('text', 'is not', 'er ikke'),
    'is any of': many('text', 'is any of', 'er en av'),
    'is none of': many('text', 'is none of', 'er ingen av'),
    contains: one('text', 'contains', 'inneholder'),
    'does not contain': one('text', 'does not contain', 'inneholder ikke'),
    'starts with': one('text', 'starts with', 'begynner med'),
    'ends with': one('text', 'ends with', 'slutter med'),
    ...presence,
  },
  number: {
    is: one('number', 'is', 'er'),
    'is not': one('number', 'is not', 'er ikke'),
    'is any of': many('number', 'is any of', 'er en av'),
    'is none of': many('number', 'is none of', 'er ingen av'),
    'less than': one('number', 'is less than', 'er mindre enn'),
    'at most': one('number', 'is at most', 'er høyst'),
    'more than': one('number', 'is more than', 'er mer enn'),
    'at least': one('number', 'is at least', 'er minst'),
    between: two('number', 'is between', 'er mellom'),
    'not between': two('number', 'is not between', 'er ikke mellom'),
    ...presence,
  },
  date: {
    is: one('date', 'is', 'er'),
    'is not': one('date', 'is not', 'er ikke'),
    before: one('date', 'is before', 'er før'),
    'on or before': one('date', 'is on or before', 'er på eller før'),
    after: one('date', 'is after', 'er etter'),
    'on or after': one('date', 'is on or after', 'er på eller etter'),
    between: two('date', 'is between', 'er mellom'),
    'not between': two('date', 'is not between', 'er ikke mellom'),
    'within last days': {
      takes: 'count',
      arity: 'one',
      label: { en: 'is within the last days', nb: 'er innen de siste dagene' },
    },
    ...presence,
  },
  boolean: {
    is: one('boolean', 'is', 'er'),
    'is not': one('boolean', 'is not', 'er ikke'),
    ...presence,
  },
} as const satisfies Readonly<Record<ColumnType, Readonly<Record<string, Operator>>>>

/** The operator of this name that the type has. */
export function operatorOf(type: ColumnType, name: string): Operator | undefined {
  const ofType: Readonly<Record<string, Operator>> = operators[type]
  return Object.hasOwn(ofType, name) ? ofType[name] : undefined
}
