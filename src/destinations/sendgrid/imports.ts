/** Puts many people into a SendGrid list at once: a file of contacts that is uploaded to an address of the vendor's choice. */
import { z } from 'zod'
import { csvLine } from '../../destination-kit/csv.ts'
import {
  type At,
  type Crowd,
  keep,
  type Later,
  type Now,
  type Person,
  Stop,
  send,
  type Talk,
} from '../../destination-kit/kit.ts'
import { pending } from '../../destination-kit/words.ts'
import { errorsIn, wordsIn } from './answers.ts'
import { customNames, customText, fieldNames, stopOnWholeCall } from './contacts.ts'
import { type FieldDefinitions, fieldDefinitions } from './fields.ts'
import { accepted, hasPeople } from './jobs.ts'
import { listIdOf } from './lists.ts'

const fixed = ['email', ...fieldNames] as const
const columnsOf = (fields: readonly string[]): string[] => [...fixed, ...customNames(fields)]

/**
 * One line of the file, with every column; those that are not matched are skipped by the mapping. An empty cell is sent
 * where a person has no value: that it clears the field is documented for the other route, and not for files, so whoever
 * has a field to be cleared goes by the other route.
 */
export const importLine = (
  { identifier, fields }: Person,
  { kinds = {} }: Pick<At<'region', never>, 'kinds'>,
): string =>
  csvLine([
    identifier,
    ...fieldNames.map((name) => fields[name] ?? ''),
    ...customNames(Object.keys(fields)).map((name) => customText(fields[name], kinds[name])),
  ])

/** What each column of the file fills; null skips it. */
const mappingOf = ({ reserved, custom }: FieldDefinitions, crowd: Crowd): (string | null)[] =>
  columnsOf(crowd.fields).map((name) => {
    if (name !== 'email' && !crowd.fields.includes(name)) return null
    if (custom.some(({ id }) => id === name)) return name
    const id = reserved.get(name)
    if (id !== undefined) return id
    if (fixed.some((one) => one === name)) {
      throw new Stop('unreadable', `SendGrid does not tell the ID of its field “${name}”.`)
    }
    throw new Stop('bad-request', `SendGrid has no custom field with the ID “${name}” (any more).`)
  })

/** What the connection itself sets: an answer must not change how the upload is framed. */
const framing = /^(host|connection|keep-alive|content-length|transfer-encoding|te|trailer|upgrade|expect|proxy-.*)$/i

const uploadHeader = z.object({
  header: z
    .string()
    .regex(/^[\w!#$%&'*+.^`|~-]+$/)
    .refine((name) => !framing.test(name)),
  value: z.string().regex(/^[\t\x20-\x7e]*$/),
})
const made = z.object({
  job_id: z.string().min(1),
  upload_uri: z.string().min(1),
  upload_headers: z.array(uploadHeader).nullish(),
})
type Import = z.infer<typeof made>

/** Makes an import that does nothing until its file is uploaded, so making one too many is harmless. */
function* makeImport(listId: string, mapping: readonly (string | null)[]): Talk<Import> {
  const reply = yield* send({
    method: 'PUT',
    path: '/v3/marketing/contacts/imports',
    rate: 'contacts',
    body: { json: { list_ids: [listId], file_type: 'csv', field_mappings: mapping } },
    expect: [400, 404],
    reads: true,
  })
  if (reply.status < 400) return reply.json(made)
  stopOnWholeCall(reply)
  const words = wordsIn(errorsIn(reply)) || 'it gave no reason'
  throw new Stop('bad-request', `SendGrid does not take the import: ${words}`)
}

/** The status of the upload. It goes to a store that is not SendGrid's own, so with exactly the headers that were asked for, and no key. */
function* upload({ upload_uri, upload_headers }: Import, crowd: Crowd): Talk<number> {
  const reply = yield* send({
    method: 'PUT',
    host: 'foreign',
    path: upload_uri,
    headers: Object.fromEntries((upload_headers ?? []).map(({ header, value }) => [header, value])),
    body: {
      rows: crowd,
      // The first line must name the columns: https://www.twilio.com/docs/sendgrid/ui/managing-contacts/formatting-a-csv (checked 2026-11-21).
      head: `${csvLine(columnsOf(crowd.fields))}\n`,
      between: '\n',
      tail: '\n',
      pack: 'gzip',
    },
    expect: [400, 401, 403, 404, 405, 409, 410, 412],
  })
  return reply.status
}

/** An address that has expired is answered with a refusal; a new import has a new one. */
const mostUploads = 3

/**
 * `PUT /v3/marketing/contacts/imports`, then the file itself. The job has its id before it has its file, so it is kept
 * first: whoever comes after a crash asks it whether the file arrived.
 * https://www.twilio.com/docs/sendgrid/api-reference/contacts/import-contacts (checked 2026-11-21).
 */
export function* importFile(crowd: Crowd, at: At<'region', never>, kept?: string): Talk<Now | Later> {
  const listId = listIdOf(at.list.id)
  if (kept !== undefined && (yield* hasPeople(kept))) return pending(kept)
  const mapping = mappingOf(yield* fieldDefinitions(), crowd)
  let status = 0
  for (let round = 0; round < mostUploads; round++) {
    const job: Import = yield* makeImport(listId, mapping)
    const later = accepted(job.job_id, crowd.count)
    yield* keep(later.job)
    status = yield* upload(job, crowd)
    if (status < 300) return later
  }
  throw new Stop('bad-request', `The store that SendGrid named for the upload refuses it (HTTP ${status}).`)
}
