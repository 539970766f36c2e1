/** Loads one file into the table that is being made: fast where every line is a record, else with care. */
import { sql } from 'kysely'
import { z } from 'zod'
import type { SourceTable } from '../domain/source.ts'
import type { DataEngine, Query, Session } from '../engine/engine.ts'
import { SundError } from '../errors.ts'
import { type ExaminedFile, type LoadedFile, recordsOf } from './loaded-file.ts'
import { rawColumns, typedRows } from './typed-columns.ts'

/** A file turned out not to be simple: what was loaded is to be undone, and the file read with care. */
export class NotSimple extends Error {}

/** The table into which a source's files are loaded, one behind the other. */
export interface Into {
  readonly engine: DataEngine
  readonly session: Session
  readonly source: SourceTable
  readonly table: Query
}

const countRows = async ({ session, table }: Into): Promise<number> =>
  (await session.rows(sql`select count(*) as n from ${table}`, z.object({ n: z.number() })))[0]?.n ?? 0

/** `from`: rows that the files before this one gave; at 0 the table is made. */
async function insertRows(into: Into, file: ExaminedFile, from: number, way: 'fast' | 'careful'): Promise<number> {
  const { engine, session, source, table } = into
  const columns = rawColumns(file.header)
  const scan = engine.dialect.csv({ file: file.path, columns, delimiter: source.delimiter, way })
  const rows = typedRows(engine.dialect, source, file.header, scan)
  await session.run(from === 0 ? sql`create or replace table ${table} as ${rows}` : sql`insert into ${table} ${rows}`)
  return await countRows(into)
}

/** Throws NotSimple when the reader fails, or finds another number of rows than the file has lines. */
export async function loadFast(into: Into, file: ExaminedFile, from: number): Promise<LoadedFile> {
  try {
    const to = await insertRows(into, file, from, 'fast')
    if (to - from === file.expected) return { file, from, to, malformed: [] }
  } catch (error) {
    if (error instanceof SundError) throw error
    throw new NotSimple('The reader met a malformed record.', { cause: error })
  }
  throw new NotSimple('Lines and rows do not agree.')
}

/**
 * Reads record by record and finds the malformed ones. The engine's reader and ours must have found the same records:
 * a row that one of them missed is a person lost. Errors name the line of a quote that is never closed, or of a line
 * that ends another way than those before it.
 */
export async function loadCarefully(into: Into, file: ExaminedFile, from: number): Promise<LoadedFile> {
  const records = await recordsOf(into.source, file)
  const { openQuoteLine, mixedEndingLine } = records
  if (openQuoteLine !== undefined) throw new SundError('source.open_quote', { file: file.shown, line: openQuoteLine })
  if (mixedEndingLine !== undefined) {
    throw new SundError('source.line_endings', { file: file.shown, line: mixedEndingLine })
  }
  for (const statement of into.engine.dialect.forgetCsvRejects()) await into.session.run(statement)
  const to = await insertRows(into, file, from, 'careful').catch((error: unknown) => {
    throw error instanceof SundError ? error : new SundError('source.unreadable', { file: file.shown }, error)
  })
  const rejects = await into.session.rows(
    sql`select byte from ${into.engine.dialect.csvRejects()}`,
    z.object({ byte: z.number() }),
  )
  const malformed = [...new Set(rejects.map(({ byte }) => records.at(byte)))].sort((a, b) => a - b)
  if (to - from + malformed.length !== records.count) throw new SundError('source.unreadable', { file: file.shown })
  return { file, from, to, records, malformed }
}
