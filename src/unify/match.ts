/** Finds which rows of the tables are the same person, by exact rules, as a label on every row. */
import { type RawBuilder, sql } from 'kysely'
import type { MatchRule, Unification } from '../domain/unification.ts'
import type { DataEngine, Session } from '../engine/engine.ts'
import { placeOf, recordId, type UnifiedTable } from './unified-tables.ts'

/** Every row of every table: `id`, `place` of its table, `key`, and `label`: the id of the first row of its cluster. */
export const clusterTable: RawBuilder<unknown> = sql.id('unify_cluster')

const edgeTable = sql.id('unify_edge')
const valuesTable = ({ place }: UnifiedTable): RawBuilder<unknown> => sql.id(`unify_values_${place}`)
const valueColumn = (rule: number): RawBuilder<unknown> => sql.id(`v${rule}`)

const columnIn = (rule: MatchRule, table: UnifiedTable): string | undefined =>
  rule.columns.find((column) => column.table === table.sealed.name)?.column

const matchValue = (engine: DataEngine, rule: MatchRule, table: UnifiedTable): RawBuilder<unknown> => {
  const column = columnIn(rule, table)
  if (column === undefined) return sql`cast(null as varchar)`
  const text = sql`cast(${sql.id(column)} as varchar)`
  return rule.by === 'email' ? engine.dialect.normalisedEmail(text) : text
}

async function readValues(engine: DataEngine, session: Session, rules: readonly MatchRule[], table: UnifiedTable) {
  const values = rules.map((rule, index) => sql`, ${matchValue(engine, rule, table)} as ${valueColumn(index)}`)
  await session.run(sql`create or replace temp table ${valuesTable(table)} as
    select ${recordId(engine, table)} as id, ${sql.id(table.sealed.key)} as key${sql.join(values, sql``)}
    from ${sql.id(table.sealed.table)}`)
}

/**
 * Joins each row to at most one row of a more important table, by the first rule that finds one. A value that several
 * rows of that table share tells nobody apart, so it finds nothing: two people are never mixed over a shared address.
 */
async function joinTo(session: Session, rules: readonly MatchRule[], lower: UnifiedTable, upper: UnifiedTable) {
  const found = rules.flatMap((rule, index) => {
    if (columnIn(rule, lower) === undefined || columnIn(rule, upper) === undefined) return []
    const value = valueColumn(index)
    return [
      sql`select l.id, u.target, ${sql.lit(index)} as rule from ${valuesTable(lower)} l join (
        select ${value} as shared, min(id) as target from ${valuesTable(upper)}
        where ${value} is not null group by ${value} having count(*) = 1) u on u.shared = l.${value}`,
    ]
  })
  if (found.length === 0) return
  await session.run(sql`insert into ${edgeTable} select id, target from (
    select id, target, row_number() over (partition by id order by rule) as nth
    from (${sql.join(found, sql` union all `)})) where nth = 1`)
}

/** Labels the rows of a table after those above it: with the label of the most important row they are joined to, else their own. */
async function label(session: Session, table: UnifiedTable): Promise<void> {
  const place = sql.lit(table.place)
  await session.run(sql`insert into ${clusterTable}
    select v.id, ${place}, v.key, coalesce(c.label, v.id) from ${valuesTable(table)} v
    left join (select id, min(target) as target from ${edgeTable}
      where ${placeOf(sql`id`)} = ${place} group by id) e on e.id = v.id
    left join ${clusterTable} c on c.id = e.target`)
}

/**
 * A row may join two clusters whose first rows are of different tables: they are one person then. First rows of one
 * table are two people, whoever refers to both. Labels only ever get smaller, so this ends.
 */
async function bridge(session: Session): Promise<void> {
  for (;;) {
    const joined = await session.run(sql`update ${clusterTable} set label = b.target from (
      select greatest(x.label, y.label) as root, min(least(x.label, y.label)) as target
      from ${edgeTable} e join ${clusterTable} x on x.id = e.id join ${clusterTable} y on y.id = e.target
      where ${placeOf(sql`x.label`)} <> ${placeOf(sql`y.label`)} group by 1) b
      where ${clusterTable}.label = b.root`)
    // A cluster may have been joined to one that was joined to another in the same step.
    const followed = await session.run(sql`update ${clusterTable} set label = l.label from ${clusterTable} l
      where l.id = ${clusterTable}.label and l.label <> l.id`)
    if (joined + followed === 0) return
  }
}

/** Fills `clusterTable`, in the session's transaction. */
export async function match(
  engine: DataEngine,
  session: Session,
  { match: rules }: Unification,
  tables: readonly UnifiedTable[],
): Promise<void> {
  await session.run(sql`create or replace temp table ${edgeTable} (id bigint, target bigint)`)
  await session.run(
    sql`create or replace temp table ${clusterTable} (id bigint, place integer, key varchar, label bigint)`,
  )
  for (const table of tables) {
    await readValues(engine, session, rules, table)
    for (const upper of tables.slice(0, table.place)) await joinTo(session, rules, table, upper)
    await label(session, table)
  }
  if (tables.length > 2) await bridge(session)
  for (const table of tables) await session.run(sql`drop table ${valuesTable(table)}`)
  await session.run(sql`drop table ${edgeTable}`)
}
