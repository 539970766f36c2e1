/** Answers as the vendors do when everything is in order, and keeps nothing but counts. */

import { campaignMonitor } from './campaign-monitor.ts'
import { dotdigital } from './dotdigital.ts'
import { type Answer, type Endpoint, occurrences, type Received } from './endpoint.ts'
import { iterable } from './iterable.ts'

let jobs = 0
/** The id tells how many people the job is for, so nothing has to be remembered. */
const sendgridJob = (records: number): Answer => ({ status: 202, json: { job_id: `${++jobs}-${records}` }, records })

const emails = (body: Buffer): string[] => {
  const asked: unknown = JSON.parse(body.toString())
  if (typeof asked !== 'object' || asked === null || !('emails' in asked) || !Array.isArray(asked.emails)) return []
  return asked.emails.map(String)
}

const reservedFields = ['email', 'first_name', 'last_name', 'country', 'state_province_region', 'city', 'postal_code']

/** Where the receiver takes a file of lines, of which the first is not about people. */
export const GZIP_UPLOAD = '/upload/gzip'
const ZIP_UPLOAD = '/upload/zip'
const pathOf = (path: string): RegExp => new RegExp(`^${path}$`)

const sendgrid: readonly Endpoint[] = [
  {
    method: 'PUT',
    path: /^\/v3\/marketing\/contacts$/,
    answer: ({ body }) => sendgridJob(occurrences(body, '{"email":')),
  },
  {
    method: 'GET',
    path: /^\/v3\/marketing\/contacts\/imports\/\d+-(\d+)$/,
    answer: (_, count) => ({
      status: 200,
      json: {
        status: 'completed',
        results: {
          requested_count: Number(count),
          created_count: Number(count),
          updated_count: 0,
          errored_count: 0,
        },
      },
    }),
  },
  {
    method: 'GET',
    path: /^\/v3\/marketing\/field_definitions$/,
    answer: () => ({
      status: 200,
      json: { reserved_fields: reservedFields.map((name, index) => ({ id: `_rf${index}_T`, name })) },
    }),
  },
  {
    method: 'PUT',
    path: /^\/v3\/marketing\/contacts\/imports$/,
    answer: () => ({
      status: 200,
      json: { job_id: `${++jobs}-file`, upload_uri: `https://uploads.invalid${GZIP_UPLOAD}`, upload_headers: [] },
    }),
  },
  {
    method: 'GET',
    path: /^\/v3\/marketing\/contacts\/imports\/\d+-file$/,
    // Without counts, which a vendor may leave out: the file is not looked into while it is measured.
    answer: () => ({ status: 200, json: { status: 'completed', results: {} } }),
  },
  { method: 'PUT', path: pathOf(GZIP_UPLOAD), answer: () => ({ status: 200, json: {}, file: 'gzip' }) },
  {
    method: 'GET',
    path: /^\/v3\/marketing\/lists\/([\w-]+)$/,
    answer: (_, id) => ({ status: 200, json: { id, name: id, contact_count: 0 } }),
  },
  {
    method: 'POST',
    path: /^\/v3\/marketing\/contacts\/search\/emails$/,
    answer: ({ body }) => ({
      status: 200,
      json: {
        result: Object.fromEntries(emails(body).map((email) => [email, { contact: { id: idOf(email), email } }])),
      },
    }),
  },
  {
    method: 'DELETE',
    path: /^\/v3\/marketing\/lists\/[\w-]+\/contacts$/,
    answer: ({ url }) => sendgridJob((url.searchParams.get('contact_ids') ?? '').split(',').length),
  },
]

/** An id of the shape that SendGrid gives, as short as it may be. */
const idOf = (email: string): string => Buffer.from(email.slice(0, 32)).toString('hex')

/** `"` + 64 hex digits + `"`, and a comma between two of them. */
const HASH_BYTES = 66
const ITEMS = '"CustomerListItems":['

const hashes = (body: Buffer): number => {
  const start = body.indexOf(ITEMS) + ITEMS.length
  return (body.indexOf(']', start) - start + 1) / (HASH_BYTES + 1)
}

const microsoft: readonly Endpoint[] = [
  {
    method: 'POST',
    path: /^\/CampaignManagement\/v13\/CustomerListUserData\/Apply$/,
    answer: ({ body }) => ({ status: 200, json: { PartialErrors: [] }, records: hashes(body) }),
  },
  {
    method: 'POST',
    path: /^\/CampaignManagement\/v13\/Audiences\/QueryByIds$/,
    answer: () => ({ status: 200, json: { Audiences: [] } }),
  },
  {
    method: 'POST',
    path: /^\/CampaignManagement\/v13\/Audiences$/,
    answer: () => ({ status: 200, json: { AudienceIds: [String(Date.now() * 1000 + ++jobs)], PartialErrors: [] } }),
  },
  {
    method: 'POST',
    path: /^\/Bulk\/v13\/BulkUploadUrl\/Query$/,
    answer: () => ({
      status: 200,
      json: { RequestId: String(++jobs), UploadUrl: `https://upload.bingads.microsoft.com${ZIP_UPLOAD}` },
    }),
  },
  {
    method: 'POST',
    path: pathOf(ZIP_UPLOAD),
    answer: () => ({ status: 200, json: { RequestId: String(jobs) }, file: 'zip' }),
  },
  {
    method: 'POST',
    path: /^\/Bulk\/v13\/BulkUploadStatus\/Query$/,
    answer: () => ({ status: 200, json: { RequestStatus: 'Completed', PercentComplete: 100, Errors: [] } }),
  },
]

const endpoints: readonly Endpoint[] = [...sendgrid, ...microsoft, ...campaignMonitor, ...dotdigital, ...iterable]

/** 404 for what no vendor here has: a bench must not measure a conversation that went wrong. */
export function answerTo(received: Received): Answer {
  for (const { method, path, answer } of endpoints) {
    const found = method === received.method ? path.exec(received.url.pathname) : null
    if (found !== null) return answer(received, found[1] ?? '')
  }
  return { status: 404, json: { errors: [{ message: `nothing at ${received.method} ${received.url.pathname}` }] } }
}
