/** Sealed versions of ingested tables, and the rows that were set aside on the way in. */
import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import { columnTypes } from '../domain/source.ts'
import type { Query, Session } from '../engine/engine.ts'
import { tableExists } from '../engine/table-exists.ts'

/** One sealed version of a source table. `table` has the declared columns, and `_unfit`, which is always null. */
export interface SealedTable {
  readonly name: string
  readonly version: number
  readonly table: string
  readonly rows: number
  readonly setAside: number
  /** Milliseconds since the epoch. */
  readonly sealedAt: number
  readonly file: string
  readonly key: string
  readonly columns: readonly { readonly name: string; readonly type: (typeof columnTypes)[number] }[]
}

/** Why a row was set aside. */
export const setAsideReasons = ['malformed', 'not_of_type', 'key_missing', 'key_repeated'] as const
export type SetAsideReason = (typeof setAsideReasons)[number]

/** `line`: where the row begins, from 1, the header included. `column` is null where the row as a whole is malformed. */
export interface SetAsideRow {
  readonly file: string
  readonly line: number
  readonly column: string | null
  readonly reason: SetAsideReason
}

export const tableOf = (name: string, version: number): string => `table_${name}_${version}`
export const setAsideTableOf = (name: string, version: number): RawBuilder<unknown> =>
  sql.id(`set_aside_${name}_${version}`)

export const createTablesRegistry: Query = sql`create table if not exists sealed_table (
  name varchar not null,
  version bigint not null,
  rows bigint not null,
  set_aside bigint not null,
  sealed_at bigint not null,
  file varchar not null,
  key varchar not null,
  columns varchar not null
)`

const registered = z.object({
  name: z.string(),
  version: z.number(),
  rows: z.number(),
  setAside: z.number(),
  sealedAt: z.number(),
  file: z.string(),
  key: z.string(),
  columns: z.string(),
})
const sealedColumns = z.array(z.object({ name: z.string(), type: z.enum(columnTypes) }))

/** Every sealed version, newest first. */
export async function allSealedTables(session: Session): Promise<SealedTable[]> {
  if (!(await tableExists(session, 'sealed_table'))) return []
  const rows = await session.rows(
    sql`select name, version, rows, set_aside as "setAside", sealed_at as "sealedAt", file, key, columns
      from sealed_table order by version desc`,
    registered,
  )
  return rows.map((row) => ({
    ...row,
    table: tableOf(row.name, row.version),
    columns: sealedColumns.parse(JSON.parse(row.columns)),
  }))
}

/** The current version of every table, by name. */
export async function sealedTables(session: Session): Promise<SealedTable[]> {
  const seen = new Set<string>()
  const current = (await allSealedTables(session)).filter(({ name }) => !seen.has(name) && seen.add(name))
  return current.sort((a, b) => (a.name < b.name ? -1 : 1))
}

const setAsideRow = z.object({
  file: z.string(),
  line: z.number(),
  column: z.string().nullable(),
  reason: z.enum(setAsideReasons),
})

/** The rows that were set aside, in the order of the file. */
export async function setAsideRows(
  session: Session,
  sealed: SealedTable,
  { limit, offset = 0 }: { readonly limit: number; readonly offset?: number },
): Promise<SetAsideRow[]> {
  return await session.rows(
    sql`select file, line, column_name as "column", reason from ${setAsideTableOf(sealed.name, sealed.version)}
      order by file, line limit ${limit} offset ${offset}`,
    setAsideRow,
  )
}
