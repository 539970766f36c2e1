/** Dotdigital's imports and removals once they are accepted: done later, piece by piece, and told of by status. */
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { integer, only, type Row, text, textOrNull, transaction } from '../frame/database.ts'
import type { World } from '../frame/vendor.ts'
import { type DueWork, startWork } from '../frame/work.ts'
import { type FieldType, type ImportContact, importFailure, type MergeOption, wholeFailure } from './contact.ts'
import type { ContactStore } from './contact-store.ts'
import { keepReport } from './reports.ts'

/** Seconds until a job is done. No time is published; assumed. */
const jobSeconds = { base: 10, perContact: 0.0005 }
/** Larger imports are done in pieces. */
const pieceContacts = 10_000

export interface ImportPiece {
  readonly merge: MergeOption
  readonly contacts: readonly ImportContact[]
}
/** Looks no deeper: only this room writes pieces, and one holds thousands of contacts. */
const isImport = (value: unknown): value is ImportPiece =>
  typeof value === 'object' && value !== null && 'merge' in value && 'contacts' in value
const removalPiece = z.object({ list: z.number(), ids: z.array(z.number()) })

export interface Job {
  readonly number: number
  readonly id: string
  readonly finished: boolean
  /** The status that it failed with. */
  readonly failed: string | undefined
}

export interface Jobs {
  acceptImport(merge: MergeOption, contacts: readonly ImportContact[], now: number): string
  acceptRemoval(list: number, ids: readonly number[], now: number): string
  /** Jobs of which nothing is kept but the addresses that the report of an import must name. */
  acceptCounted(type: 'import' | 'removal', emails: readonly string[], now: number): string
  activeImports(now: number): number
  find(type: 'import' | 'removal', id: string, now: number): Job | undefined
  settle(now: number): void
}

export interface JobOptions {
  readonly contacts: ContactStore
  fields(): ReadonlyMap<string, FieldType>
  hasList(id: number): boolean
  readonly planContacts: number
}

/** Ends a piece's transaction without any of its contacts. */
class PlanLimit extends Error {}

export const dotdigitalJobs = (world: World, options: JobOptions): Jobs => {
  const { db } = world
  const { contacts } = options
  const work = startWork(db)
  const report = keepReport(db)
  const insert = db.prepare('INSERT INTO job (id, type, finish_at) VALUES (?, ?, 0) RETURNING number')
  const finishes = db.prepare('UPDATE job SET finish_at = ? WHERE number = ?')
  const fails = db.prepare('UPDATE job SET failed = ? WHERE number = ?')
  const selectOne = db.prepare('SELECT * FROM job WHERE type = ? AND id = ?')
  const active = db.prepare(`SELECT count(*) AS jobs FROM job WHERE type = 'import' AND finish_at > ?`)

  const add = (type: 'import' | 'removal') => {
    const id = randomUUID()
    return { id, number: integer(only(insert.get(id, type)), 'number') }
  }
  const doneAt = (records: number, now: number): number =>
    Math.ceil(now + world.wait(jobSeconds.base + records * jobSeconds.perContact))

  /** Jobs are done in the order of acceptance (assumed). */
  const schedule = ({ id, number }: { id: string; number: number }, records: number, now: number): string => {
    const earlier = work.lastDue()
    work.schedule(number, id, (done) => Math.max(doneAt(done, now), earlier))
    finishes.run(Math.max(doneAt(records, now), earlier), number)
    return id
  }

  const applyImport = (job: number, { merge, contacts: given }: ImportPiece): void => {
    const parts = report.parts()
    const fields = options.fields()
    for (const contact of given) {
      const failure = importFailure(contact, fields, options.hasList)
      if (failure === undefined) {
        const { kind, contactId } = contacts.upsert(contact, merge)
        parts.imported(kind, contact.email, contactId)
      } else parts.failed(contact.email, failure)
    }
    if (Number.isFinite(options.planContacts) && contacts.count() > options.planContacts) throw new PlanLimit()
    parts.keep(job)
  }

  const apply = (due: DueWork, done: () => void): void => {
    const doing = (one: () => void): void =>
      transaction(db, () => {
        one()
        done()
      })
    const removal = removalPiece.safeParse(due.body)
    if (removal.success) {
      const { list, ids } = removal.data
      doing(() => {
        for (const id of ids) contacts.leave(list, id)
      })
      return
    }
    const piece = due.body
    if (!isImport(piece)) throw new Error("The sandbox's own file has a job that cannot be read.")
    try {
      doing(() => applyImport(due.job, piece))
    } catch (error) {
      if (!(error instanceof PlanLimit)) throw error
      doing(() => fails.run('ExceedsAllowedContactLimit', due.job))
    }
  }

  const jobOf = (row: Row, now: number): Job => ({
    number: integer(row, 'number'),
    id: text(row, 'id'),
    finished: now >= integer(row, 'finish_at'),
    failed: textOrNull(row, 'failed') ?? undefined,
  })

  return {
    acceptImport(merge, given, now) {
      const job = add('import')
      const whole = wholeFailure(given)
      if (whole === undefined) {
        for (let from = 0; from < given.length; from += pieceContacts) {
          const piece: ImportPiece = { merge, contacts: given.slice(from, from + pieceContacts) }
          work.stage(job.id, piece.contacts.length, piece)
        }
      } else fails.run(whole, job.number)
      return schedule(job, given.length, now)
    },
    acceptRemoval(list, ids, now) {
      const job = add('removal')
      work.stage(job.id, ids.length, { list, ids })
      return schedule(job, ids.length, now)
    },
    acceptCounted(type, emails, now) {
      const job = add(type)
      const parts = report.parts()
      for (const [index, email] of emails.entries()) parts.imported('created', email, index + 1)
      parts.keep(job.number)
      finishes.run(doneAt(emails.length, now), job.number)
      return job.id
    },
    activeImports: (now) => integer(only(active.get(now)), 'jobs'),
    find(type, id, now) {
      const row = selectOne.get(type, id)
      return row === undefined ? undefined : jobOf(row, now)
    },
    settle: (now) => work.settle(now, apply),
  }
}
