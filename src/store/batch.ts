/** Batches of a run: made all at once when its outbox is sealed, before anything is sent. */
import { type Kysely, sql } from 'kysely'
import type { Batch } from '../delivery/ports.ts'
import type { BatchState, Database } from './schema.ts'

export type NewBatch = Pick<Batch, 'number' | 'listId' | 'operation' | 'route' | 'from' | 'to'>

/**
 * Makes every batch of the run in one transaction, or none: where the run has batches already, nothing is done, so a
 * resumed run may ask again.
 */
export const createBatches = (db: Kysely<Database>, runId: string, batches: readonly NewBatch[]): Promise<void> =>
  db.transaction().execute(async (tx) => {
    await tx.selectFrom('run').select('id').where('id', '=', runId).forUpdate().executeTakeFirstOrThrow()
    if (await hasBatches(tx, runId)) return
    // Arrays in place of a row of parameters each: ten thousand rows have more values than a statement takes.
    await sql`
      insert into batch (run_id, number, list_id, operation, route, from_seq, to_seq, state)
      select ${runId}, number, list_id, operation, route, from_seq, to_seq, 'pending'
        from unnest(
          ${batches.map((batch) => batch.number)}::integer[],
          ${batches.map((batch) => batch.listId)}::bigint[],
          ${batches.map((batch) => batch.operation)}::text[],
          ${batches.map((batch) => batch.route)}::integer[],
          ${batches.map((batch) => batch.from)}::bigint[],
          ${batches.map((batch) => batch.to)}::bigint[]
        ) as made (number, list_id, operation, route, from_seq, to_seq)`.execute(tx)
  })

/** Were the batches of this run made? A run without records has none. */
export const hasBatches = async (db: Kysely<Database>, runId: string): Promise<boolean> => {
  const row = await db.selectFrom('batch').select('number').where('run_id', '=', runId).limit(1).executeTakeFirst()
  return row !== undefined
}

/** How many batches of a run are in each state, for showing its progress. */
export const batchesByState = async (db: Kysely<Database>, runId: string): Promise<ReadonlyMap<BatchState, number>> => {
  const rows = await db
    .selectFrom('batch')
    .select(['state', sql<number>`count(*)::integer`.as('batches')])
    .where('run_id', '=', runId)
    .groupBy('state')
    .execute()
  return new Map(rows.map((row) => [row.state, row.batches]))
}
