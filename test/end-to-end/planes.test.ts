/** A data folder that is not, or no longer, what its database belongs to: refused, or given up, in words. */
import { once } from 'node:events'
import { cp, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDuckDb } from '../../src/engine/duckdb.ts'
import { ensureExportTables, namePlane } from '../../src/exports/tables.ts'
import { execute, startTestServer } from '../../src/store/test-database.ts'
import { startCommandWith, stopCommand, untilSays } from './command.ts'
import { crowd, hashesOf, openRig } from './rig.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sund-planes-'))
})
afterEach(async () => await rm(folder, { recursive: true, force: true, maxRetries: 3 }))

/** The engine file of another data folder. */
const anothers = async (at: string): Promise<void> => {
  await cp(join(folder, 'kept'), at, { recursive: true })
  await rm(join(at, 'sund.duckdb'))
  const engine = await openDuckDb({ file: join(at, 'sund.duckdb') })
  await ensureExportTables(engine)
  await namePlane(engine, 'another')
  await engine.close()
}

describe('the engine file of a data folder', () => {
  test('that was swapped for another’s, or is gone, after a run: nothing is opened; put back, all goes on', async () => {
    const rig = await openRig({ base: folder })
    try {
      const people = crowd(1, 11)
      await rig.people(people)
      const wanted = await rig.microsoftExport('Planes', [await rig.segment('Everybody')])
      await rig.refreshed()
      await rig.closeServer()
      const [engine, kept] = [join(rig.home, 'engine'), join(folder, 'kept')]
      await rename(engine, kept)
      const refused = { code: 'home.planes_disagree', details: { folder: rig.home } }
      await expect(rig.openServer()).rejects.toMatchObject(refused)
      // What the refused start made must not pass for ours the next time.
      await expect(rig.openServer()).rejects.toMatchObject(refused)
      await rm(engine, { recursive: true, force: true })
      await anothers(engine)
      await expect(rig.openServer()).rejects.toMatchObject(refused)

      await rm(engine, { recursive: true })
      await rename(kept, engine)
      await rig.openServer()
      expect(await rig.requestsOf(async () => await rig.refreshed())).toBe(0)
      expect(await rig.members(wanted)).toEqual(hashesOf(people))
    } finally {
      await rig.close()
    }
  })

  test('that is missing before anything ran is made: a first start that was cut short', async () => {
    const rig = await openRig({ base: folder })
    try {
      await rig.closeServer()
      await rm(join(rig.home, 'engine'), { recursive: true })
      await rig.openServer()
      await rig.closeServer()
      await rig.openServer()
    } finally {
      await rig.close()
    }
  })
})

/** The lock of a control plane: "SUND" in ASCII. */
const LOCK = 0x53_55_4e_44

test('`sund serve` ends with 1 and says so when its database went to another process', async () => {
  const database = await startTestServer()
  try {
    const url = await database.emptyDatabase()
    const child = startCommandWith({ DATABASE_URL: url }, 'serve', '--home', folder)
    try {
      await untilSays(child, 'Sund works')
      let said = ''
      child.stderr?.on('data', (text: unknown) => {
        said += String(text)
      })
      const closed = once(child, 'close', { signal: AbortSignal.timeout(120_000) })
      // Waits for the lock, so it is the next to have it, and holds it until the first one has given up.
      const other = new Client({ connectionString: url })
      await other.connect()
      const got = other.query(`select pg_advisory_lock(${LOCK})`)
      const observer = new Client({ connectionString: url })
      await observer.connect()
      const waiting = `select from pg_locks join pg_database on oid = database
        where locktype = 'advisory' and not granted and datname = current_database()`
      await expect.poll(async () => (await observer.query(waiting)).rowCount).toBe(1)
      await observer.end()
      await execute(
        url,
        `select pg_terminate_backend(pid) from pg_stat_activity
          where application_name like 'sund owner %' and datname = current_database()`,
      )
      await closed
      expect(child.exitCode).toBe(1)
      expect(said).toMatch(/The data folder .* is no longer held by this process.*Start Sund again/s)
      await got
      await other.end()
    } finally {
      await stopCommand(child)
    }
  } finally {
    await database.stop()
  }
})
