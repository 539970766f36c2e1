/** SendGrid's calls on contacts: upsert, search by address, removal from one list. */
import { z } from 'zod'
import { integer, type Row, text } from '../frame/database.ts'
import { type Answer, type Call, parseJson } from '../frame/vendor.ts'
import type { GuardedRoute } from './access.ts'
import { isValidAddress } from './address.ts'
import { badJson, refusal, type SendGridError } from './answers.ts'
import { readContact, type Upsert } from './contact.ts'
import type { ContactStore } from './contact-store.ts'
import type { FieldType } from './fields.ts'
import { identifierOf, type Jobs } from './jobs.ts'

/** https://www.twilio.com/docs/sendgrid/api-reference/contacts/add-or-update-a-contact (checked 2026-11-21). */
const mostContacts = 30_000
const mostBytes = 6_000_000
/** https://www.twilio.com/docs/sendgrid/api-reference/contacts/get-contacts-by-emails (checked 2026-11-21). */
const mostSearched = 100
const longestSearched = 100
/** Characters of a path with its query. No number of ids is published; this is the usual limit of a server. Assumed. */
const longestTarget = 8192

const upsertBody = z.object({ list_ids: z.array(z.string()).optional(), contacts: z.array(z.unknown()) })
const searchBody = z.object({ emails: z.array(z.string()) })
const identifiersBody = z.object({ identifiers: z.array(z.string()) })
const identifierTypes = z.enum(['email', 'phone_number_id', 'external_id', 'anonymous_id'])

const emailKey = Buffer.from('"email"')

/** How many contacts a body holds, without parsing it. */
const emailsIn = (body: Buffer): number => {
  let count = 0
  for (let at = body.indexOf(emailKey); at !== -1; at = body.indexOf(emailKey, at + emailKey.length)) count++
  return count
}

export interface ContactCalls {
  readonly discard: boolean
  readonly contacts: ContactStore
  readonly jobs: Jobs
  listNumber(id: string): number | undefined
  customFields(): ReadonlyMap<string, FieldType>
}

export const contactRoutes = ({ discard, contacts, jobs, listNumber, customFields }: ContactCalls): GuardedRoute[] => {
  const upsert = (call: Call): Answer => {
    if (discard) return jobs.acceptCounted('upsert_contacts', emailsIn(call.body), call.now)
    const parsed = parseJson(call.body)
    if (parsed === undefined) return badJson()
    const body = upsertBody.safeParse(parsed.value)
    if (!body.success) return refusal(400, { field: 'contacts', message: 'contacts must be an array of objects' })
    const { list_ids: listIds = [], contacts: given } = body.data
    if (given.length === 0 || given.length > mostContacts) {
      return refusal(400, { field: 'contacts', message: `contacts must hold between 1 and ${mostContacts} contacts` })
    }
    const missing = listIds.find((id) => listNumber(id) === undefined)
    if (missing !== undefined) return refusal(404, { field: 'list_ids', message: `list id '${missing}' not found` })

    const fields = customFields()
    const errors: SendGridError[] = []
    const upserts: Upsert[] = []
    for (const [index, value] of given.entries()) {
      const reading = readContact(value, `contacts[${index}]`, fields)
      if (reading.kind === 'refused') errors.push(...reading.errors)
      else upserts.push(reading.contact)
    }
    // One malformed contact refuses the whole call, and nothing of it is stored.
    if (errors.length > 0) return { ...refusal(400, ...errors), records: given.length }

    const identifiers = upserts.map(identifierOf)
    const lists = listIds.length === 0 ? [''] : [...new Set(listIds)]
    return {
      ...jobs.acceptUpsert({ lists: [...new Set(listIds)], contacts: upserts }, call.now),
      delivered: lists.map((listId) => ({ listId, operation: 'add', identifiers })),
    }
  }

  const foundOf = (wanted: readonly (readonly [value: string, row: Row | undefined])[]): Answer => {
    if (wanted.every(([, row]) => row === undefined)) {
      return refusal(404, { field: null, message: 'no contacts found' })
    }
    const shown = wanted.map(([value, row]) => [
      value,
      row === undefined ? { error: 'contact not found' } : { contact: contacts.show(row) },
    ])
    return { status: 200, json: { result: Object.fromEntries(shown) } }
  }

  const search = (call: Call): Answer => {
    const parsed = parseJson(call.body)
    if (parsed === undefined) return badJson()
    const body = searchBody.safeParse(parsed.value)
    if (!body.success) return refusal(400, { field: 'emails', message: 'emails must be an array of strings' })
    if (body.data.emails.length > mostSearched) {
      return refusal(400, { field: 'emails', message: `at most ${mostSearched} emails can be searched` })
    }
    const wanted = new Set(body.data.emails.filter((email) => email !== '').map((email) => email.toLowerCase()))
    const invalid = [...wanted].filter((email) => email.length > longestSearched || !isValidAddress(email))
    if (invalid.length > 0) {
      return refusal(400, ...invalid.map((email) => ({ field: 'emails', message: `email '${email}' is not valid` })))
    }
    return foundOf([...wanted].map((email) => [email, contacts.find(email)]))
  }

  /** https://www.twilio.com/docs/sendgrid/api-reference/contacts/get-contacts-by-identifiers (checked 2026-11-21). */
  const searchIdentifiers = (call: Call): Answer => {
    const type = identifierTypes.safeParse(call.params.type)
    if (!type.success) return refusal(400, { field: 'identifier_type', message: 'identifier_type is not valid' })
    const parsed = parseJson(call.body)
    if (parsed === undefined) return badJson()
    const body = identifiersBody.safeParse(parsed.value)
    if (!body.success || body.data.identifiers.length > mostSearched) {
      return refusal(400, { field: 'identifiers', message: `identifiers must be an array of at most ${mostSearched}` })
    }
    const isEmail = type.data === 'email'
    const wanted = new Set(body.data.identifiers.map((value) => (isEmail ? value.toLowerCase() : value)))
    const invalid = isEmail ? [...wanted].filter((email) => !isValidAddress(email)) : []
    if (invalid.length > 0) {
      return refusal(
        400,
        ...invalid.map((email) => ({ field: 'identifiers', message: `email '${email}' is not valid` })),
      )
    }
    return foundOf([...wanted].map((value) => [value, contacts.findBy(type.data, value)]))
  }

  const removeFromList = (call: Call): Answer => {
    if (call.target.length > longestTarget) return refusal(414, { field: null, message: 'URI too long' })
    const listId = call.params.id ?? ''
    const ids = [...new Set((call.query.get('contact_ids') ?? '').split(',').filter((id) => id !== ''))]
    if (ids.length === 0) return refusal(400, { field: 'contact_ids', message: 'contact_ids is required' })
    if (discard) return jobs.acceptCounted('remove_contacts', ids.length, call.now)
    if (listNumber(listId) === undefined) return refusal(404, { field: 'id', message: 'list not found' })
    const rows = ids.map((id) => contacts.byId(id)).filter((row) => row !== undefined)
    if (rows.length < ids.length) {
      return {
        ...refusal(404, { field: 'contact_ids', message: 'one or more contact ids do not exist' }),
        records: ids.length,
      }
    }
    const identifiers = rows.map((row) => identifierOfRow(row))
    return {
      ...jobs.acceptRemoval({ list: listId, contacts: rows.map((row) => integer(row, 'number')) }, call.now),
      delivered: [{ listId, operation: 'remove', identifiers }],
    }
  }

  const identifierOfRow = (row: Row): string => {
    for (const name of ['email', 'phone_number_id', 'external_id', 'anonymous_id']) {
      if (row[name] !== null) return text(row, name)
    }
    return ''
  }

  const listContacts = '/v3/marketing/lists/{id}/contacts'
  return [
    {
      method: 'PUT',
      path: '/v3/marketing/contacts',
      bucket: 'contacts',
      write: true,
      maxBytes: mostBytes,
      answer: upsert,
    },
    { method: 'POST', path: '/v3/marketing/contacts/search/emails', bucket: 'contacts', answer: search },
    {
      method: 'POST',
      path: '/v3/marketing/contacts/search/identifiers/{type}',
      bucket: 'contacts',
      answer: searchIdentifiers,
    },
    { method: 'DELETE', path: listContacts, bucket: 'lists', write: true, answer: removeFromList },
  ]
}
