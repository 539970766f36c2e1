/** Dotdigital's contact data fields. */
import { z } from 'zod'
import { type Row, text } from '../frame/database.ts'
import { type Answer, type Call, parseJson, type World } from '../frame/vendor.ts'
import type { GuardedRoute } from './access.ts'
import { malformed, refusalV2 } from './answers.ts'
import type { FieldType } from './contact.ts'

const types = z.enum(['String', 'Numeric', 'Date', 'Boolean'])

/** Those of the official examples, which every account comes with. */
const usual: readonly (readonly [string, FieldType])[] = [
  ['FIRSTNAME', 'String'],
  ['LASTNAME', 'String'],
  ['FULLNAME', 'String'],
  ['GENDER', 'String'],
  ['POSTCODE', 'String'],
  ['LASTSUBSCRIBED', 'Date'],
]

/** https://developer.dotdigital.com/reference/create-contact-data-field (checked 2026-11-21). */
const wanted = z.object({
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,20}$/),
  type: types,
  visibility: z.enum(['Private', 'Public']).default('Private'),
})

export interface DataFields {
  readonly routes: readonly GuardedRoute[]
  /** Types by name in capitals. */
  types(): ReadonlyMap<string, FieldType>
}

export const dataFields = ({ db }: World): DataFields => {
  const select = db.prepare('SELECT * FROM data_field ORDER BY number')
  const insert = db.prepare('INSERT OR IGNORE INTO data_field (name, type, visibility) VALUES (?, ?, ?)')
  const remove = db.prepare('DELETE FROM data_field WHERE name = ?')
  if (select.get() === undefined) for (const [name, type] of usual) insert.run(name, type, 'Public')

  const shown = (row: Row) => ({
    name: text(row, 'name'),
    type: text(row, 'type'),
    visibility: text(row, 'visibility'),
    defaultValue: null,
  })
  const create = (call: Call): Answer => {
    const given = wanted.safeParse(parseJson(call.body)?.value)
    if (!given.success) return malformed()
    const { name, type, visibility } = given.data
    if (insert.run(name.toUpperCase(), type, visibility).changes === 0) {
      return refusalV2(400, 'Field already exists.', 'ERROR_NON_UNIQUE_DATAFIELD')
    }
    return { status: 201, json: { name: name.toUpperCase(), type, visibility, defaultValue: null }, records: 1 }
  }
  const drop = (call: Call): Answer =>
    remove.run(call.params.name ?? '').changes === 0
      ? refusalV2(404, 'The data field does not exist.', 'ERROR_DATAFIELD_NOTFOUND')
      : { status: 200, records: 1 }

  return {
    routes: [
      {
        method: 'GET',
        path: '/v2/data-fields',
        tier: 'low',
        answer: () => ({ status: 200, json: select.all().map(shown) }),
      },
      { method: 'POST', path: '/v2/data-fields', tier: 'medium', write: true, answer: create },
      { method: 'DELETE', path: '/v2/data-fields/{name}', tier: 'medium', write: true, answer: drop },
    ],
    types: () => new Map(select.all().map((row) => [text(row, 'name'), types.parse(text(row, 'type'))])),
  }
}
