/** SendGrid's field definitions: the reserved ones, and the custom ones that a customer adds. */
import { z } from 'zod'
import { integer, only, type Row, text } from '../frame/database.ts'
import { type Answer, type Call, parseJson, type World } from '../frame/vendor.ts'
import type { GuardedRoute } from './access.ts'
import { badJson, refusal } from './answers.ts'

const mostFields = 500
const fieldTypes = z.enum(['Text', 'Number', 'Date'])
export type FieldType = z.infer<typeof fieldTypes>

/** In the order of their ids: `_rf0_T` first (https://www.twilio.com/docs/sendgrid/api-reference/custom-fields/get-all-field-definitions, checked 2026-11-21). */
const reserved: readonly (readonly [name: string, type: FieldType, readOnly?: true])[] = [
  ['first_name', 'Text'],
  ['last_name', 'Text'],
  ['email', 'Text'],
  ['alternate_emails', 'Text'],
  ['address_line_1', 'Text'],
  ['address_line_2', 'Text'],
  ['city', 'Text'],
  ['state_province_region', 'Text'],
  ['postal_code', 'Text'],
  ['country', 'Text'],
  ['phone_number', 'Text'],
  ['whatsapp', 'Text'],
  ['line', 'Text'],
  ['facebook', 'Text'],
  ['unique_name', 'Text'],
  ['email_domains', 'Text', true],
  ['last_clicked', 'Date', true],
  ['last_opened', 'Date', true],
  ['last_emailed', 'Date', true],
  ['singlesend_id', 'Text', true],
  ['automation_id', 'Text', true],
  ['created_at', 'Date', true],
  ['updated_at', 'Date', true],
  ['contact_id', 'Text', true],
]

const reservedFields = reserved.map(([name, type, readOnly], index) => ({
  id: `_rf${index}_${type.charAt(0)}`,
  name,
  field_type: type,
  ...(readOnly ? { read_only: true } : {}),
}))
const reservedNames = new Set(reserved.map(([name]) => name))

const writable = new Map(reservedFields.filter((field) => !('read_only' in field)).map(({ id, name }) => [id, name]))

const wantedField = z.object({
  name: z
    .string()
    .max(100)
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
  field_type: fieldTypes,
})

export interface Fields {
  readonly routes: readonly GuardedRoute[]
  /** Custom fields by id. */
  custom(): Map<string, FieldType>
  /** The name of a reserved field that can be written. */
  reserved(id: string): string | undefined
}

export const sendGridFields = (world: World): Fields => {
  const { db } = world
  const selectAll = db.prepare('SELECT * FROM field ORDER BY number')
  const selectByName = db.prepare('SELECT number FROM field WHERE name = ?')
  const count = db.prepare('SELECT count(*) AS fields FROM field')
  const insert = db.prepare('INSERT INTO field (name, type) VALUES (?, ?) RETURNING *')

  const self = (id = ''): string => `${world.origin()}/v3/marketing/field_definitions${id === '' ? '' : `/${id}`}`
  const shown = (row: Row) => {
    const type = fieldTypes.parse(text(row, 'type'))
    return { id: `e${integer(row, 'number')}_${type.charAt(0)}`, name: text(row, 'name'), field_type: type }
  }

  const list = (): Answer => {
    const custom = selectAll.all().map(shown)
    return {
      status: 200,
      json: {
        // The key is missing, not empty, where nothing is defined (seen in recorded traffic).
        ...(custom.length === 0 ? {} : { custom_fields: custom }),
        reserved_fields: reservedFields,
        _metadata: { self: self() },
      },
    }
  }

  const create = (call: Call): Answer => {
    const parsed = parseJson(call.body)
    if (parsed === undefined) return badJson()
    const wanted = wantedField.safeParse(parsed.value)
    if (!wanted.success) {
      const field = wanted.error.issues[0]?.path.join('.') ?? 'name'
      return refusal(400, { field, message: `${field} is not valid` })
    }
    const { name, field_type } = wanted.data
    if (reservedNames.has(name.toLowerCase()) || selectByName.get(name) !== undefined) {
      return refusal(400, { field: 'name', message: 'a field with this name already exists' })
    }
    if (integer(only(count.get()), 'fields') >= mostFields) {
      return refusal(400, { field: null, message: `the limit of ${mostFields} custom fields is reached` })
    }
    const field = shown(only(insert.get(name, field_type)))
    return { status: 200, json: { ...field, _metadata: { self: self(field.id) } }, records: 1 }
  }

  return {
    routes: [
      { method: 'GET', path: '/v3/marketing/field_definitions', bucket: 'lists', answer: list },
      { method: 'POST', path: '/v3/marketing/field_definitions', bucket: 'lists', write: true, answer: create },
    ],
    custom: () =>
      new Map(
        selectAll
          .all()
          .map(shown)
          .map(({ id, field_type }) => [id, field_type]),
      ),
    reserved: (id) => writable.get(id),
  }
}
