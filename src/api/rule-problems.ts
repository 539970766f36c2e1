/** Everything that is wrong with the conditions of a rule over the fields that profiles have, each with its place. */
import type { Rule } from '../domain/rule.ts'
import { checkCondition, InvalidCondition, type Problem } from '../segments/condition-values.ts'
import type { SealedField } from '../unify/profiles.ts'
import type { Unusable } from './problem.ts'

const words: Readonly<Record<Problem, { readonly part: string; readonly en: string; readonly nb: string }>> = {
  'unknown field': {
    part: 'field',
    en: 'The profiles have no field of this name.',
    nb: 'Profilene har ikke noe felt med dette navnet.',
  },
  'unknown operator': {
    part: 'op',
    en: 'Fields of this type have no such operator.',
    nb: 'Felt av denne typen har ikke en slik operator.',
  },
  'value missing': {
    part: 'value',
    en: 'This operator compares with a value; there is none.',
    nb: 'Operatoren sammenligner med en verdi, men det er ingen.',
  },
  'value not expected': {
    part: 'value',
    en: 'This operator takes no value.',
    nb: 'Operatoren tar ingen verdi.',
  },
  'wrong number of values': {
    part: 'values',
    en: 'This operator takes another number of values.',
    nb: 'Operatoren tar et annet antall verdier.',
  },
  'wrong type of value': {
    part: 'value',
    en: 'A value is not of the type of the field.',
    nb: 'En verdi er ikke av feltets type.',
  },
  'ends in the wrong order': {
    part: 'values',
    en: 'The first value is after the second.',
    nb: 'Den første verdien kommer etter den andre.',
  },
  'case of a field that is not text': {
    part: 'ignoreCase',
    en: 'Only texts have upper and lower case.',
    nb: 'Bare tekster har store og små bokstaver.',
  },
}

export const ruleProblems = (
  rule: Rule,
  fields: readonly SealedField[],
  path: readonly PropertyKey[] = ['rule'],
): Unusable[] => {
  const inside = (parts: readonly Rule[], of: 'all' | 'any') =>
    parts.flatMap((part, index) => ruleProblems(part, fields, [...path, of, index]))
  if ('all' in rule) return inside(rule.all, 'all')
  if ('any' in rule) return inside(rule.any, 'any')
  try {
    checkCondition(rule, fields)
    return []
  } catch (error) {
    if (!(error instanceof InvalidCondition)) throw error
    const { part, en, nb } = words[error.problem]
    return [{ path: [...path, part], en, nb }]
  }
}
