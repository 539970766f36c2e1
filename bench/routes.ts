/** The routes that the first run is measured on. A new route of a destination is one more entry here, and its answers in the receiver. */
import type { Matching } from '../src/domain/matching.ts'

/** What the floor needs to know of a call, written by hand and apart from the destination. */
export interface BareCall {
  readonly method: 'PUT' | 'POST'
  readonly path: string
  /** Records of one call. */
  readonly records: number
  /** One record, of its identifier and the matched values in the order of `fields`. */
  text(identifier: string, values: readonly (string | null)[]): string
  readonly head: string
  readonly tail: string
}

export interface BenchRoute {
  readonly name: string
  /** The slug of the destination. */
  readonly destination: 'sendgrid' | 'microsoft-advertising'
  /** Place in the destination's list of routes. */
  readonly route: number
  readonly matching: Matching
  readonly bare: BareCall
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

export const routes: readonly BenchRoute[] = [
  {
    name: 'sendgrid put',
    destination: 'sendgrid',
    route: 0,
    matching: { identifier: 'Email', fields: sendgridFields },
    large: true,
    bare: {
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
    name: 'microsoft-advertising apply',
    destination: 'microsoft-advertising',
    route: 0,
    matching: { identifier: 'Email', fields: {} },
    large: false,
    bare: {
      method: 'POST',
      path: '/CampaignManagement/v13/CustomerListUserData/Apply',
      records: 1000,
      head: '{"CustomerListUserData":{"ActionType":"Add","AudienceId":"1","CustomerListItemSubType":"Email","CustomerListItems":[',
      tail: ']}}',
      text: (hash) => JSON.stringify(hash),
    },
  },
]

/** The route of this name. */
export const routeOf = (name: string): BenchRoute => {
  const found = routes.find((route) => route.name === name)
  if (found === undefined) throw new Error(`There is no bench route ${name}.`)
  return found
}
