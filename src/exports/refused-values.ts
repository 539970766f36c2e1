/** Finds the people whose values a destination does not take, names the field and the reason, and leaves them out of the delta. */
import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import type { MatchField } from '../destination-kit/fields.ts'
import type { Dialect } from '../engine/dialect.ts'
import type { DataEngine, Session } from '../engine/engine.ts'
import { candidatesTable } from './candidates.ts'
import { type MatchedColumn, matchedColumns } from './matched-values.ts'
import { fieldColumn } from './tables.ts'
import { identityOf, type ListPlan, ledgerOf, type PlanInput } from './wanted.ts'

/** Without a field it is the identifier that is missing or malformed. */
export const invalidReasons = ['missing', 'malformed', 'too-long', 'not-among'] as const
export type InvalidReason = (typeof invalidReasons)[number]

const unreadColumn = (name: string): RawBuilder<unknown> => sql.id(`unread ${name}`)

/** The matched values of a profile under the alias `p`, as columns: the value, and whether something could not be read. */
export const valueColumns = (columns: readonly MatchedColumn[]): RawBuilder<unknown>[] =>
  columns.flatMap(({ name, value, unread }) => [
    sql`${value} as ${fieldColumn(name)}`,
    ...(unread === undefined ? [] : [sql`${unread} as ${unreadColumn(name)}`]),
  ])

/** A reason, or null, of one field whose columns are there; undefined where nothing can be wrong with it. */
const reasonOf = (dialect: Dialect, { name, unread }: MatchedColumn, field: MatchField | undefined) => {
  const value = fieldColumn(name)
  const cases = [
    ...(unread === undefined ? [] : [sql`when ${unreadColumn(name)} then 'malformed'`]),
    ...(field?.required === true ? [sql`when ${dialect.trimmed(value)} is null then 'missing'`] : []),
    ...(field?.oneOf === undefined
      ? []
      : [sql`when ${value} <> '' and ${value} not in (${sql.join(field.oneOf)}) then 'not-among'`]),
    ...(field?.max === undefined ? [] : [sql`when length(${value}) > ${sql.lit(field.max.value)} then 'too-long'`]),
  ]
  return cases.length === 0 ? undefined : sql`case ${sql.join(cases, sql` `)} end`
}

/** `field`: the destination's name; `reason`: an expression over the value columns. Only of fields that can be refused. */
export interface Check {
  readonly field: string
  readonly reason: RawBuilder<unknown>
}

export const checksOf = (
  dialect: Dialect,
  columns: readonly MatchedColumn[],
  known: readonly MatchField[] = [],
): Check[] =>
  columns.flatMap((column) => {
    const reason = reasonOf(
      dialect,
      column,
      known.find(({ name }) => name === column.name),
    )
    return reason === undefined ? [] : [{ field: column.name, reason }]
  })

/** Whether a person's values can be sent, over the value columns. */
export const isTaken = (checks: readonly Check[]): RawBuilder<unknown> =>
  checks.length === 0
    ? sql`true`
    : sql`(${sql.join(
        checks.map(({ reason }) => sql`${reason} is null`),
        sql` and `,
      )})`

const counted = z.object({ n: z.number() })

/** `refused`: members whose values are not taken; `outside`: of them, those whom the list does not hold as far as we know. */
export interface Refused {
  readonly refused: number
  readonly outside: number
}

/** Those whom the list may hold stay there, with the values they have. */
async function countOutside(session: Session, input: PlanInput, list: ListPlan): Promise<number> {
  const [row] = await session.rows(
    sql`select count(*) as n from ${sql.id(input.profiles.table)} p
      left join ${ledgerOf(list)} l on l.identity = ${identityOf(input)}
      where (l.identity is null or l.state = 'left') and p.customer_id in (select customer_id from invalid_person
        where run_id = ${input.runId}::bigint and list_id = ${sql.lit(Number(list.listId))} and field is not null)`,
    counted,
  )
  return row?.n ?? 0
}

/**
 * Notes who cannot be sent for a value, each with the first field in the order of the matching. Only those who would be
 * sent are looked at: whoever the list holds with exactly these values is there already.
 */
export async function noteRefused(
  engine: DataEngine,
  session: Session,
  input: PlanInput,
  list: ListPlan,
): Promise<Refused> {
  const columns = matchedColumns(
    { dialect: engine.dialect, fields: input.profiles.fields },
    input.matching,
    input.fields,
  )
  const checks = checksOf(engine.dialect, columns, input.fields)
  if (checks.length === 0) return { refused: 0, outside: 0 }
  const reason = sql`coalesce(${sql.join(checks.map((check) => check.reason))}, null)`
  const field = sql`case ${sql.join(
    checks.map((check) => sql`when ${check.reason} is not null then ${check.field}::varchar`),
    sql` `,
  )} end`
  const refused = await session.run(sql`insert into invalid_person (run_id, list_id, customer_id, reason, field)
    select ${input.runId}::bigint, ${sql.lit(Number(list.listId))}, v.customer_id, ${reason}, ${field}
    from (select p.customer_id, ${sql.join(valueColumns(columns))} from ${sql.id(input.profiles.table)} p
      where p._n in (select n from ${candidatesTable(input, list)} where n is not null)) v
    where not ${isTaken(checks)}`)
  return { refused, outside: refused === 0 ? 0 : await countOutside(session, input, list) }
}
