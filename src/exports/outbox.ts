/** Seals a run's delta as its outbox, reads it for delivery, and keeps the outcomes that come back. */
import { sql } from 'kysely'
import { z } from 'zod'
import type { Outbox, OutboxRow, Outcomes, Span, Staging } from '../delivery/ports.ts'
import type { Fate } from '../destination-kit/kit.ts'
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

const text = (value: unknown): string => {
  if (typeof value !== 'string') throw new TypeError('The outbox holds a row without an identifier.')
  return value
}

const readRows = async (
  engine: DataEngine,
  runId: string,
  fields: readonly string[],
  span: Span,
): Promise<OutboxRow[]> => {
  const extra = fields.length > 0 ? sql`, ${sql.join(fields.map(fieldColumn))}` : sql``
  const rows: OutboxRow[] = []
  const query = sql`select seq, identifier, remote_id, was_left${extra} from ${outboxTable(runId)}
    where seq between ${span.from} and ${span.to} order by seq`
  for await (const columns of engine.stream(query)) {
    const [seqs, identifiers, remoteIds, left] = [columns.at(0), columns.at(1), columns.at(2), columns.at(3)]
    const values = fields.map((_, index) => columns.at(4 + index))
    for (let index = 0; index < columns.count; index++) {
      const person: Record<string, string | null> = {}
      for (let field = 0; field < fields.length; field++) {
        const value = values[field]?.[index]
        person[fields[field] ?? ''] = typeof value === 'string' ? value : null
      }
      const seq = Number(seqs[index])
      const remoteId = remoteIds[index]
      rows.push({
        seq,
        ref: String(seq),
        identifier: text(identifiers[index]),
        fields: person,
        ...(typeof remoteId === 'string' ? { remoteId } : {}),
        ...(left[index] === true ? { left: true } : {}),
      })
    }
  }
  return rows
}

/** The outbox of a run as delivery reads it; `fields` are the destination's names of the matched fields. */
export const outboxOf = (engine: DataEngine, runId: string, fields: readonly string[]): Outbox => ({
  read: async (span) => await readRows(engine, runId, fields, span),
})

const fateColumns = (fate: Fate) =>
  sql`${fate.kind}::varchar, ${fate.kind === 'rejected' ? fate.code : null}::varchar, ${fate.kind === 'applied' ? null : fate.reason}::varchar,
    ${fate.kind === 'rejected' && fate.final === true}::boolean, ${fate.kind === 'applied' && fate.absent === true}::boolean,
    ${fate.kind === 'applied' ? (fate.remoteId ?? null) : null}::varchar`

// Rows that one statement takes: below the engine's limit of bound values, and few enough statements for a batch of
// 30,000 that all differ.
const EXCEPTIONS_AT_ONCE = 1000

async function stage(engine: DataEngine, runId: string, outcomes: Outcomes, now: number): Promise<void> {
  const run = sql`${runId}::bigint`
  await engine.transaction(async (session) => {
    await session.run(
      sql`delete from outcome_span where run_id = ${run} and from_seq >= ${outcomes.from} and to_seq <= ${outcomes.to}`,
    )
    await session.run(
      sql`delete from outcome where run_id = ${run} and seq between ${outcomes.from} and ${outcomes.to}`,
    )
    await session.run(sql`insert into outcome_span values (${run}, ${outcomes.from}, ${outcomes.to},
      ${fateColumns(outcomes.otherwise)}, ${outcomes.lostAt?.getTime() ?? null}::bigint, ${now})`)
    const exceptions = [...outcomes.except]
    for (let start = 0; start < exceptions.length; start += EXCEPTIONS_AT_ONCE) {
      const some = exceptions.slice(start, start + EXCEPTIONS_AT_ONCE)
      await session.run(
        sql`insert into outcome values ${sql.join(some.map(([seq, fate]) => sql`(${run}, ${seq}, ${fateColumns(fate)})`))}`,
      )
    }
  })
}

async function staged(engine: DataEngine, runId: string, span: Span): Promise<boolean> {
  const rows = await engine.rows(
    sql`select coalesce(sum(least(to_seq, ${span.to}) - greatest(from_seq, ${span.from}) + 1), 0)::bigint as n from outcome_span
      where run_id = ${runId}::bigint and from_seq <= ${span.to} and to_seq >= ${span.from}`,
    z.object({ n: z.number() }),
  )
  return (rows[0]?.n ?? 0) === span.to - span.from + 1
}

/** The outcomes of a run in the data plane. */
export const stagingOf = (engine: DataEngine, runId: string, now: () => Date): Staging => ({
  stage: async (outcomes) => await stage(engine, runId, outcomes, now().getTime()),
  staged: async (span) => await staged(engine, runId, span),
})
