/** What the ledger knows of lists: how many people are in each, and whom the service refuses. */
import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import type { DataEngine } from '../engine/engine.ts'
import { identifierColumn, identityColumn } from '../unify/profiles.ts'
import { customerOf, type Known, type Window } from './run-records.ts'

/** `present`: acknowledged and ours. `theirs`: found there, never removed by us. `removing`, `unknown`: not acknowledged yet. */
export interface ListPeople {
  readonly present: number
  readonly theirs: number
  readonly removing: number
  readonly unknown: number
  readonly left: number
  readonly rejected: number
}

const figures = z.object({
  listId: z.string(),
  present: z.number(),
  theirs: z.number(),
  removing: z.number(),
  unknown: z.number(),
  left: z.number(),
})
const rejectCount = z.object({ listId: z.string(), n: z.number() })
const nobody: ListPeople = { present: 0, theirs: 0, removing: 0, unknown: 0, left: 0, rejected: 0 }

/** By list; all lists that the ledger knows. */
export async function listPeople(engine: DataEngine): Promise<(listId: string) => ListPeople> {
  const of = (state: string) => sql`count(*) filter (where owner = 'ours' and state = ${state})`
  const known = await engine.rows(
    sql`select cast(list_id as varchar) as "listId", ${of('present')} as present,
      count(*) filter (where owner = 'theirs') as theirs, ${of('removing')} as removing, ${of('unknown')} as unknown,
      ${of('left')} as "left" from ledger group by list_id`,
    figures,
  )
  const refused = await engine.rows(
    sql`select cast(list_id as varchar) as "listId", count(*) as n from reject group by list_id`,
    rejectCount,
  )
  const people = new Map(known.map((one) => [one.listId, one]))
  const rejects = new Map(refused.map((one) => [one.listId, one.n]))
  return (listId) => ({ ...nobody, ...people.get(listId), rejected: rejects.get(listId) ?? 0 })
}

const rejectRow = z.object({
  customerId: z.string().nullable(),
  identifier: z.string().nullable(),
  operation: z.enum(['add', 'remove']),
  code: z.string(),
  reason: z.string(),
  final: z.boolean(),
  runId: z.string(),
  firstAt: z.number(),
  nextTryAt: z.number(),
})
/** Times in milliseconds since the epoch. `identifier` where the profiles or the ledger still know it. */
export type StandingReject = z.infer<typeof rejectRow>

const identifierOf = (known: Known | undefined): RawBuilder<unknown> => {
  const isThere = known?.profiles.fields.some(
    ({ name, identifier }) => name === known.field && identifier !== undefined,
  )
  if (known === undefined || isThere !== true) return sql`cast(null as varchar)`
  const [identifier, identity] = [sql.id(identifierColumn(known.field)), sql.id(identityColumn(known.field))]
  return sql`(select min(p.${identifier}) from ${sql.id(known.profiles.table)} p where p.${identity} = r.identity)`
}

/** Those of one list, the oldest first. */
export async function standingRejects(
  engine: DataEngine,
  listId: string,
  final: boolean | undefined,
  { limit, offset }: Window,
  known: Known | undefined,
): Promise<{ readonly rejects: StandingReject[]; readonly total: number }> {
  const ofFinal = final === undefined ? sql`` : sql`and final = ${final}`
  const wanted = sql`from reject where list_id = ${listId}::bigint ${ofFinal}`
  const [total] = await engine.rows(sql`select count(*) as n ${wanted}`, z.object({ n: z.number() }))
  const page = sql`select * ${wanted} order by first_at, identity limit ${limit} offset ${offset}`
  const rejects = await engine.rows(
    sql`select ${customerOf(known, sql`r.identity`)} as "customerId",
      coalesce(${identifierOf(known)}, (select min(l.identifier) from ledger l
        where l.list_id = r.list_id and l.identity = r.identity)) as identifier,
      case when r.hash is null then 'remove' else 'add' end as operation, r.code, r.reason, r.final,
      cast(r.run_id as varchar) as "runId", r.first_at as "firstAt", r.next_try_at as "nextTryAt"
      from (${page}) r order by r.first_at, r.identity`,
    rejectRow,
  )
  return { rejects, total: total?.n ?? 0 }
}
