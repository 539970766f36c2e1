/** One seed's way: three refreshes of the demo on simulators that fail, and what the lists hold after each. */
import { join } from 'node:path'
import { atPace } from '../../demo/pace.ts'
import { setUp } from '../../demo/set-up.ts'
import { untilIdle } from '../../demo/wait.ts'
import type { FaultKind, FaultOptions } from '../../sandbox/frame/faults.ts'
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts'
import { forEachVendor, sandboxVendors } from '../../sandbox/vendors.ts'
import { openServer, type Server } from '../../src/server.ts'
import { listExports } from '../../src/store/export.ts'
import { type Run, runsOf } from '../../src/store/run.ts'

export interface JourneyOptions {
  readonly home: string
  readonly tables: Record<'first' | 'changed', string>
  readonly faults: FaultOptions
  readonly maxRecords: number
  readonly pace: number
}

/** Members by `<vendor>/<list>`, sorted. */
export type Sets = ReadonlyMap<string, readonly string[]>

export interface Stage {
  readonly name: string
  /** Of the exports' first runs, with the reason of one that failed. */
  readonly statuses: readonly string[]
  /** Refreshes until every export was Successful. */
  readonly again: number
  /** Every export ended Successful; a Partial one is tried again, since it may leave rows unknown. */
  readonly done: boolean
  /** Why the exports that did not end well did not. */
  readonly reasons: readonly string[]
  readonly sets: Sets
  /** What the last run of each export asked. */
  readonly lastRequests: number
}

export interface Journey {
  readonly stages: readonly Stage[]
  /** As the simulators counted them. */
  readonly requests: number
  readonly faults: ReadonlyMap<FaultKind, number>
  readonly forbidden: readonly string[]
}

/** Refreshes in one stage before it counts as failed. */
const MOST_REFRESHES = 6
const SET_UP_TRIES = 30
/** So short that tokens are renewed in the midst of a run, on a sign-in service that fails as well. */
const TOKEN_SECONDS = 2
const silent = { info: () => undefined, warn: () => undefined }

const lastRuns = async ({ ports: { db } }: Server): Promise<Run[]> =>
  (await Promise.all((await listExports(db)).map(({ id }) => runsOf(db, id, 1)))).flat()

const setsOf = (sandbox: Sandbox): Sets =>
  new Map(
    sandboxVendors.flatMap((vendor) =>
      sandbox.lists(vendor).map(({ id, name }) => [`${vendor}/${name}`, sandbox.members(vendor, id)] as const),
    ),
  )

const refresh = async (server: Server): Promise<Run[]> => {
  await server.requestRefresh()
  await untilIdle(server, () => undefined, new AbortController().signal)
  return await lastRuns(server)
}

const isDone = (runs: readonly Run[]): boolean => runs.length > 0 && runs.every(({ status }) => status === 'Successful')

const stage = async (name: string, server: Server, sandbox: Sandbox): Promise<Stage> => {
  let runs = await refresh(server)
  const statuses = runs.map(({ status, reason }) => (status === 'Failed' ? `${status} (${reason ?? ''})` : status))
  let again = 0
  while (!isDone(runs) && again < MOST_REFRESHES) {
    runs = await refresh(server)
    again++
  }
  const reasons = runs.flatMap(({ status, reason }) => (status === 'Successful' ? [] : [`${status}: ${reason ?? ''}`]))
  const lastRequests = runs.reduce((sum, { requests }) => sum + requests, 0)
  return { name, statuses, again, done: isDone(runs), reasons, sets: setsOf(sandbox), lastRequests }
}

const faultsOf = (sandbox: Sandbox): Map<FaultKind, number> => {
  const counts = new Map<FaultKind, number>()
  for (const vendor of sandboxVendors) {
    for (const { fault } of sandbox.requests(vendor)) {
      if (fault !== undefined) counts.set(fault, (counts.get(fault) ?? 0) + 1)
    }
  }
  return counts
}

const withServer = async <T>(
  { home, faults, maxRecords, pace }: JourneyOptions,
  work: (server: Server, sandbox: Sandbox) => Promise<T>,
): Promise<T> => {
  const sandbox = await startSandbox({
    home: join(home, 'sandbox'),
    pace,
    faults,
    ports: forEachVendor(() => 0),
    settings: { 'microsoft-advertising': { tokenSeconds: TOKEN_SECONDS, keepsUsedRefreshTokens: true } },
  })
  try {
    const server = await openServer({
      home: join(home, 'data'),
      endpoints: new Map(Object.entries(sandbox.urls).map(([slug, url]) => [slug, new URL(url)])),
      log: silent,
      ...atPace(pace),
      run: { maxRecords },
    })
    try {
      return await work(server, sandbox)
    } finally {
      await server.close()
    }
  } finally {
    await sandbox.close()
  }
}

/** Sets up as the demo does, then refreshes: with the first tables, with the same, with the changed ones. */
export const travel = (options: JourneyOptions): Promise<Journey> =>
  withServer(options, async (server, sandbox) => {
    const { tables } = options
    await setUp(server.ports, tables.first, undefined, SET_UP_TRIES)
    await server.start()
    const stages = [await stage('first', server, sandbox), await stage('unchanged', server, sandbox)]
    await setUp(server.ports, tables.changed, undefined, SET_UP_TRIES)
    stages.push(await stage('changed', server, sandbox))
    const requests = sandboxVendors.reduce((sum, vendor) => sum + sandbox.requests(vendor).length, 0)
    return { stages, requests, faults: faultsOf(sandbox), forbidden: sandbox.forbidden() }
  })
