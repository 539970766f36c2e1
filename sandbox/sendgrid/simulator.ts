/** The simulator of Twilio SendGrid's Marketing API: lists, field definitions, contacts and their jobs. */
import type { Call, VendorDefinition } from '../frame/vendor.ts'
import { startWork } from '../frame/work.ts'
import { type GuardedRoute, guarding, scopesOf } from './access.ts'
import { refusals } from './answers.ts'
import { contactStore } from './contact-store.ts'
import { contactRoutes } from './contacts.ts'
import { sendGridExports } from './exports.ts'
import { sendGridFields } from './fields.ts'
import { sendGridImports } from './imports.ts'
import { sendGridJobs } from './jobs.ts'
import { sendGridLists } from './lists.ts'
import { storageForbids, storagePath, storageRefusals } from './storage.ts'
import { schema } from './tables.ts'

export interface SendGridSettings {
  /** Contacts that the plan allows; a job that would go beyond it fails whole. No limit by default. */
  readonly planContacts?: number
  /** Contacts and bytes that a CSV file may hold; the vendor's own limits by default. */
  readonly importContacts?: number
  readonly importBytes?: number
  /** Errors files are packed. SendGrid does not say whether they are; not packed by default. */
  readonly gzipErrors?: boolean
  /** Rows of a file that are refused when it is read are left out of `requested_count`. Not documented; they count by default. */
  readonly countsReadable?: boolean
  /** Addresses that a job refuses, for a reason of the vendor's own. */
  readonly refuses?: (address: string) => boolean
}

/** Deleting contacts, by whichever way: they are the customer's, and counted again when they come back. */
const forbids = (call: Call): string | undefined => {
  if (call.query.has('delete_all_contacts')) return `${call.method} ${call.path} with delete_all_contacts`
  const deleteContacts = call.query.get('delete_contacts')
  if (deleteContacts !== null && deleteContacts !== 'false') return `${call.method} ${call.path} with delete_contacts`
  if (call.method === 'DELETE' && call.path === '/v3/marketing/contacts') return `DELETE ${call.path}`
  return undefined
}

export const sendGrid = (settings: SendGridSettings): VendorDefinition => ({
  port: 4715,
  schema,
  start(world) {
    const contacts = contactStore(world)
    const lists = sendGridLists(world)
    const fields = sendGridFields(world)
    const work = startWork(world.db)
    const shared = { contacts, work, listNumber: lists.number, customFields: fields.custom }
    const jobs = sendGridJobs(world, {
      ...shared,
      planContacts: settings.planContacts ?? Number.POSITIVE_INFINITY,
      gzipErrors: settings.gzipErrors ?? false,
      countsReadable: settings.countsReadable ?? false,
      refuses: settings.refuses ?? (() => false),
    })
    const imports = sendGridImports(world, {
      ...shared,
      jobs,
      fields,
      ...(settings.importContacts === undefined ? {} : { mostContacts: settings.importContacts }),
      ...(settings.importBytes === undefined ? {} : { mostBytes: settings.importBytes }),
    })
    const exports = sendGridExports(world, { contacts, lists, settleJobs: jobs.settle })
    const scopes: GuardedRoute = {
      method: 'GET',
      path: '/v3/scopes',
      bucket: 'core',
      answer: (call) => ({ status: 200, json: { scopes: scopesOf(call) ?? [] } }),
    }
    const guarded = [
      scopes,
      ...lists.routes,
      ...fields.routes,
      ...contactRoutes({ ...shared, jobs, discard: world.discard }),
      ...imports.routes,
      ...jobs.routes,
      ...exports.routes,
    ]
    const storageRoutes = [...imports.storageRoutes, ...jobs.storageRoutes, ...exports.storageRoutes]
    return {
      // Whoever has a single origin stand in for all hosts of the vendor finds the storage host's paths there too.
      routes: [...guarded.map(guarding(world)), ...storageRoutes],
      refusals,
      storage: { routes: storageRoutes, refusals: storageRefusals, forbids: storageForbids },
      settle() {
        const now = world.now()
        exports.settle(now)
        jobs.settle(now)
        imports.settle(now)
      },
      forbids: (call) => (call.path.startsWith(storagePath) ? storageForbids(call) : forbids(call)),
      lists: lists.all,
      members: lists.members,
    }
  },
})
