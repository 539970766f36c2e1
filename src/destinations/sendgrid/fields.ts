/** The fields of a SendGrid account: its own ones, and the custom fields that the customer has made. */
import { z } from 'zod'
import type { FieldKind, Limit, MatchField } from '../../destination-kit/fields.ts'
import { send, type Talk } from '../../destination-kit/kit.ts'

const reservedField = z.object({ name: z.string(), id: z.string().nullish() })
const customField = z.object({ id: z.string().min(1), name: z.string(), field_type: z.string() })
const definitions = z.object({
  reserved_fields: z.array(reservedField),
  // The key is absent where there is none.
  custom_fields: z.array(customField).nullish(),
})

export interface FieldDefinitions {
  /** Ids of SendGrid's own fields by their name. */
  readonly reserved: ReadonlyMap<string, string>
  readonly custom: readonly z.infer<typeof customField>[]
}

/** https://www.twilio.com/docs/sendgrid/api-reference/custom-fields/get-all-field-definitions (checked 2026-11-21). */
export function* fieldDefinitions(): Talk<FieldDefinitions> {
  const reply = yield* send({ method: 'GET', path: '/v3/marketing/field_definitions', rate: 'lists' })
  const { reserved_fields, custom_fields } = reply.json(definitions)
  const reserved = new Map(reserved_fields.flatMap(({ name, id }) => (id ? [[name, id] as const] : [])))
  return { reserved, custom: custom_fields ?? [] }
}

const kinds: Readonly<Record<string, FieldKind>> = { Text: 'text', Number: 'number', Date: 'date' }

const longestText: Limit = {
  value: 1000,
  source: 'https://www.twilio.com/docs/sendgrid/ui/managing-contacts/custom-fields',
  checked: '2026-11-21',
  kind: 'documented',
}

/** Custom fields by their id, which stays while the name may change. A type that we do not know is not offered. */
export function* customFields(): Talk<readonly MatchField[]> {
  const { custom } = yield* fieldDefinitions()
  return custom.flatMap(({ id, name, field_type }): MatchField[] => {
    const kind = kinds[field_type]
    if (kind === undefined) return []
    return [{ name: id, label: name, kind, ...(kind === 'text' ? { max: longestText } : {}) }]
  })
}
