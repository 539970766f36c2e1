import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { sql } from 'kysely'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type ControlPlane, openControlPlane } from './control-plane.ts'
import { takeOwnership } from './ownership.ts'
import { runningPostmaster } from './postgres/postmaster.ts'
import { readSetting, writeSetting } from './setting.ts'
import { execute, silent, startTestServer, type TestServer } from './test-database.ts'

let root: string
let home: string
let planes: ControlPlane[]
let children: ChildProcess[]

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sund-control-'))
  home = join(root, 'home')
  planes = []
  children = []
})

const cluster = (): string => join(home, 'postgres', 'cluster')

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  for (const plane of planes) await plane.close()
  const left = await runningPostmaster(cluster())
  if (left !== undefined) process.kill(left.pid, 'SIGINT')
  while ((await runningPostmaster(cluster())) !== undefined) await sleep(20)
  await rm(root, { recursive: true, force: true })
})

const openHome = async (): Promise<ControlPlane> => {
  const plane = await openControlPlane({ home, log: silent })
  planes.push(plane)
  return plane
}

/** Another process that opens the home, says "open" or an error's code, then stays. Closes on SIGTERM. */
const otherProcess = (): ChildProcess => {
  const module = pathToFileURL(join(import.meta.dirname, 'control-plane.ts')).href
  const code = `
    const { openControlPlane } = await import(${JSON.stringify(module)})
    try {
      const plane = await openControlPlane({ home: ${JSON.stringify(home)}, log: { info() {}, warn() {} } })
      process.on('SIGTERM', () => plane.close().then(() => process.exit(0)))
      console.log('open')
    } catch (error) {
      console.log(error.code, error.details.pid)
    }`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  return child
}

const firstLine = async (child: ChildProcess): Promise<string> => {
  if (child.stdout === null) throw new Error('no output')
  for await (const line of createInterface({ input: child.stdout })) return line
  throw new Error('it ended without a word')
}

describe('one process per data folder', () => {
  test('a second process is refused, told who the first is, and leaves its server alone', async () => {
    const { db } = await openHome()
    const other = otherProcess()
    expect(await firstLine(other)).toBe(`home.in_use ${process.pid}`)
    await once(other, 'exit')
    expect((await sql<{ one: number }>`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }])
  })

  test('the folder of a killed process is free at once, with all it had written', async () => {
    const other = otherProcess()
    expect(await firstLine(other)).toBe('open')
    await expect(openControlPlane({ home, log: silent })).rejects.toMatchObject({
      code: 'home.in_use',
      details: { folder: home, pid: String(other.pid) },
    })
    const server = await runningPostmaster(cluster())
    other.kill('SIGKILL')
    const { db } = await openHome()
    expect((await runningPostmaster(cluster()))?.pid).toBe(server?.pid)
    await writeSetting(db, 'kept', 7)
    expect(await readSetting(db, 'kept', z.number())).toBe(7)
  })

  test('whoever waits while another closes gets the folder', async () => {
    const other = otherProcess()
    expect(await firstLine(other)).toBe('open')
    other.kill('SIGTERM')
    const { db } = await openHome()
    await writeSetting(db, 'kept', 7)
    expect(await readSetting(db, 'kept', z.number())).toBe(7)
  })

  test('many processes at once: one opens', async () => {
    const said = await Promise.all([otherProcess(), otherProcess(), otherProcess()].map(firstLine))
    expect(said.filter((line) => line === 'open')).toHaveLength(1)
    expect(said.filter((line) => line.startsWith('home.in_use'))).toHaveLength(2)
  })

  test('closing stops the server', async () => {
    const plane = await openHome()
    planes = []
    await plane.close()
    expect(await runningPostmaster(cluster())).toBeUndefined()
  })
})

describe('on a server of the user', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer()
  })
  afterAll(() => server.stop())

  const openServer = async (databaseUrl: string): Promise<ControlPlane> => {
    const plane = await openControlPlane({ home, databaseUrl, log: silent })
    planes.push(plane)
    return plane
  }

  const changed = (change: Partial<URL>): string => Object.assign(new URL(server.url), change).href

  test('brings its schema up to date, is owned once, and the server goes on', async () => {
    const url = await server.emptyDatabase()
    const plane = await openServer(url)
    expect(await readSetting(plane.db, 'none', z.number())).toBeUndefined()
    await expect(openControlPlane({ home, databaseUrl: url, log: silent })).rejects.toMatchObject({
      code: 'database.in_use',
      details: { owner: expect.stringContaining(`pid ${process.pid}`) },
    })
    planes = []
    await plane.close()
    await openServer(url)
  })

  test.each([
    ['wrong password', { password: 'wrong' }, 'password authentication failed'],
    ['no such role', { username: 'nobody-here' }, 'password authentication failed'],
    ['no such database', { pathname: 'nowhere' }, 'does not exist'],
    ['nobody listens', { port: '1' }, 'ECONNREFUSED'],
    ['no such host', { hostname: 'nowhere.invalid' }, 'nowhere.invalid'],
  ])('%s: says which server does not answer and why, and shows no password', async (_, change, reason) => {
    const opening = openControlPlane({ home, databaseUrl: changed(change), log: silent })
    await expect(opening).rejects.toMatchObject({
      code: 'database.unreachable',
      message: expect.stringContaining(reason),
    })
    await expect(opening).rejects.not.toMatchObject({ message: expect.stringContaining(new URL(server.url).password) })
  })

  const breakLock = (url: string): Promise<void> =>
    execute(
      url,
      `select pg_terminate_backend(pid) from pg_stat_activity
        where application_name like 'sund owner %' and datname = current_database()`,
    )

  test('a lock whose connection breaks is taken again', async () => {
    const url = await server.emptyDatabase()
    const plane = await openServer(url)
    const holders = async (): Promise<readonly number[]> => {
      const { rows } = await sql<{ pid: number }>`select pid from pg_locks join pg_stat_activity using (pid)
        where locktype = 'advisory' and datname = current_database()`.execute(plane.db)
      return rows.map(({ pid }) => pid)
    }
    const before = await holders()
    await breakLock(url)
    await expect.poll(async () => (await holders()).filter((pid) => !before.includes(pid)).length).toBe(1)
    await expect(openControlPlane({ home, databaseUrl: url, log: silent })).rejects.toMatchObject({
      code: 'database.in_use',
    })
    expect(plane.lost.aborted).toBe(false)
  })

  test('a process whose lock went to another is told so', async () => {
    const url = await server.emptyDatabase()
    const plane = await openServer(url)
    // The other waits for the lock while ours is broken, so it is the next to have it.
    const waiting = new Client({ connectionString: url })
    await waiting.connect()
    const got = waiting.query('select pg_advisory_lock($1)', [0x53_55_4e_44])
    const waits = sql<{ n: number }>`select count(*)::integer as n from pg_locks join pg_database on oid = database
      where locktype = 'advisory' and not granted and datname = current_database()`
    await expect.poll(async () => (await waits.execute(plane.db)).rows).toEqual([{ n: 1 }])
    await breakLock(url)
    await got
    await expect.poll(() => plane.lost.aborted).toBe(true)
    await waiting.end()
  })

  test('a database that fills its disk is told as that', async () => {
    const { db } = await openServer(await server.emptyDatabase())
    const full = sql`do $$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$`
    await expect(full.execute(db)).rejects.toMatchObject({ code: 'home.disk_full' })
    const inTransaction = db.transaction().execute(async (tx) => {
      await writeSetting(tx, 'half', 1)
      await full.execute(tx)
    })
    await expect(inTransaction).rejects.toMatchObject({ code: 'home.disk_full' })
    expect(await readSetting(db, 'half', z.number())).toBeUndefined()
  })

  test('a server that goes away is told as that, and is used again when it is back', async () => {
    const url = await server.emptyDatabase()
    const { db } = await openServer(url)
    const slow = sql`select pg_sleep(30)`.execute(db)
    const refused = expect(slow).rejects.toMatchObject({ code: 'database.unreachable' })
    await expect
      .poll(async () => {
        const { rows } = await sql<{
          n: number
        }>`select count(pg_terminate_backend(pid))::integer as n from pg_stat_activity
          where query like 'select pg_sleep%' and datname = current_database()`.execute(db)
        return rows[0]?.n
      })
      .toBe(1)
    await refused
    await writeSetting(db, 'again', 1)
    expect(await readSetting(db, 'again', z.number())).toBe(1)
  })

  test('a connection that breaks between two statements of a transaction is told as that', async () => {
    const { db } = await openServer(await server.emptyDatabase())
    const broken = db.transaction().execute(async (tx) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)
      await sql`select pg_terminate_backend(${rows[0]?.pid}, 10000)`.execute(db)
      // Its end is read before anything is asked of it.
      await sleep(100)
      await writeSetting(tx, 'half', 1)
    })
    await expect(broken).rejects.toMatchObject({ code: 'database.unreachable' })
    expect(await readSetting(db, 'half', z.number())).toBeUndefined()
  })

  test('the owner of a lock is found by its connection', async () => {
    const url = await server.emptyDatabase()
    const first = await takeOwnership(url, silent)
    if (!('lost' in first)) throw new Error('not taken')
    expect(await takeOwnership(url, silent)).toMatchObject({ owner: { pid: process.pid } })
    await first.release()
    const second = await takeOwnership(url, silent)
    if (!('lost' in second)) throw new Error('not free')
    await second.release()
  })
})
