/** A real PostgreSQL for tests, one per test file, with a fresh copy of the migrated schema per test. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Kysely } from 'kysely'
import { Client } from 'pg'
import { openDatabase } from './database.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import type { Log } from './log.ts'
import { migrate } from './migrate.ts'
import type { Database } from './schema.ts'

export const silent: Log = { info: () => {}, warn: () => {} }

export const execute = async (url: string, sql: string): Promise<void> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

export interface TestServer {
  readonly url: string
  /** A database without tables. */
  emptyDatabase(): Promise<string>
  /** A database with the whole schema; closed by `stop`. */
  freshDatabase(): Promise<{ readonly db: Kysely<Database>; readonly url: string }>
  stop(): Promise<void>
}

/** Call `stop` in `afterAll`: the server outlives the process otherwise. */
export const startTestServer = async (): Promise<TestServer> => {
  const folder = await mkdtemp(join(tmpdir(), 'sund-store-'))
  const postgres = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), log: silent })
  const opened: Kysely<Database>[] = []
  let made = 0

  const create = async (name: string, template: string): Promise<string> => {
    await execute(postgres.url, `create database ${name} template ${template}`)
    const url = new URL(postgres.url)
    url.pathname = name
    return url.href
  }
  await migrate(await create('migrated', 'template0'))

  return {
    url: postgres.url,
    emptyDatabase: () => create(`empty_${++made}`, 'template0'),
    freshDatabase: async () => {
      const url = await create(`fresh_${++made}`, 'migrated')
      const db = openDatabase(url, silent)
      opened.push(db)
      return { db, url }
    },
    stop: async () => {
      await Promise.all(opened.map((db) => db.destroy()))
      await postgres.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
