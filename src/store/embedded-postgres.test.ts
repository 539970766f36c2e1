import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { portsInARow } from '../../test/end-to-end/kept-ports.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { isAlive, runningPostmaster } from './postgres/postmaster.ts'
import { execute, silent } from './test-database.ts'

let root: string
let folder: string
let started: EmbeddedPostgres[]
let children: ChildProcess[]

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sund-postgres-'))
  folder = join(root, 'home', 'postgres')
  started = []
  children = []
})

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  for (const postgres of started) await postgres.stop()
  // A test that failed half-way may have left one that nobody here holds.
  const left = await runningPostmaster(join(folder, 'cluster'))
  if (left !== undefined) process.kill(left.pid, 'SIGINT')
  while ((await runningPostmaster(join(folder, 'cluster'))) !== undefined) await sleep(20)
  await rm(root, { recursive: true, force: true })
})

const start = async (): Promise<EmbeddedPostgres> => {
  const postgres = await startEmbeddedPostgres({ folder, log: silent })
  started.push(postgres)
  return postgres
}

const ask = async (url: string, sql: string): Promise<unknown> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows[0]?.[0]
  } finally {
    await client.end()
  }
}

/** Has the next start serve on a port that nobody else is given while the server is down. */
const keepPort = async (): Promise<void> => {
  await (await start()).stop()
  await writeFile(join(folder, 'port'), String(await portsInARow(1)))
}

/** Another process that starts the server of `folder`, says its pid, and stays. */
const otherProcess = (): ChildProcess => {
  const module = pathToFileURL(join(import.meta.dirname, 'embedded-postgres.ts')).href
  const code = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(module)})
    const postgres = await startEmbeddedPostgres({ folder: ${JSON.stringify(folder)}, log: { info() {}, warn() {} } })
    console.log(postgres.pid)
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  children.push(child)
  return child
}

const firstLine = async (child: ChildProcess): Promise<string> => {
  if (child.stdout === null) throw new Error('no output')
  for await (const line of createInterface({ input: child.stdout })) return line
  throw new Error('it ended without a word')
}

const port = (url: string): number => Number(new URL(url).port)

describe('starting and stopping', () => {
  test('makes a UTF-8 cluster behind a password, in a folder of mode 0700, and leaves nothing half made', async () => {
    const { url } = await start()
    expect(await ask(url, `select current_setting('server_encoding')`)).toBe('UTF8')
    expect(await ask(url, `select current_setting('data_checksums')`)).toBe('on')
    expect(await ask(url, `select upper('blåbær')`)).toBe('BLÅBÆR')
    const stranger = new URL(url)
    stranger.password = 'guess'
    await expect(ask(stranger.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
    expect((await stat(join(root, 'home'))).mode & 0o777).toBe(0o700)
    expect((await stat(join(folder, 'password'))).mode & 0o777).toBe(0o600)
    expect(await readdir(join(root, 'home'))).toEqual(['postgres'])
  })

  test('keeps its records and its port over a restart', async () => {
    await keepPort()
    const first = await start()
    await execute(first.url, 'create table kept as select 7 as n')
    await first.stop()
    // Ended: until this process has taken note of its end, its id is still known.
    await expect.poll(() => isAlive(first.pid)).toBe(false)
    const second = await start()
    expect(await ask(second.url, 'select n from kept')).toBe(7)
    expect(second.url).toBe(first.url)
  })

  test('stopping twice is stopping once', async () => {
    const postgres = await start()
    await postgres.stop()
    await expect(postgres.stop()).resolves.toBeUndefined()
  })

  test('two starts at once serve one and the same server', async () => {
    const [one, two] = await Promise.all([start(), start()])
    expect(one.pid).toBe(two.pid)
    expect(one.url).toBe(two.url)
  })

  test('leaves what another start of the same process is making', async () => {
    const first = start()
    const isMaking = async () => (await readdir(join(root, 'home'))).some((name) => name.includes('.making-'))
    await expect.poll(async () => await isMaking().catch(() => false), { interval: 1 }).toBe(true)
    const [one, two] = await Promise.all([first, start()])
    expect(one.pid).toBe(two.pid)
  })

  test('takes another port where the kept one is taken', async () => {
    await keepPort()
    const first = await start()
    await first.stop()
    const taker = createServer().listen(port(first.url), '127.0.0.1')
    await once(taker, 'listening')
    const second = await start()
    expect(port(second.url)).not.toBe(port(first.url))
    expect(await ask(second.url, 'select 1')).toBe(1)
    taker.close()
  })
})

describe('after a death', () => {
  test('finds the server of a killed process, with what it had written', async () => {
    const other = otherProcess()
    const pid = Number(await firstLine(other))
    other.kill('SIGKILL')
    await once(other, 'exit')
    expect(isAlive(pid)).toBe(true)
    const postgres = await start()
    expect(postgres.pid).toBe(pid)
    expect(await ask(postgres.url, 'select 1')).toBe(1)
    await postgres.stop()
    expect(await runningPostmaster(join(folder, 'cluster'))).toBeUndefined()
  })

  test('Ctrl-C in the terminal reaches Node and not the server', async () => {
    const other = otherProcess()
    const pid = Number(await firstLine(other))
    if (other.pid === undefined) throw new Error('not started')
    process.kill(-other.pid, 'SIGINT')
    await once(other, 'exit')
    expect((await start()).pid).toBe(pid)
  })

  test('starts again after the server itself was killed', async () => {
    await keepPort()
    const first = await start()
    await execute(first.url, 'create table kept as select 7 as n')
    process.kill(first.pid, 'SIGKILL')
    while (isAlive(first.pid)) await sleep(10)
    await expect(access(join(folder, 'cluster', 'postmaster.pid'))).resolves.toBeUndefined()
    const second = await start()
    expect(second.pid).not.toBe(first.pid)
    expect(await ask(second.url, 'select n from kept')).toBe(7)
  })

  test('a process that by chance has the number in postmaster.pid is not taken for the server', async () => {
    const first = await start()
    await first.stop()
    const owner = await stat(join(folder, 'cluster'))
    // Of the same user, which is when PostgreSQL itself would refuse to start.
    const stranger = spawn('sleep', ['60'], { uid: owner.uid, gid: owner.gid, cwd: '/' })
    children.push(stranger)
    await writeFile(
      join(folder, 'cluster', 'postmaster.pid'),
      `${stranger.pid}\n${join(folder, 'cluster')}\n1\n${port(first.url)}\n\n\n\nready\n`,
    )
    const second = await start()
    expect(second.pid).not.toBe(stranger.pid)
    expect(await ask(second.url, 'select 1')).toBe(1)
    expect(isAlive(stranger.pid ?? -1)).toBe(true)
  })

  test('throws away what a process that was killed while making the cluster left', async () => {
    const other = otherProcess()
    const home = join(root, 'home')
    for (;;) {
      const names = await readdir(home).catch(() => [])
      const half = names.find((name) => name.startsWith('postgres.making-'))
      if (half !== undefined && (await readdir(join(home, half))).includes('cluster')) break
      await sleep(1)
    }
    other.kill('SIGKILL')
    await once(other, 'exit')
    const { url } = await start()
    expect(await ask(url, 'select 1')).toBe(1)
    expect(await readdir(home)).toEqual(['postgres'])
  })
})

describe('what it refuses', () => {
  test('a folder that cannot be made', async () => {
    await writeFile(join(root, 'home'), 'a file')
    await expect(start()).rejects.toMatchObject({ code: 'home.unwritable' })
  })

  test('a folder whose password is gone, without touching its records', async () => {
    await keepPort()
    const first = await start()
    await execute(first.url, 'create table kept as select 7 as n')
    await first.stop()
    const password = await readFile(join(folder, 'password'), 'utf8')
    await rm(join(folder, 'password'))
    await expect(start()).rejects.toMatchObject({ code: 'postgres.failed' })
    await writeFile(join(folder, 'password'), password)
    expect(await ask((await start()).url, 'select n from kept')).toBe(7)
  })

  test('a folder that holds something else', async () => {
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'letter.txt'), 'not ours')
    await expect(start()).rejects.toMatchObject({ code: 'postgres.failed' })
    expect(await readdir(folder)).toEqual(['letter.txt'])
  })

  test('a cluster that does not start, with the words of its log', async () => {
    const first = await start()
    await first.stop()
    await writeFile(join(folder, 'cluster', 'PG_VERSION'), '9\n')
    await expect(start()).rejects.toMatchObject({
      code: 'postgres.failed',
      details: { reason: expect.stringContaining('not compatible') },
    })
  })
})
