/** Refreshes: sources, unification, segments and exports, done once in order. */
import type { Kysely, Selectable } from 'kysely'
import { present } from './columns.ts'
import type { Database, RefreshStatus } from './schema.ts'

export interface Refresh {
  readonly id: string
  readonly status: RefreshStatus
  /** Which step it is in, or failed in. */
  readonly step?: string
  readonly reason?: string
  readonly createdAt: Date
  readonly finishedAt?: Date
}

export const toRefresh = (row: Selectable<Database['refresh']>): Refresh => ({
  id: row.id,
  status: row.status,
  ...present('step', row.step),
  ...present('reason', row.reason),
  createdAt: row.created_at,
  ...present('finishedAt', row.finished_at),
})

export const createRefresh = async (db: Kysely<Database>): Promise<Refresh> =>
  toRefresh(await db.insertInto('refresh').values({ status: 'Queued' }).returningAll().executeTakeFirstOrThrow())

export const findRefresh = async (db: Kysely<Database>, id: string): Promise<Refresh | undefined> => {
  const row = await db.selectFrom('refresh').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? undefined : toRefresh(row)
}

/** It is in this step now. Does nothing to one that has finished. */
export const enterStep = async (db: Kysely<Database>, id: string, step: string): Promise<void> => {
  await db
    .updateTable('refresh')
    .set({ status: 'Refreshing', step })
    .where('id', '=', id)
    .where('finished_at', 'is', null)
    .execute()
}

/** Ends it; `reason` says why it failed. Does nothing to one that has finished. */
export const finishRefresh = async (
  db: Kysely<Database>,
  id: string,
  end: { readonly status: 'Successful' | 'Failed'; readonly reason?: string; readonly at: Date },
): Promise<void> => {
  await db
    .updateTable('refresh')
    .set({ status: end.status, finished_at: end.at, ...present('reason', end.reason) })
    .where('id', '=', id)
    .where('finished_at', 'is', null)
    .execute()
}

/** Those that have not finished, oldest first. */
export const liveRefreshes = async (db: Kysely<Database>): Promise<Refresh[]> =>
  (await db.selectFrom('refresh').selectAll().where('finished_at', 'is', null).orderBy('id').execute()).map(toRefresh)

/** The newest first. */
export const recentRefreshes = async (db: Kysely<Database>, limit: number): Promise<Refresh[]> =>
  (await db.selectFrom('refresh').selectAll().orderBy('id', 'desc').limit(limit).execute()).map(toRefresh)
