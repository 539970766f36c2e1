/** The simulator of Twilio SendGrid's Marketing API: lists, field definitions, contacts and their jobs. */
import type { Call, VendorDefinition } from '../frame/vendor.ts'
import { type GuardedRoute, guarding, scopesOf } from './access.ts'
import { refusals } from './answers.ts'
import { contactStore } from './contact-store.ts'
import { contactRoutes } from './contacts.ts'
import { sendGridFields } from './fields.ts'
import { sendGridJobs } from './jobs.ts'
import { sendGridLists } from './lists.ts'
import { schema } from './tables.ts'

export interface SendGridSettings {
  /** Contacts that the plan allows; a job that would go beyond it fails whole. No limit by default. */
  readonly planContacts?: number
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
    const shared = { contacts, listNumber: lists.number, customFields: fields.custom }
    const planContacts = settings.planContacts ?? Number.POSITIVE_INFINITY
    const jobs = sendGridJobs(world, { ...shared, planContacts })
    const scopes: GuardedRoute = {
      method: 'GET',
      path: '/v3/scopes',
      bucket: 'core',
      answer: (call) => ({ status: 200, json: { scopes: scopesOf(call) ?? [] } }),
    }
    const guarded = [scopes, ...lists.routes, ...fields.routes, ...contactRoutes({ ...shared, jobs }), ...jobs.routes]
    return {
      routes: [...guarded.map(guarding(world)), ...jobs.openRoutes],
      refusals,
      settle: jobs.settle,
      forbids,
      lists: lists.all,
      members: lists.members,
    }
  },
})
