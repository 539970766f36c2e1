/** Counts the distinct people that a destination's or a contract's limit is about, were a planned run done. */
import { sql } from 'kysely'
import { z } from 'zod'
import type { DataEngine } from '../engine/engine.ts'
import { identityColumn } from '../unify/profiles.ts'
import type { ListDelta } from './plan.ts'
import { membersOf, type PlanInput } from './wanted.ts'

/** What else a limit covers: the other exports of the connection. */
export interface Elsewhere {
  /** Their lists, with whom the ledger knows to be there. */
  readonly listIds: readonly string[]
  /** Whom their segments ask for, whether sent already or not: their runs may be under way at this moment. */
  readonly wanted: readonly { readonly identifier: string; readonly members: readonly string[] }[]
}

/**
 * Distinct people in the run's lists and elsewhere. People who are in no segment of the run any more do not count: they
 * are on their way out. The sum of the lists is given without a look at the people where even that is not over `limit`.
 */
export async function countPeople(
  engine: DataEngine,
  input: PlanInput,
  deltas: readonly ListDelta[],
  { listIds, wanted }: Elsewhere,
  limit: number,
): Promise<number> {
  const here = deltas.reduce((sum, { expected }) => sum + expected, 0)
  const alone = listIds.length === 0 && wanted.length === 0
  if (alone && (here <= limit || input.lists.length === 1)) return here
  const own = input.lists.map(({ members }) => ({ identifier: input.matching.identifier, members }))
  const asked = [...own, ...wanted]
    .filter(({ members }) => members.length > 0)
    .map(({ identifier, members }) => {
      const identity = sql`p.${sql.ref(identityColumn(identifier))}`
      return sql`select ${identity} as identity from ${sql.table(input.profiles.table)} p where p._n in ${membersOf({ members })} and ${identity} is not null`
    })
  const there = listIds.map(
    // Of theirs, those whom we have sent.
    (list) => sql`select identity from ledger
      where list_id = ${list}::bigint and state <> 'left' and (owner = 'ours' or hash is not null)`,
  )
  const rows = await engine.rows(
    sql`select count(distinct identity) as n from (${sql.join([...asked, ...there], sql` union all `)})`,
    z.object({ n: z.number() }),
  )
  return rows[0]?.n ?? 0
}
