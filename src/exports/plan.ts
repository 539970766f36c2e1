/** Compares a run's pinned members with the ledger and writes the delta, in sending order, as the run's draft outbox. */
import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import type { DataEngine, Session } from '../engine/engine.ts'
import { identifierColumn } from '../unify/profiles.ts'
import { type Candidates, candidatesTable, forgetCandidates, gatherCandidates } from './candidates.ts'
import { matchedColumns, matchedNames } from './matched-values.ts'
import { kindsOf, matchingId, namesHash } from './matching-id.ts'
import { checksOf, isTaken, noteRefused, type Refused, valueColumns } from './refused-values.ts'
import { createDraftTable, draftTable, fieldColumn } from './tables.ts'
import { untouched } from './theirs.ts'
import { identityOf, type ListPlan, ledgerOf, type PlanInput, wanted } from './wanted.ts'

/** What the delta would do to one list. `present`: how many of our people the list holds, or may hold, now. */
export interface ListDelta {
  readonly listId: string
  readonly expected: number
  readonly added: number
  readonly updated: number
  readonly removed: number
  /** Without an identifier that can be sent, or with a value that the destination does not take. */
  readonly invalid: number
  readonly duplicates: number
  /** Of the removals, those of people whom no earlier run tried to remove. */
  readonly leaving: number
  /** Rejects that stand and are not tried again yet. */
  readonly standing: number
  readonly present: number
  /** Found on the list, and never removed by us. */
  readonly theirs: number
  /** Who would be removed, and stays, since nobody may be removed from this list. */
  readonly kept: number
  /** There are members, and the list holds none of them, since each has a value that the destination does not take. */
  readonly nobodyFits: boolean
  /** Nothing of this export ever reached the list: the ledger knows nobody there, or only people found there and left alone. */
  readonly first: boolean
}

const counted = z.object({ n: z.number() })

const count = async (session: Session, query: RawBuilder<unknown>): Promise<number> =>
  (await session.rows(query, counted))[0]?.n ?? 0

// Of a ledger row `l`: taken off by us, or perhaps, and not acknowledged as back since. A removal whose answer was lost
// may also work after that acknowledgement, so until it cannot any more the person is met as one who returns. Whoever was
// found gone (with the intent of the add) was taken off by somebody else, who is not overruled.
const wasLeft = sql`coalesce((l.state in ('left', 'removing') and l.intent is distinct from 'add')
  or l.intent in ('remove', 'return') or l.late_remove_until > l.acknowledged_at, false)`

/**
 * Who has to be sent, and why. Present and unchanged: nothing, unless a repeat is due. Any other state, or no row: a
 * write, because only an acknowledged one is known to have worked.
 */
const upserts = (input: PlanInput, list: ListPlan, { dialect }: DataEngine): RawBuilder<unknown> => {
  const { matching, profiles } = input
  const candidates = candidatesTable(input, list)
  const names = matchedNames(matching)
  const columns = matchedColumns({ dialect, fields: profiles.fields }, matching, input.fields)
  const checks = checksOf(dialect, columns, input.fields)
  const sent = input.hashed ? dialect.sha256(sql`v.normalised`) : sql`v.normalised`
  const values = names.map((name) => sql`v.${fieldColumn(name)}`)
  // With the names: the same value in another field is another update.
  const named = names.length === 0 ? [] : [sql`${namesHash(names)}::varchar`]
  const hash = dialect.hash([...named, sql`v.normalised`, ...values])
  const id = sql`${matchingId(matching, kindsOf(input.fields))}::uuid`
  return sql`select v.identity, ${sent} as identifier,
      case when l.row_hash = v.row_hash and l.matching = ${id} then l.hash else ${hash} end as hash,
      v.row_hash, l.identity is null or l.state <> 'present' as adds,
      ${wasLeft} as was_left,
      l.state as before, l.hash as held, l.again_at as again_at, l.remote_id as remote_id
      ${values.length > 0 ? sql`, ${sql.join(values)}` : sql``}
    from (select ${identityOf(input)} as identity, p._hash as row_hash,
        ${sql.join([sql`p.${sql.id(identifierColumn(matching.identifier))} as normalised`, ...valueColumns(columns)])}
      from ${sql.table(profiles.table)} p where p._n in (select n from ${candidates} where n is not null)) v
    left join (select * from ${ledgerOf(list)}
      where identity in (select identity from ${candidates} where known and n is not null)) l on l.identity = v.identity
    ${checks.length === 0 ? sql`` : sql`where ${isTaken(checks)}`}`
}

/** An empty draft of the run in place of an earlier attempt's; `fields` are the destination's names of the matched fields. */
export async function createDraft(
  engine: DataEngine,
  session: Session,
  { runId, exportId }: Pick<PlanInput, 'runId' | 'exportId'>,
  fields: readonly string[],
): Promise<void> {
  await session.run(sql`drop table if exists ${draftTable(runId)}`)
  await session.run(sql`delete from draft_outbox where run_id = ${runId}::bigint`)
  await session.run(sql`insert into draft_outbox values (${runId}::bigint, ${exportId}::bigint)`)
  await session.run(sql`delete from invalid_person where run_id = ${runId}::bigint`)
  await session.run(createDraftTable(engine.dialect, runId, fields))
}

async function draftUpserts(engine: DataEngine, session: Session, input: PlanInput, list: ListPlan): Promise<void> {
  const names = Object.keys(input.matching.fields)
  const extra = names.length > 0 ? sql`, ${sql.join(names.map((name) => sql`d.${fieldColumn(name)}`))}` : sql``
  const listId = sql.lit(Number(list.listId))
  const order = input.returnersApart === true ? sql`order by d.was_left` : sql``
  await session.run(sql`insert into ${draftTable(input.runId)}
    select (select count(*) from ${draftTable(input.runId)}) + row_number() over (${order}) as seq, ${listId}, 'add',
      case when d.adds then 'add' else 'update' end, d.identity, d.identifier, d.hash, d.row_hash, d.remote_id, d.was_left${extra}
    from (${upserts(input, list, engine)}) d
    left join (select * from reject where list_id = ${listId}) r on r.identity = d.identity and r.hash = d.hash and (r.final or r.next_try_at > ${input.now})
    where (d.adds or d.held is distinct from d.hash or d.again_at <= ${input.now}) and r.identity is null`)
}

/** People of ours who are on the list and shall not be, save those whose removal was refused and is not tried again yet. */
const leavers = (input: PlanInput, list: ListPlan): RawBuilder<unknown> =>
  sql`${ledgerOf(list)} l
    where l.owner = 'ours' and l.state <> 'left'
      and (l.state <> 'removing' or l.again_at is null or l.again_at <= ${input.now})
      and l.identity in (select identity from ${candidatesTable(input, list)} where n is null)`

async function draftRemovals(session: Session, input: PlanInput, list: ListPlan): Promise<void> {
  if (list.addOnly === true) return
  const blanks = Object.keys(input.matching.fields).map(() => sql`null`)
  await session.run(sql`insert into ${draftTable(input.runId)}
    select (select count(*) from ${draftTable(input.runId)}) + row_number() over () as seq, ${sql.lit(Number(list.listId))}, 'remove',
      'remove', l.identity, l.identifier, null, null, l.remote_id, false${blanks.length > 0 ? sql`, ${sql.join(blanks)}` : sql``}
    from ${leavers(input, list)}`)
}

async function noteInvalid(session: Session, input: PlanInput, list: ListPlan): Promise<number> {
  const address = sql`p.${sql.ref(input.matching.identifier)}`
  return await session.run(sql`insert into invalid_person (run_id, list_id, customer_id, reason)
    select ${input.runId}::bigint, ${sql.lit(Number(list.listId))}, p.customer_id,
      case when ${address} is null or trim(${address}) = '' then 'missing' else 'malformed' end
    from ${wanted(input, list)} and ${identityOf(input)} is null`)
}

const hasRejects = async (session: Session, list: ListPlan): Promise<boolean> =>
  (await count(session, sql`select count(*) as n from reject where list_id = ${sql.lit(Number(list.listId))}`)) > 0

/** People who are to be sent as the reject says they were, and are not, since it stands. */
async function standingRejects(
  engine: DataEngine,
  session: Session,
  input: PlanInput,
  list: ListPlan,
): Promise<number> {
  const rejects = sql`(select * from reject where list_id = ${sql.lit(Number(list.listId))} and not final and next_try_at > ${input.now})`
  if ((await count(session, sql`select count(*) as n from ${rejects}`)) === 0) return 0
  const members = await count(
    session,
    sql`select count(*) as n from (${upserts(input, list, engine)}) d join ${rejects} r on r.identity = d.identity and r.hash = d.hash
      where d.adds or d.held is distinct from d.hash or d.again_at <= ${input.now}`,
  )
  if (list.addOnly === true) return members
  const removals = await count(
    session,
    sql`select count(*) as n from ${rejects} r join ${ledgerOf(list)} l on l.identity = r.identity
      where r.hash is null and l.state = 'removing' and l.again_at > ${input.now}
        and not exists (select 1 from ${wanted(input, list)} and ${identityOf(input)} = r.identity)`,
  )
  return members + removals
}

/** Rejects of people who left the segment are no longer of use. */
async function forgetRejects(session: Session, input: PlanInput, list: ListPlan): Promise<void> {
  if (!(await hasRejects(session, list))) return
  await session.run(sql`delete from reject where list_id = ${sql.lit(Number(list.listId))} and hash is not null
    and not exists (select 1 from ${wanted(input, list)} and ${identityOf(input)} = reject.identity)`)
}

const ledgerCounts = z.object({ touched: z.number(), present: z.number(), theirs: z.number() })

async function measured(
  engine: DataEngine,
  session: Session,
  input: PlanInput,
  list: ListPlan,
  { invalid, members, duplicates, refused, outside }: Candidates & Refused & { readonly invalid: number },
): Promise<ListDelta> {
  const draft = sql`(select * from ${draftTable(input.runId)} where list_id = ${sql.lit(Number(list.listId))})`
  const kinds = await session.rows(
    sql`select kind, count(*) as n from ${draft} group by kind`,
    z.object({ kind: z.enum(['add', 'update', 'remove']), n: z.number() }),
  )
  const of = (kind: string) => kinds.find((row) => row.kind === kind)?.n ?? 0
  const [ledger] = await session.rows(
    sql`select count(*) filter (where not (${untouched})) as touched, count(*) filter (where owner = 'theirs') as theirs,
      count(*) filter (where owner = 'ours' and state <> 'left') as present from ${ledgerOf(list)}`,
    ledgerCounts,
  )
  const leaving =
    of('remove') === 0
      ? 0
      : await count(
          session,
          sql`select count(*) as n from ${draft} d join ${ledgerOf(list)} l on l.identity = d.identity
            where d.kind = 'remove' and l.state <> 'removing' and l.intent is distinct from 'remove'`,
        )
  return {
    listId: list.listId,
    expected: members - duplicates - outside,
    added: of('add'),
    updated: of('update'),
    removed: of('remove'),
    invalid: invalid + refused,
    duplicates,
    leaving,
    standing: await standingRejects(engine, session, input, list),
    present: ledger?.present ?? 0,
    theirs: ledger?.theirs ?? 0,
    kept: list.addOnly === true ? await count(session, sql`select count(*) as n from ${leavers(input, list)}`) : 0,
    nobodyFits: refused > 0 && members - duplicates - outside === 0,
    first: (ledger?.touched ?? 0) === 0,
  }
}

/** Writes the draft outbox of the run, adds and updates of every list before the removals, and says what it would do. */
export async function plan(engine: DataEngine, input: PlanInput): Promise<ListDelta[]> {
  return await engine.transaction(async (session) => {
    await createDraft(engine, session, input, Object.keys(input.matching.fields))
    const candidates = new Map<ListPlan, Candidates>()
    for (const list of input.lists) {
      candidates.set(list, await gatherCandidates(session, input, list))
      await draftUpserts(engine, session, input, list)
    }
    for (const list of input.lists) await draftRemovals(session, input, list)
    const deltas: ListDelta[] = []
    for (const [list, gathered] of candidates) {
      await forgetRejects(session, input, list)
      const invalid = await noteInvalid(session, input, list)
      const refused = await noteRefused(engine, session, input, list)
      deltas.push(await measured(engine, session, input, list, { ...gathered, ...refused, invalid }))
      await forgetCandidates(session, input, list)
    }
    return deltas
  })
}

/**
 * A hash of the delta that does not depend on its order: an approval is for one delta, and a recomputed one that is
 * equal has the same.
 */
export async function deltaHash(engine: DataEngine, runId: string): Promise<string> {
  const record = engine.dialect.hash([sql`list_id`, sql`kind`, sql`identity`, sql`hash`])
  const rows = await engine.rows(
    sql`select coalesce(md5(string_agg(cast(h as varchar), ',' order by h)), 'empty') as h from (select ${record} as h from ${draftTable(runId)})`,
    z.object({ h: z.string() }),
  )
  return rows[0]?.h ?? 'empty'
}
