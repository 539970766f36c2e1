/** Who shall be on a list: the members of its segments, among the profiles that the run is pinned to. */
import { type RawBuilder, sql } from 'kysely'
import type { MatchField } from '../destination-kit/fields.ts'
import type { Matching } from '../domain/matching.ts'
import { identityColumn, type ProfilesVersion } from '../unify/profiles.ts'

/** A list and the member tables whose union it shall equal. */
export interface ListPlan {
  readonly listId: string
  readonly members: readonly string[]
  /** Nobody is removed: the list may hold people whom we did not put there and cannot tell from ours. */
  readonly addOnly?: boolean
}

export interface PlanInput {
  readonly runId: string
  readonly exportId: string
  readonly profiles: ProfilesVersion
  readonly lists: readonly ListPlan[]
  readonly matching: Matching
  /** What the destination says of its fields; of one that is not here, any text is sent. */
  readonly fields?: readonly MatchField[]
  /** The destination takes a hash of the normalised address instead of the address. */
  readonly hashed: boolean
  /** People who return after we took them off go by a route of their own: they stand behind the rest of their list. */
  readonly returnersApart?: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
}

export const membersOf = ({ members }: Pick<ListPlan, 'members'>): RawBuilder<unknown> =>
  sql`(${sql.join(
    members.map((table) => sql`select _n from ${sql.table(table)}`),
    sql` union all `,
  )})`

/** For behind `from`: profiles under the alias `p`, and the condition that they are members; more conditions may follow. */
export const wanted = (input: PlanInput, list: ListPlan): RawBuilder<unknown> =>
  sql`${sql.table(input.profiles.table)} p where p._n in ${membersOf(list)}`

/** The identity of a profile under the alias `p`; null where it has no valid identifier. */
export const identityOf = (input: PlanInput): RawBuilder<unknown> =>
  sql`p.${sql.id(identityColumn(input.matching.identifier))}`

/** The ledger's rows of one list, people who left included. */
export const ledgerOf = (list: ListPlan): RawBuilder<unknown> =>
  sql`(select * from ledger where list_id = ${sql.lit(Number(list.listId))})`
