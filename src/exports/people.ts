/** Counts the distinct people that a destination's or a contract's limit is about, were a planned run done. */
import { sql } from 'kysely'
import { z } from 'zod'
import type { DataEngine } from '../engine/engine.ts'
import { identityColumn } from '../unify/profiles.ts'
import { type ListDelta, membersOf, type PlanInput } from './plan.ts'

/**
 * Distinct people in the run's lists and in `otherLists`, the further lists that the limit covers (the other exports of
 * the connection). People who are in no segment any more do not count: they are on their way out. The sum of the lists
 * is given without a look at the people where even that is not over `limit`.
 */
export async function countPeople(
  engine: DataEngine,
  input: PlanInput,
  deltas: readonly ListDelta[],
  otherLists: readonly string[],
  limit: number,
): Promise<number> {
  const here = deltas.reduce((sum, { expected }) => sum + expected, 0)
  if (otherLists.length === 0 && (here <= limit || input.lists.length === 1)) return here
  const identity = sql`p.${sql.ref(identityColumn(input.matching.identifier))}`
  const wanted = input.lists.map(
    (list) =>
      sql`select ${identity} as identity from ${sql.table(input.profiles.table)} p where p._n in ${membersOf(list)} and ${identity} is not null`,
  )
  const elsewhere = otherLists.map(
    (list) => sql`select identity from ledger where list_id = ${list}::bigint and state <> 'left'`,
  )
  const rows = await engine.rows(
    sql`select count(distinct identity) as n from (${sql.join([...wanted, ...elsewhere], sql` union all `)})`,
    z.object({ n: z.number() }),
  )
  return rows[0]?.n ?? 0
}
