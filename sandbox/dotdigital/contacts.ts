/** Dotdigital's calls on contacts: v3's import and its status, v3's look-up of one, v2's removal from a list. */
import { z } from 'zod'
import { text } from '../frame/database.ts'
import { type Answer, type Call, type Delivered, parseJson, type World } from '../frame/vendor.ts'
import type { GuardedRoute } from './access.ts'
import type { AddressBooks } from './address-books.ts'
import { badJson, badRequest, bookNotFound, malformed, refusalV2, refusalV3 } from './answers.ts'
import { contactShape, type ImportContact, readContact } from './contact.ts'
import type { ContactStore } from './contact-store.ts'
import type { Jobs } from './jobs.ts'
import { reportOf } from './reports.ts'

/** https://developer.dotdigital.com/reference/importcontacts-1 (checked 2026-11-21). */
const mostBytes = 50_000_000
const mostActiveImports = 25

const importBody = z.object({
  mergeOption: z.enum(['overwrite', 'overwriteIfNotEmpty', 'overwriteIfEmpty']).default('overwrite'),
  contacts: z.array(z.unknown()).min(1),
})
const removalBody = z.array(z.int32().positive())

/** Addresses in a body of JSON, without parsing it. */
const emailsIn = (body: Buffer): string[] =>
  Array.from(body.toString('utf8').matchAll(/"email"\s*:\s*"([^"\\]*)"/g), ([, email = '']) => email)

const tooManyImports = (): Answer =>
  refusalV3(
    429,
    'tooManyActiveImports',
    'Your import request cannot be accepted as too many imports are being processed for you account. Please wait for an import to complete and then resubmit.',
  )

export interface ContactCalls {
  readonly contacts: ContactStore
  readonly books: AddressBooks
  readonly jobs: Jobs
}

/** What the whole call is refused for, else its contacts. */
const readImport = (given: readonly unknown[]): ImportContact[] | Answer => {
  const met = new Set<string>()
  const contacts: ImportContact[] = []
  for (const value of given) {
    const contact = contactShape.safeParse(value)
    if (!contact.success) {
      const [issue] = contact.error.issues
      const item = String(issue?.path[0] ?? 'contact')
      return badRequest(item, `The ${item.charAt(0).toUpperCase()}${item.slice(1)} field is required.`)
    }
    contacts.push(readContact(contact.data, met))
  }
  return contacts
}

const deliveredBy = (contacts: readonly ImportContact[]): Delivered[] => {
  const byList = new Map<number, string[]>()
  for (const { email, lists } of contacts) {
    for (const list of lists) {
      const emails = byList.get(list)
      if (emails === undefined) byList.set(list, [email])
      else emails.push(email)
    }
  }
  return [...byList].map(([list, identifiers]) => ({ listId: String(list), operation: 'add', identifiers }))
}

export const contactRoutes = (world: World, { contacts, books, jobs }: ContactCalls): GuardedRoute[] => {
  const accepted = (id: string, records: number): Answer => ({ status: 202, json: { importId: id }, records })

  const startImport = (call: Call): Answer => {
    if (world.limits && jobs.activeImports(call.now) >= mostActiveImports) return tooManyImports()
    if (world.discard) {
      const emails = emailsIn(call.body)
      return accepted(jobs.acceptCounted('import', emails, call.now), emails.length)
    }
    const parsed = parseJson(call.body)
    if (parsed === undefined) return badJson()
    const body = importBody.safeParse(parsed.value)
    if (!body.success) return badRequest('contacts', 'The contacts or the merge option are not valid.')
    const given = readImport(body.data.contacts)
    if (!Array.isArray(given)) return given
    return {
      ...accepted(jobs.acceptImport(body.data.mergeOption, given, call.now), given.length),
      delivered: deliveredBy(given),
    }
  }

  const importStatus = (call: Call): Answer => {
    const id = call.params.id ?? ''
    const job = jobs.find('import', id, call.now)
    if (job === undefined) {
      return refusalV3(404, 'importNotFound', `The import request '${id}' could not be found!`)
    }
    if (!job.finished) return { status: 200, json: { importId: id, status: 'NotFinished' } }
    if (job.failed !== undefined) return { status: 200, json: { importId: id, status: job.failed } }
    return {
      status: 200,
      pieces: reportOf(world.db, job.number, id),
      headers: { 'content-type': 'application/json' },
    }
  }

  const removed = (id: string, records: number): Answer => ({ status: 202, json: { id, status: 'Started' }, records })

  /** Who is not on the list, or not known, is passed over (assumed). */
  const startRemoval = (call: Call): Answer => {
    const list = books.inPath(call)
    if (list === undefined) return bookNotFound()
    const ids = removalBody.safeParse(parseJson(call.body)?.value)
    if (!ids.success) return malformed()
    if (ids.data.length === 0) {
      return refusalV2(400, 'The contacts are not specified.', 'ERROR_CONTACTS_ARE_NOT_SPECIFIED')
    }
    if (world.discard) return { ...removed(jobs.acceptCounted('removal', [], call.now), ids.data.length) }
    const known = ids.data.map((id) => contacts.byId(id)).filter((row) => row !== undefined)
    return {
      ...removed(jobs.acceptRemoval(list, ids.data, call.now), ids.data.length),
      delivered: [{ listId: String(list), operation: 'remove', identifiers: known.map((row) => text(row, 'email')) }],
    }
  }

  /** The example of this answer spells its names with capitals, the specification without. */
  const removalStatus = (call: Call): Answer => {
    const job = jobs.find('removal', call.params.id ?? '', call.now)
    if (job === undefined) return refusalV2(404, 'The removal is not known.', 'ERROR_PARAMETER_INVALID')
    return { status: 200, json: { Id: job.id, Status: job.finished ? 'Completed' : 'Started' } }
  }

  const find = (call: Call): Answer => {
    const { identifier = '', value = '' } = call.params
    const row = identifier === 'email' ? contacts.find(value) : undefined
    const found = identifier === 'contactId' && /^\d{1,10}$/.test(value) ? contacts.byId(Number(value)) : row
    if (found !== undefined) return { status: 200, json: contacts.show(found) }
    return refusalV3(404, 'contactNotFound', 'The following contacts could not be found', [
      { item: value, description: `Not found using the identifier '${identifier}'` },
    ])
  }

  const v3 = '/contacts/v3'
  const removal = '/v2/address-books/{id}/contacts/delete'
  return [
    { method: 'PUT', path: `${v3}/import`, tier: 'low', write: true, maxBytes: mostBytes, answer: startImport },
    { method: 'GET', path: `${v3}/import/{id}`, tier: 'unlimited', answer: importStatus },
    { method: 'GET', path: `${v3}/{identifier}/{value}`, tier: 'high', answer: find },
    { method: 'POST', path: removal, tier: 'low', write: true, answer: startRemoval },
    { method: 'GET', path: '/v2/contacts/deletion/{id}', tier: 'unlimited', answer: removalStatus },
  ]
}
