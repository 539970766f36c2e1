/**
 * SendGrid's import of a CSV file: asked for at the API, uploaded to the storage host, applied as a job.
 * https://www.twilio.com/docs/sendgrid/api-reference/contacts/import-contacts (checked 2026-11-21).
 */
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { UnreadableCsv } from '../frame/csv.ts'
import { integer, type Row, text } from '../frame/database.ts'
import { Unpackable } from '../frame/unpack.ts'
import {
  type Answer,
  type BodyReader,
  type Call,
  parseJson,
  type Route,
  type StreamedRoute,
  type World,
} from '../frame/vendor.ts'
import type { Work } from '../frame/work.ts'
import type { GuardedRoute } from './access.ts'
import { badJson, refusal } from './answers.ts'
import type { Fields } from './fields.ts'
import { countRows, type ImportedRows, importedRows, plainBytes, type Target } from './import-file.ts'
import { identifierOf, type Jobs } from './jobs.ts'
import { signedUrl, storagePath, storageRefusal, storageRefusals, unsigned, watchForKey } from './storage.ts'

/** What a file may hold, whichever is reached first. */
const mostContacts = 1_000_000
const mostBytes = 5_000_000_000

/** Seconds that an upload URI is good for; then a job without its file fails. Assumed; not divided by the pace. */
const uploadSeconds = 3600
/** Seconds from the upload until the job takes up its file; until then it may be uploaded anew. Assumed. */
const startSeconds = 10

const importBody = z.object({
  list_ids: z.array(z.string()).nullish(),
  file_type: z.literal('csv'),
  field_mappings: z.array(z.string().nullable()).min(1),
})
const texts = z.array(z.string())
const mappingTexts = z.array(z.string().nullable())

export interface ImportOptions {
  readonly jobs: Jobs
  readonly work: Work
  readonly fields: Fields
  listNumber(id: string): number | undefined
  readonly mostContacts?: number
  readonly mostBytes?: number
}

export interface Imports {
  readonly routes: readonly GuardedRoute[]
  readonly storageRoutes: readonly (Route | StreamedRoute)[]
  /** Ends the jobs whose file never came. */
  settle(now: number): void
}

/** Both must come with the upload, as they are, and nothing else of their kind. What they are is assumed. */
const uploadHeaders = (id: string): Map<string, string> =>
  new Map([
    ['x-amz-server-side-encryption', 'aws:kms'],
    ['x-amz-meta-import-job', id],
  ])

const hasUploadHeaders = (call: Call, id: string): boolean => {
  const wanted = uploadHeaders(id)
  const own = [...call.headers].filter(([name]) => name.startsWith('x-amz-'))
  return own.length === wanted.size && own.every(([name, value]) => wanted.get(name) === value)
}

export const sendGridImports = (world: World, options: ImportOptions): Imports => {
  const { db } = world
  const { jobs, work, fields } = options
  const rowLimit = options.mostContacts ?? mostContacts
  const byteLimit = options.mostBytes ?? mostBytes
  const insert = db.prepare('INSERT INTO import (job, lists, mappings, expires_at) VALUES (?, ?, ?, ?)')
  const select = db.prepare('SELECT import.*, job.id FROM import JOIN job ON job.number = import.job WHERE job.id = ?')
  const uploaded = db.prepare('UPDATE import SET starts_at = ? WHERE job = ?')
  const selectLate = db.prepare('SELECT job, expires_at FROM import WHERE starts_at IS NULL AND expires_at <= ?')

  const path = (id: string): string => `${storagePath}imports/${id}`

  const open = (call: Call): Answer => {
    const parsed = parseJson(call.body)
    if (parsed === undefined) return badJson()
    const body = importBody.safeParse(parsed.value)
    if (!body.success) {
      const field = String(body.error.issues[0]?.path[0] ?? 'body')
      return refusal(400, { field, message: `${field} is not valid` })
    }
    const mappings = body.data.field_mappings
    const custom = fields.custom()
    const unknown = mappings.find((id) => id !== null && !custom.has(id) && fields.reserved(id) === undefined)
    if (typeof unknown === 'string') {
      return refusal(400, { field: 'field_mappings', message: `invalid field id '${unknown}'` })
    }
    const mapped = mappings.filter((id) => id !== null)
    if (new Set(mapped).size < mapped.length) {
      return refusal(400, { field: 'field_mappings', message: 'a field id is mapped twice' })
    }
    const lists = [...new Set(body.data.list_ids ?? [])]
    const missing = lists.find((id) => options.listNumber(id) === undefined)
    if (missing !== undefined) return refusal(404, { field: 'list_ids', message: `list id '${missing}' not found` })

    const { number, id } = jobs.open(call.now)
    const expiresAt = Math.ceil(call.now + uploadSeconds * 1000)
    insert.run(number, JSON.stringify(lists), JSON.stringify(mappings), expiresAt)
    return {
      status: 200,
      json: {
        job_id: id,
        upload_uri: signedUrl(world, path(id), expiresAt),
        upload_headers: [...uploadHeaders(id)].map(([header, value]) => ({ header, value })),
      },
    }
  }

  const refused = (call: Call, id: string): Answer | undefined => {
    const early = unsigned(call)
    if (early !== undefined) return early
    if (!hasUploadHeaders(call, id))
      return storageRefusal(403, 'AccessDenied', 'There were headers missing or not signed.')
    const length = call.header('content-length')
    if (length === undefined) return storageRefusal(411, 'MissingContentLength', 'You must provide Content-Length.')
    return Number(length) > byteLimit ? storageRefusals.tooLarge(call) : undefined
  }

  /** Keeps what a file holds in pieces of so many rows, and gives how many rows there were; undefined: too many. */
  const keep = async (upload: string, lists: readonly string[], rows: ImportedRows): Promise<number | undefined> => {
    let count = 0
    for await (const { contacts, refused } of rows) {
      const records = contacts.length + refused.length
      count += records
      if (count > rowLimit) return undefined
      const identifiers = [...contacts.map(identifierOf), ...refused.map(([identifier]) => identifier)]
      work.stage(upload, records, { lists, contacts, refused })
      for (const listId of lists.length === 0 ? [''] : lists) {
        world.stageDelivery(upload, { listId, operation: 'add', identifiers })
      }
    }
    return count
  }

  const count = async (bytes: AsyncIterable<Buffer>): Promise<number | undefined> => {
    const rows = await countRows(bytes)
    return rows > rowLimit ? undefined : rows
  }

  const targetOf = (id: string | null): Target => {
    if (id === null) return { kind: 'skipped' }
    const name = fields.reserved(id)
    return name === undefined ? { kind: 'custom', id } : { kind: 'reserved', name }
  }
  const targetsOf = (row: Row): Target[] => mappingTexts.parse(JSON.parse(text(row, 'mappings'))).map(targetOf)
  const listsOf = (row: Row): string[] => texts.parse(JSON.parse(text(row, 'lists')))

  const drop = (upload: string): void => {
    work.drop(upload)
    world.dropDelivery(upload)
  }

  /** Rows in the file, or undefined where it cannot be used. */
  const read = async (
    upload: string,
    row: Row,
    body: AsyncIterable<Buffer>,
    watched: (bytes: AsyncIterable<Buffer>) => AsyncIterable<Buffer>,
  ): Promise<number | undefined> => {
    try {
      const bytes = watched(await plainBytes(body))
      return world.discard
        ? await count(bytes)
        : await keep(upload, listsOf(row), importedRows(bytes, targetsOf(row), fields.custom()))
    } catch (error) {
      if (error instanceof Unpackable || error instanceof UnreadableCsv) return undefined
      drop(upload)
      throw error
    }
  }

  const finish = (call: Call, id: string, upload: string, records: number | undefined): Answer => {
    const row = select.get(id)
    const answer: Answer = { status: 200, text: '', headers: { etag: `"${upload}"` } }
    // The store takes a file at any time; a job that has taken up its file does not look again. Assumed.
    if (row === undefined || (row.starts_at !== null && call.now >= integer(row, 'starts_at'))) {
      drop(upload)
      return answer
    }
    const job = integer(row, 'job')
    const startsAt = Math.ceil(call.now + world.wait(startSeconds))
    uploaded.run(startsAt, job)
    if (records === undefined || records === 0) {
      drop(upload)
      jobs.fail(job, startsAt)
      return answer
    }
    if (world.discard) jobs.count(job, records, call.now)
    else jobs.schedule(job, upload, records, call.now)
    return { ...answer, records, staged: { upload } }
  }

  const receive = (call: Call): Answer | BodyReader => {
    const id = call.params.id ?? ''
    const early = refused(call, id)
    const row = select.get(id)
    if (early !== undefined || row === undefined) return early ?? storageRefusals.notFound(call)
    return async (body) => {
      const upload = randomUUID()
      const watch = watchForKey()
      const records = await read(upload, row, body, watch.over)
      return (whole) => {
        const given = watch.refusal(whole)
        if (given !== undefined) drop(upload)
        return given ?? finish(whole, id, upload, records)
      }
    }
  }

  return {
    routes: [{ method: 'PUT', path: '/v3/marketing/contacts/imports', bucket: 'lists', write: true, answer: open }],
    storageRoutes: [{ method: 'PUT', path: path('{id}'), write: true, receive }],
    settle(now) {
      for (const row of selectLate.all(Math.floor(now))) {
        uploaded.run(integer(row, 'expires_at'), integer(row, 'job'))
        jobs.fail(integer(row, 'job'), integer(row, 'expires_at'))
      }
    },
  }
}
