/** Campaign Monitor: keeps existing lists. Nobody who unsubscribed, bounced or is suppressed is ever brought back. */
import type { Limit } from '../destination-kit/fields.ts'
import { define } from '../destination-kit/kit.ts'
import { judge } from './campaign-monitor/answers.ts'
import { accountFields, ensureFields, NAME_FIELD } from './campaign-monitor/fields.ts'
import { join, subscriber } from './campaign-monitor/import.ts'
import { allClients, allLists, check, detailsOf, listIdOf, oneList } from './campaign-monitor/lists.ts'
import { comeBack, leave } from './campaign-monitor/members.ts'
import { readMembers } from './campaign-monitor/read-back.ts'
import { refusals } from './campaign-monitor/refusals.ts'

const docs = 'https://www.campaignmonitor.com/api/v3-3'
const subscriberDocs = `${docs}/subscribers/`
const origin = 'https://api.createsend.com'
const checked = '2026-11-21'

const documented = (value: number, source: string): Limit => ({ value, source, checked, kind: 'documented' })
const assumed = (value: number, source: string): Limit => ({ value, source, checked, kind: 'assumed' })

/** Calls are answered when they are done, so a lost one is done or gone soon after its time is up. */
const settles = assumed(600, subscriberDocs)

const route = { settles, row: subscriber }

export const campaignMonitor = define({
  id: 'campaign-monitor',
  name: 'Campaign Monitor',
  listWord: 'list',
  credentials: {
    apiKey: {
      label: 'API key',
      help: 'Account settings > API keys at Campaign Monitor. Leave it empty to sign in instead.',
    },
    clientId: {
      label: 'OAuth client ID',
      help: 'Of the app registered at Campaign Monitor to sign in with; empty with an API key.',
    },
    clientSecret: { label: 'OAuth client secret', help: 'Of the same app; empty with an API key.' },
  },
  settings: {
    clientId: {
      of: 'connection',
      label: 'Client ID',
      help: 'The client of the account whose lists are kept. May be empty where the account has only one.',
      default: '',
    },
  },
  found: ['clientId'],
  identifier: { label: 'Email' },
  fields: [{ name: NAME_FIELD, label: 'Name' }],
  fieldsPerList: true,
  // `Clear` is documented for custom fields, and sent for an empty text too. That an empty Name clears is our reading:
  // only a name that is left out stays. https://www.campaignmonitor.com/api/v3-3/subscribers/ (checked 2026-11-21).
  blanks: { none: 'cleared', empty: 'cleared' },
  people: {
    ...documented(
      1_000_000,
      'https://learn.microsoft.com/en-us/dynamics365/customer-insights/data/export-campaign-monitor',
    ),
    over: 'export',
  },
  hosts: {
    api: {
      url: origin,
      headers: (secret, token) => ({
        Accept: 'application/json',
        Authorization: token === '' ? `Basic ${btoa(`${secret.apiKey}:x`)}` : `Bearer ${token}`,
      }),
    },
  },
  // The vendor publishes no rate for lists and subscribers. Answers of 429 are waited for as they say.
  rates: {
    calls: { calls: assumed(50, subscriberDocs), per: 1 },
    // A subscriber who is touched too often is refused for a while, which must not hold up the rest.
    returners: { calls: assumed(10, 'https://github.com/campaignmonitor/createsend-ruby/pull/67'), per: 1 },
  },
  oauth: {
    unless: 'apiKey',
    authorize: `${origin}/oauth`,
    scope: 'ViewReports,ManageLists,ImportSubscribers,ViewSubscribersInReports',
    token: `${origin}/oauth/token`,
    pkce: false,
    authorizeQuery: ({ clientId }) => ({ type: 'web_server', client_id: clientId }),
    exchangeForm: ({ clientId, clientSecret }) => ({ client_id: clientId, client_secret: clientSecret }),
    refreshForm: () => ({}),
  },
  // List ids are unique over all accounts.
  account: () => 'campaign-monitor',
  // The vendor tells no account, only its clients; what is limited is work on a client's subscribers.
  rateAccount: ({ found }) => found.clientId,
  refusals,
  judge,
  check,
  lists: allLists,
  list: oneList,
  glance: detailsOf,
  choices: { clientId: allClients },
  listId: listIdOf,
  members: { settles, talk: readMembers },
  accountFields,
  ensureFields,
  add: [
    {
      ...route,
      max: documented(1000, subscriberDocs),
      // The vendor tells no size; a thousand people with a few fields are some hundred kilobytes.
      bytes: assumed(4_000_000, subscriberDocs),
      // Batches hold different people, so their order does not matter.
      parallel: 4,
      requests: () => 1,
      talk: join,
    },
    {
      ...route,
      for: 'returners',
      // Small, since a lost answer starts the batch again.
      max: assumed(20, subscriberDocs),
      parallel: 4,
      // A look and a call for each; a page of the suppression list, and a second look at the first.
      requests: (n) => ({ calls: n + 2, returners: n }),
      talk: comeBack,
    },
  ],
  remove: [
    {
      settles,
      max: assumed(50, subscriberDocs),
      parallel: 8,
      // A look and a removal.
      requests: (n) => 2 * n,
      row: () => '',
      talk: leave,
    },
  ],
})
