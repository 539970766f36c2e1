/**
 * Campaign Monitor as a contract: answers by the fixtures of the vendor's own client library, requests by what the vendor's
 * pages say, since no machine-readable description is published. https://www.campaignmonitor.com/api/v3-3/ (checked 2026-11-22).
 */
import type { Exchanged } from '../../sandbox/sandbox.ts'
import { type Contract, jsonOf, undeclared } from './contract.ts'
import { differences, joined, type Shape, shapeOf } from './shapes.ts'

/** What may be sent: an example that has every field, and the names of those that must be there. */
interface Sent {
  readonly example: unknown
  readonly must: readonly string[]
}

interface Call {
  readonly method: string
  /** `*` is an id. */
  readonly path: string
  readonly query?: { readonly may: readonly string[]; readonly must?: readonly string[] }
  readonly body?: Sent
  readonly form?: Sent
  readonly status: number
  /** File names; several are examples of the same answer. Absent: the answer has no body. */
  readonly fixtures?: readonly string[]
  /** An answer of 400 that is more than a code and a message. */
  readonly partly?: readonly string[]
}

const api = '/api/v3.3'
const pages = { may: ['date', 'page', 'pagesize', 'orderfield', 'orderdirection', 'includetrackingpreference'] }
const subscriber = { EmailAddress: '', Name: '', MobileNumber: '', ConsentToTrack: '', ConsentToSendSms: '' }
const custom = { Key: '', Value: '', Clear: true }
const switches = {
  Resubscribe: false,
  QueueSubscriptionBasedAutoResponders: false,
  RestartSubscriptionBasedAutoresponders: false,
}
const field = { FieldName: '', DataType: '', Options: [''], VisibleInPreferenceCenter: true }
const form = { grant_type: '', client_id: '', client_secret: '', code: '', redirect_uri: '', refresh_token: '' }
const email = { may: ['email', 'includetrackingpreference'], must: ['email'] }
const details = ['subscriber_details.json', 'subscriber_details_with_tracking_preference.json']

/** What the vendor's pages list of the calls that are in use here. */
const calls: readonly Call[] = [
  { method: 'GET', path: `${api}/clients.json`, status: 200, fixtures: ['clients.json'] },
  { method: 'GET', path: `${api}/clients/*/lists.json`, status: 200, fixtures: ['lists.json'] },
  {
    method: 'GET',
    path: `${api}/clients/*/suppressionlist.json`,
    query: pages,
    status: 200,
    fixtures: ['suppressionlist.json'],
  },
  {
    ...{ method: 'POST', path: `${api}/clients/*/suppress.json`, status: 200 },
    body: { example: { EmailAddresses: [''] }, must: ['EmailAddresses'] },
  },
  {
    ...{ method: 'POST', path: `${api}/lists/*.json`, status: 201, fixtures: ['create_list.json'] },
    body: {
      example: {
        Title: '',
        UnsubscribePage: '',
        UnsubscribeSetting: '',
        ConfirmedOptIn: true,
        ConfirmationSuccessPage: '',
      },
      must: ['Title'],
    },
  },
  { method: 'GET', path: `${api}/lists/*.json`, status: 200, fixtures: ['list_details.json'] },
  { method: 'GET', path: `${api}/lists/*/stats.json`, status: 200, fixtures: ['list_stats.json'] },
  {
    ...{ method: 'GET', path: `${api}/lists/*/customfields.json`, status: 200 },
    fixtures: ['custom_fields.json', 'custom_fields_utf8.json'],
  },
  {
    ...{
      method: 'POST',
      path: `${api}/lists/*/customfields.json`,
      status: 201,
      fixtures: ['create_custom_field.json'],
    },
    body: { example: field, must: ['FieldName', 'DataType'] },
  },
  {
    ...{ method: 'GET', path: `${api}/lists/*/active.json`, query: pages, status: 200 },
    fixtures: ['active_subscribers.json', 'active_subscribers_with_tracking_preference.json'],
  },
  {
    method: 'GET',
    path: `${api}/lists/*/unconfirmed.json`,
    query: pages,
    status: 200,
    fixtures: ['unconfirmed_subscribers.json'],
  },
  {
    method: 'GET',
    path: `${api}/lists/*/unsubscribed.json`,
    query: pages,
    status: 200,
    fixtures: ['unsubscribed_subscribers.json'],
  },
  {
    method: 'GET',
    path: `${api}/lists/*/bounced.json`,
    query: pages,
    status: 200,
    fixtures: ['bounced_subscribers.json'],
  },
  {
    method: 'GET',
    path: `${api}/lists/*/deleted.json`,
    query: pages,
    status: 200,
    fixtures: ['deleted_subscribers.json'],
  },
  { method: 'GET', path: `${api}/subscribers/*.json`, query: email, status: 200, fixtures: details },
  { method: 'DELETE', path: `${api}/subscribers/*.json`, query: email, status: 200 },
  {
    ...{ method: 'POST', path: `${api}/subscribers/*/import.json`, status: 201, fixtures: ['import_subscribers.json'] },
    body: {
      example: { Subscribers: [{ ...subscriber, CustomFields: [custom] }], ...switches },
      must: ['Subscribers', 'Subscribers.*.EmailAddress', 'Subscribers.*.ConsentToTrack'],
    },
    partly: ['import_subscribers_partial_success.json'],
  },
  {
    ...{ method: 'POST', path: '/oauth/token', status: 200, form: { example: form, must: ['grant_type'] } },
    fixtures: ['oauth_exchange_token.json', 'refresh_oauth_token.json'],
    partly: ['oauth_exchange_token_error.json'],
  },
]

const FAULTS = ['custom_api_error.json', 'expired_oauth_token_api_error.json', 'sample_client_error.json']

/** Every place of an object under the dotted path, `*` being each of a list. */
const lacks = (value: unknown, path: readonly string[]): boolean => {
  const [name, ...rest] = path
  if (name === undefined) return value === undefined
  if (name === '*') return Array.isArray(value) && value.some((one) => lacks(one, rest))
  const inside = typeof value === 'object' && value !== null ? new Map(Object.entries(value)).get(name) : undefined
  return rest.length === 0 || inside === undefined ? inside === undefined : lacks(inside, rest)
}

const sentDeviates = (value: unknown, { example, must }: Sent): string[] => [
  ...differences('body', value, shapeOf(example), false),
  ...must.flatMap((path) => (lacks(value, path.split('.')) ? [`body.${path} is missing`] : [])),
]

const formOf = (body: Buffer): unknown => Object.fromEntries(new URLSearchParams(body.toString('utf8')))

const requestDeviates = (call: Call, { query, body }: Exchanged): string[] => {
  const { may, must = [] } = call.query ?? { may: [] }
  return [
    ...[...new Set(query.keys())].flatMap((name) => (may.includes(name) ? [] : [`query.${name} is not declared`])),
    ...must.flatMap((name) => (query.has(name) ? [] : [`query.${name} is missing`])),
    ...(call.body === undefined ? [] : sentDeviates(jsonOf(body), call.body)),
    ...(call.form === undefined ? [] : sentDeviates(formOf(body), call.form)),
    ...(call.body === undefined && call.form === undefined && body.length > 0 ? ['body is not declared'] : []),
  ]
}

/** `fixture` gives the text of a file by its name. Throws where one is missing or no JSON. */
export const campaignMonitorContract = (fixture: (name: string) => string): Contract => {
  const shapeIn = (names: readonly string[]): Shape =>
    names.map((name) => shapeOf(JSON.parse(fixture(name)))).reduce((one, other) => joined(one, other))
  const known = calls.map((call) => ({
    call,
    name: `${call.method} ${call.path.replace(api, '')}`,
    pattern: new RegExp(`^${call.path.replaceAll('.', '\\.').replaceAll('*', '[0-9a-fA-F]+')}$`),
    good: call.fixtures === undefined ? undefined : shapeIn(call.fixtures),
    partly: call.partly === undefined ? undefined : shapeIn(call.partly),
  }))
  const fault = shapeIn(FAULTS)
  return {
    origins: ['https://api.createsend.com'],
    check(exchanged) {
      const { method, path, status, answer } = exchanged
      const found = known.find(({ call, pattern }) => call.method === method && pattern.test(path))
      if (found === undefined) return undeclared(exchanged)
      const told = jsonOf(answer)
      const answerDeviates = (): string[] => {
        if (status === found.call.status) {
          if (found.good !== undefined) return differences('body', told, found.good, true)
          return answer.length === 0 ? [] : ['body is not declared']
        }
        if (status < 400) return [`status is not ${found.call.status}`]
        const plain = differences('body', told, fault, true)
        return plain.length > 0 && found.partly !== undefined ? differences('body', told, found.partly, true) : plain
      }
      return {
        operation: found.name,
        deviations: [
          ...requestDeviates(found.call, exchanged).map((what) => ({
            operation: found.name,
            side: 'request' as const,
            what,
          })),
          ...[...new Set(answerDeviates())].map((what) => ({
            operation: found.name,
            side: `answer ${status}` as const,
            what,
          })),
        ],
      }
    },
  }
}

/** The files that are asked for. */
export const fixtureNames: readonly string[] = [
  ...new Set([...calls.flatMap(({ fixtures = [], partly = [] }) => [...fixtures, ...partly]), ...FAULTS]),
]
