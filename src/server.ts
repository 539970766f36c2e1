/** Puts the parts together over one data folder: both planes, the vault, the door out, and the worker. */
import { randomUUID } from 'node:crypto'
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { ConnectionPorts } from './connections/open-connection.ts'
import type { Clock } from './delivery/ports.ts'
import { openRates, type Rates } from './delivery/rates.ts'
import { systemClock } from './delivery/system-clock.ts'
import { destinations } from './destinations/index.ts'
import { openDuckDb } from './engine/duckdb.ts'
import type { DataEngine } from './engine/engine.ts'
import { SundError } from './errors.ts'
import { concludeAllPartings, owesLast } from './exports/leaving.ts'
import { executeRun } from './exports/run.ts'
import type { RunPorts } from './exports/run-ports.ts'
import { ensureExportTables, namePlane, planeOf } from './exports/tables.ts'
import { openDoor } from './outbound/door.ts'
import type { Timeouts } from './outbound/exchange.ts'
import { executeRefresh, type RefreshPorts } from './refresh/refresh.ts'
import { getConnection } from './store/connection.ts'
import { openControlPlane } from './store/control-plane.ts'
import { getExport } from './store/export.ts'
import { keyCheckOf } from './store/key-check.ts'
import { exportsOwedLast } from './store/leaving.ts'
import type { Log } from './store/log.ts'
import { openQueue, type Queue } from './store/queue.ts'
import { createRefresh, liveRefreshes, type Refresh } from './store/refresh.ts'
import { createRun, exportsOwedRun, hasRuns, liveRuns, type NewRun, type Run } from './store/run.ts'
import { approveRun, isCancelRequested, requestCancel } from './store/run-decisions.ts'
import { readSetting, writeSetting } from './store/setting.ts'
import { openVault } from './vault/open-vault.ts'

export interface ServerOptions {
  /** The data folder. */
  readonly home: string
  readonly databaseUrl?: string
  /** The vault's key, in place of the file in the data folder. */
  readonly key?: Uint8Array
  readonly endpoints: ReadonlyMap<string, URL>
  readonly log: Log
  readonly patienceMs?: number
  /** How long a vendor may take to answer; the usual times unless said. */
  readonly timeouts?: Timeouts
  /** The machine's own time unless said. */
  readonly clock?: Clock
  readonly run?: RunPorts['options']
  /** In place of the vendors' rates: to measure what they would hide. Never a setting. */
  readonly rates?: Rates
}

export interface Server {
  readonly ports: RunPorts
  /** Aborted when the data folder is no longer ours: nothing is worked on any more, so close and end. */
  readonly lost: AbortSignal
  /** Takes up what an earlier process left, and works from now on. */
  start(): Promise<void>
  requestRefresh(): Promise<Refresh>
  /** Joins the export's live run where there is one. */
  requestRun(exportId: string, approvedHash?: string): Promise<Run>
  /** As `requestRun`, and says whether the run was there already. */
  joinRun(exportId: string, approvedHash?: string): Promise<{ readonly run: Run; readonly joined: boolean }>
  /** A run that empties the lists of the export that wait for it; it comes after the live run where there is one. */
  requestLast(exportId: string): Promise<{ readonly run: Run; readonly joined: boolean }>
  /** Sends a Held delta. Throws SundError run.missing, run.not_held, run.delta_changed. */
  approveRun(id: string, deltaHash: string): Promise<Run>
  /** No new batch is sent, and the run is settled; a Held one is let go. Throws SundError run.missing, run.already_settled. */
  cancelRun(id: string): Promise<Run>
  /** Stops taking work; what is in flight is left so that the next start goes on with it. */
  close(): Promise<void>
}

/** Exports to one destination that run at the same time; each sends in slots of its own. */
const RUNS_AT_ONCE = 4

const runQueue = (destination: string) => `run/${destination}` as const
const runQueues = destinations.map(({ id }) => runQueue(id))

interface Opened {
  readonly url: string
  readonly lost: AbortSignal
  readonly ports: RunPorts
  close(): Promise<void>
}

/** Closes what was opened, the last first, also when opening the next part fails. */
const openParts = async (options: ServerOptions): Promise<Opened> => {
  const closers: (() => Promise<void>)[] = []
  const close = async () => {
    for (const closer of closers.reverse()) await closer()
  }
  try {
    const { home, log, clock = systemClock } = options
    const plane = await openControlPlane({
      home,
      log,
      ...(options.databaseUrl === undefined ? {} : { databaseUrl: options.databaseUrl }),
    })
    closers.push(() => plane.close())
    const vault = await openVault({
      folder: home,
      check: keyCheckOf(plane.db),
      ...(options.key === undefined ? {} : { key: options.key }),
    })
    const engine = await openEngine(home)
    closers.push(() => engine.close())
    await matchPlanes(plane.db, engine, home)
    const door = openDoor({ endpoints: options.endpoints, spoolFolder: join(home, 'spool') })
    closers.push(() => door.close())
    const connectionPorts: ConnectionPorts = {
      db: plane.db,
      vault,
      door,
      rates: options.rates ?? openRates(clock),
      clock,
      random: Math.random,
      ...(options.patienceMs === undefined ? {} : { patienceMs: options.patienceMs }),
      ...(options.timeouts === undefined ? {} : { timeouts: options.timeouts }),
    }
    const identityKey = Buffer.from(vault.keyed('ledger identities')).toString('hex')
    const ports = {
      ...connectionPorts,
      engine,
      identityKey,
      ...(options.run === undefined ? {} : { options: options.run }),
    }
    return { url: plane.url, lost: plane.lost, ports, close }
  } catch (error) {
    await close()
    throw error
  }
}

const openEngine = async (home: string): Promise<DataEngine> => {
  const folder = join(home, 'engine')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
  const engine = await openDuckDb({ file: join(folder, 'sund.duckdb'), spillFolder: join(folder, 'spill') })
  await ensureExportTables(engine)
  return engine
}

/** Setting: the name that the data plane of this control plane bears. */
const PLANE = 'plane'

/**
 * A ledger that is older or newer than its control plane would remove or keep the wrong people: both bear one name. The
 * data plane is named second, so a name without one is a first start that was cut short, if nothing ran yet.
 */
const matchPlanes = async (db: RunPorts['db'], engine: DataEngine, home: string): Promise<void> => {
  const there = await planeOf(engine)
  const known = await readSetting(db, PLANE, z.string())
  if (known === there && known !== undefined) return
  if (there !== undefined || (known !== undefined && (await hasRuns(db)))) {
    throw new SundError('home.planes_disagree', { folder: home })
  }
  const id = known ?? randomUUID()
  await writeSetting(db, PLANE, id)
  await namePlane(engine, id)
}

class RunningServer implements Server {
  readonly ports: RunPorts
  readonly lost: AbortSignal
  readonly #opened: Opened
  readonly #queue: Queue
  readonly #log: Log
  /** Of each run that is worked on, by its id. */
  readonly #cancels = new Map<string, AbortController>()

  constructor(opened: Opened, queue: Queue, log: Log) {
    this.ports = opened.ports
    this.lost = opened.lost
    this.#opened = opened
    this.#queue = queue
    this.#log = log
  }

  async start(): Promise<void> {
    const { db } = this.ports
    await concludeAllPartings(this.ports)
    for (const refresh of await liveRefreshes(db)) await this.#enqueueRefresh(refresh)
    for (const run of await liveRuns(db)) await this.#enqueueRun(run)
    for (const exportId of await exportsOwedRun(db)) await this.requestRun(exportId)
    for (const exportId of await exportsOwedLast(db)) await this.requestLast(exportId)
    await this.#queue.work('refresh', 1, async ({ refresh = '' }, signal) => await this.#refresh(refresh, signal))
    for (const queue of runQueues) {
      await this.#queue.work(queue, RUNS_AT_ONCE, async ({ run = '' }, signal) => await this.#run(run, signal))
    }
  }

  async requestRefresh(): Promise<Refresh> {
    const refresh = await createRefresh(this.ports.db)
    await this.#enqueueRefresh(refresh)
    return refresh
  }

  async requestRun(exportId: string, approvedHash?: string): Promise<Run> {
    return (await this.joinRun(exportId, approvedHash)).run
  }

  async joinRun(exportId: string, approvedHash?: string): Promise<{ readonly run: Run; readonly joined: boolean }> {
    return await this.#request({ exportId, ...(approvedHash === undefined ? {} : { approvedHash }) })
  }

  async requestLast(exportId: string): Promise<{ readonly run: Run; readonly joined: boolean }> {
    return await this.#request({ exportId, last: true })
  }

  async approveRun(id: string, deltaHash: string): Promise<Run> {
    const run = await approveRun(this.ports.db, id, deltaHash)
    await this.#enqueueRun(run)
    return run
  }

  async cancelRun(id: string): Promise<Run> {
    const run = await requestCancel(this.ports.db, id, this.ports.clock.now())
    this.#cancels.get(id)?.abort(new Error('The run was canceled.'))
    return run
  }

  async close(): Promise<void> {
    try {
      await this.#queue.stop()
    } finally {
      await this.#opened.close()
    }
  }

  async #request(wanted: NewRun): Promise<{ readonly run: Run; readonly joined: boolean }> {
    const requested = await createRun(this.ports.db, wanted)
    await this.#enqueueRun(requested.run)
    return requested
  }

  async #enqueueRefresh({ id }: Refresh): Promise<void> {
    await this.#queue.send('refresh', { refresh: id }, `refresh ${id}`)
  }

  async #enqueueRun({ id, exportId }: Run): Promise<void> {
    const { connectionId } = await getExport(this.ports.db, exportId)
    const { destination } = await getConnection(this.ports.db, connectionId)
    await this.#queue.send(runQueue(destination), { run: id }, `run ${id}`)
  }

  async #refresh(id: string, signal: AbortSignal): Promise<void> {
    const { db, engine, clock, identityKey } = this.ports
    const ports: RefreshPorts = {
      db,
      engine,
      clock,
      identityKey,
      startRun: async (run) => await this.#enqueueRun(run),
    }
    const refresh = await executeRefresh(ports, id, AbortSignal.any([signal, this.#opened.lost]))
    if (refresh.status === 'Failed') this.#log.warn(`Refresh ${id} failed: ${refresh.reason}`)
  }

  async #run(id: string, signal: AbortSignal): Promise<void> {
    const halt = AbortSignal.any([signal, this.#opened.lost])
    const cancel = new AbortController()
    // Registered before the row is read: a request to cancel finds the one or is found in the other.
    this.#cancels.set(id, cancel)
    try {
      if (await isCancelRequested(this.ports.db, id)) cancel.abort(new Error('The run was canceled.'))
      const run = await executeRun(this.ports, id, { cancel: cancel.signal, halt })
      // Its job must come again: what is left of the run is done then.
      if (run.settledAt === undefined) throw new SundError('run.interrupted', { run: id })
      if (run.again) await this.requestRun(run.exportId)
      if (await owesLast(this.ports.db, run)) await this.requestLast(run.exportId)
    } finally {
      this.#cancels.delete(id)
    }
  }
}

/**
 * Opens the data folder. Throws SundError home.in_use, vault.key_missing, vault.wrong_key, and what the control plane
 * throws; then nothing is left open.
 */
export async function openServer(options: ServerOptions): Promise<Server> {
  const opened = await openParts(options)
  try {
    const queue = await openQueue({ url: opened.url, log: options.log, queues: ['refresh', ...runQueues] })
    return new RunningServer(opened, queue, options.log)
  } catch (error) {
    await opened.close()
    throw error
  }
}
