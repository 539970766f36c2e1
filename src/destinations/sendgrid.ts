/** SendGrid Marketing: keeps existing contact lists. Adding never re-subscribes: suppressions are kept apart at SendGrid. */
import type { Limit } from '../destination-kit/fields.ts'
import type { JobTime } from '../destination-kit/foretold.ts'
import { define } from '../destination-kit/kit.ts'
import { judge } from './sendgrid/answers.ts'
import { contact, join } from './sendgrid/contacts.ts'
import { customFields, fieldDefinitions } from './sendgrid/fields.ts'
import { importFile, importLine } from './sendgrid/imports.ts'
import { look } from './sendgrid/jobs.ts'
import { allLists, listPage, oneList } from './sendgrid/lists.ts'
import { leave } from './sendgrid/members.ts'
import { askForMembers, readMembersOf } from './sendgrid/read-back.ts'
import { refusals } from './sendgrid/refusals.ts'
import { apiOrigin } from './sendgrid/regions.ts'

const docs = 'https://www.twilio.com/docs/sendgrid/api-reference'
const upsertDocs = `${docs}/contacts/add-or-update-a-contact`
const importDocs = `${docs}/contacts/import-contacts`
const checked = '2026-11-21'

const documented = (value: number, source: string): Limit => ({ value, source, checked, kind: 'documented' })
const measured = (value: number): Limit => ({
  value,
  // The vendor publishes only the mechanism; these are the X-RateLimit-Limit headers of recorded traffic.
  source: 'https://github.com/grouparoo/grouparoo/tree/main/plugins/@grouparoo/sendgrid/__tests__/fixtures/export',
  checked,
  kind: 'measured',
})
const assumed = (value: number, source: string): Limit => ({ value, source, checked, kind: 'assumed' })

/**
 * Jobs usually end within a minute; users report up to hours under load, and the documents of this export say "a few
 * hours". Six hours is beyond every report we know.
 */
const settles = assumed(6 * 3600, 'https://github.com/sendgrid/sendgrid-nodejs/issues/1004')

/** Counts were seen after 27 to 33 seconds, and the status said so some seconds later; small jobs may be quicker. Whoever failed stands in a file. */
const job: JobTime = {
  takes: (n) => ({ least: 10, most: 45 + n / 500 }),
  look: 1,
  end: { least: 1, most: 2 },
  rate: 'lists',
}

export const sendgrid = define({
  id: 'sendgrid',
  name: 'SendGrid',
  listWord: 'list',
  credentials: {
    apiKey: {
      label: 'SendGrid API key',
      help: 'Settings > API Keys at SendGrid. The key needs full access to Marketing.',
    },
  },
  settings: {
    region: {
      of: 'connection',
      label: 'Region',
      help: 'Where the SendGrid account keeps its data. Only EU regional subusers use eu.',
      oneOf: ['us', 'eu'],
      default: 'us',
    },
  },
  identifier: { label: 'Email' },
  fields: [
    { name: 'first_name', label: 'First name', max: documented(50, upsertDocs) },
    { name: 'last_name', label: 'Last name', max: documented(50, upsertDocs) },
    { name: 'country', label: 'Country/Region', max: documented(50, upsertDocs) },
    { name: 'state_province_region', label: 'State', max: documented(50, upsertDocs) },
    { name: 'city', label: 'City', max: documented(60, upsertDocs) },
    { name: 'postal_code', label: 'Post code' },
  ],
  // An empty text clears: https://www.twilio.com/docs/sendgrid/api-reference/contacts/add-or-update-a-contact (checked 2026-11-21).
  blanks: { none: 'cleared', empty: 'cleared' },
  people: {
    ...documented(100_000, 'https://learn.microsoft.com/en-us/dynamics365/customer-insights/data/export-sendgrid'),
    over: 'connection',
  },
  hosts: {
    api: {
      url: apiOrigin,
      headers: (secret) => ({ Authorization: `Bearer ${secret.apiKey}`, Accept: 'application/json' }),
    },
  },
  // Whether endpoints of equal limits share a window is not known; here they do. Searches by address were not measured
  // and stand with the other searches, looks at jobs with the other reads.
  rates: {
    contacts: { calls: measured(200), per: 60 },
    lists: { calls: measured(600), per: 60 },
  },
  // List ids are UUIDs, unique over all accounts.
  account: () => 'sendgrid',
  // No rateAccount: only GET /v3/user/username and its like tell the account, to keys that may read the user, which the one
  // we ask for cannot (https://www.twilio.com/docs/sendgrid/api-reference/users-api/retrieve-your-username, checked
  // 2026-11-22). So two keys of one account use its rates twice, and SendGrid's 429 holds both back.
  refusals,
  judge,
  *check() {
    yield* listPage(1)
    yield* fieldDefinitions()
    return { found: {} }
  },
  lists: allLists,
  list: oneList,
  members: { settles, talk: askForMembers, confirm: readMembersOf },
  accountFields: customFields,
  add: [
    {
      max: documented(30_000, upsertDocs),
      // 6 MB in all, less 30,000 commas and the ends of the body.
      bytes: documented(5_950_000, upsertDocs),
      // Batches hold different people and an upsert only adds to a list, so their order does not matter.
      parallel: 4,
      settles,
      requests: () => 1,
      job,
      row: contact,
      talk: join,
      confirm: look,
    },
    {
      bulk: true,
      // More than one call of the other route holds: then one upload takes the place of many calls, and a bad address
      // fails alone instead of refusing the call it is in.
      over: 30_000,
      // That an empty cell clears a field is documented nowhere; for the other route an empty text is.
      clears: false,
      max: documented(1_000_000, importDocs),
      bytes: documented(5_000_000_000, importDocs),
      parallel: 2,
      // Large imports wait in the vendor's queue; no time is published.
      settles: assumed(24 * 3600, 'https://github.com/sendgrid/sendgrid-nodejs/issues/1004'),
      // Field definitions, the import, and its upload.
      requests: () => ({ contacts: 1, lists: 1, '': 1 }),
      job,
      row: importLine,
      talk: importFile,
      confirm: look,
    },
  ],
  remove: [
    {
      // Of search/emails; the ids of the removal stand in the query, where 100 of them make 3,700 characters.
      max: documented(100, `${docs}/contacts/get-contacts-by-emails`),
      parallel: 4,
      settles,
      // A removal, and a search for those whose id is not known: an upsert never tells it.
      requests: (_n, nameless) => ({ lists: 1, contacts: nameless > 0 ? 1 : 0 }),
      job,
      row: () => '',
      talk: leave,
      confirm: look,
    },
  ],
})
