/** What the journeys need to know of each destination: what somebody who works there does beforehand, and whom it refuses. */
import { z } from 'zod'
import { exampleCredentials as keys } from '../../../sandbox/credentials.ts'
import type { SandboxVendor } from '../../../sandbox/sandbox.ts'
import type { VendorSettings } from '../../../sandbox/vendors.ts'
import { askAs } from '../../end-to-end/at-vendor.ts'
import { type Person, type Rig, sha256 } from '../../end-to-end/rig.ts'

type Words = Readonly<Record<string, string>>

export interface Traveller {
  readonly destination: SandboxVendor
  /** Credentials that the vendor refuses. */
  readonly wrong: Words
  /** Of a list that the vendor does not have. */
  readonly unknownList: string
  /** Makes a list; absent where the export makes one for each segment. */
  make?(rig: Rig, name: string): Promise<string>
  /** A list of this name with people on it who came without us, for where a list is known by its segment's name. */
  before?(rig: Rig, name: string, people: readonly Person[]): Promise<void>
  /** Fields that are matched, those of the account among them. */
  fields(rig: Rig): Promise<Words>
  /** After the first run: somebody says no. */
  say?(rig: Rig, list: string, people: readonly Person[]): Promise<void>
}

/** Whom the vendors refuse, each in its own way. */
export const refused: readonly Person[] = [
  { id: 'no1', email: 'refused@people.example', name: 'No' },
  { id: 'no2', email: 'a@forgotten.sandbox.invalid', name: 'No' },
  { id: 'no3', email: 'a@suppressed.sandbox.invalid', name: 'No' },
  { id: 'no4', email: 'a@unsubscribed.sandbox.invalid', name: 'No' },
  { id: 'no5', email: 'a@left.sandbox.invalid', name: 'No' },
]

/** Tokens are renewed in the midst of a run. */
const TOKEN_SECONDS = 2

export const settings: VendorSettings = {
  sendgrid: { refuses: (address) => address.startsWith('refused') },
  'microsoft-advertising': {
    tokenSeconds: TOKEN_SECONDS,
    keepsUsedRefreshTokens: true,
    refuses: (hash) => hash === sha256('refused@people.example'),
  },
  'campaign-monitor': { tokenSeconds: TOKEN_SECONDS },
}

const ask = (rig: Rig) => askAs(() => rig)
const client = keys['campaign-monitor'].clientOfAccount

export const travellers: readonly Traveller[] = [
  {
    destination: 'campaign-monitor',
    wrong: { apiKey: 'wrong', clientId: '', clientSecret: '' },
    unknownList: 'a'.repeat(32),
    make: async (rig, Title) =>
      z.string().parse(await ask(rig)('campaign-monitor', 'POST', `/api/v3.3/lists/${client}.json`, { Title })),
    async before(rig, list, people) {
      const Subscribers = people.map(({ email }) => ({
        EmailAddress: email,
        ConsentToTrack: 'Unchanged',
        CustomFields: [],
      }))
      await ask(rig)('campaign-monitor', 'POST', `/api/v3.3/subscribers/${list}/import.json`, { Subscribers })
    },
    fields: async () => ({ Name: 'FirstName', '[City]': 'City' }),
    async say(rig, list, [bounced, left, suppressed]) {
      await ask(rig)('campaign-monitor', 'GET', `/mailbox/bounce?list=${list}&email=${bounced?.email}`)
      await ask(rig)('campaign-monitor', 'GET', `/mailbox/unsubscribe?list=${list}&email=${left?.email}`)
      const EmailAddresses = [suppressed?.email]
      await ask(rig)('campaign-monitor', 'POST', `/api/v3.3/clients/${client}/suppress.json`, { EmailAddresses })
    },
  },
  {
    destination: 'dotdigital',
    wrong: { user: 'apiuser-wrong@apiconnector.com', password: 'wrong' },
    unknownList: '999999',
    make: async (rig, name) =>
      String(
        z.object({ id: z.number() }).parse(await ask(rig)('dotdigital', 'POST', '/v2/address-books', { name })).id,
      ),
    async before(rig, list, people) {
      const contacts = people.map(({ email }) => ({
        matchIdentifier: 'email',
        identifiers: { email },
        lists: [Number(list)],
      }))
      await ask(rig)('dotdigital', 'PUT', '/contacts/v3/import', { contacts })
    },
    async fields(rig) {
      await ask(rig)('dotdigital', 'POST', '/v2/data-fields', { name: 'TOWN', type: 'String', visibility: 'Private' })
      return { FIRSTNAME: 'FirstName', TOWN: 'City' }
    },
  },
  {
    destination: 'iterable',
    wrong: { apiKey: 'wrong' },
    unknownList: '999999',
    async before(rig, name, people) {
      const made = await ask(rig)('iterable', 'POST', '/api/lists', { name })
      const { listId } = z.object({ listId: z.number() }).parse(made)
      const subscribers = people.map(({ email }) => ({ email }))
      for (let tries = 0; tries < 50; tries++) {
        const body = { listId, subscribers }
        // A new list is not known at once.
        const put = await ask(rig)('iterable', 'POST', '/api/lists/subscribe', body).catch(() => undefined)
        if (put !== undefined) return
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      throw new Error('Iterable’s new list did not become known.')
    },
    fields: async () => ({ firstName: 'FirstName', city: 'City' }),
  },
  {
    destination: 'microsoft-advertising',
    wrong: {
      clientId: keys['microsoft-advertising'].clientId,
      clientSecret: keys['microsoft-advertising'].clientSecret,
      developerToken: 'WRONG',
    },
    unknownList: '999999',
    fields: async () => ({}),
  },
  {
    destination: 'sendgrid',
    wrong: { apiKey: keys.sendgrid.apiKeyWithoutMarketing },
    unknownList: '00000000-0000-4000-8000-000000000000',
    make: async (rig, name) => await rig.sendgridList(name),
    async before(rig, list, people) {
      const contacts = people.map(({ email }) => ({ email }))
      await ask(rig)('sendgrid', 'PUT', '/v3/marketing/contacts', { list_ids: [list], contacts })
    },
    async fields(rig) {
      const field = { name: 'town', field_type: 'Text' }
      const made = await ask(rig)('sendgrid', 'POST', '/v3/marketing/field_definitions', field)
      return { first_name: 'FirstName', [z.object({ id: z.string() }).parse(made).id]: 'City' }
    },
  },
]
