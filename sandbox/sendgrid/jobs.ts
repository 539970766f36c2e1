/** SendGrid's asynchronous jobs: accepted at once, applied later and in order, one transaction each, told of by status. */
import { createHash, randomUUID } from 'node:crypto'
import { z } from 'zod'
import { integer, only, type Row, text, textOrNull, transaction } from '../frame/database.ts'
import type { Answer, Call, Route, World } from '../frame/vendor.ts'
import type { GuardedRoute } from './access.ts'
import { refusal } from './answers.ts'
import { jobRefusal, type Upsert } from './contact.ts'
import type { ContactStore } from './contact-store.ts'
import type { FieldType } from './fields.ts'

/**
 * Seconds until a job's contacts can be seen, and until its status says so. Assumed, near what was recorded: one contact
 * seen within 31 s, counts after 33 s while the status was still pending. More contacts take longer; how much is a guess.
 */
const jobSeconds = { base: 30, perContact: 0.001, untilFinished: 5 }

export interface UpsertPayload {
  readonly lists: readonly string[]
  readonly contacts: readonly Upsert[]
}
/** Looks no deeper: only this file writes payloads, and one holds tens of thousands of contacts. */
const isUpsert = (value: unknown): value is UpsertPayload =>
  typeof value === 'object' && value !== null && 'lists' in value && 'contacts' in value

const removePayload = z.object({ list: z.string(), contacts: z.array(z.number()) })
export type RemovePayload = z.infer<typeof removePayload>

export interface Jobs {
  readonly routes: readonly GuardedRoute[]
  /** The errors file lies outside the API: its URL carries its own key. */
  readonly openRoutes: readonly Route[]
  /** Both give the answer to the call that asked. */
  acceptUpsert(payload: UpsertPayload, now: number): Answer
  acceptRemoval(payload: RemovePayload, now: number): Answer
  settle(): void
}

export interface JobOptions {
  readonly contacts: ContactStore
  /** The number of a list; undefined once it is gone. */
  listNumber(id: string): number | undefined
  customFields(): ReadonlyMap<string, FieldType>
  readonly planContacts: number
}

/** Ends a job's transaction without any of its contacts. */
class PlanLimit extends Error {}

interface Tally {
  created: number
  updated: number
  readonly errors: (readonly [identifier: string, reason: string])[]
}

export const identifierOf = ({ identifiers }: Upsert): string =>
  identifiers.email ?? identifiers.phone_number_id ?? identifiers.external_id ?? identifiers.anonymous_id ?? ''

const quoted = (value: string): string => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)

/** SendGrid does not say what its errors file looks like. Ours is a CSV of address and reason. */
const errorsFile = (errors: Tally['errors']): string =>
  ['email,error', ...errors.map(([identifier, reason]) => `${quoted(identifier)},${quoted(reason)}`), ''].join('\n')

const signature = (id: string): string => createHash('sha256').update(`errors file of ${id}`).digest('hex')

export const sendGridJobs = (world: World, options: JobOptions): Jobs => {
  const { db } = world
  const { contacts } = options
  const insert = db.prepare(
    'INSERT INTO job (id, type, payload, requested, accepted_at, apply_at, finish_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const latest = db.prepare('SELECT coalesce(max(apply_at), 0) AS at FROM job')
  const nextDue = db.prepare(
    'SELECT * FROM job WHERE payload IS NOT NULL AND apply_at <= ? ORDER BY apply_at, number LIMIT 1',
  )
  const applied = db.prepare(
    'UPDATE job SET payload = NULL, created = ?, updated = ?, deleted = ?, errored = ?, errors = ? WHERE number = ?',
  )
  const selectOne = db.prepare('SELECT * FROM job WHERE id = ?')

  const accept = (type: 'upsert_contacts' | 'remove_contacts', payload: unknown, size: number, now: number): Answer => {
    const id = randomUUID()
    const own = now + world.wait(jobSeconds.base + size * jobSeconds.perContact)
    // Never before a job that was accepted earlier: jobs are applied in their order.
    const applyAt = Math.max(Math.ceil(own), integer(only(latest.get()), 'at'))
    const finishAt = applyAt + Math.ceil(world.wait(jobSeconds.untilFinished))
    insert.run(id, type, JSON.stringify(payload), size, Math.round(now), applyAt, finishAt)
    return { status: 202, json: { job_id: id }, records: size }
  }

  const applyUpsert = (job: Row, payload: UpsertPayload): void => {
    const lists = payload.lists.map(options.listNumber).filter((number) => number !== undefined)
    const fields = options.customFields()
    const tally: Tally = { created: 0, updated: 0, errors: [] }
    for (const contact of payload.contacts) {
      const early = jobRefusal(contact, fields)
      const result =
        early === undefined
          ? contacts.upsert(contact, lists, integer(job, 'apply_at'))
          : { kind: 'refused' as const, reason: early }
      if (result.kind === 'refused') tally.errors.push([identifierOf(contact), result.reason])
      // Somebody who already stands as asked counts as neither (seen by others, not documented).
      else if (result.kind !== 'unchanged') tally[result.kind]++
    }
    if (tally.created > 0 && contacts.count() > options.planContacts) throw new PlanLimit()
    const errors = tally.errors.length === 0 ? null : errorsFile(tally.errors)
    applied.run(tally.created, tally.updated, 0, tally.errors.length, errors, integer(job, 'number'))
  }

  const applyRemoval = (job: Row, payload: RemovePayload): void => {
    const list = options.listNumber(payload.list)
    if (list !== undefined) for (const contact of payload.contacts) contacts.leave(list, contact)
    applied.run(0, 0, payload.contacts.length, 0, null, integer(job, 'number'))
  }

  const failWhole = (job: Row, payload: UpsertPayload): void => {
    const errors = errorsFile(payload.contacts.map((each) => [identifierOf(each), 'you have hit your contact limit']))
    applied.run(0, 0, 0, payload.contacts.length, errors, integer(job, 'number'))
  }

  const apply = (job: Row): void => {
    const payload: unknown = JSON.parse(text(job, 'payload'))
    if (text(job, 'type') === 'remove_contacts') {
      const removal = removePayload.parse(payload)
      transaction(db, () => applyRemoval(job, removal))
      return
    }
    if (!isUpsert(payload)) throw new Error("The sandbox's own file has a job that cannot be read.")
    try {
      transaction(db, () => applyUpsert(job, payload))
    } catch (error) {
      if (!(error instanceof PlanLimit)) throw error
      transaction(db, () => failWhole(job, payload))
    }
  }

  const results = (job: Row, finished: boolean): Record<string, unknown> => {
    const counts = Object.entries({
      created_count: integer(job, 'created'),
      updated_count: integer(job, 'updated'),
      deleted_count: integer(job, 'deleted'),
      errored_count: integer(job, 'errored'),
    }).filter(([, count]) => count > 0)
    const id = text(job, 'id')
    const url = `${world.origin()}/contact-import-errors/${id}?signature=${signature(id)}`
    return {
      requested_count: integer(job, 'requested'),
      ...Object.fromEntries(counts),
      ...(finished && textOrNull(job, 'errors') !== null ? { errors_url: url } : {}),
    }
  }

  const finalStatus = (job: Row): string => {
    const errored = integer(job, 'errored')
    if (errored === 0) return 'completed'
    return errored === integer(job, 'requested') ? 'failed' : 'errored'
  }

  const status = (call: Call): Answer => {
    const job = selectOne.get(call.params.id ?? '')
    if (job === undefined) return refusal(404, { field: 'id', message: 'job not found' })
    const finished = textOrNull(job, 'payload') === null && call.now >= integer(job, 'finish_at')
    return {
      status: 200,
      json: {
        id: text(job, 'id'),
        status: finished ? finalStatus(job) : 'pending',
        job_type: text(job, 'type'),
        results: results(job, finished),
        started_at: new Date(integer(job, 'accepted_at')).toISOString(),
        ...(finished ? { finished_at: new Date(integer(job, 'finish_at')).toISOString() } : {}),
      },
    }
  }

  const errors = (call: Call): Answer => {
    const id = call.params.id ?? ''
    const job = call.query.get('signature') === signature(id) ? selectOne.get(id) : undefined
    const file = job === undefined ? null : textOrNull(job, 'errors')
    if (file === null) return { status: 403, text: 'AccessDenied' }
    return { status: 200, text: file, headers: { 'content-type': 'text/csv' } }
  }

  return {
    routes: [{ method: 'GET', path: '/v3/marketing/contacts/imports/{id}', bucket: 'lists', answer: status }],
    openRoutes: [{ method: 'GET', path: '/contact-import-errors/{id}', answer: errors }],
    acceptUpsert: (payload, now) => accept('upsert_contacts', payload, payload.contacts.length, now),
    acceptRemoval: (payload, now) => accept('remove_contacts', payload, payload.contacts.length, now),
    settle() {
      const now = Math.floor(world.now())
      for (let job = nextDue.get(now); job !== undefined; job = nextDue.get(now)) apply(job)
    },
  }
}
