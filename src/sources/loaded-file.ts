/** One file's share of a table that is being loaded, and how a row's place in the table leads back to a line of the file. */
import { sql } from 'kysely'
import { z } from 'zod'
import type { SourceTable } from '../domain/source.ts'
import type { DataEngine, Query, Session } from '../engine/engine.ts'
import type { Records } from './csv-records.ts'
import type { SourceFile } from './find-files.ts'

/** The table into which a source's files are loaded, one behind the other. */
export interface Into {
  readonly engine: DataEngine
  readonly session: Session
  readonly source: SourceTable
  readonly table: Query
}

/** A file of any format, looked through and found to be one that can be loaded. */
export interface ExaminedFile extends SourceFile {
  /** Reads the file again where its records are not known yet. */
  records(): Promise<Records>
  /**
   * Adds its rows to the table that has `from` rows of the files before it; at 0 the table is made. Throws NotSimple
   * where it must be read with care and `careful` is not set.
   */
  load(into: Into, from: number, careful: boolean): Promise<LoadedFile>
  /** Declared columns that no row of the file names, in a format whose rows name their columns, and what they name. */
  readonly unseen?: { readonly columns: ReadonlySet<string>; readonly found: readonly string[] }
}

/** A file turned out not to be simple: what was loaded is to be undone, and the file read with care. */
export class NotSimple extends Error {}

/** The table's rows from `from` up to but without `to` came from this file; `malformed` are the records that gave none. */
export interface LoadedFile {
  readonly file: ExaminedFile
  readonly from: number
  readonly to: number
  /** Places of malformed records among the file's records, ascending. */
  readonly malformed: readonly number[]
}

export interface Line {
  readonly file: string
  readonly line: number
}

/** Runs `rows` into the table and gives the number of rows that it then has. */
export async function insertRows({ session, table }: Into, rows: Query, from: number): Promise<number> {
  await session.run(from === 0 ? sql`create or replace table ${table} as ${rows}` : sql`insert into ${table} ${rows}`)
  return (await session.rows(sql`select count(*) as n from ${table}`, z.object({ n: z.number() })))[0]?.n ?? 0
}

/** The line of each place; places ascend. */
export async function linesOf(loaded: readonly LoadedFile[], places: readonly number[]): Promise<Line[]> {
  const lines: Line[] = []
  for (const part of loaded) {
    const own = places.filter((place) => place >= part.from && place < part.to)
    if (own.length === 0) continue
    const records = await part.file.records()
    let passed = 0
    for (const place of own) {
      // Malformed records stand between the rows that were loaded.
      while ((part.malformed[passed] ?? Number.POSITIVE_INFINITY) <= place - part.from + passed) passed++
      lines.push({ file: part.file.shown, line: records.line(place - part.from + passed) })
    }
  }
  return lines
}
