/** What a person does at a vendor before setting up an export: holds credentials, agrees to a sign-in, makes a list. */
import { z } from 'zod'
import { exampleCredentials } from '../sandbox/credentials.ts'
import type { SandboxVendor } from '../sandbox/vendors.ts'
import type { RunPorts } from '../src/exports/run-ports.ts'
import type { OutboundAnswer } from '../src/outbound/door.ts'
import { usualTimeouts } from '../src/outbound/exchange.ts'

type Words = Readonly<Record<string, string>>

/** How the demo's person is set up at one vendor. */
export interface VendorSetUp {
  readonly connectionName: string
  readonly credentials: Words
  /** What a connection asks for. */
  connectionSettings?(ports: RunPorts): Promise<Words>
  /** What an export asks for. */
  readonly exportSettings: Words
  /** The id of the list of this name, made where it is missing; absent where a person makes no list. */
  list?(ports: RunPorts, name: string): Promise<string>
}

const MAX_ANSWER_BYTES = 1024 * 1024

const basic = (user: string, password: string): string => `Basic ${btoa(`${user}:${password}`)}`

const keys = exampleCredentials
/** Of a request from the vendor's own pages; where there is none, the sandbox wants none. */
const authorizations: Readonly<Record<SandboxVendor, string | undefined>> = {
  'campaign-monitor': basic(keys['campaign-monitor'].apiKey, 'x'),
  dotdigital: basic(keys.dotdigital.user, keys.dotdigital.password),
  iterable: undefined,
  'microsoft-advertising': undefined,
  sendgrid: `Bearer ${keys.sendgrid.apiKey}`,
  webhook: `Bearer ${keys.webhook.secret}`,
}

/** Asks the sandbox as somebody who uses the vendor's own pages would. */
export const askVendor = async (
  ports: RunPorts,
  destination: SandboxVendor,
  method: 'GET' | 'POST',
  url: string,
  body?: unknown,
): Promise<OutboundAnswer> => {
  const authorization = authorizations[destination]
  return await ports.door.exchange(
    {
      destination,
      url: new URL(url),
      method,
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        ...(authorization === undefined ? {} : { authorization }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      timeouts: usualTimeouts,
      maxBytes: MAX_ANSWER_BYTES,
    },
    new AbortController().signal,
  )
}

interface ListPages {
  readonly destination: SandboxVendor
  readonly all: string
  /** Id and name of every list in the answer to `all`. */
  named(answer: unknown): readonly { readonly id: string; readonly name: string }[]
  readonly make: string
  body(name: string): unknown
  /** The id in the answer to `make`. */
  made(answer: unknown): string
}

/** The id of the vendor's list of this name; made there when it is missing. */
async function listNamed(ports: RunPorts, pages: ListPages, name: string): Promise<string> {
  const { destination } = pages
  const answer = await askVendor(ports, destination, 'GET', pages.all)
  const found = pages.named(JSON.parse(answer.text)).find((list) => list.name === name)
  if (found !== undefined) return found.id
  const made = await askVendor(ports, destination, 'POST', pages.make, pages.body(name))
  return pages.made(JSON.parse(made.text))
}

const sendgridLists = 'https://api.sendgrid.com/v3/marketing/lists'
const sendgridList = z.object({ id: z.string(), name: z.string() })
const sendgridPages: ListPages = {
  destination: 'sendgrid',
  all: `${sendgridLists}?page_size=1000`,
  named: (answer) => z.object({ result: z.array(sendgridList) }).parse(answer).result,
  make: sendgridLists,
  body: (name) => ({ name }),
  made: (answer) => sendgridList.parse(answer).id,
}

const addressBooks = 'https://r1-api.dotdigital.com/v2/address-books'
const addressBook = z.object({ id: z.number().transform(String), name: z.string() })
const dotdigitalPages: ListPages = {
  destination: 'dotdigital',
  all: `${addressBooks}?select=1000`,
  named: (answer) => z.array(addressBook).parse(answer),
  make: addressBooks,
  body: (name) => ({ name }),
  made: (answer) => addressBook.parse(answer).id,
}

const createsend = 'https://api.createsend.com/api/v3.3'
const client = keys['campaign-monitor'].clientOfAccount
const campaignMonitorList = z.object({ ListID: z.string(), Name: z.string() })
const campaignMonitorPages: ListPages = {
  destination: 'campaign-monitor',
  all: `${createsend}/clients/${client}/lists.json`,
  named: (answer) =>
    z
      .array(campaignMonitorList)
      .parse(answer)
      .map((list) => ({ id: list.ListID, name: list.Name })),
  make: `${createsend}/lists/${client}.json`,
  body: (name) => ({ Title: name }),
  made: (answer) => z.string().parse(answer),
}

/** The name of the address book that the demo's connection to Dotdigital has as its default. */
const DEFAULT_ADDRESS_BOOK = 'Born in the eighties'

export const vendorSetUps: Readonly<Record<SandboxVendor, VendorSetUp>> = {
  'campaign-monitor': {
    connectionName: 'Campaign Monitor sandbox',
    credentials: {
      apiKey: '',
      clientId: keys['campaign-monitor'].clientId,
      clientSecret: keys['campaign-monitor'].clientSecret,
    },
    exportSettings: {},
    list: async (ports, name) => await listNamed(ports, campaignMonitorPages, name),
  },
  dotdigital: {
    connectionName: 'Dotdigital sandbox',
    credentials: keys.dotdigital,
    connectionSettings: async (ports) => ({
      addressBookId: await listNamed(ports, dotdigitalPages, DEFAULT_ADDRESS_BOOK),
    }),
    exportSettings: {},
    list: async (ports, name) => await listNamed(ports, dotdigitalPages, name),
  },
  iterable: {
    connectionName: 'Iterable sandbox',
    credentials: { apiKey: keys.iterable.apiKey },
    exportSettings: {},
  },
  'microsoft-advertising': {
    connectionName: 'Microsoft Advertising sandbox',
    credentials: {
      clientId: keys['microsoft-advertising'].clientId,
      clientSecret: keys['microsoft-advertising'].clientSecret,
      developerToken: keys['microsoft-advertising'].developerToken,
    },
    exportSettings: {
      customerId: keys['microsoft-advertising'].customerId,
      accountId: keys['microsoft-advertising'].accountId,
      terms: 'yes',
    },
  },
  sendgrid: {
    connectionName: 'SendGrid sandbox',
    credentials: { apiKey: keys.sendgrid.apiKey },
    exportSettings: {},
    list: async (ports, name) => await listNamed(ports, sendgridPages, name),
  },
  webhook: {
    connectionName: 'Webhook sandbox',
    credentials: { secret: keys.webhook.secret },
    connectionSettings: async () => ({ url: keys.webhook.url }),
    exportSettings: {},
  },
}
