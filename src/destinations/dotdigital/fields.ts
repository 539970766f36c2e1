/** Dotdigital's contact data fields: those that an account has, and how values of each kind are written. */
import { z } from 'zod'
import type { FieldKind, MatchField } from '../../destination-kit/fields.ts'
import { send, type Talk } from '../../destination-kit/kit.ts'
import { type DotdigitalPlace, inRegion } from './api.ts'

/** Data fields that every account comes with, under the names by which the API knows them. */
export const knownFields: readonly MatchField[] = [
  { name: 'FIRSTNAME', label: 'First name' },
  { name: 'LASTNAME', label: 'Last name' },
  { name: 'FULLNAME', label: 'Full name' },
  { name: 'GENDER', label: 'Gender' },
  { name: 'POSTCODE', label: 'Post code' },
]

/** Dotdigital writes these itself; ours would say that somebody subscribed who did not. */
const writtenByVendor = new Set(['LASTSUBSCRIBED'])

const kinds: Readonly<Record<string, FieldKind>> = {
  string: 'text',
  numeric: 'number',
  boolean: 'boolean',
  date: 'date',
}

const shape = z.array(z.object({ name: z.string().min(1), type: z.string() }))

/** What may be matched beyond the known fields. Fields of a type that we do not know are left out. */
export function* accountFields(place: DotdigitalPlace): Talk<readonly MatchField[]> {
  const reply = yield* send({ method: 'GET', path: inRegion(place, '/v2/data-fields'), rate: 'low' })
  const known = new Set(knownFields.map(({ name }) => name))
  return reply.json(shape).flatMap(({ name, type }) => {
    const kind = kinds[type.toLowerCase()]
    const plain = name.toUpperCase()
    if (kind === undefined || known.has(plain) || writtenByVendor.has(plain)) return []
    return [{ name, label: name, kind }]
  })
}

/** A number as JSON takes it, whose digits are sent as they stand. */
const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/**
 * A value as JSON text. `null` clears the field at Dotdigital. What is not of its kind is sent as text, so that the
 * vendor refuses it by name. https://developer.dotdigital.com/reference/importcontacts-1 (checked 2026-11-21).
 */
export const fieldValue = (value: string | null, kind: FieldKind = 'text'): string => {
  if (value === null) return 'null'
  if (kind === 'number' && jsonNumber.test(value)) return value
  if (kind === 'boolean' && (value === 'true' || value === 'false')) return value
  return JSON.stringify(value)
}
