/** The simulator of Dotdigital: account, address books, data fields, v3 imports and v2 removals from a list. */
import type { VendorDefinition } from '../frame/vendor.ts'
import { type GuardedRoute, guarding, type RateScheme } from './access.ts'
import { addressBooks } from './address-books.ts'
import { refusals } from './answers.ts'
import { contactStore } from './contact-store.ts'
import { contactRoutes } from './contacts.ts'
import { dataFields } from './fields.ts'
import { forbids } from './forbidden.ts'
import { dotdigitalJobs } from './jobs.ts'
import { schema } from './tables.ts'

export interface DotdigitalSettings {
  /** Contacts that the plan allows; an import that would go beyond it imports nobody. No limit by default. */
  readonly planContacts?: number
  /** The API user's rates; tiered by default. */
  readonly rates?: RateScheme
  /** Where the account lives; 1 by default. */
  readonly region?: 1 | 2 | 3
}

const accountId = 251_001

/** The vendor's own address, as it tells it: not this simulator's. https://developer.dotdigital.com/docs/api-end-points (checked 2026-11-21). */
const accountInfo = (region: number): GuardedRoute => ({
  method: 'GET',
  path: '/v2/account-info',
  tier: 'high',
  answer: () => ({
    status: 200,
    json: {
      id: accountId,
      properties: [
        { name: 'Name', type: 'String', value: 'Sandbox' },
        { name: 'MainEmail', type: 'String', value: 'owner@example.com' },
        { name: 'ApiEndpoint', type: 'String', value: `https://r${region}-api.dotdigital.com/` },
        { name: 'TimeZoneIana', type: 'String', value: 'Europe/London' },
      ],
    },
  }),
})

export const dotdigital = (settings: DotdigitalSettings): VendorDefinition => ({
  port: 4712,
  schema,
  start(world) {
    const contacts = contactStore(world)
    const books = addressBooks(world, contacts)
    const fields = dataFields(world)
    const jobs = dotdigitalJobs(world, {
      contacts,
      fields: fields.types,
      hasList: books.has,
      planContacts: settings.planContacts ?? Number.POSITIVE_INFINITY,
    })
    const routes = [
      accountInfo(settings.region ?? 1),
      ...books.routes,
      ...fields.routes,
      ...contactRoutes(world, { contacts, books, jobs }),
    ]
    return {
      routes: routes.map(guarding(world, settings.rates ?? 'tiered')),
      refusals,
      forbids,
      settle: () => jobs.settle(world.now()),
      lists: books.all,
      members: (id) => contacts.members(Number(id)),
    }
  },
})
