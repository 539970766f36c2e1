/** Microsoft Advertising Customer Match: an audience for each segment, filled with hashed addresses. Members cannot be read back. */
import { z } from 'zod'
import type { Values } from '../destination-kit/access.ts'
import type { Limit } from '../destination-kit/fields.ts'
import { define, send } from '../destination-kit/kit.ts'
import { judge } from './microsoft-advertising/answers.ts'
import { allAudiences, ensureAudience, oneAudience, renameAudience } from './microsoft-advertising/audiences.ts'
import { addByFile, lookAtUpload, removeByFile } from './microsoft-advertising/bulk.ts'
import { itemLine } from './microsoft-advertising/bulk-file.ts'
import { addMembers, removeMembers } from './microsoft-advertising/members.ts'
import { refusals } from './microsoft-advertising/refusals.ts'

const docs = 'https://learn.microsoft.com/en-us/advertising'
const applyDocs = `${docs}/campaign-management-service/applycustomerlistuserdata`
const uploadDocs = `${docs}/bulk-service/getbulkuploadurl`
const bulkDocs = `${docs}/guides/bulk-download-upload`
const throttlingDocs = `${docs}/guides/services-protocol#throttling`
const checked = '2026-11-21'

const documented = (value: number, source: string): Limit => ({ value, source, checked, kind: 'documented' })
const assumed = (value: number, source: string): Limit => ({ value, source, checked, kind: 'assumed' })

type Credential = 'clientId' | 'clientSecret' | 'developerToken'

const scope = 'https://ads.microsoft.com/msads.manage offline_access openid'

/** Apps for phones and desktops have no secret, and the vendor refuses one from them. */
const appForm = (secret: Values<Credential>): Record<string, string> => ({
  client_id: secret.clientId,
  scope,
  ...(secret.clientSecret === '' ? {} : { client_secret: secret.clientSecret }),
})

const signIn = (secret: Values<Credential>, token: string): Record<string, string> => ({
  Authorization: `Bearer ${token}`,
  DeveloperToken: secret.developerToken,
})

const where = 'Sign in to Microsoft Advertising and look at the address of the page: it is the number after'

const route = {
  max: documented(1000, applyDocs),
  // Adding and removing are set operations on different people, and are repeatable.
  parallel: 4,
  // The call is answered when it is done, so a lost one is done or gone soon after its time is up.
  settles: assumed(600, applyDocs),
  requests: () => 1,
}

/**
 * Large loads go as files. A file takes about a minute for each 10,000 rows, so below 100,000 the calls of the other route
 * are done before a file would be; beyond, a dozen requests take the place of hundreds, whose rate is not published and
 * shared with whatever else works on the account.
 */
const bulkRoute = {
  bulk: true,
  over: 100_000,
  // A file may hold 4 million rows; smaller ones are worked on side by side.
  max: assumed(100_000, bulkDocs),
  bytes: documented(100_000_000, uploadDocs),
  parallel: 2,
  // Five or six uploads are worked on at once for one customer.
  jobs: documented(5, bulkDocs),
  // An upload address is good for 15 minutes; how long a file may wait after that is not published.
  settles: assumed(24 * 3600, bulkDocs),
  // The upload address, and the upload.
  requests: () => ({ bulk: 2 }),
  // The vendor asks to wait a minute for each 10,000 rows; who was refused stands in a file of its own.
  job: {
    takes: (n: number) => ({ least: (n / 10_000) * 30, most: 120 + (n / 10_000) * 75 }),
    look: 1,
    end: { least: 1, most: 2 },
    rate: 'bulk',
  },
  row: itemLine,
  confirm: lookAtUpload,
} as const

const user = z.object({ User: z.object({}) })

export const microsoftAdvertising = define({
  id: 'microsoft-advertising',
  name: 'Microsoft Advertising',
  listWord: 'audience',
  credentials: {
    clientId: { label: 'Application (client) ID', help: 'Of the app registered at Microsoft Entra to sign in with.' },
    clientSecret: { label: 'Client secret', help: 'Empty for an app registered as a mobile or desktop application.' },
    developerToken: { label: 'Developer token', help: 'From the developer portal of Microsoft Advertising.' },
  },
  settings: {
    customerId: { of: 'export', label: 'Customer ID', help: `${where} cid=.` },
    accountId: { of: 'export', label: 'Account ID', help: `${where} aid=. It is not the account number.` },
    terms: {
      of: 'export',
      label: 'Customer Match terms accepted',
      help: 'Microsoft Advertising takes people only after its Customer Match terms of use are accepted.',
      oneOf: ['yes', 'no'],
      default: 'no',
    },
  },
  identifier: { label: 'Email', hash: 'sha256' },
  fields: [],
  people: {
    ...documented(
      500_000,
      'https://learn.microsoft.com/en-us/dynamics365/customer-insights/data/export-microsoft-advertising',
    ),
    over: 'export',
  },
  hosts: {
    campaign: {
      url: 'https://campaign.api.bingads.microsoft.com',
      headers: (secret, token, settings) => ({
        ...signIn(secret, token),
        CustomerId: settings.customerId,
        CustomerAccountId: settings.accountId,
      }),
    },
    bulk: {
      url: 'https://bulk.api.bingads.microsoft.com',
      headers: (secret, token, settings) => ({
        ...signIn(secret, token),
        CustomerId: settings.customerId,
        CustomerAccountId: settings.accountId,
      }),
    },
    upload: {
      // Upload addresses take the token in a header of its own, and the account under two names.
      match: /([a-z0-9-]+\.)+bingads\.microsoft\.com/,
      headers: (secret, token, settings) => ({
        AuthenticationToken: token,
        DeveloperToken: secret.developerToken,
        CustomerId: settings.customerId,
        AccountId: settings.accountId,
        CustomerAccountId: settings.accountId,
      }),
    },
    clientcenter: {
      url: 'https://clientcenter.api.bingads.microsoft.com',
      headers: (secret, token) => signIn(secret, token),
    },
  },
  rates: {
    // No number is published; beyond it a call is refused with 117, and we wait the minute that is asked for.
    campaign: { calls: assumed(120, throttlingDocs), per: 60 },
    clientcenter: { calls: assumed(60, throttlingDocs), per: 60 },
    bulk: { calls: assumed(60, throttlingDocs), per: 60 },
  },
  oauth: {
    authorize: 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
    scope,
    token: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
    pkce: true,
    loopback: 'localhost',
    authorizeQuery: (secret) => ({ client_id: secret.clientId, response_mode: 'query' }),
    exchangeForm: appForm,
    refreshForm: appForm,
  },
  account: (place) => place.settings.accountId,
  // Calls are counted for the user and for the customer, whose accounts may all be exported to.
  rateAccount: (place) => place.settings.customerId,
  refusals,
  judge,
  *check() {
    const reply = yield* send({
      method: 'POST',
      path: '/CustomerManagement/v13/User/Query',
      host: 'clientcenter',
      rate: 'clientcenter',
      body: { json: { UserId: null } },
      reads: true,
    })
    reply.json(user)
    return { found: {} }
  },
  lists: allAudiences,
  list: oneAudience,
  ensureList: ensureAudience,
  renameList: renameAudience,
  add: [
    { ...route, row: (person) => JSON.stringify(person.identifier), talk: addMembers },
    { ...bulkRoute, talk: addByFile },
  ],
  remove: [
    { ...route, row: (person) => JSON.stringify(person.identifier), talk: removeMembers },
    { ...bulkRoute, talk: removeByFile },
  ],
})
