/** Small tables for the tests of unification: they are sealed by hand, unified, and read back. */
import { sql } from 'kysely'
import { z } from 'zod'
import { type Unification, unification as unificationShape } from '../domain/unification.ts'
import { openDuckDb } from '../engine/duckdb.ts'
import type { DataEngine } from '../engine/engine.ts'
import type { SealedTable } from '../sources/sealed-tables.ts'
import type { ProfilesVersion } from './profiles.ts'
import { type UnifyOptions, unify } from './unify.ts'

export const options: UnifyOptions = {
  identityKey: '0123456789abcdef'.repeat(4),
  now: new Date('2026-11-21T10:00:00Z'),
}

/** A row: key, reference to another table's key, address, and a value. */
export type Row = readonly [id: string, ref: string | null, email: string | null, value?: string | null]

const names = ['A', 'B', 'C']

/** Tables A, B, C in this order; `ref` of B and C names a key of A, or of each other; then addresses. */
export const unificationOf = (count: number): Unification => {
  const tables = names.slice(0, count)
  const everywhere = (column: string) => tables.map((table) => ({ table, column }))
  return unificationShape.parse({
    tables: tables.map((table) => ({ table, key: 'id' })),
    match:
      count === 1
        ? []
        : [
            { by: 'exact', columns: tables.map((table) => ({ table, column: table === 'A' ? 'id' : 'ref' })) },
            { by: 'email', columns: everywhere('email') },
          ],
    fields: [
      { name: 'Email', type: 'text', identifier: 'email', from: everywhere('email') },
      { name: 'Value', type: 'text', from: everywhere('value') },
      { name: 'label', type: 'text', from: everywhere('label') },
      { name: 'key', type: 'text', from: everywhere('key') },
    ],
  })
}

/** What the tests ask of an engine of their own, in memory. */
export interface SmallTables {
  readonly engine: DataEngine
  seal(name: string, rows: readonly Row[]): Promise<SealedTable>
  /** Seals A, B and C, as many as given, and unifies them. */
  unified(...tables: readonly (readonly Row[])[]): Promise<ProfilesVersion>
  /** The CustomerId of each record ever seen, by table and key: `A1`. */
  assignments(): Promise<Record<string, string>>
  profileRows(table: string): Promise<{ n: number; customer: string; email: string | null; value: string | null }[]>
}

export async function openSmallTables(): Promise<SmallTables> {
  const engine = await openDuckDb({ file: ':memory:' })
  let sealedSoFar = 0
  const seal = async (name: string, rows: readonly Row[]): Promise<SealedTable> => {
    const version = ++sealedSoFar
    const table = `table_${name}_${version}`
    await engine.run(
      sql`create table ${sql.id(table)} (id varchar, ref varchar, email varchar, value varchar, label varchar, key varchar)`,
    )
    for (const [id, ref, email, value] of rows) {
      await engine.run(
        sql`insert into ${sql.id(table)} values (${id}, ${ref}, ${email}, ${value ?? null}, 'a label', 'a key')`,
      )
    }
    // Some of these are names that the queries use as well.
    const columns = ['id', 'ref', 'email', 'value', 'label', 'key'].map((column) => ({
      name: column,
      type: 'text' as const,
    }))
    return {
      name,
      version,
      table,
      rows: rows.length,
      setAside: 0,
      sealedAt: 0,
      file: `${name}.csv`,
      key: 'id',
      columns,
    }
  }

  const unified = async (...tables: readonly (readonly Row[])[]) => {
    const sealed: SealedTable[] = []
    for (const [index, rows] of tables.entries()) sealed.push(await seal(names[index] ?? '', rows))
    return await unify(engine, unificationOf(tables.length), sealed, options)
  }

  const assignments = async (): Promise<Record<string, string>> => {
    const rows = await engine.rows(
      sql`select source_table || key as record, customer_id as customer from known_record`,
      z.object({ record: z.string(), customer: z.string() }),
    )
    return Object.fromEntries(rows.map(({ record, customer }) => [record, customer]))
  }

  const profileRows = async (table: string) =>
    await engine.rows(
      sql`select _n as n, customer_id as customer, ${sql.id('Email')} as email, ${sql.id('Value')} as value from ${sql.id(table)} order by _n`,
      z.object({ n: z.number(), customer: z.string(), email: z.string().nullable(), value: z.string().nullable() }),
    )

  return { engine, seal, unified, assignments, profileRows }
}
