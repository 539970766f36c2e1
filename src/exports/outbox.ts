/** Seals a run's delta as its outbox, says where its parts lie, and drops it when its time is over. */
import { sql } from 'kysely'
import { z } from 'zod'
import type { Span } from '../delivery/ports.ts'
import type { DataEngine, Session } from '../engine/engine.ts'
import { draftTable, outboxTable } from './tables.ts'

/**
 * Turns the draft into the outbox and so writes the run's intents, in one transaction; a run already sealed is left
 * alone. Outboxes of earlier, settled runs of the export go.
 */
export async function sealOutbox(
  engine: DataEngine,
  run: { readonly id: string; readonly exportId: string },
  now: number,
): Promise<void> {
  await engine.transaction(async (session) => {
    if (await isSealed(session, run.id)) return
    await session.run(sql`alter table ${draftTable(run.id)} rename to ${sql.id(`outbox_${run.id}`)}`)
    await session.run(sql`delete from draft_outbox where run_id = ${run.id}::bigint`)
    await session.run(sql`insert into sealed_outbox
      select ${run.id}::bigint, ${run.exportId}::bigint, count(*), ${now}::bigint, null from ${outboxTable(run.id)}`)
  })
}

export async function isSealed(session: Session, runId: string): Promise<boolean> {
  const rows = await session.rows(
    sql`select 1 as n from sealed_outbox where run_id = ${runId}::bigint`,
    z.object({ n: z.number() }),
  )
  return rows.length > 0
}

/** Drops drafts and outboxes of the export's settled and unsealed runs, with their outcomes: personal data is not kept for longer. */
export async function dropOldOutboxes(engine: DataEngine, exportId: string, keepRunId: string): Promise<void> {
  await engine.transaction(async (session) => {
    const old = await session.rows(
      sql`select cast(run_id as varchar) as run from sealed_outbox
        where export_id = ${exportId}::bigint and settled_at is not null and run_id <> ${keepRunId}::bigint`,
      z.object({ run: z.string() }),
    )
    for (const { run } of old) {
      await session.run(sql`drop table if exists ${outboxTable(run)}`)
      await session.run(sql`delete from outcome where run_id = ${run}::bigint`)
      await session.run(sql`delete from outcome_span where run_id = ${run}::bigint`)
      await session.run(sql`delete from report_mark where run_id = ${run}::bigint`)
      await session.run(sql`delete from invalid_person where run_id = ${run}::bigint`)
      await session.run(sql`delete from sealed_outbox where run_id = ${run}::bigint`)
    }
    await dropDrafts(session, exportId, keepRunId)
  })
}

async function dropDrafts(session: Session, exportId: string, keepRunId: string): Promise<void> {
  const drafts = await session.rows(
    sql`select cast(run_id as varchar) as run from draft_outbox
      where export_id = ${exportId}::bigint and run_id <> ${keepRunId}::bigint`,
    z.object({ run: z.string() }),
  )
  for (const { run } of drafts) {
    await session.run(sql`drop table if exists ${draftTable(run)}`)
    await session.run(sql`delete from invalid_person where run_id = ${run}::bigint`)
    await session.run(sql`delete from draft_outbox where run_id = ${run}::bigint`)
  }
}

/** Where the outbox's parts lie: batches never cross from one list or operation to the next. */
export interface OutboxPart extends Span {
  readonly listId: string
  readonly operation: 'add' | 'remove'
}

export async function outboxParts(engine: DataEngine, runId: string): Promise<OutboxPart[]> {
  return await engine.rows(
    sql`select cast(list_id as varchar) as "listId", operation, min(seq) as "from", max(seq) as "to"
      from ${outboxTable(runId)} group by list_id, operation order by min(seq)`,
    z.object({ listId: z.string(), operation: z.enum(['add', 'remove']), from: z.number(), to: z.number() }),
  )
}
