/** Ingests a source: types every row of its files, sets aside those that do not fit, and seals the result as a new version. */
import { sql } from 'kysely'
import { z } from 'zod'
import type { SourceTable } from '../domain/source.ts'
import type { DataEngine, Session } from '../engine/engine.ts'
import { SundError } from '../errors.ts'
import { readHeader } from './csv-header.ts'
import { checkUnchanged, findFiles, type SourceFile } from './find-files.ts'
import { type Into, loadCarefully, loadFast, NotSimple } from './load-file.ts'
import type { ExaminedFile, LoadedFile } from './loaded-file.ts'
import { createTablesRegistry, type SealedTable, setAsideTableOf, tableOf } from './sealed-tables.ts'
import { setAside } from './set-aside.ts'
import { survey } from './survey.ts'

export interface IngestOptions {
  /** The data folder, in which the source's files lie. */
  readonly folder: string
  readonly now: Date
}

async function examine(source: SourceTable, file: SourceFile): Promise<ExaminedFile> {
  const header = await readHeader(source, file)
  const { lines, emptyLines, oddQuotes } = await survey(file)
  // In a file of one column an empty line is a row whose only value is missing.
  const expected = lines - 1 - (header.length === 1 ? 0 : emptyLines)
  if (expected < 1) throw new SundError('source.no_rows', { file: file.shown })
  return { ...file, header, simple: !oddQuotes, expected }
}

/** One counter for all tables, so that no two names and versions make the same table name. */
async function nextVersion(session: Session): Promise<number> {
  await session.run(createTablesRegistry)
  const query = sql`select coalesce(max(version), 0) + 1 as version from sealed_table`
  return (await session.rows(query, z.object({ version: z.number() })))[0]?.version ?? 1
}

async function load(into: Into, files: readonly ExaminedFile[], careful: boolean): Promise<LoadedFile[]> {
  const loaded: LoadedFile[] = []
  for (const file of files) {
    const from = loaded.at(-1)?.to ?? 0
    loaded.push(await (careful || !file.simple ? loadCarefully : loadFast)(into, file, from))
  }
  return loaded
}

async function seal(
  engine: DataEngine,
  session: Session,
  source: SourceTable,
  examined: { readonly files: readonly ExaminedFile[]; readonly careful: boolean; readonly now: Date },
): Promise<SealedTable> {
  const { name, file, key } = source
  const version = await nextVersion(session)
  const table = sql.id(tableOf(name, version))
  const aside = setAsideTableOf(name, version)
  await session.run(sql`create table ${aside} (file varchar, line bigint, column_name varchar, reason varchar)`)
  const loaded = await load({ engine, session, source, table }, examined.files, examined.careful)
  const counts = await setAside({ engine, session, source, table, loaded }, aside)
  for (const one of examined.files) await checkUnchanged(one)
  const columns = source.columns.map(({ name: column, type }) => ({ name: column, type }))
  const rows = counts.rows - counts.setAside
  const sealedAt = examined.now.getTime()
  await session.run(sql`insert into sealed_table (name, version, rows, set_aside, sealed_at, file, key, columns)
    values (${name}, ${version}, ${rows}, ${counts.setAside}, ${sealedAt}, ${file}, ${key}, ${JSON.stringify(columns)})`)
  return { name, version, table: tableOf(name, version), rows, setAside: counts.setAside, sealedAt, file, key, columns }
}

/**
 * Seals a new version of the source's table, in one transaction: a file that cannot be used leaves the version before
 * it current. Errors name the file, and the line and column where there is one.
 */
export async function ingest(engine: DataEngine, source: SourceTable, options: IngestOptions): Promise<SealedTable> {
  const found = await findFiles(source, options.folder)
  const files: ExaminedFile[] = []
  for (const file of found) files.push(await examine(source, file))
  const sealed = async (careful: boolean): Promise<SealedTable> =>
    await engine.transaction(
      async (session) => await seal(engine, session, source, { files, careful, now: options.now }),
    )
  try {
    return await sealed(false)
  } catch (error) {
    if (!(error instanceof NotSimple)) throw error
    return await sealed(true)
  }
}
