/** The sample tables of Contoso, from file to members, where they lie beside the project: known numbers of people. */
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { segments, sources, unification } from '../../demo/definitions.ts'
import type { SourceTable } from '../domain/source.ts'
import { openDuckDb } from '../engine/duckdb.ts'
import type { DataEngine } from '../engine/engine.ts'
import { ingest } from '../sources/ingest.ts'
import { unify } from '../unify/unify.ts'
import { sealMembers } from './members.ts'

/** `data/contoso` in a folder beside the project. */
const findFolder = (): string | undefined => {
  const beside = join(import.meta.dirname, '..', '..', '..')
  return readdirSync(beside)
    .map((name) => join(beside, name, 'data', 'contoso'))
    .find((folder) => existsSync(join(folder, 'Contact.csv')))
}

const folder = findFolder()

/** Writes a table's CSV file into `into` in another format, and gives the source that reads it. */
type Convert = (engine: DataEngine, source: SourceTable, csv: string, into: string) => Promise<SourceTable>

const copied = async (engine: DataEngine, csv: string, file: string, format: string): Promise<void> => {
  await engine.run(sql`copy (select * from read_csv(${sql.lit(csv)}, header = true, all_varchar = true))
    to ${sql.lit(file)} (format ${sql.raw(format)})`)
}

const formats: readonly (readonly [name: string, Convert])[] = [
  [
    'Parquet',
    async (engine, source, csv, into) => {
      await copied(engine, csv, join(into, `${source.name}.parquet`), 'parquet')
      return { ...source, file: `${source.name}.parquet` }
    },
  ],
  [
    'JSON lines',
    async (engine, source, csv, into) => {
      await copied(engine, csv, join(into, `${source.name}.jsonl`), 'json')
      return { ...source, file: `${source.name}.jsonl` }
    },
  ],
  [
    'gzip',
    async (_engine, source, csv, into) => {
      await writeFile(join(into, `${source.name}.csv.gz`), gzipSync(await readFile(csv)))
      return { ...source, file: `${source.name}.csv.gz` }
    },
  ],
  [
    'UTF-16',
    async (_engine, source, csv, into) => {
      const text = (await readFile(csv, 'utf8')).replace(/^\ufeff/, '')
      await writeFile(join(into, `${source.name}.txt`), Buffer.from(`\ufeff${text}`, 'utf16le'))
      return { ...source, file: `${source.name}.txt` }
    },
  ],
]

if (folder === undefined) {
  process.stderr.write('\nThe Contoso tables are not beside the project, so nothing is measured on them.\n\n')
  test('the Contoso tables are absent: <folder>/data/contoso/Contact.csv beside the project', () => {
    expect(findFolder()).toBeUndefined()
  })
} else {
  describe('Contoso', () => {
    test('5,000 contacts and 5,002 loyalty members are 5,002 people, the same at every refresh', async () => {
      const engine = await openDuckDb({ file: ':memory:' })
      const now = new Date('2026-11-21T10:00:00Z')
      try {
        for (const _refresh of [1, 2]) {
          const tables = []
          for (const source of sources) tables.push(await ingest(engine, source, { folder, now }))
          expect(tables.map(({ name, setAside }) => [name, setAside]).filter(([, count]) => count !== 0)).toEqual([])
          const profiles = await unify(engine, unification, tables, { identityKey: '0f'.repeat(32), now })
          expect(profiles.rows).toBe(5002)
          const numbered = segments.map((segment, index) => ({ id: String(index + 1), ...segment }))
          const members = await sealMembers(engine, numbered, profiles, { now, today: '2026-11-21' })
          expect(members.map(({ rows }) => rows)).toEqual([273, 1186, 984])
        }
      } finally {
        await engine.close()
      }
    })

    test.each(formats)('the same people from %s', async (_name, convert) => {
      const engine = await openDuckDb({ file: ':memory:' })
      const now = new Date('2026-11-21T10:00:00Z')
      const into = await mkdtemp(join(tmpdir(), 'sund-contoso-'))
      try {
        const ids: unknown[] = []
        for (const isConverted of [false, true]) {
          const tables = []
          for (const source of sources) {
            const read = isConverted ? await convert(engine, source, join(folder, source.file), into) : source
            tables.push(await ingest(engine, read, { folder: isConverted ? into : folder, now }))
          }
          expect(tables.map(({ setAside }) => setAside)).toEqual(tables.map(() => 0))
          const profiles = await unify(engine, unification, tables, { identityKey: '0f'.repeat(32), now })
          expect(profiles.rows).toBe(5002)
          const values = sql.join(profiles.fields.map(({ name }) => sql.id(name)))
          const hash = sql`select md5(string_agg(row(customer_id, ${values})::varchar, '' order by customer_id)) as all_of_it
            from ${sql.id(profiles.table)}`
          ids.push(await engine.rows(hash, z.object({ all_of_it: z.string() })))
        }
        expect(ids[1]).toEqual(ids[0])
      } finally {
        await engine.close()
        await rm(into, { recursive: true })
      }
    })
  })
}
