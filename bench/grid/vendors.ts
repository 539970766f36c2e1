/** How each vendor is set up for a cell: a list with people of theirs on it, and somebody who has said no. */
import { z } from 'zod'
import { exampleCredentials as keys } from '../../sandbox/credentials.ts'
import type { SandboxVendor } from '../../sandbox/vendors.ts'

/** Asks the simulator as somebody who works there would; the answer, decoded where it is JSON. Throws when it is a refusal. */
export type Ask = (method: string, path: string, body?: unknown) => Promise<unknown>

export interface GridVendor {
  /** What is matched besides the address. */
  readonly fields: Readonly<Record<string, string>>
  /** Members are known by the hash of their address. */
  readonly hashed?: true
  readonly headers: Readonly<Record<string, string>>
  /** Makes the list that the export goes into, or finds by the segment's name; absent where Sund alone makes it. */
  readonly make?: (ask: Ask, name: string) => Promise<string>
  /** The export finds the list by the segment's name. */
  readonly byName?: true
  readonly put?: (ask: Ask, list: string, addresses: readonly string[]) => Promise<void>
  /** Has somebody on the list say no. */
  readonly say?: (ask: Ask, list: string, address: string) => Promise<void>
  /** Does somebody who said no still say so? */
  readonly saysNo?: (ask: Ask, list: string, address: string) => Promise<boolean>
}

const client = keys['campaign-monitor'].clientOfAccount
const subscriber = (list: string, address: string): string =>
  `/api/v3.3/subscribers/${list}.json?email=${encodeURIComponent(address)}`

export const gridVendors: Readonly<Record<SandboxVendor, GridVendor>> = {
  'campaign-monitor': {
    fields: { Name: 'FirstName' },
    headers: { authorization: `Basic ${btoa(`${keys['campaign-monitor'].apiKey}:x`)}` },
    make: async (ask, Title) => z.string().parse(await ask('POST', `/api/v3.3/lists/${client}.json`, { Title })),
    async put(ask, list, addresses) {
      const Subscribers = addresses.map((EmailAddress) => ({
        EmailAddress,
        ConsentToTrack: 'Unchanged',
        CustomFields: [],
      }))
      await ask('POST', `/api/v3.3/subscribers/${list}/import.json`, { Subscribers })
    },
    async say(ask, list, address) {
      await ask('GET', `/mailbox/unsubscribe?list=${list}&email=${encodeURIComponent(address)}`)
    },
    saysNo: async (ask, list, address) =>
      z.object({ State: z.string() }).parse(await ask('GET', subscriber(list, address))).State === 'Unsubscribed',
  },
  dotdigital: {
    fields: { FIRSTNAME: 'FirstName' },
    headers: { authorization: `Basic ${btoa(`${keys.dotdigital.user}:${keys.dotdigital.password}`)}` },
    make: async (ask, name) =>
      String(z.object({ id: z.number() }).parse(await ask('POST', '/v2/address-books', { name })).id),
    async put(ask, list, addresses) {
      const lists = [Number(list)]
      const contacts = addresses.map((email) => ({ matchIdentifier: 'email', identifiers: { email }, lists }))
      await ask('PUT', '/contacts/v3/import', { contacts })
    },
  },
  iterable: {
    fields: { firstName: 'FirstName' },
    headers: { 'api-key': keys.iterable.apiKey },
    byName: true,
    make: async (ask, name) =>
      String(z.object({ listId: z.number() }).parse(await ask('POST', '/api/lists', { name })).listId),
    async put(ask, list, addresses) {
      const subscribers = addresses.map((email) => ({ email }))
      await ask('POST', '/api/lists/subscribe', { listId: Number(list), subscribers })
    },
  },
  'microsoft-advertising': { fields: {}, headers: {}, hashed: true },
  sendgrid: {
    fields: { first_name: 'FirstName' },
    headers: { authorization: `Bearer ${keys.sendgrid.apiKey}` },
    make: async (ask, name) =>
      z.object({ id: z.string() }).parse(await ask('POST', '/v3/marketing/lists', { name })).id,
    async put(ask, list, addresses) {
      const contacts = addresses.map((email) => ({ email }))
      await ask('PUT', '/v3/marketing/contacts', { list_ids: [list], contacts })
    },
  },
  webhook: { fields: { firstName: 'FirstName' }, headers: { authorization: `Bearer ${keys.webhook.secret}` } },
}
