/** Moves a run's outcomes into the ledger and the rejects, in one engine transaction, once per run. */
import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import type { DataEngine, Session } from '../engine/engine.ts'
import { outboxTable } from './tables.ts'

/** A rejected record whose values did not change is tried again after a day. */
export const REJECT_RETRY_MS = 24 * 60 * 60 * 1000

export interface SettleInput {
  readonly runId: string
  /** See `matchingId`. */
  readonly matching: string
  /** The longest time a write of the routes used can still work: seconds. */
  readonly settles: { readonly add: number; readonly remove: number }
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** What became of the records of one list. `unsent`: no request held them, so the ledger stays as it was. */
export interface ListFigures {
  readonly listId: string
  readonly added: number
  readonly updated: number
  readonly removed: number
  readonly rejected: number
  readonly unknown: number
  readonly unsent: number
}

const fatesTable = (runId: string): RawBuilder<unknown> => sql.table(`fates_${runId}`)

/** Outbox rows with what became of them; `fate` is null where nothing was ever sent. */
const fates = (runId: string): RawBuilder<unknown> => {
  const run = sql`${runId}::bigint`
  return sql`select o.seq, o.list_id, o.operation, o.kind as delta, o.identity, o.identifier, o.hash, o.row_hash,
      coalesce(x.kind, s.kind) as fate,
      case when x.seq is null then s.code else x.code end as code,
      case when x.seq is null then s.reason else x.reason end as reason,
      case when x.seq is null then s.final else x.final end as final,
      case when x.seq is null then s.absent else x.absent end as absent,
      coalesce(x.remote_id, s.remote_id, o.remote_id) as remote_id, s.lost_at, s.staged_at
    from ${outboxTable(runId)} o
    left join (select * from outcome_span where run_id = ${run}) s on o.seq between s.from_seq and s.to_seq
    left join (select * from outcome where run_id = ${run}) x on x.seq = o.seq`
}

// Columns of the ledger in the order of its definition; every branch below gives them in that order.
const branch = (runId: string, columns: RawBuilder<unknown>, condition: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`select ${columns} from ${fatesTable(runId)} f left join ledger l on l.list_id = f.list_id and l.identity = f.identity where ${condition}`

/** The rows that take the place of those named by the outcomes. */
function nextRows({ runId, matching, settles, now }: SettleInput): RawBuilder<unknown> {
  const run = sql`${runId}::bigint`
  const at = sql`${now}::bigint`
  const sentAt = sql`coalesce(f.lost_at, f.staged_at)`
  const lateAdd = sql`case when f.operation = 'add' and (f.lost_at is not null or f.fate = 'unknown')
    then greatest(coalesce(l.late_add_until, 0), ${sentAt} + ${settles.add * 1000}::bigint) else l.late_add_until end`
  const lateRemove = sql`case when f.operation = 'remove' and (f.lost_at is not null or f.fate = 'unknown')
    then greatest(coalesce(l.late_remove_until, 0), ${sentAt} + ${settles.remove * 1000}::bigint) else l.late_remove_until end`
  const since = (state: string) => sql`case when l.state = ${state} then l.since else ${at} end`
  const owner = sql`case when l.state = 'left' then 'ours' else coalesce(l.owner, 'ours') end`
  // How long an add may still be on its way: one whose answer was lost, and, where the vendor says that nobody was
  // there to remove, one that it acknowledged but does not show yet.
  const addUntil = sql`greatest(coalesce(l.late_add_until, 0),
    case when f.absent then coalesce(l.acknowledged_at + ${settles.add * 1000}::bigint, 0) else 0 end)`
  // A lost removal may still take the person out, and a lost add may still bring other values: write once more after.
  // The hash of a row that is not present is the last acknowledged one, which says nothing of what was lost.
  const repeatAt = sql`nullif(greatest(
    case when l.late_remove_until > ${at} then l.late_remove_until else 0 end,
    case when l.late_add_until > ${at} and (l.state <> 'present' or l.hash is distinct from f.hash) then l.late_add_until else 0 end), 0)`
  // Somebody whose removal was sent by us stays known as that until the return is acknowledged.
  const intent = sql`case when l.state in ('left', 'removing') or l.intent in ('remove', 'return') then 'return' else 'add' end`
  const branches = [
    branch(
      runId,
      sql`f.list_id, f.identity, ${owner}, 'present', null, f.identifier, f.remote_id, f.hash, f.row_hash, ${matching}::uuid, ${run},
        ${since('present')}, ${at}, ${lateAdd}, l.late_remove_until,
        ${repeatAt}`,
      sql`f.operation = 'add' and f.fate = 'applied'`,
    ),
    // A record that was refused after an earlier answer got lost may stand there from the lost attempt.
    branch(
      runId,
      sql`f.list_id, f.identity, ${owner}, 'unknown', ${intent}, f.identifier, f.remote_id, l.hash, null, null, ${run},
        ${since('unknown')}, l.acknowledged_at, ${lateAdd}, l.late_remove_until, null`,
      sql`f.operation = 'add' and (f.fate = 'unknown' or (f.fate = 'rejected' and f.lost_at is not null))`,
    ),
    branch(
      runId,
      sql`f.list_id, f.identity, 'ours', 'left', null, null, null, null, null, null, ${run},
        ${since('left')}, null, null, ${lateRemove}, null`,
      sql`f.operation = 'remove' and f.fate = 'applied' and ${addUntil} <= ${at}`,
    ),
    branch(
      runId,
      sql`f.list_id, f.identity, 'ours', 'removing', 'remove', f.identifier, f.remote_id, l.hash, null, null, ${run},
        ${since('removing')}, l.acknowledged_at, l.late_add_until, ${lateRemove}, ${addUntil}`,
      sql`f.operation = 'remove' and f.fate = 'applied' and ${addUntil} > ${at}`,
    ),
    branch(
      runId,
      sql`f.list_id, f.identity, 'ours', 'removing', 'remove', f.identifier, f.remote_id, l.hash, null, null, ${run},
        ${since('removing')}, l.acknowledged_at, l.late_add_until, ${lateRemove}, ${now + REJECT_RETRY_MS}::bigint`,
      sql`f.operation = 'remove' and f.fate = 'rejected'`,
    ),
    branch(
      runId,
      sql`f.list_id, f.identity, 'ours', 'unknown', 'remove', f.identifier, f.remote_id, l.hash, null, null, ${run},
        ${since('unknown')}, l.acknowledged_at, l.late_add_until, ${lateRemove}, null`,
      sql`f.operation = 'remove' and f.fate = 'unknown'`,
    ),
  ]
  return sql.join(branches, sql` union all `)
}

async function moveLedger(session: Session, input: SettleInput): Promise<void> {
  const next = sql.table(`ledger_next_${input.runId}`)
  await session.run(sql`create or replace temp table ${next} as select * from ledger limit 0`)
  await session.run(sql`insert into ${next} ${nextRows(input)}`)
  await session.run(
    sql`delete from ledger using ${next} n where ledger.list_id = n.list_id and ledger.identity = n.identity`,
  )
  await session.run(sql`insert into ledger select * from ${next}`)
  await session.run(sql`drop table ${next}`)
}

async function moveRejects(session: Session, { runId, now }: SettleInput): Promise<void> {
  const refused = sql`select * from ${fatesTable(runId)} where fate = 'rejected'`
  const next = sql.table(`reject_next_${runId}`)
  await session.run(sql`create or replace temp table ${next} as
    select f.list_id, f.identity, f.hash, coalesce(f.code, 'unspecified') as code, coalesce(f.reason, '') as reason, f.final,
      ${runId}::bigint as run_id, coalesce(r.first_at, ${now}::bigint) as first_at, ${now + REJECT_RETRY_MS}::bigint as next_try_at
    from (${refused}) f left join reject r on r.list_id = f.list_id and r.identity = f.identity`)
  await session.run(sql`delete from reject using ${fatesTable(runId)} f
    where reject.list_id = f.list_id and reject.identity = f.identity and f.fate in ('applied', 'rejected')`)
  await session.run(sql`insert into reject select * from ${next}`)
  await session.run(sql`drop table ${next}`)
}

const figureRow = z.object({
  listId: z.string(),
  delta: z.enum(['add', 'update', 'remove']),
  fate: z.string().nullable(),
  n: z.number(),
})

async function figures(session: Session, runId: string): Promise<ListFigures[]> {
  const rows = await session.rows(
    sql`select cast(list_id as varchar) as "listId", delta, fate, count(*) as n from ${fatesTable(runId)} group by 1, 2, 3 order by 1`,
    figureRow,
  )
  const of = (listId: string, keep: (row: z.infer<typeof figureRow>) => boolean) =>
    rows.filter((row) => row.listId === listId && keep(row)).reduce((sum, row) => sum + row.n, 0)
  return [...new Set(rows.map((row) => row.listId))].map((listId) => ({
    listId,
    added: of(listId, (row) => row.delta === 'add' && row.fate === 'applied'),
    updated: of(listId, (row) => row.delta === 'update' && row.fate === 'applied'),
    removed: of(listId, (row) => row.delta === 'remove' && row.fate === 'applied'),
    rejected: of(listId, (row) => row.fate === 'rejected'),
    unknown: of(listId, (row) => row.fate === 'unknown'),
    unsent: of(listId, (row) => row.fate === null),
  }))
}

/**
 * Settles a run in the data plane and says what became of its records. A run already settled changes nothing and gives
 * the same figures, so a crash between this and the control plane's mark costs nothing.
 */
export async function settle(engine: DataEngine, input: SettleInput): Promise<ListFigures[]> {
  const run = sql`${input.runId}::bigint`
  return await engine.transaction(async (session) => {
    const sealed = await session.rows(
      sql`select settled_at is not null as settled from sealed_outbox where run_id = ${run}`,
      z.object({ settled: z.boolean() }),
    )
    if (sealed[0] === undefined) return []
    await session.run(sql`create or replace temp table ${fatesTable(input.runId)} as ${fates(input.runId)}`)
    if (!sealed[0].settled) {
      await moveLedger(session, input)
      await moveRejects(session, input)
      await session.run(sql`update sealed_outbox set settled_at = ${input.now}::bigint where run_id = ${run}`)
    }
    const result = await figures(session, input.runId)
    await session.run(sql`drop table ${fatesTable(input.runId)}`)
    return result
  })
}
