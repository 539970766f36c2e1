/** Settings, credentials and data matching as a destination wants them: what is wrong with those that were given. */

import type { AnyDestination, Field } from '../destination-kit/kit.ts'
import type { Matching } from '../domain/matching.ts'
import type { ProfileField } from '../domain/unification.ts'
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

/** `profileFields`: undefined where nobody has defined the unification yet. */
export const matchingProblems = (
  destination: AnyDestination,
  { identifier, fields }: Matching,
  profileFields: readonly ProfileField[] | undefined,
): Unusable[] => {
  const known = new Set(destination.fields.map(({ name }) => name))
  const unknown = Object.keys(fields)
    .filter((name) => !known.has(name))
    .map((name) => unknownName(['matching', 'fields', name], destination))
  if (profileFields === undefined) return unknown
  const byName = new Map(profileFields.map((field) => [field.name, field]))
  const named = byName.get(identifier)
  return [
    ...unknown,
    ...(named === undefined ? [notAField(['matching', 'identifier'])] : []),
    ...(named !== undefined && named.identifier === undefined ? [notAnIdentifier] : []),
    ...Object.entries(fields)
      .filter(([, field]) => !byName.has(field))
      .map(([name]) => notAField(['matching', 'fields', name])),
  ]
}
