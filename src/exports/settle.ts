/** Moves a run's outcomes into the ledger and the rejects, in one engine transaction, once per run. */
import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import type { DataEngine, Session } from '../engine/engine.ts'
import { forgetFates, gatherFates } from './run-fates.ts'

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

/** Columns of the ledger as they were, under names of their own. */
const known = (list: string, isFirst: boolean): RawBuilder<unknown> =>
  sql`(select identity as known_identity, owner, state as was, intent as was_intent, hash as held, since as was_since, acknowledged_at,
    late_add_until, late_remove_until from ledger where ${isFirst ? sql`false` : sql`list_id = ${list}::bigint`})`

// How a ledger row goes on. A record that was refused after an earlier answer got lost may stand there from the lost
// attempt.
const turn = (addUntil: RawBuilder<unknown>, at: RawBuilder<unknown>): RawBuilder<unknown> => sql`case
  when operation = 'add' and fate = 'applied' then 'joined'
  when operation = 'add' and (fate = 'unknown' or (fate = 'rejected' and lost_at is not null)) then 'perhaps joined'
  when operation = 'remove' and fate = 'applied' and ${addUntil} <= ${at} then 'left'
  when operation = 'remove' and fate = 'applied' then 'left, and an add may be late'
  when operation = 'remove' and fate = 'rejected' then 'not let go'
  when operation = 'remove' and fate = 'unknown' then 'perhaps left' end`

const stateAfter = sql`case turn when 'joined' then 'present' when 'left' then 'left' when 'perhaps joined' then 'unknown'
  when 'perhaps left' then 'unknown' else 'removing' end`

/**
 * The rows of one list that take the place of those named by the outcomes, or join them; columns are in the order of
 * the ledger's definition. `isFirst`: the ledger has no row of the list.
 */
function nextRows(
  { runId, matching, settles, now }: SettleInput,
  fates: RawBuilder<unknown>,
  list: string,
  isFirst: boolean,
): RawBuilder<unknown> {
  const at = sql`${now}::bigint`
  const isAdd = sql`operation = 'add'`
  const takenOff = sql`coalesce((was in ('left', 'removing') and was_intent is distinct from 'add')
    or was_intent in ('remove', 'return'), false)`
  const perhapsLate = sql`(lost_at is not null or fate = 'unknown')`
  const sentAt = sql`coalesce(lost_at, staged_at)`
  const lateAdd = sql`case when ${isAdd} and ${perhapsLate}
    then greatest(coalesce(late_add_until, 0), ${sentAt} + ${settles.add * 1000}::bigint) else late_add_until end`
  const lateRemove = sql`case when not (${isAdd}) and ${perhapsLate}
    then greatest(coalesce(late_remove_until, 0), ${sentAt} + ${settles.remove * 1000}::bigint) else late_remove_until end`
  // How long an add may still be on its way: one whose answer was lost, and, where the vendor says that nobody was
  // there to remove, one that it acknowledged but does not show yet.
  const addUntil = sql`greatest(coalesce(late_add_until, 0),
    case when absent then coalesce(acknowledged_at + ${settles.add * 1000}::bigint, 0) else 0 end)`
  // A lost removal may still take the person out, and a lost add may still bring other values: write once more after.
  // The hash of a row that is not present is the last acknowledged one, which says nothing of what was lost.
  const repeatAt = sql`nullif(greatest(
    case when late_remove_until > ${at} then late_remove_until else 0 end,
    case when late_add_until > ${at} and (was <> 'present' or held is distinct from hash) then late_add_until else 0 end), 0)`
  // Somebody whose removal was sent by us stays known as that until the return is acknowledged.
  const intent = sql`case when not (${isAdd}) then 'remove'
    when ${takenOff} then 'return' else 'add' end`
  // Nobody was there to remove, and no removal of ours can have been why: whoever took them off is not undone by us.
  const foundGone = sql`coalesce(absent, false) and lost_at is null
    and not (${takenOff} or coalesce(late_remove_until > acknowledged_at, false))`
  const joined = sql`turn = 'joined'`
  const left = sql`turn = 'left'`
  return sql`select list_id, identity, case when ${isAdd} and was is distinct from 'left' then coalesce(owner, 'ours') else 'ours' end,
      state, case when turn in ('left', 'left, and an add may be late') and ${foundGone} then 'add' when ${joined} or ${left} then null else ${intent} end,
      case when ${left} then null else identifier end, case when ${left} then null else remote_id end,
      case when ${joined} then hash when ${left} then null else held end, case when ${joined} then row_hash end,
      case when ${joined} then ${matching}::uuid end, ${runId}::bigint,
      case when was = state then was_since else ${at} end,
      case when ${joined} then ${at} when ${left} then null else acknowledged_at end,
      case when ${left} then null else ${lateAdd} end, ${lateRemove},
      case turn when 'joined' then ${repeatAt} when 'left, and an add may be late' then ${addUntil}
        when 'not let go' then ${now + REJECT_RETRY_MS}::bigint end
    from (select *, ${stateAfter} as state from (
      select *, ${turn(addUntil, at)} as turn from ${fates} f
      left join ${known(list, isFirst)} l on known_identity = identity where list_id = ${list}::bigint)
    where turn is not null)`
}

const hasRows = async (session: Session, table: 'ledger' | 'reject', list: string): Promise<boolean> => {
  const query = sql`select 1 as n from ${sql.table(table)} where list_id = ${list}::bigint limit 1`
  return (await session.rows(query, z.object({ n: z.number() }))).length > 0
}

/** On a first run there is nothing to replace: rows are written once, and straight to where they belong. */
async function moveLedger(
  session: Session,
  input: SettleInput,
  list: string,
  fates: RawBuilder<unknown>,
): Promise<void> {
  if (!(await hasRows(session, 'ledger', list))) {
    await session.run(sql`insert into ledger ${nextRows(input, fates, list, true)}`)
    return
  }
  const next = sql.table(`ledger_next_${input.runId}`)
  await session.run(sql`create or replace temp table ${next} as select * from ledger limit 0`)
  await session.run(sql`insert into ${next} ${nextRows(input, fates, list, false)}`)
  await session.run(
    sql`delete from ledger using ${next} n where ledger.list_id = n.list_id and ledger.identity = n.identity`,
  )
  await session.run(sql`insert into ledger select * from ${next}`)
  await session.run(sql`drop table ${next}`)
}

async function moveRejects(
  session: Session,
  { runId, now }: SettleInput,
  list: string,
  fates: RawBuilder<unknown>,
): Promise<void> {
  const ofList = sql`(select * from ${fates} f where list_id = ${list}::bigint)`
  const rejects = (
    firstAt: RawBuilder<unknown>,
    known: RawBuilder<unknown>,
  ) => sql`select f.list_id, f.identity, f.hash,
      coalesce(f.code, 'unspecified') as code, coalesce(f.reason, '') as reason, f.final, ${runId}::bigint as run_id,
      ${firstAt} as first_at, ${now + REJECT_RETRY_MS}::bigint as next_try_at
    from ${ofList} f ${known} where f.fate = 'rejected'`
  if (!(await hasRows(session, 'reject', list))) {
    await session.run(sql`insert into reject ${rejects(sql`${now}::bigint`, sql``)}`)
    return
  }
  const next = sql.table(`reject_next_${runId}`)
  await session.run(
    sql`create or replace temp table ${next} as ${rejects(
      sql`coalesce(r.first_at, ${now}::bigint)`,
      sql`left join reject r on r.list_id = f.list_id and r.identity = f.identity`,
    )}`,
  )
  await session.run(sql`delete from reject using ${ofList} f
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

async function figures(session: Session, fates: RawBuilder<unknown>): Promise<ListFigures[]> {
  const rows = await session.rows(
    sql`select cast(list_id as varchar) as "listId", delta, fate, count(*) as n from ${fates} f group by 1, 2, 3 order by 1`,
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
    const fates = await gatherFates(session, input.runId)
    const result = await figures(session, fates)
    if (!sealed[0].settled) {
      for (const { listId, rejected } of result) {
        await moveLedger(session, input, listId, fates)
        if (rejected > 0 || (await hasRows(session, 'reject', listId))) await moveRejects(session, input, listId, fates)
      }
      await session.run(sql`update sealed_outbox set settled_at = ${input.now}::bigint where run_id = ${run}`)
    }
    await forgetFates(session, input.runId)
    return result
  })
}
