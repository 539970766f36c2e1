/** Runs, refreshes and batches, a page at a time and the newest first. */
import { type Kysely, sql } from 'kysely'
import { count, present } from './columns.ts'
import { type Refresh, toRefresh } from './refresh.ts'
import { type Run, toRun } from './run.ts'
import type { BatchState, Database, RunStatus } from './schema.ts'

export interface Slice {
  readonly limit: number
  readonly offset: number
}

export interface RunFilter {
  readonly exportId?: string
  readonly refreshId?: string
  readonly status?: RunStatus
}

const total = sql<string>`count(*)::text`

export const runPage = async (
  db: Kysely<Database>,
  { exportId, refreshId, status }: RunFilter,
  { limit, offset }: Slice,
): Promise<{ readonly runs: Run[]; readonly total: number }> => {
  let wanted = db.selectFrom('run')
  if (exportId !== undefined) wanted = wanted.where('export_id', '=', exportId)
  if (refreshId !== undefined) wanted = wanted.where('refresh_id', '=', refreshId)
  if (status !== undefined) wanted = wanted.where('status', '=', status)
  const { n } = await wanted.select(total.as('n')).executeTakeFirstOrThrow()
  const rows = await wanted.selectAll().orderBy('id', 'desc').limit(limit).offset(offset).execute()
  return { runs: rows.map(toRun), total: count(n) }
}

export const refreshPage = async (
  db: Kysely<Database>,
  { limit, offset }: Slice,
): Promise<{ readonly refreshes: Refresh[]; readonly total: number }> => {
  const { n } = await db.selectFrom('refresh').select(total.as('n')).executeTakeFirstOrThrow()
  const rows = await db.selectFrom('refresh').selectAll().orderBy('id', 'desc').limit(limit).offset(offset).execute()
  return { refreshes: rows.map(toRefresh), total: count(n) }
}

/** A batch as people look at it. */
export interface BatchRow {
  readonly number: number
  readonly listId: string
  readonly operation: 'add' | 'remove'
  readonly route: number
  /** Its records: places in the outbox, both included. */
  readonly from: number
  readonly to: number
  readonly state: BatchState
  readonly dueAt?: Date
  readonly sentAt?: Date
  readonly lostAt?: Date
}

/** By number. */
export const batchPage = async (
  db: Kysely<Database>,
  runId: string,
  { limit, offset }: Slice,
): Promise<{ readonly batches: BatchRow[]; readonly total: number }> => {
  const wanted = db.selectFrom('batch').where('run_id', '=', runId)
  const { n } = await wanted.select(total.as('n')).executeTakeFirstOrThrow()
  const rows = await wanted.selectAll().orderBy('number').limit(limit).offset(offset).execute()
  const batches = rows.map((row) => ({
    number: row.number,
    listId: row.list_id,
    operation: row.operation,
    route: row.route,
    from: count(row.from_seq),
    to: count(row.to_seq),
    state: row.state,
    ...present('dueAt', row.due_at),
    ...present('sentAt', row.sent_at),
    ...present('lostAt', row.lost_at),
  }))
  return { batches, total: count(n) }
}
