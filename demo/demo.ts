/** The main job from nothing: sandbox, data folder, set-up, one refresh, and the lists compared with their segments. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { FaultOptions } from '../sandbox/frame/faults.ts'
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts'
import { anyPorts } from '../sandbox/vendors.ts'
import { DEFAULT_PORT, listen, type RunningApi } from '../src/api/listen.ts'
import { openServer, type Server } from '../src/server.ts'
import type { Log } from '../src/store/log.ts'
import { findRefresh } from '../src/store/refresh.ts'
import { generateTables } from './generate.ts'
import { atPace } from './pace.ts'
import { type Report, reportOf, tellReport } from './report.ts'
import { setUp } from './set-up.ts'
import { untilIdle } from './wait.ts'

export interface DemoOptions {
  /** Print the result, then end. */
  readonly once: boolean
  readonly json: boolean
  /** Folder of the sample tables; generated where it is absent. */
  readonly tables?: string
  readonly home: string
  /** The simulators write their lists here. */
  readonly dump?: string
  /** How much faster than the vendors the simulators are. */
  readonly pace: number
  /** The simulators' requests that go wrong. */
  readonly faults?: FaultOptions
  readonly log: Log
  readonly key?: Uint8Array
  readonly databaseUrl?: string
}

const PEOPLE = 5000
const SEED = 1
/** Not every export is Successful or Partial. */
export const EXIT_NOT_DONE = 3

async function tablesFolder({ tables, home }: DemoOptions): Promise<string> {
  if (tables !== undefined) return resolve(tables)
  const folder = join(home, 'sample')
  if (!existsSync(join(folder, 'WebsiteReviews.csv'))) await generateTables({ folder, people: PEOPLE, seed: SEED })
  return folder
}

const hasFaults = ({ faults }: DemoOptions): boolean => faults !== undefined && faults.share > 0

/** Whoever sets up the demo tries again when a vendor's page fails. */
const SET_UP_TRIES = 20

const openDemoServer = async (options: DemoOptions, sandbox: Sandbox): Promise<Server> => {
  const endpoints = new Map(Object.entries(sandbox.urls).map(([slug, url]) => [slug, new URL(url)]))
  const { log, key, databaseUrl } = options
  return await openServer({
    home: dataFolder(options),
    endpoints,
    log,
    ...(hasFaults(options) ? atPace(options.pace) : {}),
    ...(key === undefined ? {} : { key }),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
  })
}

/** On a terminal one line that is written over; elsewhere nothing. */
const progress = (): { show(line: string): void; end(): void } => {
  if (!process.stderr.isTTY) return { show: () => undefined, end: () => undefined }
  return {
    show: (line) => process.stderr.write(`\r\x1b[2K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`),
    end: () => process.stderr.write('\r\x1b[2K'),
  }
}

interface RefreshOptions {
  readonly folder: string
  readonly setUpTries: number
}

async function refreshOnce(
  server: Server,
  { folder, setUpTries }: RefreshOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { show, end } = progress()
  await setUp(server.ports, folder, undefined, setUpTries)
  await server.start()
  try {
    // What an earlier demo left half done comes first, so that this refresh is one of its own.
    await untilIdle(server, show, signal)
    const { id } = await server.requestRefresh()
    await untilIdle(server, show, signal)
    const refresh = await findRefresh(server.ports.db, id)
    return refresh?.status === 'Failed' ? refresh.reason : undefined
  } finally {
    end()
  }
}

const isDone = ({ exports }: Report): boolean =>
  exports.length > 0 && exports.every(({ status }) => status === 'Successful' || status === 'Partial')

const untilStopped = async (): Promise<void> =>
  await new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done())
  })

const dataFolder = ({ home }: Pick<DemoOptions, 'home'>): string => join(home, 'data')

const tellAddresses = (options: DemoOptions, { urls }: Sandbox, { url, token }: RunningApi): string =>
  [
    'The simulated vendors are at:',
    ...Object.entries(urls).map(([vendor, address]) => `  ${vendor}: ${address}`),
    `The API is at ${url}/api/v1; callers bear the token in ${token.file}.`,
    'In another terminal:',
    `  export SUND_HOME='${dataFolder(options)}'`,
    '  npm run -s sund -- exports list',
    '  npm run -s sund -- runs list',
    'Ctrl-C ends the demo.',
  ].join('\n')

/** Stays up with the API, so that people can look around. */
async function stayUp(options: DemoOptions, server: Server, sandbox: Sandbox): Promise<void> {
  const { log } = options
  const api = await listen({ server, home: dataFolder(options), port: DEFAULT_PORT, log })
  try {
    process.stdout.write(`\n${tellAddresses(options, sandbox, api)}\n`)
    await untilStopped()
  } finally {
    await api.close()
  }
}

/** Resolves with the exit code: 0 when every export is Successful or Partial, else 3. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const home = resolve(options.home)
  const own = { ...options, home }
  const folder = await tablesFolder(own)
  // One demo that ends by itself needs no known ports, and must not fight over them.
  const ports = options.once ? { ports: anyPorts } : {}
  const sandbox = await startSandbox({
    home: join(home, 'sandbox'),
    pace: options.pace,
    ...(options.faults === undefined ? {} : { faults: options.faults }),
    ...ports,
  })
  try {
    const server = await openDemoServer(own, sandbox)
    try {
      const how = { folder, setUpTries: hasFaults(options) ? SET_UP_TRIES : 1 }
      const failure = await refreshOnce(server, how, new AbortController().signal)
      const report = await reportOf(server, sandbox)
      if (options.dump !== undefined) await sandbox.dump(resolve(options.dump))
      process.stdout.write(`${options.json ? JSON.stringify(report) : tellReport(report)}\n`)
      if (failure !== undefined) process.stderr.write(`${failure}\n`)
      if (!options.once) await stayUp(own, server, sandbox)
      return isDone(report) ? 0 : EXIT_NOT_DONE
    } finally {
      await server.close()
    }
  } finally {
    await sandbox.close()
  }
}
