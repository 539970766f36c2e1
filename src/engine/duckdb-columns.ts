/** Reads a result column by column with its text packed: one string per column crosses into JavaScript, not one per value. */
import { type DuckDBConnection, DuckDBListValue, type DuckDBType, DuckDBTypeId } from '@duckdb/node-api'
import { sql } from 'kysely'
import type { Columns, Query } from './engine.ts'

export type Bound = string | number | bigint | boolean | null

/** A statement as the driver takes it. */
export interface Statement {
  readonly text: string
  readonly values: Bound[]
  readonly types: DuckDBType[]
}

const SEPARATOR = '\u001f'
const NULL_MARK = '\u001e'

const LISTED: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.BOOLEAN,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.DOUBLE,
])

const columnName = (index: number) => sql.id(`c${index}`)
const asText = (index: number) => sql`cast(${columnName(index)} as varchar)`

/** Which of the query's columns are listed as they are; the others are packed as text. */
const shapeOf = async (connection: DuckDBConnection, { text }: Statement): Promise<boolean[]> => {
  const prepared = await connection.prepare(text)
  try {
    return Array.from({ length: prepared.columnCount }, (_, index) => LISTED.has(prepared.columnTypeId(index)))
  } finally {
    prepared.destroySync()
  }
}

const packing = (query: Query, listed: readonly boolean[]): Query => {
  const packed = listed.map((isListed, index) =>
    isListed
      ? sql`list(${columnName(index)})`
      : sql`case when count(${columnName(index)}) > 0 then string_agg(coalesce(${asText(index)}, ${sql.lit(NULL_MARK)}), ${sql.lit(SEPARATOR)}) end`,
  )
  const marked = listed.flatMap((isListed, index) =>
    isListed
      ? []
      : [
          sql`contains(${asText(index)}, ${sql.lit(SEPARATOR)})`,
          sql`contains(${asText(index)}, ${sql.lit(NULL_MARK)})`,
        ],
  )
  const names = listed.map((_, index) => columnName(index))
  return sql`select count(*), coalesce(bool_or(${sql.join([sql`false`, ...marked], sql` or `)}), false), ${sql.join(packed)}
    from (${query}) q (${sql.join(names)})`
}

/** A packed column of `count` values; one in which all are null comes as null. */
const unpacked = (value: unknown, count: number): readonly unknown[] => {
  if (value === null || value === undefined) return new Array<null>(count).fill(null)
  if (value instanceof DuckDBListValue) return value.items
  if (typeof value !== 'string') throw new TypeError('A packed column is neither a list nor text.')
  const values: (string | null)[] = value.split(SEPARATOR)
  for (let index = 0; index < values.length; index++) if (values[index] === NULL_MARK) values[index] = null
  return values
}

/** A value holds one of the marks: the result is read value by value. */
const oneByOne = async (
  connection: DuckDBConnection,
  query: Query,
  listed: readonly boolean[],
  compile: (query: Query) => Statement,
): Promise<Columns> => {
  const names = listed.map((_, index) => columnName(index))
  const selected = listed.map((isListed, index) => (isListed ? columnName(index) : asText(index)))
  const { text, values, types } = compile(sql`select ${sql.join(selected)} from (${query}) q (${sql.join(names)})`)
  const reader = await connection.runAndReadAll(text, values, types)
  const columns = reader.getColumns()
  return { count: reader.currentRowCount, at: (index) => columns[index] ?? [] }
}

export async function packedColumns(
  connection: DuckDBConnection,
  query: Query,
  compile: (query: Query) => Statement,
): Promise<Columns> {
  const listed = await shapeOf(connection, compile(query))
  const { text, values, types } = compile(packing(query, listed))
  const [row] = (await connection.runAndReadAll(text, values, types)).getRows()
  if (row === undefined || row[1] === true) return await oneByOne(connection, query, listed, compile)
  const count = Number(row[0])
  const columns = row.slice(2).map((value) => unpacked(value, count))
  return { count, at: (index) => columns[index] ?? [] }
}
