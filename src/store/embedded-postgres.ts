/** The PostgreSQL of a data folder: made on the first start, found again when a killed Sund left it running. */
import { spawn } from 'node:child_process'
import { access, constants, mkdir, open, readFile, realpath, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { z } from 'zod'
import { SundError } from '../errors.ts'
import { hasCode, isDiskFull } from './error-codes.ts'
import type { Log } from './log.ts'
import { type Binaries, findBinaries } from './postgres/binaries.ts'
import { clusterOf, makeCluster, ROLE, readPassword } from './postgres/cluster.ts'
import { freePort, isFree, LOOPBACK } from './postgres/port.ts'
import { removeStalePostmasterFile, runningPostmaster } from './postgres/postmaster.ts'
import { type RunAs, runAs } from './postgres/run-as.ts'

export interface EmbeddedPostgres {
  readonly url: string
  readonly pid: number
  /** Ends it in good order and waits until its files are at rest. Does nothing where it has ended already. */
  stop(): Promise<void>
}

interface Place {
  /** Holds the cluster, the password, the port and the server's own log. */
  readonly folder: string
  readonly cluster: string
  readonly password: string
  readonly binaries: Binaries
  readonly as: RunAs
  readonly log: Log
}

/** Recovery after a power cut reads the write-ahead log, which is small here: this is far above what it needs. */
const START_MS = 120_000
/** A fast shutdown writes one checkpoint. Past this it is ended at once, which loses nothing: the next start recovers. */
const STOP_MS = 15_000
const LOOK_MS = 20
const SERVER_LOG_BYTES = 5_000_000
/** Starts that end at once before we give up: ports that were taken in between, or a predecessor still leaving. */
const STARTS = 20

const settings: Readonly<Record<string, string>> = {
  listen_addresses: LOOPBACK,
  unix_socket_directories: '',
  max_connections: '50',
  shared_buffers: '32MB',
  max_wal_size: '256MB',
  jit: 'off',
  log_timezone: 'UTC',
  // Statements could name lists and accounts; what went wrong is enough here.
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
  // A statement whose Sund was killed ends instead of keeping its row locks.
  client_connection_check_interval: '1000',
}

const urlOf = (place: Place, port: number): string =>
  `postgres://${ROLE}:${place.password}@${LOOPBACK}:${port}/postgres`

const wantedPort = async (folder: string): Promise<number> => {
  try {
    const kept = Number(await readFile(join(folder, 'port'), 'utf8'))
    if (Number.isInteger(kept) && kept > 0 && kept < 65_536 && (await isFree(kept))) return kept
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
  }
  return freePort()
}

const serverLog = (folder: string): string => join(folder, 'server.log')

const turnServerLog = async (folder: string): Promise<void> => {
  try {
    if ((await stat(serverLog(folder))).size > SERVER_LOG_BYTES) {
      await rename(serverLog(folder), `${serverLog(folder)}.1`)
    }
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
  }
}

/** A server that we started; `ended` is what it logged, once it has gone. */
interface Launched {
  readonly port: number
  ended?: string
}

const launch = async ({ folder, cluster, binaries, as }: Place): Promise<Launched> => {
  await removeStalePostmasterFile(cluster)
  const port = await wantedPort(folder)
  await turnServerLog(folder)
  const output = await open(serverLog(folder), 'a', 0o600)
  try {
    const from = (await output.stat()).size
    const [program = binaries.postgres, ...words] = [...as.prefix, binaries.postgres]
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const child = spawn(program, [...words, '-D', cluster, '-p', String(port), ...options], {
      cwd: '/',
      env: binaries.environment,
      // A session of its own: Ctrl-C in the terminal reaches Sund, which then stops it in good order.
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
      ...as.spawn,
    })
    const launched: Launched = { port }
    child.once('error', (error) => {
      launched.ended = error.message
    })
    child.once('exit', () => {
      readFile(serverLog(folder)).then(
        (bytes) => {
          launched.ended ??= bytes.subarray(from).toString().trim()
        },
        () => {
          // The folder may be gone by now: a server that ends long after its start is nobody's news here.
          launched.ended ??= 'it ended, and its log cannot be read'
        },
      )
    })
    child.unref()
    return launched
  } finally {
    await output.close()
  }
}

const shown = z.object({ rows: z.tuple([z.object({ folder: z.string() })]) })

/**
 * Does the server on this port serve this folder and know our password? SCRAM proves it in both directions.
 * False while it does not accept connections yet, or no more.
 */
const answers = async (place: Place, port: number): Promise<boolean> => {
  const client = new Client({ connectionString: urlOf(place, port), connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = shown.parse(await client.query(`select current_setting('data_directory') as folder`))
    return (await realpath(rows[0].folder)) === (await realpath(place.cluster))
  } catch (error) {
    if (hasCode(error, '28P01', '28000')) {
      throw new SundError('postgres.failed', { folder: place.folder, reason: 'it does not take our password' }, error)
    }
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

const failure = (folder: string, reason: string): SundError =>
  isDiskFull(reason)
    ? new SundError('home.disk_full')
    : new SundError('postgres.failed', { folder, reason: reason.split('\n').slice(-4).join(' | ') })

/** Another server holds the folder, or a killed one's last process is just leaving it: both pass. */
const isPassing = (reason: string): boolean =>
  reason.includes('lock file "postmaster.pid"') || reason.includes('pre-existing shared memory block')

/** Starts the server, or finds it running, and waits until it answers. */
const serve = async (place: Place): Promise<{ pid: number; port: number }> => {
  const { folder, cluster, log } = place
  const deadline = performance.now() + START_MS
  let starts = 0
  let launched: Launched | undefined
  while (performance.now() < deadline) {
    const running = await runningPostmaster(cluster)
    if (running?.ready === true && running.port !== undefined && (await answers(place, running.port))) {
      if (launched === undefined) log.info(`Found the PostgreSQL of ${folder} running (pid ${running.pid}).`)
      return { pid: running.pid, port: running.port }
    }
    if (launched?.ended !== undefined) {
      const taken = !(await isFree(launched.port))
      if (starts >= STARTS || !(taken || isPassing(launched.ended))) throw failure(folder, launched.ended)
      launched = undefined
      await sleep(250)
    }
    if (running === undefined && launched === undefined) {
      starts++
      launched = await launch(place)
    }
    await sleep(LOOK_MS)
  }
  throw failure(folder, `it did not answer for ${START_MS / 1000} seconds`)
}

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name)
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error
  }
}

const isRunning = async (cluster: string, pid: number): Promise<boolean> =>
  (await runningPostmaster(cluster))?.pid === pid

const stop = async ({ folder, cluster, log }: Place, pid: number): Promise<void> => {
  if (!(await isRunning(cluster, pid))) return
  // Fast shutdown: https://www.postgresql.org/docs/18/server-shutdown.html, checked 2026-11-21.
  signal(pid, 'SIGINT')
  const deadline = performance.now() + STOP_MS
  while (await isRunning(cluster, pid)) {
    if (performance.now() > deadline) {
      log.warn(`The PostgreSQL of ${folder} (pid ${pid}) does not stop; its next start will recover.`)
      signal(pid, 'SIGQUIT')
      break
    }
    await sleep(LOOK_MS)
  }
  // Its processes have five seconds to leave, then it kills them.
  for (let looks = 0; looks < 500 && (await isRunning(cluster, pid)); looks++) await sleep(LOOK_MS)
}

const makeFolder = async (folder: string): Promise<void> => {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await access(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    if (hasCode(error, 'ENOSPC')) throw new SundError('home.disk_full', {}, error)
    throw new SundError('home.unwritable', { folder, reason: error instanceof Error ? error.message : '' }, error)
  }
}

/**
 * Serves the PostgreSQL of `folder`, which is made when it does not exist. A server that a killed process left is
 * taken over. It outlives this process unless `stop` is called.
 * Throws SundError home.unwritable, home.disk_full, postgres.missing, postgres.failed.
 */
export const startEmbeddedPostgres = async (at: { folder: string; log: Log }): Promise<EmbeddedPostgres> => {
  await makeFolder(dirname(at.folder))
  // PostgreSQL is told the real path, by which its process is known again.
  const folder = join(await realpath(dirname(at.folder)), at.folder.slice(dirname(at.folder).length + 1))
  const binaries = await findBinaries(`${folder}-lib`)
  const cluster = clusterOf(folder)
  const as = await runAs(cluster, binaries.environment)
  await makeCluster(folder, binaries, as)
  const place: Place = { folder, cluster, password: await readPassword(folder), binaries, as, log: at.log }
  const { pid, port } = await serve(place)
  await writeFile(join(folder, 'port'), String(port), { mode: 0o600 })
  return { url: urlOf(place, port), pid, stop: () => stop(place, pid) }
}
