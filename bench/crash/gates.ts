/** Gates in the database: a server comes to a point of its run there and waits, until it is killed. */
import { join } from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../src/store/embedded-postgres.ts'

// Any number that nothing else takes as an advisory lock.
const GATE = 7_140_021

/** One connection to the database of the data folder; its server lives on when the server process dies. */
export const attach = async (home: string): Promise<pg.Client> => {
  const log = { info: () => undefined, warn: () => undefined }
  const { url } = await startEmbeddedPostgres({ folder: join(home, 'postgres'), log })
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client
}

/** The database's server lives on where its owner was killed and never started again. */
export const stopPostgres = async (home: string): Promise<void> => {
  const log = { info: () => undefined, warn: () => undefined }
  const { stop } = await startEmbeddedPostgres({ folder: join(home, 'postgres'), log })
  await stop()
}

/** A row as it is about to be written: `new` and `old` in SQL. */
export interface GatePoint {
  readonly table: 'batch' | 'run'
  readonly condition: string
}

/** Makes every write at the point wait while we hold the gate; what waits when the process dies is rolled back. */
export const shut = async (client: pg.Client, { table, condition }: GatePoint): Promise<void> => {
  await client.query(`select pg_advisory_lock(${GATE})`)
  await client.query(`create or replace function crash_gate() returns trigger language plpgsql as
    $$ begin perform pg_advisory_xact_lock_shared(${GATE}); return new; end $$`)
  await client.query(`create or replace trigger crash_gate before update on ${table} for each row
    when (${condition}) execute function crash_gate()`)
}

/** Backends that wait at the gate, by process id. */
export const waiting = async (client: pg.Client): Promise<number[]> => {
  const { rows } = await client.query<{ pid: number }>(
    `select pid from pg_locks where locktype = 'advisory' and not granted and objid = ${GATE}`,
  )
  return rows.map(({ pid }) => pid)
}

/** Ends those who wait, and lets writes through again. */
export const open = async (client: pg.Client, { table }: GatePoint): Promise<void> => {
  for (const pid of await waiting(client)) await client.query('select pg_terminate_backend($1)', [pid])
  await client.query(`drop trigger if exists crash_gate on ${table}`)
  await client.query(`select pg_advisory_unlock(${GATE})`)
}
