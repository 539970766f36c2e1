/** SendGrid's asynchronous jobs: accepted at once, applied later, piece by piece and in order, told of by status. */
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { csvRow } from '../frame/csv.ts'
import { integer, only, type Row, text, transaction } from '../frame/database.ts'
import { gzipped } from '../frame/unpack.ts'
import type { Answer, Call, Route, World } from '../frame/vendor.ts'
import type { DueWork, Work } from '../frame/work.ts'
import type { GuardedRoute } from './access.ts'
import { refusal } from './answers.ts'
import { jobRefusal, type Upsert } from './contact.ts'
import type { ContactStore } from './contact-store.ts'
import type { FieldType } from './fields.ts'
import { signedUrl, storagePath, storageRefusals, unsigned } from './storage.ts'

/**
 * Seconds until a job's contacts can be seen, and until its status says so. Assumed, near what was recorded: one contact
 * seen within 31 s, counts after 33 s while the status was still pending. More contacts take longer; how much is a guess.
 */
const jobSeconds = { base: 30, perContact: 0.001, untilFinished: 5 }
/** How long an errors file can be fetched once its job has ended. Assumed. */
const errorsFileDays = 7

export type Refused = readonly [identifier: string, reason: string]

export interface UpsertPayload {
  readonly lists: readonly string[]
  readonly contacts: readonly Upsert[]
  /** Rows of a file that were refused when it was read. */
  readonly refused?: readonly Refused[]
}
/** Looks no deeper: only this room writes payloads, and one holds tens of thousands of contacts. */
const isUpsert = (value: unknown): value is UpsertPayload =>
  typeof value === 'object' && value !== null && 'lists' in value && 'contacts' in value

const removePayload = z.object({ list: z.string(), contacts: z.array(z.number()) })
export type RemovePayload = z.infer<typeof removePayload>
export type JobType = 'upsert_contacts' | 'remove_contacts'

export interface Jobs {
  readonly routes: readonly GuardedRoute[]
  readonly storageRoutes: readonly Route[]
  /** All three give the answer to the call that asked. */
  acceptUpsert(payload: UpsertPayload, now: number): Answer
  acceptRemoval(payload: RemovePayload, now: number): Answer
  /** A job of which nothing is kept but how many records it had. */
  acceptCounted(type: JobType, records: number, now: number): Answer
  /** A job whose contacts come later. */
  open(now: number): { readonly number: number; readonly id: string }
  /** Gives a job, in place of what it had, an upload's pieces and the count of its contacts. */
  schedule(job: number, upload: string, records: number, now: number): void
  /** A job that was opened, of whose contacts nothing is kept but how many there were. */
  count(job: number, records: number, now: number): void
  /** The job ends failed, since it has no file that could be read. */
  fail(job: number, at: number): void
  settle(now: number): void
}

export interface JobOptions {
  readonly contacts: ContactStore
  readonly work: Work
  /** The number of a list; undefined once it is gone. */
  listNumber(id: string): number | undefined
  customFields(): ReadonlyMap<string, FieldType>
  readonly planContacts: number
  readonly gzipErrors: boolean
  readonly countsReadable: boolean
  refuses(address: string): boolean
}

/** Ends a piece's transaction without any of its contacts. */
class PlanLimit extends Error {}

const unstorable = 'this contact cannot be stored'

interface Tally {
  created: number
  updated: number
  readonly errors: Refused[]
}

export const identifierOf = ({ identifiers }: Upsert): string =>
  identifiers.email ?? identifiers.phone_number_id ?? identifiers.external_id ?? identifiers.anonymous_id ?? ''

export const sendGridJobs = (world: World, options: JobOptions): Jobs => {
  const { db } = world
  const { contacts, work } = options
  const insert = db.prepare('INSERT INTO job (id, type, requested, accepted_at) VALUES (?, ?, ?, ?) RETURNING number')
  const scheduled = db.prepare('UPDATE job SET requested = ?, finish_at = ?, unprocessable = 0 WHERE number = ?')
  const failed = db.prepare('UPDATE job SET requested = 0, finish_at = ?, unprocessable = 1 WHERE number = ?')
  const tallied = db.prepare(
    'UPDATE job SET created = created + ?, updated = updated + ?, deleted = deleted + ?, errored = errored + ? WHERE number = ?',
  )
  const requestedLess = db.prepare('UPDATE job SET requested = requested - ? WHERE number = ?')
  const insertErrors = db.prepare('INSERT INTO job_error (job, rows) VALUES (?, ?)')
  const nextErrors = db.prepare('SELECT * FROM job_error WHERE job = ? AND number > ? ORDER BY number LIMIT 1')
  const selectOne = db.prepare('SELECT * FROM job WHERE id = ?')
  const selectType = db.prepare('SELECT type FROM job WHERE number = ?')

  const add = (type: JobType, requested: number, now: number) => {
    const id = randomUUID()
    return { id, number: integer(only(insert.get(id, type, requested, Math.round(now))), 'number') }
  }

  const finishAfter = (moment: number): number => Math.ceil(moment + world.wait(jobSeconds.untilFinished))
  const doneAt = (records: number, now: number): number =>
    Math.ceil(now + world.wait(jobSeconds.base + records * jobSeconds.perContact))

  const schedule = (job: number, upload: string, records: number, now: number): void => {
    work.cancel(job)
    // Never before a job that was accepted earlier: jobs are applied in their order.
    const earlier = work.lastDue()
    work.schedule(job, upload, (done) => Math.max(doneAt(done, now), earlier))
    scheduled.run(records, finishAfter(Math.max(doneAt(records, now), earlier)), job)
  }

  const accept = (type: JobType, payload: unknown, size: number, now: number): Answer => {
    const { id, number } = add(type, size, now)
    work.stage(id, size, payload)
    schedule(number, id, size, now)
    return { status: 202, json: { job_id: id }, records: size }
  }

  const count = (job: number, type: JobType, records: number, now: number): void => {
    const [created, deleted] = type === 'upsert_contacts' ? [records, 0] : [0, records]
    tallied.run(created, 0, deleted, 0, job)
    scheduled.run(records, finishAfter(doneAt(records, now)), job)
  }

  const keepErrors = (job: number, errors: readonly Refused[]): void => {
    if (errors.length > 0) insertErrors.run(job, errors.map((row) => csvRow(row)).join(''))
  }

  const applyUpsert = (due: DueWork, payload: UpsertPayload): void => {
    const lists = payload.lists.map(options.listNumber).filter((number) => number !== undefined)
    const fields = options.customFields()
    const tally: Tally = { created: 0, updated: 0, errors: [...(payload.refused ?? [])] }
    for (const contact of payload.contacts) {
      const early = options.refuses(identifierOf(contact)) ? unstorable : jobRefusal(contact, fields)
      const result =
        early === undefined ? contacts.upsert(contact, lists, due.dueAt) : { kind: 'refused' as const, reason: early }
      if (result.kind === 'refused') tally.errors.push([identifierOf(contact), result.reason])
      // Somebody who already stands as asked counts as neither (seen by others, not documented).
      else if (result.kind !== 'unchanged') tally[result.kind]++
    }
    const limited = Number.isFinite(options.planContacts) && tally.created > 0
    if (limited && contacts.count() > options.planContacts) throw new PlanLimit()
    keepErrors(due.job, tally.errors)
    tallied.run(tally.created, tally.updated, 0, tally.errors.length, due.job)
    if (options.countsReadable) requestedLess.run(payload.refused?.length ?? 0, due.job)
  }

  const applyRemoval = (due: DueWork, payload: RemovePayload): void => {
    const list = options.listNumber(payload.list)
    if (list !== undefined) for (const contact of payload.contacts) contacts.leave(list, contact)
    tallied.run(0, 0, payload.contacts.length, 0, due.job)
  }

  const failWhole = (due: DueWork, { contacts: all, refused = [] }: UpsertPayload): void => {
    const limit = all.map((contact): Refused => [identifierOf(contact), 'you have hit your contact limit'])
    keepErrors(due.job, [...refused, ...limit])
    tallied.run(0, 0, 0, due.records, due.job)
  }

  const apply = (due: DueWork, done: () => void): void => {
    const doing = (one: () => void): void =>
      transaction(db, () => {
        one()
        done()
      })
    if (text(only(selectType.get(due.job)), 'type') === 'remove_contacts') {
      const removal = removePayload.parse(due.body)
      doing(() => applyRemoval(due, removal))
      return
    }
    const payload = due.body
    if (!isUpsert(payload)) throw new Error("The sandbox's own file has a job that cannot be read.")
    try {
      doing(() => applyUpsert(due, payload))
    } catch (error) {
      if (!(error instanceof PlanLimit)) throw error
      doing(() => failWhole(due, payload))
    }
  }

  const finishOf = (job: Row): number => (job.finish_at === null ? Number.POSITIVE_INFINITY : integer(job, 'finish_at'))
  const errorsPath = (id: string): string => `${storagePath}errors/${id}`

  const results = (job: Row, finished: boolean): Record<string, unknown> => {
    const counts = Object.entries({
      created_count: integer(job, 'created'),
      updated_count: integer(job, 'updated'),
      deleted_count: integer(job, 'deleted'),
      errored_count: integer(job, 'errored'),
    }).filter(([, count]) => count > 0)
    const hasErrors = finished && integer(job, 'errored') > 0
    return {
      requested_count: integer(job, 'requested'),
      ...Object.fromEntries(counts),
      ...(hasErrors
        ? { errors_url: signedUrl(world, errorsPath(text(job, 'id')), finishOf(job) + errorsFileDays * 86_400_000) }
        : {}),
    }
  }

  const finalStatus = (job: Row): string => {
    const errored = integer(job, 'errored')
    if (integer(job, 'unprocessable') === 1) return 'failed'
    if (errored === 0) return 'completed'
    const requested = integer(job, 'requested')
    return (options.countsReadable ? requested === 0 : errored === requested) ? 'failed' : 'errored'
  }

  const status = (call: Call): Answer => {
    const job = selectOne.get(call.params.id ?? '')
    if (job === undefined) return refusal(404, { field: 'id', message: 'job not found' })
    const finished = call.now >= finishOf(job)
    return {
      status: 200,
      json: {
        id: text(job, 'id'),
        status: finished ? finalStatus(job) : 'pending',
        job_type: text(job, 'type'),
        results: results(job, finished),
        started_at: new Date(integer(job, 'accepted_at')).toISOString(),
        ...(finished ? { finished_at: new Date(finishOf(job)).toISOString() } : {}),
      },
    }
  }

  /** SendGrid does not say what its errors file looks like. Ours is a CSV of address and reason. */
  function* errorsFile(job: number): Generator<string> {
    yield csvRow(['email', 'error'])
    for (let row = nextErrors.get(job, 0); row !== undefined; row = nextErrors.get(job, integer(row, 'number'))) {
      yield text(row, 'rows')
    }
  }

  const errors = (call: Call): Answer => {
    const refused = unsigned(call)
    if (refused !== undefined) return refused
    const job = selectOne.get(call.params.id ?? '')
    if (job === undefined) return storageRefusals.notFound(call)
    const file = errorsFile(integer(job, 'number'))
    if (options.gzipErrors) {
      return { status: 200, pieces: gzipped(file), headers: { 'content-type': 'application/gzip' } }
    }
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (const piece of file) yield Buffer.from(piece)
    }
    return { status: 200, pieces: pieces(), headers: { 'content-type': 'text/csv' } }
  }

  return {
    routes: [{ method: 'GET', path: '/v3/marketing/contacts/imports/{id}', bucket: 'lists', answer: status }],
    storageRoutes: [{ method: 'GET', path: errorsPath('{id}'), answer: errors }],
    acceptUpsert: (payload, now) => accept('upsert_contacts', payload, payload.contacts.length, now),
    acceptRemoval: (payload, now) => accept('remove_contacts', payload, payload.contacts.length, now),
    acceptCounted(type, records, now) {
      const { id, number } = add(type, records, now)
      count(number, type, records, now)
      return { status: 202, json: { job_id: id }, records }
    },
    count: (job, records, now) => count(job, 'upsert_contacts', records, now),
    open: (now) => add('upsert_contacts', 0, now),
    schedule,
    fail(job, at) {
      work.cancel(job)
      failed.run(Math.ceil(at), job)
    },
    settle: (now) => work.settle(now, apply),
  }
}
