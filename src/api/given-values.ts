/** Settings, credentials and data matching as a destination wants them: what is wrong with those that were given. */

import type { Field, MatchField } from '../destination-kit/fields.ts'
import type { AnyDestination } from '../destination-kit/kit.ts'
import { fieldsIn, type MatchedField } from '../domain/matched-value.ts'
import type { Matching } from '../domain/matching.ts'
import type { ProfileField } from '../domain/unification.ts'
import { fieldList } from '../exports/matched-fields.ts'
import type { Texts } from '../store/columns.ts'
import type { Unusable } from './problem.ts'

const unknownName = (path: readonly PropertyKey[], destination: AnyDestination): Unusable => ({
  path,
  en: `${destination.name} has nothing of this name here.`,
  nb: `${destination.name} har ikke noe med dette navnet her.`,
})

const missing = (path: readonly PropertyKey[], label: string): Unusable => ({
  path,
  en: `“${label}” is missing.`,
  nb: `«${label}» mangler.`,
})

const notAmong = (path: readonly PropertyKey[], oneOf: readonly string[]): Unusable => ({
  path,
  en: `It must be one of: ${oneOf.join(', ')}.`,
  nb: `Det må være en av disse: ${oneOf.join(', ')}.`,
})

const checkValue = (path: readonly PropertyKey[], { oneOf }: Field, value: string): Unusable[] =>
  oneOf === undefined || oneOf.includes(value) ? [] : [notAmong(path, oneOf)]

/** Settings of the connection, or of the export, whose required ones must all be there. */
export const settingProblems = (destination: AnyDestination, of: 'connection' | 'export', given: Texts): Unusable[] => {
  const own = Object.entries(destination.settings).filter(([, setting]) => setting.of === of)
  const names = new Set(own.map(([name]) => name))
  return [
    ...Object.keys(given)
      .filter((name) => !names.has(name))
      .map((name) => unknownName(['settings', name], destination)),
    ...own.flatMap(([name, setting]): Unusable[] => {
      const value = given[name]
      if (value !== undefined) return checkValue(['settings', name], setting, value)
      return setting.default === undefined ? [missing(['settings', name], setting.label)] : []
    }),
  ]
}

/** All are asked for; one that the service does without is given empty. */
export const credentialProblems = (destination: AnyDestination, given: Texts): Unusable[] => [
  ...Object.keys(given)
    .filter((name) => !Object.hasOwn(destination.credentials, name))
    .map((name) => unknownName(['credentials', name], destination)),
  ...Object.entries(destination.credentials)
    .filter(([name]) => given[name] === undefined)
    .map(([name, { label }]) => missing(['credentials', name], label)),
]

const notAField = (path: readonly PropertyKey[]): Unusable => ({
  path,
  en: 'The unification makes no profile field of this name.',
  nb: 'Foreningen lager ikke noe profilfelt med dette navnet.',
})

const notAnIdentifier: Unusable = {
  path: ['matching', 'identifier'],
  en: 'This field does not name a person: the unification does not mark it as an identifier.',
  nb: 'Dette feltet betegner ikke en person: Foreningen merker det ikke som identifikator.',
}

const notAFieldThere = (name: string, destination: AnyDestination, known: readonly MatchField[]): Unusable => ({
  path: ['matching', 'fields', name],
  en: `${destination.name} has no such field. It has: ${fieldList(known)}.`,
  nb: `${destination.name} har ikke noe slikt felt. Feltene der er: ${fieldList(known)}.`,
})

const cannotClear = (name: string, destination: AnyDestination): Unusable => ({
  path: ['matching', 'fields', name],
  en: `${destination.name} does not empty fields, or nobody knows that it does: take the field out to leave it as it is.`,
  nb: `${destination.name} tømmer ikke felt, eller ingen vet at den gjør det: Ta ut feltet for å la det være som det er.`,
})

const isCleared = (matched: MatchedField): boolean => typeof matched === 'object' && 'clear' in matched

const notAsked = (name: string, destination: AnyDestination): Unusable => ({
  path: ['matching', 'fields', name],
  en: `${destination.name} does not always have this field, and could not be asked whether the account has made it. Check the connection.`,
  nb: `${destination.name} har ikke alltid dette feltet, og kunne ikke spørres om kontoen har laget det. Kontroller tilkoblingen.`,
})

/** Against what the service has: `account` are fields of its own that the account has; undefined where it could not be asked. */
const destinationProblems = (
  destination: AnyDestination,
  { fields }: Matching,
  account: readonly MatchField[] | undefined,
): Unusable[] => {
  const known = [...destination.fields, ...(account ?? [])]
  // A destination that makes its fields takes any.
  const open = destination.ensureFields !== undefined
  const required = known.filter((field) => field.required === true && !Object.hasOwn(fields, field.name))
  return [
    ...required.map(({ name, label }) => missing(['matching', 'fields', name], label)),
    ...Object.entries(fields).flatMap(([name, matched]): Unusable[] => {
      const field = known.find((one) => one.name === name)
      if (field === undefined && !open) {
        return [account === undefined ? notAsked(name, destination) : notAFieldThere(name, destination, known)]
      }
      if (!isCleared(matched)) return []
      if (field?.required === true) return [missing(['matching', 'fields', name], field.label)]
      return destination.blanks?.none === 'cleared' ? [] : [cannotClear(name, destination)]
    }),
  ]
}

/** What a matching is held against: `profileFields` undefined where nobody has defined the unification yet. */
export interface MatchingGround {
  readonly profileFields: readonly Pick<ProfileField, 'name' | 'identifier'>[] | undefined
  readonly account: readonly MatchField[] | undefined
}

export const matchingProblems = (
  destination: AnyDestination,
  matching: Matching,
  { profileFields, account }: MatchingGround,
): Unusable[] => {
  const unfit = destinationProblems(destination, matching, account)
  if (profileFields === undefined) return unfit
  const { identifier, fields } = matching
  const byName = new Map(profileFields.map((field) => [field.name, field]))
  const named = byName.get(identifier)
  return [
    ...unfit,
    ...(named === undefined ? [notAField(['matching', 'identifier'])] : []),
    ...(named !== undefined && named.identifier === undefined ? [notAnIdentifier] : []),
    ...Object.entries(fields)
      .filter(([, matched]) => fieldsIn(matched).some((field) => !byName.has(field)))
      .map(([name]) => notAField(['matching', 'fields', name])),
  ]
}
