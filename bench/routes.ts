/** The routes that the first run is measured on. A new route of a destination is one more entry here, and its answers in the receiver. */
import type { SandboxVendor } from '../sandbox/vendors.ts'
import type { Matching } from '../src/domain/matching.ts'
import { GZIP_UPLOAD } from './receiver/answers.ts'

/** What the floor needs to know of a call, written by hand and apart from the destination. */
export interface BareCall {
  readonly kind: 'call'
  readonly method: 'PUT' | 'POST'
  readonly path: string
  /** Records of one call. */
  readonly records: number
  /** One record, of its identifier and the matched values in the order of `fields`. */
  text(identifier: string, values: readonly (string | null)[]): string
  readonly head: string
  readonly tail: string
}

/** The same for a file, which is packed as it is read and sent as it is packed. */
export interface BareFile {
  readonly kind: 'file'
  readonly method: 'PUT'
  readonly path: string
  /** Records of one file. */
  readonly records: number
  text(identifier: string, values: readonly (string | null)[]): string
  /** The line before the records; each record is a line as well. */
  readonly head: string
}

export type Bare = BareCall | BareFile

export interface BenchRoute {
  readonly name: string
  /** The slug of the destination. */
  readonly destination: SandboxVendor
  /** Place in the destination's list of routes. */
  readonly route: number
  readonly matching: Matching
  readonly bare: Bare
  /** Rounds of ours and the floor in turns. */
  readonly rounds: number
  /** Whether a whole run shall carry 150,000 profiles a second: what is asked of 30,000 a batch. */
  readonly large: boolean
}

const sendgridFields = {
  first_name: 'FirstName',
  last_name: 'LastName',
  country: 'Country',
  state_province_region: 'State',
  city: 'City',
  postal_code: 'PostCode',
}
const sendgridNames = Object.keys(sendgridFields)

const csv = (cells: readonly (string | null)[]): string =>
  cells
    .map((cell) => (cell === null ? '' : /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
    .join(',')

const ROUNDS = 3
/** So that the whole table stays below its twenty minutes. */
const FEW_ROUNDS = 2

/** Of JSON, with the fields that the text itself names. */
const member = (name: string, value: string | null | undefined): string =>
  `${JSON.stringify(name)}:${JSON.stringify(value ?? '')}`

export const routes: readonly BenchRoute[] = [
  {
    name: 'sendgrid put',
    destination: 'sendgrid',
    route: 0,
    matching: { identifier: 'Email', fields: sendgridFields },
    rounds: ROUNDS,
    large: true,
    bare: {
      kind: 'call',
      method: 'PUT',
      path: '/v3/marketing/contacts',
      records: 30_000,
      head: '{"list_ids":["bare"],"contacts":[',
      tail: ']}',
      text: (email, values) => {
        const contact: Record<string, string> = { email }
        for (let index = 0; index < sendgridNames.length; index++) {
          contact[sendgridNames[index] ?? ''] = values[index] ?? ''
        }
        return JSON.stringify(contact)
      },
    },
  },
  {
    name: 'sendgrid csv',
    destination: 'sendgrid',
    route: 1,
    matching: { identifier: 'Email', fields: sendgridFields },
    rounds: ROUNDS,
    large: false,
    bare: {
      kind: 'file',
      method: 'PUT',
      path: GZIP_UPLOAD,
      records: 1_000_000,
      head: `email,${sendgridNames.join(',')}`,
      text: (email, values) => csv([email, ...values]),
    },
  },
  {
    name: 'microsoft-advertising apply',
    destination: 'microsoft-advertising',
    route: 0,
    matching: { identifier: 'Email', fields: {} },
    rounds: ROUNDS,
    large: false,
    bare: {
      kind: 'call',
      method: 'POST',
      path: '/CampaignManagement/v13/CustomerListUserData/Apply',
      records: 1000,
      head: '{"CustomerListUserData":{"ActionType":"Add","AudienceId":"1","CustomerListItemSubType":"Email","CustomerListItems":[',
      tail: ']}}',
      text: (hash) => JSON.stringify(hash),
    },
  },
  {
    name: 'microsoft-advertising bulk',
    destination: 'microsoft-advertising',
    route: 1,
    matching: { identifier: 'Email', fields: {} },
    rounds: ROUNDS,
    large: false,
    bare: {
      kind: 'file',
      method: 'PUT',
      // A zip holds what gzip does: deflated bytes and their checksum.
      path: GZIP_UPLOAD,
      records: 100_000,
      head: 'Type,Id,Parent Id,Client Id,Name,Action Type,Accept Customer Match Term,Sub Type,Text',
      text: (hash) => `Customer List Item,,1,1,,,,Email,${csv([hash])}`,
    },
  },
  {
    name: 'campaign-monitor import',
    destination: 'campaign-monitor',
    route: 0,
    matching: { identifier: 'Email', fields: { Name: 'FirstName', '[City]': 'City', '[Country]': 'Country' } },
    rounds: FEW_ROUNDS,
    large: false,
    bare: {
      kind: 'call',
      method: 'POST',
      path: `/api/v3.3/subscribers/${'ba'.repeat(16)}/import.json`,
      records: 1000,
      head: '{"Subscribers":[',
      tail: '],"Resubscribe":false}',
      text: (email, [name, city, country]) =>
        `{${member('EmailAddress', email)},${member('Name', name)},"ConsentToTrack":"Unchanged","CustomFields":[{"Key":"[City]",${member('Value', city)}},{"Key":"[Country]",${member('Value', country)}}]}`,
    },
  },
  {
    name: 'dotdigital import',
    destination: 'dotdigital',
    route: 0,
    matching: {
      identifier: 'Email',
      fields: { FIRSTNAME: 'FirstName', LASTNAME: 'LastName', POSTCODE: 'PostCode' },
    },
    rounds: FEW_ROUNDS,
    large: false,
    bare: {
      kind: 'call',
      method: 'PUT',
      path: '/contacts/v3/import',
      records: 20_000,
      head: '{"mergeOption":"overwrite","contacts":[',
      tail: ']}',
      text: (email, [first, last, postCode]) =>
        `{"matchIdentifier":"email","identifiers":{${member('email', email)}},"dataFields":{${member('FIRSTNAME', first)},${member('LASTNAME', last)},${member('POSTCODE', postCode)}},"lists":[1]}`,
    },
  },
  {
    name: 'iterable subscribe',
    destination: 'iterable',
    route: 0,
    matching: { identifier: 'Email', fields: { firstName: 'FirstName', lastName: 'LastName', city: 'City' } },
    rounds: FEW_ROUNDS,
    large: false,
    bare: {
      kind: 'call',
      method: 'POST',
      path: '/api/lists/subscribe',
      records: 1000,
      head: '{"listId":1,"subscribers":[',
      tail: '],"updateExistingUsersOnly":false}',
      text: (email, [first, last, city]) =>
        `{${member('email', email)},"dataFields":{${member('firstName', first)},${member('lastName', last)},${member('city', city)}}}`,
    },
  },
]

/** The route of this name. */
export const routeOf = (name: string): BenchRoute => {
  const found = routes.find((route) => route.name === name)
  if (found === undefined) throw new Error(`There is no bench route ${name}.`)
  return found
}
