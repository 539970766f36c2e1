/** Puts people into a SendGrid list: one upsert that also sets their fields. */
import { z } from 'zod'
import type { FieldKind } from '../../destination-kit/fields.ts'
import {
  type At,
  type Fate,
  type Later,
  type Now,
  type Person,
  type Reply,
  type Row,
  Stop,
  send,
  type Talk,
} from '../../destination-kit/kit.ts'
import { each, jsonRows, personalValues, rejected, split, unknown } from '../../destination-kit/words.ts'
import { contactLimitReached, errorsIn, overContactLimit, type VendorError, wordsIn } from './answers.ts'
import { accepted } from './jobs.ts'
import { listIdOf } from './lists.ts'

/** The fields that SendGrid takes besides the address, under its own names. */
export const fieldNames = [
  'first_name',
  'last_name',
  'country',
  'state_province_region',
  'city',
  'postal_code',
] as const

const own: ReadonlySet<string> = new Set(fieldNames)

/** Matched fields that the account has made, by their ids: the same for everybody of a run, in one order. */
export const customNames = (fields: readonly string[]): string[] => fields.filter((name) => !own.has(name)).sort()

/**
 * A date as SendGrid writes it, MM/DD/YYYY; a time behind it is not kept there.
 * https://www.twilio.com/docs/sendgrid/ui/managing-contacts/formatting-a-csv (checked 2026-11-21; for files; clients send
 * the same in calls).
 */
const writtenDate = (iso: string): string => `${iso.slice(5, 7)}/${iso.slice(8, 10)}/${iso.slice(0, 4)}`

/** The value of a custom field as text; empty for none. */
export const customText = (value: string | null | undefined, kind: FieldKind | undefined): string => {
  if (value === null || value === undefined || value === '') return ''
  return kind === 'date' ? writtenDate(value) : value
}

const customValue = (value: string | null, kind: FieldKind | undefined): string | number => {
  const text = customText(value, kind)
  return kind === 'number' && text !== '' ? Number(text) : text
}

type Kinds = Pick<At<'region', never>, 'kinds'>

/**
 * A contact by its address only: an update must bear all identifiers that the contact was ever saved with. An empty text
 * clears a field; that it clears a custom field too is not written anywhere.
 */
export const contact = ({ identifier, fields }: Person, { kinds = {} }: Kinds): string => {
  const sent: Record<string, string> = { email: identifier }
  const custom: Record<string, string | number> = {}
  let hasCustom = false
  for (const name of Object.keys(fields)) {
    const value = fields[name] ?? null
    if (own.has(name)) sent[name] = value ?? ''
    else {
      hasCustom = true
      custom[name] = customValue(value, kinds[name])
    }
  }
  return JSON.stringify(hasCustom ? { ...sent, custom_fields: custom } : sent)
}

const job = z.object({ job_id: z.string().min(1) })

/** How often rows are left out and the rest sent again before the batch is halved instead. */
const mostRounds = 10

const refusedAddress = /email '(.+?)' is not valid/i
const contactField = /^contacts\[(\d+)\]/

/**
 * The row that an error is about: by its address, else by its place in the call. Undefined when it names an address that
 * was not sent, or no row at all; guessing would reject somebody else.
 */
const rowNamed = (error: VendorError, rows: readonly Row[], byAddress: ReadonlyMap<string, Row>): Row | undefined => {
  const address = refusedAddress.exec(error.message)?.[1]
  if (address !== undefined) return byAddress.get(address.trim().toLowerCase())
  const place = contactField.exec(error.field)?.[1]
  return place === undefined ? undefined : rows[Number(place)]
}

/** Rows that a refused call names, with the vendor's words; empty when it names none. */
const refusedRows = (reply: Reply, rows: readonly Row[]): Map<string, Fate> => {
  const byAddress = new Map(rows.map((row) => [row.identifier.toLowerCase(), row]))
  const fates = new Map<string, Fate>()
  for (const error of errorsIn(reply)) {
    const row = rowNamed(error, rows, byAddress)
    const code = refusedAddress.test(error.message) ? 'invalid_email' : '400'
    if (row !== undefined) fates.set(row.identifier, rejected(code, wordsIn([error], personalValues(row))))
  }
  return fates
}

/** Refusals that no other choice of rows would change. */
export const stopOnWholeCall = (reply: Reply): void => {
  const errors = errorsIn(reply)
  if (reply.status === 404 || errors.some((error) => error.field.startsWith('list_ids'))) {
    throw new Stop('list-missing', 'SendGrid does not know this list (any more).')
  }
  if (errors.some((error) => overContactLimit(error.message))) throw contactLimitReached()
  // https://github.com/sendgrid/sendgrid-nodejs/issues/953 (checked 2026-11-21). It is about the call, not about a record.
  if (errors.some((error) => /invalid custom field id/i.test(error.message))) {
    throw new Stop('bad-request', 'SendGrid does not know a custom field of the data matching (any more).')
  }
}

const nobodyLeft = unknown('Everybody of this batch was named in a refusal.')

/**
 * `PUT /v3/marketing/contacts`: all or nothing. One malformed address refuses the whole call, so those that are named are
 * left out and the rest is sent again. https://www.twilio.com/docs/sendgrid/api-reference/contacts/add-or-update-a-contact
 * (checked 2026-11-21).
 */
export function* join(rows: readonly Row[], at: At<'region', never>): Talk<Now | Later> {
  const head = `{"list_ids":[${JSON.stringify(listIdOf(at.list.id))}],"contacts":[`
  const refused = new Map<string, Fate>()
  let left = rows
  for (let round = 0; round < mostRounds; round++) {
    const reply = yield* send({
      method: 'PUT',
      path: '/v3/marketing/contacts',
      rate: 'contacts',
      body: jsonRows(head, left, ']}'),
      expect: [400, 404],
    })
    if (reply.status < 400) {
      return { ...accepted(reply.json(job).job_id, left.length), known: refused, by: 'identifier' }
    }
    stopOnWholeCall(reply)
    const named = refusedRows(reply, left)
    if (named.size === 0) return refusedAsAWhole(reply, left, refused)
    for (const [identifier, fate] of named) refused.set(identifier, fate)
    left = left.filter((row) => !named.has(row.identifier))
    if (left.length === 0) return each(nobodyLeft, refused)
  }
  return split('SendGrid keeps naming more invalid records.')
}

/** A refusal that names no row: halving finds the one it is about. */
const refusedAsAWhole = (reply: Reply, left: readonly Row[], refused: Map<string, Fate>): Now => {
  const [last] = left
  if (last === undefined || left.length > 1) return split('SendGrid refused the call without naming a record.')
  const words = wordsIn(errorsIn(reply), personalValues(last)) || 'SendGrid gave no reason.'
  return each(nobodyLeft, refused.set(last.identifier, rejected('400', words)))
}
