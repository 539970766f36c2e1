/** Dotdigital: keeps existing address books. Joining never re-subscribes; leaving takes nobody out of the account. */
import type { Limit } from '../destination-kit/fields.ts'
import { define, Stop } from '../destination-kit/kit.ts'
import { allBooks, oneBook } from './dotdigital/address-books.ts'
import { judge } from './dotdigital/answers.ts'
import { anyRegion, type Finding, findAccount, regionHost, type Setting } from './dotdigital/api.ts'
import { accountFields, knownFields } from './dotdigital/fields.ts'
import { contact, importPeople, lookAtImport } from './dotdigital/imports.ts'
import { leave, lookAtRemoval } from './dotdigital/members.ts'
import { readMembers } from './dotdigital/read-back.ts'
import { refusals } from './dotdigital/refusals.ts'

const docs = 'https://developer.dotdigital.com'
const importDocs = `${docs}/reference/importcontacts-1`
const removalDocs = `${docs}/reference/delete-contacts-from-address-book`
const rateDocs = 'https://support.dotdigital.com/en/articles/8592585-api-rate-limits'
const exportDocs = 'https://learn.microsoft.com/en-us/dynamics365/customer-insights/data/export-dotdigital'
const checked = '2026-11-21'

const documented = (value: number, source: string): Limit => ({ value, source, checked, kind: 'documented' })
const assumed = (value: number, source: string): Limit => ({ value, source, checked, kind: 'assumed' })

/** No time is published for a job; an export of a million people is said to take up to three hours. Twice that. */
const settles = assumed(6 * 3600, exportDocs)

/** Of UTF-8, as the base64 of other passwords is not defined. */
const basic = (user: string, password: string): string =>
  `Basic ${base64(new TextEncoder().encode(`${user}:${password}`))}`

const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes))

const headers = (secret: { readonly user: string; readonly password: string }): Record<string, string> => ({
  Authorization: basic(secret.user, secret.password),
  Accept: 'application/json',
})

export const dotdigital = define<'user' | 'password', Setting, Finding>({
  id: 'dotdigital',
  name: 'Dotdigital',
  listWord: 'address book',
  credentials: {
    user: {
      label: 'API user',
      help: 'Settings > Access > API users at Dotdigital. It looks like apiuser-…@apiconnector.com.',
    },
    password: { label: 'Password of the API user' },
  },
  settings: {
    addressBookId: {
      of: 'connection',
      label: 'Address book ID',
      help: 'Open the address book, or list, at Dotdigital: the ID is the number in the address of the page. An export may choose another. May be empty: then every export chooses one.',
      default: '',
    },
  },
  defaultList: 'addressBookId',
  found: ['accountId', 'endpoint'],
  identifier: { label: 'Email' },
  fields: knownFields,
  // `null` clears: https://developer.dotdigital.com/reference/importcontacts-1 (checked 2026-11-21). That an empty text is
  // kept as one follows from the vendor's merge options, of which one alone passes empty values over; ours is another.
  blanks: { none: 'cleared', empty: 'empty' },
  people: { ...documented(1_000_000, exportDocs), over: 'export' },
  hosts: {
    region: { match: regionHost, headers },
    anyRegion: { url: anyRegion, headers },
  },
  // By tier of call, per account and minute; these are the numbers of the smallest package, where they are known. Polling
  // is unlimited in the tiers, and counted with all else in the flat scheme of old.
  rates: {
    low: { calls: documented(35, rateDocs), per: 60 },
    high: { calls: assumed(150, `${docs}/docs/call-rate-limits`), per: 60 },
    polls: { calls: assumed(600, `${docs}/docs/call-rate-limits`), per: 60 },
  },
  // Empty until the connection is checked; then no talk gets far enough to fill a list.
  account: ({ found }) => found.accountId ?? '',
  rateAccount: ({ found }) => found.accountId,
  refusals,
  judge,
  *check(settings) {
    const found = yield* findAccount()
    const place = { settings, found }
    yield* accountFields(place)
    if (settings.addressBookId !== '' && (yield* oneBook(settings.addressBookId, place)) === undefined) {
      throw new Stop('list-missing', 'Dotdigital has no address book with the ID that the connection names.')
    }
    return { found }
  },
  lists: allBooks,
  list: oneBook,
  members: { settles, talk: readMembers },
  accountFields,
  add: [
    {
      // No number is published but that of bytes: large enough for 35 calls a minute to carry 700,000 people, small
      // enough that a refused call is halved soon.
      max: assumed(20_000, importDocs),
      // 50 MB in all, well kept below it: commas and the ends of the body come on top.
      bytes: documented(45_000_000, importDocs),
      parallel: 4,
      // Over all of the account: one more is refused with 429 until another has ended.
      jobs: documented(25, importDocs),
      settles,
      requests: () => 1,
      // No time is published. Until an import has ended its report and its status are read; then the report names everybody.
      job: { takes: (n) => ({ least: 0, most: 60 + n / 1000 }), look: 2, end: { least: 1, most: 2 }, rate: 'polls' },
      row: contact,
      talk: importPeople,
      confirm: lookAtImport,
    },
  ],
  remove: [
    {
      // No number is published for this call; the vendor's other call that takes contact ids takes 5,000. Fewer, since
      // somebody whose id is not known takes a request more.
      max: assumed(1000, removalDocs),
      parallel: 2,
      settles,
      // Whose contact id is not known is looked up.
      requests: (_n, nameless) => ({ low: 1, high: nameless }),
      job: { takes: (n) => ({ least: 0, most: 60 + n / 1000 }), look: 1, end: { least: 1, most: 1 }, rate: 'polls' },
      row: () => '',
      talk: leave,
      confirm: lookAtRemoval,
    },
  ],
})
