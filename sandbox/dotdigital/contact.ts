/** One contact of an import: its shape, what the vendor refuses of it, and people who have said no before. */
import { z } from 'zod'

export type MergeOption = 'overwrite' | 'overwriteIfNotEmpty' | 'overwriteIfEmpty'
export type FieldType = 'String' | 'Numeric' | 'Date' | 'Boolean'

/** A contact of an import as it waits to be done. */
export interface ImportContact {
  readonly email: string
  /** By name in capitals. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly lists: readonly number[]
  /** Refused when the import was taken. */
  readonly failure?: Failure
}

export interface Failure {
  readonly code: string
  readonly description: string
}

/** https://developer.dotdigital.com/reference/importcontacts-1 (checked 2026-11-21): what refuses the whole call. */
export const contactShape = z.object({
  matchIdentifier: z.enum(['email', 'mobileNumber', 'contactId']),
  identifiers: z.record(z.string(), z.unknown()),
  dataFields: z.record(z.string(), z.unknown()).optional(),
  lists: z.array(z.int32().positive()).min(1).max(100).optional(),
})
export type GivenContact = z.infer<typeof contactShape>

const address = /^[^\s@"<>(),:;[\]\\]{1,64}@([a-z0-9](-*[a-z0-9])*\.)+[a-z][a-z0-9-]*[a-z0-9]$/

const isAddress = (email: string): boolean => email.length <= 254 && address.test(email) && !/^\.|\.\.|\.@/.test(email)

const failure = (code: string, description: string): Failure => ({ code, description })

/** The examples of the specification write codes with a small letter, its table with a capital. */
const addressFailure = (email: unknown, met: ReadonlySet<string>): Failure | undefined => {
  if (typeof email !== 'string' || email === '') return failure('noValidIdentifiers', 'No valid identifier was given')
  const plain = email.trim().toLowerCase()
  if (!isAddress(plain)) return failure('invalidEmail', "Invalid value for 'email'")
  if (met.has(plain)) return failure('duplicateIdentifier', `Duplicate identifier detected for email '${plain}'`)
  return undefined
}

/** `met`: addresses of the import so far, to which this one's is added. */
export const readContact = (given: GivenContact, met: Set<string>): ImportContact => {
  const { email } = given.identifiers
  const refused = addressFailure(email, met)
  const plain = typeof email === 'string' ? email.trim().toLowerCase() : ''
  met.add(plain)
  const fields = Object.fromEntries(
    Object.entries(given.dataFields ?? {}).map(([name, value]) => [name.toUpperCase(), value]),
  )
  return {
    email: plain,
    fields,
    lists: [...new Set(given.lists ?? [])],
    ...(refused === undefined ? {} : { failure: refused }),
  }
}

const domainOf = (email: string): string => email.slice(email.lastIndexOf('@') + 1)

/** Domains whose people the account has met before; they end in what can be nobody's address. */
const domains = {
  unsubscribed: 'unsubscribed.sandbox.invalid',
  leftLists: 'left.sandbox.invalid',
  suppressed: 'suppressed.sandbox.invalid',
  domainSuppressed: 'domain-suppressed.sandbox.invalid',
  watchdog: 'watchdog.sandbox.invalid',
  failing: 'failing.sandbox.invalid',
} as const

export interface Standing {
  readonly status: 'subscribed' | 'unsubscribed'
  readonly onLists: 'subscribed' | 'suppressed'
}

/**
 * How somebody stands who is met for the first time. Whoever has unsubscribed can be updated, and put on lists, and stays
 * unsubscribed: https://developer.dotdigital.com/reference/unified-contacts (checked 2026-11-21).
 */
export const standingOf = (email: string): Standing => ({
  status: domainOf(email) === domains.unsubscribed ? 'unsubscribed' : 'subscribed',
  onLists: domainOf(email) === domains.leftLists ? 'suppressed' : 'subscribed',
})

const isOfType = (value: unknown, type: FieldType): boolean => {
  switch (type) {
    case 'String':
      return typeof value === 'string'
    case 'Numeric':
      return typeof value === 'number'
    case 'Boolean':
      return typeof value === 'boolean'
    case 'Date':
      return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}/.test(value) && !Number.isNaN(Date.parse(value))
  }
}

/** What is found only when the import is done: by the fields and lists of that moment. */
export const importFailure = (
  contact: ImportContact,
  fields: ReadonlyMap<string, FieldType>,
  hasList: (id: number) => boolean,
): Failure | undefined => {
  if (contact.failure !== undefined) return contact.failure
  const domain = domainOf(contact.email)
  if (domain === domains.suppressed) return failure('GloballySuppressed', 'The contact is globally suppressed')
  if (domain === domains.domainSuppressed) return failure('SuppressedByDomain', 'The domain is suppressed')
  if (!contact.lists.every(hasList)) return failure('InvalidAddressBookIds', 'A list does not exist')
  for (const [name, value] of Object.entries(contact.fields)) {
    const type = fields.get(name)
    if (type === undefined) return failure('ApiSchemaViolation', `The data field '${name}' does not exist`)
    if (value !== null && !isOfType(value, type)) {
      return failure('ApiSchemaViolation', `The value of the data field '${name}' is not of type ${type}`)
    }
  }
  return undefined
}

/** Imports that hold such an address end as a whole. */
export const wholeFailure = (contacts: readonly ImportContact[]): 'RejectedByWatchdog' | 'Failed' | undefined => {
  if (contacts.some(({ email }) => domainOf(email) === domains.watchdog)) return 'RejectedByWatchdog'
  return contacts.some(({ email }) => domainOf(email) === domains.failing) ? 'Failed' : undefined
}
