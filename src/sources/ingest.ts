/** Ingests a source: types every row of its files, sets aside those that do not fit, and seals the result as a new version. */
import { sql } from 'kysely'
import { z } from 'zod'
import { formatOf, type SourceTable } from '../domain/source.ts'
import type { DataEngine, Session } from '../engine/engine.ts'
import { openScratch } from '../engine/scratch.ts'
import { SundError } from '../errors.ts'
import { examineCsv } from './csv-file.ts'
import { checkUnchanged, findFiles, type SourceFile } from './find-files.ts'
import { examineJsonLines } from './json-file.ts'
import { type ExaminedFile, type Into, type LoadedFile, NotSimple } from './loaded-file.ts'
import { examineParquet } from './parquet-file.ts'
import { type Preparing, plainContent } from './plain-content.ts'
import { keepFileCounts } from './sealed-files.ts'
import { createTablesRegistry, type SealedTable, setAsideTableOf, tableOf } from './sealed-tables.ts'
import { setAside } from './set-aside.ts'
import { type UnpackLimits, unpackLimits } from './unpack.ts'

export interface IngestOptions {
  /** The data folder, in which the source's files lie. */
  readonly folder: string
  readonly now: Date
  readonly limits?: UnpackLimits
}

async function examine(
  engine: DataEngine,
  source: SourceTable,
  file: SourceFile,
  preparing: Preparing,
): Promise<ExaminedFile> {
  const content = await plainContent(source, file, preparing)
  switch (formatOf(source)) {
    case 'csv':
      return await examineCsv(source, file, content)
    case 'jsonl':
      return await examineJsonLines(source, file, content, preparing.scratch)
    case 'parquet':
      return await examineParquet(engine, source, file, content, preparing.limits)
  }
}

/** A column that no row of any file names is taken for misspelt, not for empty: else everybody would lose its value. */
const checkSeen = (source: SourceTable, files: readonly ExaminedFile[]): void => {
  const column = source.columns.find(({ name }) => files.every(({ unseen }) => unseen?.columns.has(name) === true))
  if (column === undefined) return
  const found = [...new Set(files.flatMap(({ unseen }) => unseen?.found ?? []))].join(', ').slice(0, 300)
  throw new SundError('source.column_missing', { file: source.file, column: column.name, found })
}

/** One counter for all tables, so that no two names and versions make the same table name. */
async function nextVersion(session: Session): Promise<number> {
  await session.run(createTablesRegistry)
  const query = sql`select coalesce(max(version), 0) + 1 as version from sealed_table`
  return (await session.rows(query, z.object({ version: z.number() })))[0]?.version ?? 1
}

async function load(into: Into, files: readonly ExaminedFile[], careful: boolean): Promise<LoadedFile[]> {
  const loaded: LoadedFile[] = []
  for (const file of files) loaded.push(await file.load(into, loaded.at(-1)?.to ?? 0, careful))
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
  await keepFileCounts(session, version, loaded, aside)
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
  const { folder, now, limits = unpackLimits } = options
  const found = await findFiles(source, folder)
  const scratch = await openScratch(engine.spillFolder)
  try {
    const files: ExaminedFile[] = []
    for (const file of found) files.push(await examine(engine, source, file, { scratch, limits }))
    checkSeen(source, files)
    const sealed = async (careful: boolean): Promise<SealedTable> =>
      await engine.transaction(async (session) => await seal(engine, session, source, { files, careful, now }))
    try {
      return await sealed(false)
    } catch (error) {
      if (!(error instanceof NotSimple)) throw error
      return await sealed(true)
    }
  } finally {
    await scratch.remove()
  }
}
