/** What became of the rows of a run's outbox, as a relation over what was staged. */
import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import type { Session } from '../engine/engine.ts'
import { outboxTable } from './tables.ts'

const stretchesTable = (runId: string): RawBuilder<unknown> => sql.table(`stretches_${runId}`)

/**
 * Joins spans that follow each other and say the same into one stretch: a run of a thousand batches that went well is
 * one. Where nothing was lost, when it was staged matters to nobody but to exceptions of the span, for which the latest
 * moment is the safe one: a late write is waited for a little longer.
 */
const stretches = (runId: string): RawBuilder<unknown> => {
  const said = sql`(kind, code, reason, final, absent, remote_id, lost_at, case when kind = 'applied' and lost_at is null then null else staged_at end)`
  return sql`select min(from_seq) as from_seq, max(to_seq) as to_seq, any_value(kind) as kind, any_value(code) as code,
      any_value(reason) as reason, bool_or(final) as final, bool_or(absent) as absent, any_value(remote_id) as remote_id,
      any_value(lost_at) as lost_at, max(staged_at) as staged_at
    from (select *, count(*) filter (where begins) over (order by from_seq) as stretch
      from (select *, (lag(to_seq) over by_place = from_seq - 1 and lag(${said}) over by_place is not distinct from ${said}) is not true as begins
        from outcome_span where run_id = ${runId}::bigint window by_place as (order by from_seq)))
    group by stretch`
}

const stretch = z.object({
  from: z.number(),
  to: z.number(),
  kind: z.string(),
  code: z.string().nullable(),
  reason: z.string().nullable(),
  final: z.boolean(),
  absent: z.boolean(),
  remoteId: z.string().nullable(),
  lostAt: z.number().nullable(),
  stagedAt: z.number(),
})

/** Columns of the stretches, by what they say. */
const columnOf = {
  kind: sql`s.kind`,
  code: sql`s.code`,
  reason: sql`s.reason`,
  final: sql`s.final`,
  absent: sql`s.absent`,
  remoteId: sql`s.remote_id`,
  lostAt: sql`s.lost_at`,
  stagedAt: sql`s.staged_at`,
}

type Said = Readonly<Record<keyof typeof columnOf, RawBuilder<unknown>>>

/** One stretch is values, not a relation: what needs no join is done by all of the engine's threads. */
const saidByAll = (one: z.infer<typeof stretch>): Said => {
  const within = (value: RawBuilder<unknown>) =>
    sql`case when o.seq between ${one.from} and ${one.to} then ${value} end`
  return {
    kind: within(sql`${one.kind}::varchar`),
    code: within(sql`${one.code}::varchar`),
    reason: within(sql`${one.reason}::varchar`),
    final: within(sql`${one.final}::boolean`),
    absent: within(sql`${one.absent}::boolean`),
    remoteId: within(sql`${one.remoteId}::varchar`),
    lostAt: within(sql`${one.lostAt}::bigint`),
    stagedAt: within(sql`${one.stagedAt}::bigint`),
  }
}

/** Outbox rows with what `said` gives them, which may name columns that `spoken` joins, save for the exceptions. */
const fatesFrom = (runId: string, said: Said, spoken: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`(select o.seq, o.list_id, o.operation, o.kind as delta, o.identity, o.identifier, o.hash, o.row_hash,
      coalesce(x.kind, ${said.kind}) as fate,
      case when x.seq is null then ${said.code} else x.code end as code,
      case when x.seq is null then ${said.reason} else x.reason end as reason,
      case when x.seq is null then ${said.final} else x.final end as final,
      case when x.seq is null then ${said.absent} else x.absent end as absent,
      coalesce(x.remote_id, ${said.remoteId}, o.remote_id) as remote_id, ${said.lostAt} as lost_at, ${said.stagedAt} as staged_at
    from ${outboxTable(runId)} o ${spoken}
    left join (select * from outcome where run_id = ${runId}::bigint) x on x.seq = o.seq)`

const joining = (relation: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`left join ${relation} s on o.seq between s.from_seq and s.to_seq`

/** The same as `gatherFates` gives, for whoever only looks: nothing has to be prepared or ended. */
export const fatesOf = (runId: string): RawBuilder<unknown> =>
  fatesFrom(runId, columnOf, joining(sql`(${stretches(runId)})`))

/**
 * Outbox rows with what became of them, as a relation for the session's transaction; `fate` is null where nothing was
 * ever sent. `forgetFates` ends it.
 */
export async function gatherFates(session: Session, runId: string): Promise<RawBuilder<unknown>> {
  await session.run(sql`create or replace temp table ${stretchesTable(runId)} as ${stretches(runId)}`)
  const [one, another] = await session.rows(
    sql`select from_seq as "from", to_seq as "to", kind, code, reason, final, absent, remote_id as "remoteId",
      lost_at as "lostAt", staged_at as "stagedAt" from ${stretchesTable(runId)} limit 2`,
    stretch,
  )
  return one !== undefined && another === undefined
    ? fatesFrom(runId, saidByAll(one), sql``)
    : fatesFrom(runId, columnOf, joining(stretchesTable(runId)))
}

export async function forgetFates(session: Session, runId: string): Promise<void> {
  await session.run(sql`drop table ${stretchesTable(runId)}`)
}
