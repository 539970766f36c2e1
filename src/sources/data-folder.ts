/** A data folder and an engine for the tests of ingesting. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { z } from 'zod'
import { type SourceTable, sourceTable } from '../domain/source.ts'
import { openDuckDb } from '../engine/duckdb.ts'
import type { DataEngine } from '../engine/engine.ts'
import { ingest } from './ingest.ts'
import { type SealedTable, type SetAsideRow, setAsideRows } from './sealed-tables.ts'

export const now = new Date('2026-11-21T10:00:00Z')
export const anyRow = z.record(z.string(), z.unknown())

type Declared = Partial<z.input<typeof sourceTable>>

/** `people.csv` with the columns id and name, save what is declared otherwise. */
export const source = (over: Declared = {}): SourceTable =>
  sourceTable.parse({
    name: 'people',
    file: 'people.csv',
    key: 'id',
    columns: [
      { name: 'id', type: 'text' },
      { name: 'name', type: 'text' },
    ],
    ...over,
  })

export const aside = (
  line: number,
  reason: SetAsideRow['reason'],
  column: string | null = null,
  file = 'people.csv',
): SetAsideRow => ({ file, line, column, reason })

export interface Ingested {
  readonly sealed: SealedTable
  readonly rows: Record<string, unknown>[]
  readonly aside: SetAsideRow[]
}

export interface DataFolder {
  readonly engine: DataEngine
  /** The folder that holds `folder`, the data folder. */
  readonly root: string
  readonly folder: string
  write(content: string | Buffer, name?: string): Promise<void>
  /** Writes people.csv, ingests it, and reads back what became of it. */
  ingested(content: string | Buffer, over?: Declared): Promise<Ingested>
  close(): Promise<void>
}

export async function openDataFolder(): Promise<DataFolder> {
  const root = await mkdtemp(join(tmpdir(), 'sund-ingest-'))
  const folder = join(root, 'data')
  await mkdir(folder)
  const engine = await openDuckDb({ file: ':memory:' })
  const write = async (content: string | Buffer, name = 'people.csv') => await writeFile(join(folder, name), content)
  return {
    engine,
    root,
    folder,
    write,
    ingested: async (content, over = {}) => {
      await write(content)
      const sealed = await ingest(engine, source(over), { folder, now })
      const columns = sql.join(sealed.columns.map(({ name }) => sql.id(name)))
      const rows = await engine.rows(
        sql`select ${columns} from ${sql.id(sealed.table)} order by ${engine.dialect.rowOrder()}`,
        anyRow,
      )
      return { sealed, rows, aside: await setAsideRows(engine, sealed, { limit: 1000 }) }
    },
    close: async () => {
      await engine.close()
      await rm(root, { recursive: true })
    },
  }
}
