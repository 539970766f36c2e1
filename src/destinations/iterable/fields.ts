/** Data fields of an Iterable project: which may be matched, and how their values are written. */
import { z } from 'zod'
import type { FieldKind, Limit, MatchField } from '../../destination-kit/fields.ts'
import { type Person, Stop, send, type Talk } from '../../destination-kit/kit.ts'

const typesDocs = 'https://support.iterable.com/hc/en-us/articles/208183076-Field-Data-Types'

/** "Approximately 32k characters." */
const longestValue: Limit = { value: 32_000, source: typesDocs, checked: '2026-11-21', kind: 'documented' }

/** Other types (objects, arrays of objects, places) have no single value. */
const kinds: Readonly<Record<string, FieldKind>> = {
  string: 'text',
  long: 'number',
  double: 'number',
  boolean: 'boolean',
  date: 'date',
}

/**
 * What names the person, and what Iterable keeps itself: lists, subscriptions, devices. Writing subscriptions could bring
 * back somebody who said no, and so could another phone number.
 * https://support.iterable.com/hc/en-us/articles/217744303 (checked 2026-11-21).
 */
const kept =
  /^(email|userId|createdAt|profileUpdatedAt|signupDate|signupSource|devices|browserTokens|shoppingCartItems|received.*|phoneNumber.*|invalidatedPhone.*|itbl.*|(un)?subscribed.*|(email|user)ListIds)$/i

/** A dot leads into an object, which would be replaced as a whole. */
export const isWritable = (name: string): boolean => !kept.test(name) && !name.includes('.')

const told = z.object({ fields: z.record(z.string(), z.unknown()) })

/** Fields that the project has now, as `GET /api/users/getFields` tells: https://api.iterable.com/api/docs#users_getFields (checked 2026-11-21). */
export function* accountFields(): Talk<readonly MatchField[]> {
  const reply = yield* send({ method: 'GET', path: '/api/users/getFields', rate: 'fields' })
  const fields: MatchField[] = []
  for (const [name, type] of Object.entries(reply.json(told).fields)) {
    const kind = typeof type === 'string' ? kinds[type] : undefined
    if (kind === undefined || !isWritable(name)) continue
    fields.push({ name, label: name, ...(kind === 'text' ? { max: longestValue } : { kind }) })
  }
  return fields.sort((a, b) => (a.name < b.name ? -1 : 1))
}

const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/
const isoMoment = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/

/** `2026-11-22 09:30:00 +01:00`; without a time midnight, without a zone UTC. Undefined when the text is no date. */
const iterableDate = (text: string): string | undefined => {
  const found = isoMoment.exec(text)
  if (found === null) return undefined
  const [, day, minute = '00:00', second = '00', zone = 'Z'] = found
  const offset = zone === 'Z' ? '+00:00' : zone.replace(/^(.\d\d):?(\d\d)$/, '$1:$2')
  return `${day} ${minute}:${second} ${offset}`
}

/**
 * The value as JSON. A number keeps its digits, which JavaScript could round. What does not fit its kind goes as the text
 * it is: then Iterable refuses that person by name, instead of us guessing.
 */
const jsonOf = (value: string | null, kind: FieldKind): string => {
  if (value === null) return 'null'
  if (kind === 'number' && jsonNumber.test(value)) return value
  if (kind === 'boolean' && (value === 'true' || value === 'false')) return value
  return JSON.stringify(kind === 'date' ? (iterableDate(value) ?? value) : value)
}

/** `dataFields` of a person; undefined where nothing is matched. Throws Stop for a field that must not be written. */
export const dataFieldsOf = (
  { fields }: Person,
  kindsOf: Readonly<Record<string, FieldKind>> = {},
): string | undefined => {
  const members = Object.entries(fields).map(([name, value]) => {
    if (!isWritable(name)) {
      throw new Stop(
        'bad-request',
        `The field “${name}” is Iterable’s own and is not written. Take it out of the data matching.`,
      )
    }
    return `${JSON.stringify(name)}:${jsonOf(value, kindsOf[name] ?? 'text')}`
  })
  return members.length === 0 ? undefined : `{${members.join(',')}}`
}
