/** A contact as SendGrid takes it in an upsert: what is refused at once, and what the job keeps. */
import { isValidAddress } from './address.ts'
import type { SendGridError } from './answers.ts'
import type { FieldType } from './fields.ts'

const identifierNames = ['email', 'phone_number_id', 'external_id', 'anonymous_id'] as const
export type IdentifierName = (typeof identifierNames)[number]

/** Text fields with the most characters they take (https://www.twilio.com/docs/sendgrid/api-reference/contacts/add-or-update-a-contact, checked 2026-11-21). */
const textFields: Readonly<Record<string, number>> = {
  first_name: 50,
  last_name: 50,
  address_line_1: 100,
  address_line_2: 100,
  city: 60,
  state_province_region: 50,
  country: 50,
  postal_code: Number.POSITIVE_INFINITY,
  phone_number: Number.POSITIVE_INFINITY,
  whatsapp: Number.POSITIVE_INFINITY,
  line: Number.POSITIVE_INFINITY,
  facebook: Number.POSITIVE_INFINITY,
  unique_name: Number.POSITIVE_INFINITY,
}
export const textFieldNames = Object.keys(textFields)

const longestIdentifier = 254
const mostAlternateEmails = 5
const longestCustomText = 1000
const phoneNumber = /^\+[1-9]\d{6,14}$/

/** What a job keeps of one contact. A field that is absent keeps its value; an empty one clears it. */
export interface Upsert {
  readonly identifiers: Readonly<Partial<Record<IdentifierName, string>>>
  readonly fields: Readonly<Record<string, string>>
  readonly custom: Readonly<Record<string, string | number>>
  readonly alternates?: readonly string[]
}

export type Reading =
  | { readonly kind: 'contact'; readonly contact: Upsert }
  | { readonly kind: 'refused'; readonly errors: readonly SendGridError[] }

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Reads one contact of a call; `at` is where it stands there, for the error's field. */
export const readContact = (value: unknown, at: string, customFields: ReadonlyMap<string, FieldType>): Reading => {
  const errors: SendGridError[] = []
  const refuse = (field: string, message: string): void => {
    errors.push({ field: field === '' ? at : `${at}.${field}`, message })
  }
  if (!isObject(value)) return { kind: 'refused', errors: [{ field: at, message: 'contact must be an object' }] }

  const identifiers: Partial<Record<IdentifierName, string>> = {}
  for (const name of identifierNames) {
    const given = value[name]
    if (given === undefined || given === '') continue
    if (typeof given !== 'string') refuse(name, `${name} must be a string`)
    else if (name === 'email') {
      if (isValidAddress(given)) identifiers.email = given.toLowerCase()
      else refuse('identifier', `email '${given}' is not valid`)
    } else if (given.length > longestIdentifier) refuse(name, `${name} exceeds ${longestIdentifier} characters`)
    else if (name === 'phone_number_id' && !phoneNumber.test(given)) refuse('identifier', `${name} is not valid`)
    else identifiers[name] = given
  }
  if (errors.length === 0 && Object.keys(identifiers).length === 0) {
    refuse('identifier', `at least one of ${identifierNames.join(', ')} is required`)
  }

  const fields: Record<string, string> = {}
  for (const name of textFieldNames) {
    const given = value[name]
    if (given === undefined) continue
    const max = textFields[name] ?? 0
    if (typeof given !== 'string') refuse(name, `${name} must be a string`)
    else if (given.length > max) refuse(name, `${name} exceeds ${max} characters`)
    else fields[name] = given
  }

  const custom: Record<string, string | number> = {}
  const givenCustom = value.custom_fields ?? {}
  if (!isObject(givenCustom)) refuse('custom_fields', 'custom_fields must be an object')
  else {
    for (const [id, given] of Object.entries(givenCustom)) {
      if (!customFields.has(id)) refuse('custom_fields', `invalid custom field ids supplied: ${id}`)
      else if (typeof given !== 'string' && typeof given !== 'number') refuse('custom_fields', `${id} is not valid`)
      else if (String(given).length > longestCustomText) refuse('custom_fields', `${id} exceeds 1000 characters`)
      else custom[id] = given
    }
  }

  const alternates = readAlternates(value.alternate_emails, refuse)
  if (errors.length > 0) return { kind: 'refused', errors }
  return { kind: 'contact', contact: { identifiers, fields, custom, ...(alternates ? { alternates } : {}) } }
}

const readAlternates = (value: unknown, refuse: (field: string, message: string) => void): string[] | undefined => {
  if (value === undefined) return undefined
  if (!Array.isArray(value) || value.length > mostAlternateEmails) {
    refuse('alternate_emails', `alternate_emails must be an array of at most ${mostAlternateEmails}`)
    return undefined
  }
  const alternates: string[] = []
  for (const given of value) {
    if (typeof given === 'string' && isValidAddress(given)) alternates.push(given.toLowerCase())
    else refuse('alternate_emails', `email '${String(given)}' is not valid`)
  }
  return alternates
}

const dateText = /^(\d{1,2}\/\d{1,2}\/\d{4}|\d{4}-\d{2}-\d{2}([T ].*)?)$/

/**
 * Domain whose addresses pass the call's own checks and fail in the job, so that a refusal of single records can be
 * tried. SendGrid has no such domain.
 */
export const refusedDomain = '@errored.sandbox.invalid'

/** Why the job refuses this contact, which the call itself took. Only addresses and lengths are looked at by the call. */
export const jobRefusal = (contact: Upsert, customFields: ReadonlyMap<string, FieldType>): string | undefined => {
  if (contact.identifiers.email?.endsWith(refusedDomain)) return 'the sandbox refuses addresses of this domain'
  for (const [id, value] of Object.entries(contact.custom)) {
    const type = customFields.get(id)
    if (value === '' || type === undefined || type === 'Text') continue
    const fits = type === 'Number' ? Number.isFinite(Number(value)) : dateText.test(String(value))
    if (!fits) return `custom field ${id} takes a ${type}`
  }
  return undefined
}
