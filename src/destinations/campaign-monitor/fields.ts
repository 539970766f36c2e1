/** Custom fields of a Campaign Monitor list: read, made, and written as an import takes them. */
import { z } from 'zod'
import type { FieldKind, Limit, MatchField } from '../../destination-kit/fields.ts'
import { type At, type List, type Reply, Stop, type Talk } from '../../destination-kit/kit.ts'
import { askList, refusalIn } from './answers.ts'
import { listPath, type Where } from './lists.ts'

export const NAME_FIELD = 'Name'

/** "Each custom field value has a data limit of 250 characters." */
export const longestValue: Limit = {
  value: 250,
  source: 'https://www.campaignmonitor.com/api/v3-3/subscribers/',
  checked: '2026-11-21',
  kind: 'documented',
}

/** A matched field is called by its key, in brackets as the vendor writes it. */
const keyOf = (name: string): string => (name.startsWith('[') ? name : `[${name}]`)

const nameOf = (name: string): string => keyOf(name).slice(1, -1)

/** Dates are told as yyyy/mm/dd; any other form may be read as another day. */
const written = (value: string, kind: FieldKind | undefined): string =>
  kind === 'date' ? value.slice(0, 10).replaceAll('-', '/') : value

/** A value of an import, or the clearing of what is there: an empty value alone is no value. */
export const customField = (name: string, value: string | null, kind: FieldKind | undefined) =>
  value === null || value === ''
    ? { Key: keyOf(name), Value: '', Clear: true }
    : { Key: keyOf(name), Value: written(value, kind) }

const fieldsShape = z.array(
  z.object({
    FieldName: z.string(),
    Key: z.string(),
    DataType: z.string(),
    FieldOptions: z.array(z.string()).nullish(),
  }),
)
type ListField = z.infer<typeof fieldsShape>[number]

const kindsOf: Readonly<Record<string, FieldKind>> = { Number: 'number', Date: 'date' }

const matchField = ({ FieldName, Key, DataType, FieldOptions }: ListField): MatchField => ({
  name: Key,
  label: FieldName,
  ...(kindsOf[DataType] === undefined ? {} : { kind: kindsOf[DataType] }),
  ...(DataType === 'Text' ? { max: longestValue } : {}),
  ...(FieldOptions != null && FieldOptions.length > 0 ? { oneOf: FieldOptions } : {}),
})

function* fieldsOf(listId: string): Talk<readonly ListField[]> {
  const reply = yield* askList({ method: 'GET', path: listPath('lists', listId, '/customfields') })
  // Names without a Latin letter have the key "[]", by which nothing can be written.
  return reply.json(fieldsShape).filter(({ Key }) => /^\[[^\]]+\]$/.test(Key))
}

/** Custom fields belong to a list; without one there is none to tell. */
export function* accountFields(_where: Where, list: List | undefined): Talk<readonly MatchField[]> {
  return list === undefined ? [] : (yield* fieldsOf(list.id)).map(matchField)
}

const sameText = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

const typeOf = (kind: FieldKind | undefined): string =>
  kind === 'number' ? 'Number' : kind === 'date' ? 'Date' : 'Text'

const refused = (name: string, reply: Reply): Stop =>
  new Stop(
    'bad-request',
    `Campaign Monitor would not make the field “${name}” on this list (code ${refusalIn(reply)?.code ?? reply.status}).`,
  )

/** Makes a field, and makes sure that the vendor gave it the key by which it will be written: values under another are dropped in silence. */
function* make({ name, kind }: MatchField, at: At<string, string>): Talk<void> {
  const key = keyOf(name)
  const reply = yield* askList({
    method: 'POST',
    path: listPath('lists', at.list.id, '/customfields'),
    body: {
      json: { FieldName: nameOf(name), DataType: typeOf(kind), Options: [], VisibleInPreferenceCenter: false },
    },
    expect: [400],
    once: true,
  })
  if (reply.status >= 400) throw refused(name, reply)
  const given = reply.json(z.string())
  if (!sameText(given, key)) {
    throw new Stop(
      'bad-request',
      `Campaign Monitor calls the field “${name}” ${given} on this list. Match it under that name.`,
    )
  }
}

/**
 * Finds the matched custom fields on the list by their keys, and makes those that are missing. Throws Stop('bad-request')
 * for a field whose name is taken by another key.
 */
export function* ensureFields(wanted: readonly MatchField[], at: At<'clientId', 'clientId'>): Talk<void> {
  const there = yield* fieldsOf(at.list.id)
  for (const field of wanted) {
    if (there.some(({ Key }) => sameText(Key, keyOf(field.name)))) continue
    const named = there.find(({ FieldName }) => sameText(FieldName, nameOf(field.name)))
    if (named !== undefined) {
      throw new Stop(
        'bad-request',
        `The list has the field “${named.FieldName}” under the key ${named.Key}. Match it under that name.`,
      )
    }
    yield* make(field, at)
  }
}
