/** Ends runs, with what each did to its lists; the removal gate reads that later. */
import { type Kysely, sql } from 'kysely'
import { SundError } from '../errors.ts'
import { count, present } from './columns.ts'
import type { Reads } from './reads.ts'
import { findRun, type Run, type RunCounters, toRun } from './run.ts'
import type { Database, RunStatus } from './schema.ts'

/** What one run did to one list. */
export interface RunList {
  readonly listId: string
  /** Members that the segments ask for. */
  readonly expected: number
  readonly added: number
  readonly updated: number
  readonly removed: number
  /** Members that were found on the list; never removed by us. */
  readonly theirs: number
  /** Who would have been removed, and stays, since nobody may be removed from this list. */
  readonly kept: number
  /** A person approved the removals. */
  readonly approved: boolean
}

export interface Settlement {
  readonly status: Exclude<RunStatus, 'Queued' | 'Processing'>
  readonly reasonCode?: string
  readonly reason?: string
  readonly counters: RunCounters
  readonly lists: readonly RunList[]
  readonly at: Date
}

const insertLists = async (db: Kysely<Database>, runId: string, lists: readonly RunList[]): Promise<void> => {
  if (lists.length === 0) return
  const rows = lists.map(({ listId, ...counters }) => ({ run_id: runId, list_id: listId, ...counters }))
  await db.insertInto('run_list').values(rows).execute()
}

/**
 * Ends a live run in one transaction. One that is settled already is returned as it was settled: nothing is counted twice.
 * Where the run says `again`, the caller starts the run that is owed.
 */
export const settleRun = (db: Kysely<Database>, id: string, settlement: Settlement): Promise<Run> =>
  db.transaction().execute(async (tx) => {
    const row = await tx
      .updateTable('run')
      .set({
        phase: 'ended',
        status: settlement.status,
        ...present('reason_code', settlement.reasonCode),
        ...present('reason', settlement.reason),
        ...settlement.counters,
        settled_at: settlement.at,
      })
      .where('id', '=', id)
      .where('settled_at', 'is', null)
      .returningAll()
      .executeTakeFirst()
    if (row !== undefined) {
      await insertLists(tx, id, settlement.lists)
      return toRun(row)
    }
    const settled = await findRun(tx, id)
    if (settled === undefined) throw new SundError('run.missing', { id })
    return settled
  })

/** What a run did to its lists. */
export const listsOfRun = async (db: Kysely<Database>, runId: string): Promise<RunList[]> => {
  const rows = await db.selectFrom('run_list').selectAll().where('run_id', '=', runId).orderBy('list_id').execute()
  return rows.map((row) => ({
    listId: row.list_id,
    expected: count(row.expected),
    added: count(row.added),
    updated: count(row.updated),
    removed: count(row.removed),
    theirs: count(row.theirs),
    kept: count(row.kept),
    approved: row.approved,
  }))
}

const DAY_MS = 86_400_000

/** Removals on a list that nobody approved, by runs settled in the `days` before `now`. */
export const removalsInLastDays = async (db: Reads, listId: string, days: number, now: Date): Promise<number> => {
  const { removed } = await db
    .selectFrom('run_list')
    .innerJoin('run', 'run.id', 'run_list.run_id')
    .select(sql<string>`coalesce(sum(run_list.removed), 0)::text`.as('removed'))
    .where('run_list.list_id', '=', listId)
    .where('run_list.approved', '=', false)
    .where('run.settled_at', '>', new Date(now.getTime() - days * DAY_MS))
    .executeTakeFirstOrThrow()
  return count(removed)
}
