/** Seals a run's delta as its outbox, says where its parts lie, and drops it when its time is over. */
import { sql } from 'kysely'
import { z } from 'zod'
import type { Span } from '../delivery/ports.ts'
import type { DataEngine, Session } from '../engine/engine.ts'
import { draftTable, fieldColumn, outboxTable } from './tables.ts'

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

/** Where the outbox's parts lie: batches never cross from one list, operation or kind of people to the next. */
export interface OutboxPart extends Span {
  readonly listId: string
  readonly operation: 'add' | 'remove'
  /** Only people who return, who were planned apart. */
  readonly returners: boolean
  /** Somebody who was sent before has a matched field that is empty now. */
  readonly clears: boolean
}

const part = z.object({
  listId: z.string(),
  operation: z.enum(['add', 'remove']),
  returners: z.boolean(),
  clears: z.boolean(),
  from: z.number(),
  to: z.number(),
  n: z.number(),
})

// The ledger has a row of whoever was sent before, also where no answer said that it worked: then the kind is `add`.
const wasSent = sql`(o.kind = 'update' or o.was_left or (o.kind = 'add' and exists
  (select 1 from ledger l where l.list_id = o.list_id and l.identity = o.identity)))`

/** As the run was planned: the destination's names of the matched fields, and whether people who return stand apart. */
export interface Planned {
  readonly fields: readonly string[]
  readonly returnersApart: boolean
}

/** Throws an Error when the parts are not whole, since batches of one would hold rows of another. */
export async function outboxParts(
  engine: DataEngine,
  runId: string,
  { fields, returnersApart }: Planned,
): Promise<OutboxPart[]> {
  const returners = returnersApart ? sql`was_left` : sql`false`
  const empty = fields.map((field) => sql`coalesce(${fieldColumn(field)}, '') = ''`)
  const clears = empty.length === 0 ? sql`false` : sql`${wasSent} and (${sql.join(empty, sql` or `)})`
  const parts = await engine.rows(
    sql`select cast(list_id as varchar) as "listId", operation, ${returners} as returners, min(seq) as "from", max(seq) as "to",
        count(*) as n, coalesce(bool_or(${clears}), false) as clears
      from ${outboxTable(runId)} o group by list_id, operation, returners order by min(seq)`,
    part,
  )
  return parts.map(({ n, ...rest }) => {
    if (n !== rest.to - rest.from + 1) throw new Error(`The outbox of run ${runId} mixes lists, operations or people.`)
    return rest
  })
}
