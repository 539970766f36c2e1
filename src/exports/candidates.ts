/** Narrows a plan down to those who may have to be sent: one join over key and hash, so that an unchanged list costs no more. */
import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import type { Session } from '../engine/engine.ts'
import { kindsOf, matchingId } from './matching-id.ts'
import { identityOf, type ListPlan, ledgerOf, type PlanInput, wanted } from './wanted.ts'

/**
 * `n`: the profile, null where the ledger knows somebody who is no member (any more); `identity`; `known`: the ledger
 * has a row of theirs. Left out: members whom the list holds with exactly these values, with nothing to be repeated.
 */
export const candidatesTable = (input: PlanInput, list: ListPlan): RawBuilder<unknown> =>
  sql.table(`outbox_candidates_${input.runId}_${list.listId}`)

const losersTable = (input: PlanInput, list: ListPlan): RawBuilder<unknown> =>
  sql.table(`outbox_losers_${input.runId}_${list.listId}`)

const compared = (input: PlanInput, list: ListPlan): RawBuilder<unknown> => {
  const identity = identityOf(input)
  // Any other state than present has to be looked at, whatever its hash.
  const held = sql`case when state = 'present' and matching = ${matchingId(input.matching, kindsOf(input.fields))}::uuid and again_at is null then row_hash end`
  return sql`select p._n as n, coalesce(p.identity, l.identity) as identity, l.identity is not null as known
    from (select p._n, ${identity} as identity, p._hash from ${wanted(input, list)} and ${identity} is not null) p
    full join (select identity, ${held} as held from ${ledgerOf(list)}) l on l.identity = p.identity
    where p._n is null or l.held is distinct from p._hash`
}

const countsRow = z.object({ members: z.number(), ledger: z.number() })
const candidateCounts = z.object({ gone: z.number(), unknown: z.number(), identities: z.number() })

/**
 * Do two members share an identity? The ledger has each identity once, so those it knows need not be counted one by one:
 * more members who met a row than rows that met a member say it.
 */
async function haveDuplicates(
  session: Session,
  input: PlanInput,
  list: ListPlan,
  { members, ledger }: z.infer<typeof countsRow>,
): Promise<boolean> {
  const [found] = await session.rows(
    sql`select count(*) filter (where n is null) as gone, count(*) filter (where n is not null and not known) as "unknown",
        count(distinct case when n is not null and not known then identity end) as identities
      from ${candidatesTable(input, list)}`,
    candidateCounts,
  )
  const { gone, unknown, identities } = found ?? { gone: 0, unknown: 0, identities: 0 }
  return unknown > identities || members - unknown > ledger - gone
}

/** Several members of one normalised address: the smallest CustomerId is sent, the others are counted. */
async function takeOutLosers(session: Session, input: PlanInput, list: ListPlan): Promise<number> {
  const id = identityOf(input)
  const losers = losersTable(input, list)
  await session.run(sql`create or replace temp table ${losers} as
    select p._n from ${wanted(input, list)} and ${id} in (
      select ${id} from ${wanted(input, list)} and ${id} is not null group by 1 having count(*) > 1)
    qualify row_number() over (partition by ${id} order by p.customer_id) > 1`)
  await session.run(sql`delete from ${candidatesTable(input, list)} where n in (select _n from ${losers})`)
  const [counted] = await session.rows(sql`select count(*) as n from ${losers}`, z.object({ n: z.number() }))
  await session.run(sql`drop table ${losers}`)
  return counted?.n ?? 0
}

export interface Candidates {
  /** Members with a valid identifier, duplicates included. */
  readonly members: number
  readonly duplicates: number
}

/** Fills the table of candidates of one list, in the session's transaction. */
export async function gatherCandidates(session: Session, input: PlanInput, list: ListPlan): Promise<Candidates> {
  await session.run(sql`create or replace temp table ${candidatesTable(input, list)} as ${compared(input, list)}`)
  const [counts] = await session.rows(
    sql`select (select count(*) from ${wanted(input, list)} and ${identityOf(input)} is not null) as members,
      (select count(*) from ${ledgerOf(list)}) as ledger`,
    countsRow,
  )
  const { members, ledger } = counts ?? { members: 0, ledger: 0 }
  const several = await haveDuplicates(session, input, list, { members, ledger })
  return { members, duplicates: several ? await takeOutLosers(session, input, list) : 0 }
}

export async function forgetCandidates(session: Session, input: PlanInput, list: ListPlan): Promise<void> {
  await session.run(sql`drop table ${candidatesTable(input, list)}`)
}
