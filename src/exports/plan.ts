/** Compares a run's pinned members with the ledger and writes the delta, in sending order, as the run's draft outbox. */
import { createHash } from 'node:crypto'
import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import type { Matching } from '../domain/matching.ts'
import type { DataEngine, Session } from '../engine/engine.ts'
import { identifierColumn, identityColumn, type ProfilesVersion } from '../unify/profiles.ts'
import { draftTable, fieldColumn } from './tables.ts'

/** A list and the member tables whose union it shall equal. */
export interface ListPlan {
  readonly listId: string
  readonly members: readonly string[]
}

export interface PlanInput {
  readonly runId: string
  readonly exportId: string
  readonly profiles: ProfilesVersion
  readonly lists: readonly ListPlan[]
  readonly matching: Matching
  /** The destination takes a hash of the normalised address instead of the address. */
  readonly hashed: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** What the delta would do to one list. `present`: how many of our people the list holds, or may hold, now. */
export interface ListDelta {
  readonly listId: string
  readonly expected: number
  readonly added: number
  readonly updated: number
  readonly removed: number
  readonly invalid: number
  readonly duplicates: number
  /** Of the removals, those of people whom no earlier run tried to remove. */
  readonly leaving: number
  /** Rejects that stand and are not tried again yet. */
  readonly standing: number
  readonly present: number
  /** The ledger knows nobody on this list, not even people who left. */
  readonly first: boolean
}

const counted = z.object({ n: z.number() })

const count = async (session: Session, query: RawBuilder<unknown>): Promise<number> =>
  (await session.rows(query, counted))[0]?.n ?? 0

/** Tells one data matching from another; a changed one makes every hash be computed again. */
export const matchingId = (matching: Matching): string => {
  const fields = Object.entries(matching.fields).sort(([a], [b]) => (a < b ? -1 : 1))
  const hex = createHash('sha256')
    .update(JSON.stringify([matching.identifier, fields]))
    .digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`
}

const typeOf = (profiles: ProfilesVersion, field: string): string =>
  profiles.fields.find((known) => known.name === field)?.type ?? 'text'

/** A profile value as the text that is sent: dates in ISO form, whole numbers without a point. */
const asText = (profiles: ProfilesVersion, field: string): RawBuilder<unknown> => {
  const value = sql`p.${sql.ref(field)}`
  if (typeOf(profiles, field) !== 'number') return sql`cast(${value} as varchar)`
  return sql`case when ${value} = floor(${value}) and abs(${value}) < 1e15 then cast(cast(${value} as bigint) as varchar) else cast(${value} as varchar) end`
}

export const membersOf = ({ members }: Pick<ListPlan, 'members'>): RawBuilder<unknown> =>
  sql`(${sql.join(
    members.map((table) => sql`select _n from ${sql.table(table)}`),
    sql` union all `,
  )})`

/** Members with an identity; `_n`, `customer_id`, `identity` and the profile's own columns under alias `p`. */
const wanted = (input: PlanInput, list: ListPlan): RawBuilder<unknown> =>
  sql`${sql.table(input.profiles.table)} p where p._n in ${membersOf(list)}`

const identity = (input: PlanInput): RawBuilder<unknown> => sql`p.${sql.ref(identityColumn(input.matching.identifier))}`

const losersTable = (input: PlanInput, list: ListPlan): RawBuilder<unknown> =>
  sql.table(`outbox_losers_${input.runId}_${list.listId}`)

/** Several members of one normalised address: the smallest CustomerId is sent, the others are counted. */
async function setLosers(session: Session, input: PlanInput, list: ListPlan): Promise<number> {
  const id = identity(input)
  await session.run(sql`create or replace temp table ${losersTable(input, list)} as
    select p._n from ${wanted(input, list)} and ${id} in (
      select ${id} from ${wanted(input, list)} and ${id} is not null group by 1 having count(*) > 1)
    qualify row_number() over (partition by ${id} order by p.customer_id) > 1`)
  return await count(session, sql`select count(*) as n from ${losersTable(input, list)}`)
}

/** The ledger's rows of one list, people who left included. */
const ledgerOf = (list: ListPlan): RawBuilder<unknown> =>
  sql`(select * from ledger where list_id = ${sql.lit(Number(list.listId))})`

/**
 * Who has to be sent, and why. Present and unchanged: nothing, unless a repeat is due. Any other state, or no row: a
 * write, because only an acknowledged one is known to have worked.
 */
const upserts = (input: PlanInput, list: ListPlan, session: DataEngine): RawBuilder<unknown> => {
  const { matching, profiles } = input
  const fields = Object.entries(matching.fields)
  const normalised = sql`p.${sql.ref(identifierColumn(matching.identifier))}`
  const sent = input.hashed ? session.dialect.sha256(normalised) : normalised
  const texts = fields.map(([, field]) => asText(profiles, field))
  const values = session.dialect.hash([normalised, ...texts])
  const id = sql`${matchingId(matching)}::uuid`
  const columns = fields.map(([name], index) => sql`${texts[index] ?? sql`null`} as ${fieldColumn(name)}`)
  return sql`select ${identity(input)} as identity, ${sent} as identifier,
      case when l.row_hash = p._hash and l.matching = ${id} then l.hash else ${values} end as hash,
      p._hash as row_hash, l.identity is null or l.state <> 'present' as adds,
      coalesce(l.state in ('left', 'removing') or l.intent in ('remove', 'return'), false) as was_left,
      l.state as before, l.hash as held, l.again_at as again_at, l.remote_id as remote_id
      ${columns.length > 0 ? sql`, ${sql.join(columns)}` : sql``}
    from ${sql.table(profiles.table)} p left join ${ledgerOf(list)} l on l.identity = ${identity(input)}
    where p._n in ${membersOf(list)} and ${identity(input)} is not null
      and p._n not in (select _n from ${losersTable(input, list)})`
}

const draftColumns = (matching: Matching): RawBuilder<unknown> =>
  sql.join(Object.keys(matching.fields).map((name) => sql`${fieldColumn(name)} varchar`))

async function createDraft(session: Session, { runId, exportId, matching }: PlanInput): Promise<void> {
  const names = Object.keys(matching.fields)
  await session.run(sql`drop table if exists ${draftTable(runId)}`)
  await session.run(sql`delete from draft_outbox where run_id = ${runId}::bigint`)
  await session.run(sql`insert into draft_outbox values (${runId}::bigint, ${exportId}::bigint)`)
  await session.run(sql`delete from invalid_person where run_id = ${runId}::bigint`)
  await session.run(sql`create table ${draftTable(runId)} (
    seq bigint, list_id bigint, operation varchar, kind varchar, identity uuid, identifier varchar,
    hash uuid, row_hash uuid, remote_id varchar, was_left boolean${names.length > 0 ? sql`, ${draftColumns(matching)}` : sql``})`)
}

async function draftUpserts(engine: DataEngine, session: Session, input: PlanInput, list: ListPlan): Promise<void> {
  const names = Object.keys(input.matching.fields)
  const extra = names.length > 0 ? sql`, ${sql.join(names.map((name) => sql`d.${fieldColumn(name)}`))}` : sql``
  const listId = sql.lit(Number(list.listId))
  await session.run(sql`insert into ${draftTable(input.runId)}
    select (select count(*) from ${draftTable(input.runId)}) + row_number() over () as seq, ${listId}, 'add',
      case when d.adds then 'add' else 'update' end, d.identity, d.identifier, d.hash, d.row_hash, d.remote_id, d.was_left${extra}
    from (${upserts(input, list, engine)}) d
    left join (select * from reject where list_id = ${listId}) r on r.identity = d.identity and r.hash = d.hash and (r.final or r.next_try_at > ${input.now})
    where (d.adds or d.held is distinct from d.hash or d.again_at <= ${input.now}) and r.identity is null`)
}

async function draftRemovals(session: Session, input: PlanInput, list: ListPlan): Promise<void> {
  const blanks = Object.keys(input.matching.fields).map(() => sql`null`)
  await session.run(sql`insert into ${draftTable(input.runId)}
    select (select count(*) from ${draftTable(input.runId)}) + row_number() over () as seq, ${sql.lit(Number(list.listId))}, 'remove',
      'remove', l.identity, l.identifier, null, null, l.remote_id, false${blanks.length > 0 ? sql`, ${sql.join(blanks)}` : sql``}
    from ${ledgerOf(list)} l
    where l.owner = 'ours' and l.state <> 'left'
      and (l.state <> 'removing' or l.again_at is null or l.again_at <= ${input.now})
      and not exists (select 1 from ${wanted(input, list)} and ${identity(input)} = l.identity)`)
}

async function noteInvalid(session: Session, input: PlanInput, list: ListPlan): Promise<number> {
  const address = sql`p.${sql.ref(input.matching.identifier)}`
  return await session.run(sql`insert into invalid_person
    select ${input.runId}::bigint, ${sql.lit(Number(list.listId))}, p.customer_id,
      case when ${address} is null or trim(${address}) = '' then 'missing' else 'malformed' end
    from ${wanted(input, list)} and ${identity(input)} is null`)
}

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
  const removals = await count(
    session,
    sql`select count(*) as n from ${rejects} r join ${ledgerOf(list)} l on l.identity = r.identity
      where r.hash is null and l.state = 'removing' and l.again_at > ${input.now}
        and not exists (select 1 from ${wanted(input, list)} and ${identity(input)} = r.identity)`,
  )
  return members + removals
}

/** Rejects of people who left the segment are no longer of use. */
async function forgetRejects(session: Session, input: PlanInput, list: ListPlan): Promise<void> {
  await session.run(sql`delete from reject where list_id = ${sql.lit(Number(list.listId))} and hash is not null
    and not exists (select 1 from ${wanted(input, list)} and ${identity(input)} = reject.identity)`)
}

const ledgerCounts = z.object({ n: z.number(), present: z.number() })

async function measured(
  engine: DataEngine,
  session: Session,
  input: PlanInput,
  list: ListPlan,
  counted: { readonly invalid: number; readonly duplicates: number },
): Promise<ListDelta> {
  const draft = sql`(select * from ${draftTable(input.runId)} where list_id = ${sql.lit(Number(list.listId))})`
  const kinds = await session.rows(
    sql`select kind, count(*) as n from ${draft} group by kind`,
    z.object({ kind: z.enum(['add', 'update', 'remove']), n: z.number() }),
  )
  const of = (kind: string) => kinds.find((row) => row.kind === kind)?.n ?? 0
  const members = await count(
    session,
    sql`select count(*) as n from ${wanted(input, list)} and ${identity(input)} is not null`,
  )
  const [ledger] = await session.rows(
    sql`select count(*) as n, count(*) filter (where owner = 'ours' and state <> 'left') as present from ${ledgerOf(list)}`,
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
    expected: members - counted.duplicates,
    added: of('add'),
    updated: of('update'),
    removed: of('remove'),
    ...counted,
    leaving,
    standing: await standingRejects(engine, session, input, list),
    present: ledger?.present ?? 0,
    first: (ledger?.n ?? 0) === 0,
  }
}

/** Writes the draft outbox of the run, adds and updates of every list before the removals, and says what it would do. */
export async function plan(engine: DataEngine, input: PlanInput): Promise<ListDelta[]> {
  return await engine.transaction(async (session) => {
    await createDraft(session, input)
    const duplicates = new Map<string, number>()
    for (const list of input.lists) {
      duplicates.set(list.listId, await setLosers(session, input, list))
      await draftUpserts(engine, session, input, list)
    }
    for (const list of input.lists) await draftRemovals(session, input, list)
    const deltas: ListDelta[] = []
    for (const list of input.lists) {
      await forgetRejects(session, input, list)
      const counted = { invalid: await noteInvalid(session, input, list), duplicates: duplicates.get(list.listId) ?? 0 }
      deltas.push(await measured(engine, session, input, list, counted))
      await session.run(sql`drop table ${losersTable(input, list)}`)
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
