/** Runs: one execution of an export, from asked for to settled. */
import { type Kysely, type Selectable, sql } from 'kysely'
import { SundError } from '../errors.ts'
import { count, json, present } from './columns.ts'
import type { Reads } from './reads.ts'
import type { Database, RunPhase, RunStatus } from './schema.ts'

export interface RunCounters {
  readonly added: number
  readonly updated: number
  readonly removed: number
  readonly rejected: number
  readonly unknown: number
  readonly invalid: number
  readonly duplicates: number
}

export interface Run extends RunCounters {
  readonly id: string
  readonly exportId: string
  readonly refreshId?: string
  readonly phase: RunPhase
  readonly status: RunStatus
  /** Code and sentence of why it did not end Successful. */
  readonly reasonCode?: string
  readonly reason?: string
  /** What planning fixed; undefined before it. */
  readonly pinned: unknown
  /** Hash of a Held delta. */
  readonly deltaHash?: string
  /** Hash that a person approved for this run. */
  readonly approvedHash?: string
  /** Somebody asked for a run meanwhile: one new run is owed after this one. */
  readonly again: boolean
  readonly requests: number
  readonly writes: number
  readonly createdAt: Date
  readonly startedAt?: Date
  readonly settledAt?: Date
  /** When somebody asked that it be canceled. */
  readonly cancelRequestedAt?: Date
  /** Takes our people off lists that are being emptied, and does nothing else. */
  readonly last: boolean
}

export const toRun = (row: Selectable<Database['run']>): Run => ({
  id: row.id,
  exportId: row.export_id,
  ...present('refreshId', row.refresh_id),
  phase: row.phase,
  status: row.status,
  ...present('reasonCode', row.reason_code),
  ...present('reason', row.reason),
  pinned: row.pinned ?? undefined,
  ...present('deltaHash', row.delta_hash),
  ...present('approvedHash', row.approved_hash),
  again: row.again,
  added: count(row.added),
  updated: count(row.updated),
  removed: count(row.removed),
  rejected: count(row.rejected),
  unknown: count(row.unknown),
  invalid: count(row.invalid),
  duplicates: count(row.duplicates),
  requests: count(row.requests),
  writes: count(row.writes),
  createdAt: row.created_at,
  ...present('startedAt', row.started_at),
  ...present('settledAt', row.settled_at),
  ...present('cancelRequestedAt', row.cancel_requested_at),
  last: row.last,
})

export interface NewRun {
  readonly exportId: string
  readonly refreshId?: string
  readonly approvedHash?: string
  /** To empty lists; an export that leaves gets no other runs. */
  readonly last?: boolean
}

/** A Held delta is good for one run: the next one of its kind plans anew. */
const replaceHeld = async (db: Kysely<Database>, { id: by, exportId, last }: Run): Promise<void> => {
  await db
    .updateTable('run')
    .set({ status: 'Canceled', reason_code: 'run.replaced', reason: `Replaced by run ${by}.` })
    .where('export_id', '=', exportId)
    .where('status', '=', 'Held')
    .where('last', '=', last)
    .where('id', '<>', by)
    .execute()
}

/** Undefined where the export has a live run. */
export const insertRun = async (
  tx: Kysely<Database>,
  { exportId, refreshId, approvedHash, last = false }: NewRun,
): Promise<Run | undefined> => {
  // Locked, so that an export does not begin to leave between the look and the run.
  const wanting = await tx
    .selectFrom('export')
    .select('leaving')
    .where('id', '=', exportId)
    .where('removed_at', 'is', null)
    .forShare()
    .executeTakeFirst()
  if (wanting === undefined) throw new SundError('export.missing', { id: exportId })
  const row = await tx
    .insertInto('run')
    .values({
      export_id: exportId,
      phase: 'queued',
      status: 'Queued',
      last: last || wanting.leaving,
      ...present('refresh_id', refreshId),
      ...present('approved_hash', approvedHash),
    })
    .onConflict((conflict) => conflict.column('export_id').where('settled_at', 'is', null).doNothing())
    .returningAll()
    .executeTakeFirst()
  return row === undefined ? undefined : toRun(row)
}

const insertInPlaceOfHeld = (db: Kysely<Database>, wanted: NewRun): Promise<Run | undefined> =>
  db.transaction().execute(async (tx) => {
    const run = await insertRun(tx, wanted)
    if (run !== undefined) await replaceHeld(tx, run)
    return run
  })

/** A run still queued will plan with what is there then; one past that owes another. */
const joinLive = async (
  db: Kysely<Database>,
  { exportId, approvedHash, last = false }: NewRun,
): Promise<Run | undefined> => {
  const row = await db
    .updateTable('run')
    .set({
      // Lists that wait to be emptied are their own reminder.
      ...(last ? {} : { again: sql<boolean>`again or phase <> 'queued' or last` }),
      // A run that has not planned yet can still be the one that was approved.
      ...(approvedHash === undefined
        ? {}
        : {
            approved_hash: sql<string>`case when phase = 'queued' and last = ${last} then ${approvedHash} else approved_hash end`,
          }),
    })
    .where('export_id', '=', exportId)
    .where('settled_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
  return row === undefined ? undefined : toRun(row)
}

/**
 * A new run of the export, or the live one that it joins: an export never has two. A Held run before it ends Canceled.
 */
export const createRun = async (
  db: Kysely<Database>,
  wanted: NewRun,
): Promise<{ readonly run: Run; readonly joined: boolean }> => {
  // The live run may settle between the two statements; then the insert has its turn again.
  for (;;) {
    const run = await insertInPlaceOfHeld(db, wanted)
    if (run !== undefined) return { run, joined: false }
    const live = await joinLive(db, wanted)
    if (live !== undefined) return { run: live, joined: true }
  }
}

export interface RunChanges extends Partial<RunCounters> {
  readonly phase?: Exclude<RunPhase, 'ended'>
  readonly status?: 'Queued' | 'Processing'
  readonly pinned?: unknown
  readonly deltaHash?: string
  readonly startedAt?: Date
}

/** Changes a live run. Throws SundError run.already_settled. */
export const updateRun = async (db: Kysely<Database>, id: string, changes: RunChanges): Promise<void> => {
  const { pinned, deltaHash, startedAt, ...same } = changes
  const columns = {
    ...same,
    ...(pinned === undefined ? {} : { pinned: json(pinned) }),
    ...present('delta_hash', deltaHash),
    ...present('started_at', startedAt),
  }
  const { numUpdatedRows } = await db
    .updateTable('run')
    .set(columns)
    .where('id', '=', id)
    .where('settled_at', 'is', null)
    .executeTakeFirst()
  if (numUpdatedRows !== 1n) throw new SundError('run.already_settled', { id })
}

export const findRun = async (db: Kysely<Database>, id: string): Promise<Run | undefined> => {
  const row = await db.selectFrom('run').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? undefined : toRun(row)
}

/** Was anything ever run? */
export const hasRuns = async (db: Kysely<Database>): Promise<boolean> =>
  (await db.selectFrom('run').select('id').limit(1).executeTakeFirst()) !== undefined

/** Runs that are not settled, oldest first: after a crash each of them is taken up again. */
export const liveRuns = async (db: Kysely<Database>): Promise<Run[]> =>
  (await db.selectFrom('run').selectAll().where('settled_at', 'is', null).orderBy('id').execute()).map(toRun)

/** Runs of one export, the newest first. */
export const runsOf = async (db: Reads, exportId: string, limit: number): Promise<Run[]> =>
  (
    await db
      .selectFrom('run')
      .selectAll()
      .where('export_id', '=', exportId)
      .orderBy('id', 'desc')
      .limit(limit)
      .execute()
  ).map(toRun)

/** Runs that belong to one refresh, oldest first. */
export const runsOfRefresh = async (db: Kysely<Database>, refreshId: string): Promise<Run[]> =>
  (await db.selectFrom('run').selectAll().where('refresh_id', '=', refreshId).orderBy('id').execute()).map(toRun)

/** Exports whose last run is settled and owes another, asked for while it was under way. */
export const exportsOwedRun = async (db: Kysely<Database>): Promise<string[]> => {
  const last = db
    .selectFrom('run')
    .distinctOn('export_id')
    .select(['export_id', 'again', 'settled_at'])
    .orderBy('export_id')
    .orderBy('id', 'desc')
    .as('last')
  const rows = await db
    .selectFrom(last)
    .select('last.export_id')
    .where('last.again', '=', true)
    .where('last.settled_at', 'is not', null)
    .orderBy('last.export_id')
    .execute()
  return rows.map((row) => row.export_id)
}
