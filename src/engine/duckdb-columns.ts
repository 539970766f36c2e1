/** Reads a result column by column with its text packed: one string per column crosses into JavaScript, not one per value. */
import { type DuckDBConnection, DuckDBListValue, type DuckDBType, DuckDBTypeId } from '@duckdb/node-api'
import { sql } from 'kysely'
import type { Column, Columns, Query } from './engine.ts'

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

/** Values that were packed into one text, cut out of it where they are asked for. */
class PackedText implements Column {
  readonly #packed: string
  /** Where each value ends. */
  readonly #ends: Int32Array

  constructor(packed: string, count: number) {
    this.#packed = packed
    this.#ends = new Int32Array(count).fill(packed.length)
    let end = packed.indexOf(SEPARATOR)
    for (let row = 0; end !== -1; row++) {
      this.#ends[row] = end
      end = packed.indexOf(SEPARATOR, end + 1)
    }
  }

  at(row: number): string | null {
    const end = this.#ends[row] ?? 0
    const value = this.#packed.slice(row === 0 ? 0 : (this.#ends[row - 1] ?? 0) + 1, end)
    return value === NULL_MARK ? null : value
  }
}

/** All of its values are null. */
const blank: Column = { at: () => null }

const columnOf = (value: unknown, count: number): Column => {
  if (value === null || value === undefined) return blank
  if (value instanceof DuckDBListValue) return value.items
  if (typeof value !== 'string') throw new TypeError('A packed column is neither a list nor text.')
  return new PackedText(value, count)
}

/** A packed column of `count` values, all at once. */
const unpacked = (value: unknown, count: number): readonly unknown[] => {
  if (value instanceof DuckDBListValue) return value.items
  if (typeof value !== 'string') return new Array<null>(count).fill(null)
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
  const at = (index: number) => columns[index] ?? []
  return { count: reader.currentRowCount, at, column: at }
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
  const packed = row.slice(2)
  const columns = packed.map((value) => columnOf(value, count))
  return {
    count,
    at: (index) => unpacked(packed[index], count),
    column: (index) => columns[index] ?? blank,
  }
}
