/** Brings the control-plane schema to what this version knows: each numbered file once, in a transaction, under a lock. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { z } from 'zod'
import { SundError } from '../errors.ts'
import { explained } from './database-errors.ts'

interface Migration {
  readonly number: number
  readonly name: string
  readonly sql: string
  readonly checksum: string
}

/** "SUND" in ASCII, and one more. */
const LOCK = 0x53_55_4e_45
const FILE = /^(\d{4})_\w+\.sql$/

const applied = z.object({
  rows: z.array(z.object({ number: z.number(), name: z.string(), checksum: z.string() })),
})

const readMigration = async (folder: string, name: string, digits: string): Promise<Migration> => {
  // Some checkouts write line ends as CRLF: the same migration must keep the same checksum.
  const sql = (await readFile(join(folder, name), 'utf8')).replaceAll('\r\n', '\n')
  return { number: Number(digits), name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
}

const readMigrations = async (folder: string): Promise<Migration[]> => {
  const found: Migration[] = []
  for (const name of (await readdir(folder)).sort()) {
    const digits = FILE.exec(name)?.[1]
    if (digits === undefined) continue
    found.push(await readMigration(folder, name, digits))
  }
  return found
}

/** Refuses a database that this version does not understand, then gives what is still to be applied. */
const outstanding = (known: readonly Migration[], rows: z.infer<typeof applied>['rows']): Migration[] => {
  const byNumber = new Map(known.map((migration) => [migration.number, migration]))
  for (const row of rows) {
    const migration = byNumber.get(row.number)
    if (migration === undefined) throw new SundError('database.newer', { migration: row.name })
    if (migration.checksum !== row.checksum) throw new SundError('database.migration_changed', { migration: row.name })
  }
  const done = new Set(rows.map((row) => row.number))
  return known.filter((migration) => !done.has(migration.number))
}

const apply = async (client: Client, migration: Migration): Promise<void> => {
  await client.query('begin')
  try {
    await client.query(migration.sql)
    await client.query('insert into schema_migration (number, name, checksum) values ($1, $2, $3)', [
      migration.number,
      migration.name,
      migration.checksum,
    ])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

/**
 * Applies what is missing and returns the names of those files. Several processes may call it at once.
 * Throws SundError database.newer, database.migration_changed, database.unreachable, home.disk_full.
 */
export const migrate = async (
  url: string,
  folder: string = fileURLToPath(new URL('./migrations/', import.meta.url)),
): Promise<string[]> => {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  client.on('error', () => {})
  try {
    const known = await readMigrations(folder)
    await client.connect()
    // Held by the session, so it ends with the connection whatever happens.
    await client.query('select pg_advisory_lock($1::bigint)', [LOCK])
    await client.query(`create table if not exists schema_migration (
      number integer primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())`)
    const { rows } = applied.parse(
      await client.query('select number, name, checksum from schema_migration order by number'),
    )
    const missing = outstanding(known, rows)
    for (const migration of missing) await apply(client, migration)
    return missing.map((migration) => migration.name)
  } catch (error) {
    throw explained(error, url)
  } finally {
    await client.end().catch(() => {})
  }
}
