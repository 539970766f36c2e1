/** The sealed tables that a unification names, checked against it: nothing is unified from a column that is not there. */
import { type RawBuilder, sql } from 'kysely'
import type { Unification } from '../domain/unification.ts'
import type { DataEngine } from '../engine/engine.ts'
import { SundError } from '../errors.ts'
import type { SealedTable } from '../sources/sealed-tables.ts'

/** A table in its place of importance, from 0. */
export interface UnifiedTable {
  readonly place: number
  readonly sealed: SealedTable
}

/** Rows of all tables are numbered through; smaller is more important. */
const ROWS_OF_ONE_TABLE = 2 ** 40

/** The number of a row of the table, for a query that reads from it. */
export const recordId = (engine: DataEngine, { place }: UnifiedTable): RawBuilder<unknown> =>
  sql`(${engine.dialect.rowOrder()} + ${sql.lit(place * ROWS_OF_ONE_TABLE)})`

/** The place of the table to which the numbered row belongs. */
export const placeOf = (id: RawBuilder<unknown>): RawBuilder<unknown> => sql`(${id} // ${sql.lit(ROWS_OF_ONE_TABLE)})`

const columnOf = (tables: readonly UnifiedTable[], table: string, column: string) => {
  const sealed = tables.find((candidate) => candidate.sealed.name === table)?.sealed
  if (sealed === undefined) throw new SundError('unification.table_missing', { table })
  const found = sealed.columns.find(({ name }) => name === column)
  if (found === undefined) throw new SundError('unification.column_missing', { table, column })
  return found
}

const checkFields = ({ fields }: Unification, tables: readonly UnifiedTable[]): void => {
  for (const { name, type, from } of fields) {
    for (const { table, column } of from) {
      const found = columnOf(tables, table, column)
      if (found.type === type) continue
      throw new SundError('unification.type_differs', { field: name, type, table, column, found: found.type })
    }
  }
}

/** The unification's tables in order of importance. Errors: a table that was not ingested, a column that is not there, a key or type that differs. */
export function unifiedTables(unification: Unification, sealed: readonly SealedTable[]): UnifiedTable[] {
  const tables = unification.tables.map(({ table, key }, place) => {
    const found = sealed.find(({ name }) => name === table)
    if (found === undefined) throw new SundError('unification.table_missing', { table })
    if (found.key !== key) throw new SundError('unification.key_differs', { table, key, found: found.key })
    return { place, sealed: found }
  })
  for (const { columns } of unification.match) {
    for (const { table, column } of columns) columnOf(tables, table, column)
  }
  checkFields(unification, tables)
  return tables
}
