/** Makes the profiles of the clusters: each field from its most important column that has a value, keys and hashes computed once. */
import { type RawBuilder, sql } from 'kysely'
import type { ProfileField, Unification } from '../domain/unification.ts'
import type { DataEngine, Query, Session } from '../engine/engine.ts'
import { customerTable } from './customer-ids.ts'
import { clusterTable } from './match.ts'
import { identifierColumn, identityColumn } from './profiles.ts'
import { recordId, type UnifiedTable } from './unified-tables.ts'

const alias = ({ place }: UnifiedTable): RawBuilder<unknown> => sql.id(`t${place}`)

/** Columns of the table that fill a field. */
const columnsOf = (table: UnifiedTable, { fields }: Unification): string[] => {
  const named = fields.flatMap(({ from }) => from.filter((source) => source.table === table.sealed.name))
  return [...new Set(named.map(({ column }) => column))]
}

const label = sql.id('_label')
const record = sql.id('_record')

/** The table's values by cluster. Rows of the first table are clusters of their own; of others, the first row with a value counts. */
const valuesByCluster = (engine: DataEngine, table: UnifiedTable, columns: readonly string[]): RawBuilder<unknown> => {
  const id = recordId(engine, table)
  const from = sql.id(table.sealed.table)
  const wanted = sql.join(columns.map((column) => sql.id(column)))
  if (table.place === 0) return sql`(select ${id} as ${label}, ${wanted} from ${from})`
  const values = columns.map((column) => sql`arg_min(r.${sql.id(column)}, r.${record}) as ${sql.id(column)}`)
  return sql`(select c.label as ${label}, ${sql.join(values)} from (select ${id} as ${record}, ${wanted} from ${from}) r
    join ${clusterTable} c on c.id = r.${record} group by c.label)`
}

const fieldValue = ({ name, from }: ProfileField, tables: readonly UnifiedTable[]): RawBuilder<unknown> => {
  const values = from.flatMap(({ table, column }) => {
    const source = tables.find(({ sealed }) => sealed.name === table)
    return source === undefined ? [] : [sql`${alias(source)}.${sql.id(column)}`]
  })
  return sql`coalesce(${sql.join(values)}) as ${sql.id(name)}`
}

/** `_n`, `customer_id` and the fields. */
const merged = (engine: DataEngine, unification: Unification, tables: readonly UnifiedTable[]): Query => {
  const joins = tables.flatMap((table) => {
    const columns = columnsOf(table, unification)
    if (columns.length === 0) return []
    return [
      sql` left join ${valuesByCluster(engine, table, columns)} ${alias(table)} on ${alias(table)}.${label} = u.label`,
    ]
  })
  const fields = unification.fields.map((field) => fieldValue(field, tables))
  // Numbered already, since numbering here would keep the engine from working in parallel.
  return sql`select u.n as ${sql.id('_n')}, u.customer_id, ${sql.join(fields)}
    from ${customerTable} u${sql.join(joins, sql``)}`
}

/** Creates `table` from `clusterTable` and `customerTable`. `identityKey` is a secret in hex. */
export async function mergeProfiles(
  engine: DataEngine,
  session: Session,
  unification: Unification,
  { tables, table, identityKey }: { tables: readonly UnifiedTable[]; table: string; identityKey: string },
): Promise<void> {
  const { dialect } = engine
  const identifiers = unification.fields.filter(({ identifier }) => identifier !== undefined).map(({ name }) => name)
  const normalised = identifiers.map(
    (name) => sql`, ${dialect.normalisedEmail(sql.id(name))} as ${sql.id(identifierColumn(name))}`,
  )
  const identities = identifiers.map(
    (name) =>
      sql`, ${dialect.identity(identityKey, sql.id(identifierColumn(name)))} as ${sql.id(identityColumn(name))}`,
  )
  const hash = dialect.hash(unification.fields.map(({ name }) => sql.id(name)))
  await session.run(sql`create table ${sql.id(table)} as
    select *${sql.join(identities, sql``)}, ${hash} as ${sql.id('_hash')}
    from (select *${sql.join(normalised, sql``)} from (${merged(engine, unification, tables)}))`)
}
