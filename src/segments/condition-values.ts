/** Checks a condition against the profiles' fields and reads its values: what is wrong with it, or what to compare with. */
import type { Condition, Value } from '../domain/rule.ts'
import type { SealedField } from '../unify/profiles.ts'
import { type Operator, operatorOf } from './operators.ts'

export type Problem =
  | 'unknown field'
  | 'unknown operator'
  | 'value missing'
  | 'value not expected'
  | 'wrong number of values'
  | 'wrong type of value'
  | 'ends in the wrong order'
  | 'case of a field that is not text'

/** A condition that can be evaluated. Dates are ISO text. */
export interface CheckedCondition {
  readonly field: SealedField
  readonly op: string
  readonly operator: Operator
  readonly values: readonly Value[]
  readonly ignoreCase: boolean
}

export class InvalidCondition extends Error {
  readonly condition: Condition
  readonly problem: Problem

  constructor(condition: Condition, problem: Problem) {
    super(problem)
    this.condition = condition
    this.problem = problem
  }
}

/** A day of the calendar from 0001-01-01 to 9999-12-31. */
const isDay = (text: string): boolean => {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || text.startsWith('0000')) return false
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}

const LONGEST_DAYS = 36_525

const isOfType: Readonly<Record<Operator['takes'], (value: Value) => boolean>> = {
  text: (value) => typeof value === 'string' && value !== '',
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  date: (value) => typeof value === 'string' && isDay(value),
  boolean: (value) => typeof value === 'boolean',
  count: (value) => typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= LONGEST_DAYS,
  nothing: () => false,
}

const given = ({ value, values }: Condition, arity: Operator['arity']): readonly Value[] | Problem => {
  if (arity === 'none') return value === undefined && values === undefined ? [] : 'value not expected'
  if (arity === 'one') {
    if (values !== undefined) return 'wrong number of values'
    return value === undefined ? 'value missing' : [value]
  }
  if (value !== undefined) return 'wrong number of values'
  if (values === undefined || values.length === 0) return 'value missing'
  return arity === 'two' && values.length !== 2 ? 'wrong number of values' : values
}

/** Throws InvalidCondition. */
export function checkCondition(condition: Condition, fields: readonly SealedField[]): CheckedCondition {
  const field = fields.find(({ name }) => name === condition.field)
  if (field === undefined) throw new InvalidCondition(condition, 'unknown field')
  const operator = operatorOf(field.type, condition.op)
  if (operator === undefined) throw new InvalidCondition(condition, 'unknown operator')
  const values = given(condition, operator.arity)
  if (typeof values === 'string') throw new InvalidCondition(condition, values)
  if (!values.every(isOfType[operator.takes])) throw new InvalidCondition(condition, 'wrong type of value')
  const [low, high] = values
  if (operator.arity === 'two' && low !== undefined && high !== undefined && low > high) {
    throw new InvalidCondition(condition, 'ends in the wrong order')
  }
  if (condition.ignoreCase === true && operator.takes !== 'text') {
    throw new InvalidCondition(condition, 'case of a field that is not text')
  }
  return { field, op: condition.op, operator, values, ignoreCase: condition.ignoreCase === true }
}
