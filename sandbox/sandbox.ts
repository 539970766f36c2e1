/** Starts the simulators of all vendors in this process, and reads back what they hold. */
import { join } from 'node:path'
import { type Database, openDatabase } from './frame/database.ts'
import { dumpLists } from './frame/dump.ts'
import type { Phase, Received } from './frame/exchange.ts'
import { type FaultOptions, faultSchema, openFaults } from './frame/faults.ts'
import type { Exchanged } from './frame/recording.ts'
import {
  type Delivery,
  type LoggedRequest,
  logSchema,
  type RequestLog,
  type RequestPage,
  requestLog,
  type Wanted,
} from './frame/request-log.ts'
import { type RunningServer, serve } from './frame/server.ts'
import type { Simulation, VendorDefinition, VendorList } from './frame/vendor.ts'
import { forEachVendor, type SandboxVendor, sandboxVendors, type VendorSettings, vendorDefinitions } from './vendors.ts'

export type { SandboxVendor, VendorSettings }

export type RequestEvent = Phase & { readonly vendor: SandboxVendor }

export type { Exchanged }

export interface SandboxOptions {
  /** Folder of the vendors' files, one each; state in it goes on where it was left. */
  readonly home: string
  /** Waits and rate windows are divided by it; 1, the default, is the vendors' own pace. */
  readonly pace?: number
  /** Keep the vendors' rate limits; true by default. */
  readonly limits?: boolean
  /** Real milliseconds that each answer takes beyond its work; not divided by the pace. */
  readonly latencyMs?: number
  /** Simulators that count what they receive and keep no records, to measure a sender by; false by default. */
  readonly discard?: boolean
  /** False keeps neither requests nor deliveries, but still what is forbidden; true by default. */
  readonly requestLog?: boolean
  /** 0: any free port. A vendor's storage host takes the port after, or any free one. */
  readonly ports?: Partial<Record<SandboxVendor, number>>
  readonly settings?: VendorSettings
  /** Makes a share of all requests go wrong, tokens and files included; none by default. */
  readonly faults?: FaultOptions
  /** A vendor's clock, in milliseconds since the epoch; the machine's by default. */
  readonly now?: (vendor: SandboxVendor) => number
  /** Called in the midst of a request, and waited for: keep it short. */
  readonly onRequest?: (event: RequestEvent) => void
  /** Called with every exchange that no fault spoiled, once it is answered; its bodies are kept until then. */
  readonly onExchanged?: (vendor: SandboxVendor, exchanged: Exchanged) => void
}

export interface Sandbox {
  readonly urls: Record<SandboxVendor, string>
  /** Requests received and not yet answered. */
  openRequests(): number
  lists(vendor: SandboxVendor): readonly VendorList[]
  /** Sorted identifiers of the list's members, due jobs applied: addresses, or at Microsoft hashes. */
  members(vendor: SandboxVendor, listId: string): string[]
  /** A part of them. */
  memberPage(vendor: SandboxVendor, listId: string, wanted: Wanted): string[]
  /**
   * Writes `dir/<vendor>/<list>.txt`, an identifier a line, sorted. In a list's name slashes and control characters
   * become `_`; where two lists would share a file, each has its id appended. Earlier `.txt` files there are removed.
   */
  dump(dir: string): Promise<void>
  /** Every record of every accepted write, in order of acceptance. */
  deliveries(vendor: SandboxVendor): Iterable<Delivery>
  requests(vendor: SandboxVendor): LoggedRequest[]
  /** A part of them, the newest first, and how many there are. */
  requestPage(vendor: SandboxVendor, wanted: Wanted): RequestPage
  /** Requests, bytes of bodies and accepted records since this start. */
  received(vendor: SandboxVendor): Received
  /** Each use of a switch that must never be sent, since the home was made: `<vendor>: <what>`. */
  forbidden(): string[]
  /** Answers what was received, then stops. */
  close(): Promise<void>
}

interface Running {
  readonly db: Database
  readonly log: RequestLog
  readonly simulation: Simulation
  readonly server: RunningServer
}

/** The port that somebody else has, where that is the error. */
export const portInUse = (error: unknown): unknown =>
  error instanceof Error && 'code' in error && error.code === 'EADDRINUSE' && 'port' in error ? error.port : undefined

/** Seconds that a request without an answer is held, before the pace: longer than clients wait. */
const STALL_SECONDS = 150
const SLOW_SECONDS = 20

const faultsOf = (db: Database, { faults, pace = 1 }: SandboxOptions) => {
  if (faults === undefined || faults.share === 0) return {}
  const times = { stallMs: (STALL_SECONDS * 1000) / pace, slowMs: (SLOW_SECONDS * 1000) / pace }
  return { faults: { script: openFaults(db, faults), times } }
}

const startVendor = async (
  vendor: SandboxVendor,
  definition: VendorDefinition,
  options: SandboxOptions,
): Promise<Running> => {
  const { pace = 1, limits = true, latencyMs = 0, discard = false, onExchanged } = options
  const now = (): number => options.now?.(vendor) ?? Date.now()
  const port = options.ports?.[vendor] ?? definition.port
  const db = openDatabase(join(options.home, `${vendor}.sqlite`), `${logSchema}${faultSchema}${definition.schema}`)
  let [origin, storageOrigin] = ['', '']
  try {
    const log = requestLog(db, options.requestLog ?? true)
    const simulation = definition.start({
      db,
      limits,
      discard,
      now,
      wait: (seconds) => (seconds * 1000) / pace,
      origin: () => origin,
      storageOrigin: () => storageOrigin,
      stageDelivery: log.stage,
      dropDelivery: log.dropStaged,
    })
    const server = await serve(simulation, {
      vendor,
      port,
      storagePort: port === 0 ? 0 : port + 1,
      latencyMs,
      db,
      log,
      ...faultsOf(db, options),
      now,
      onPhase: (phase) => options.onRequest?.({ ...phase, vendor }),
      ...(onExchanged === undefined ? {} : { onExchanged: (exchanged: Exchanged) => onExchanged(vendor, exchanged) }),
      onForbidden: (what) => process.stderr.write(`SANDBOX: FORBIDDEN REQUEST TO ${vendor.toUpperCase()}: ${what}\n`),
    })
    origin = `http://127.0.0.1:${server.port}`
    storageOrigin = `http://127.0.0.1:${server.storagePort}`
    return { db, log, simulation, server }
  } catch (error) {
    db.close()
    const taken = portInUse(error)
    if (taken === undefined) throw error
    throw new Error(
      `The sandbox cannot serve ${vendor}: port ${taken} of 127.0.0.1 is in use. Stop the program that uses it, or choose another port for ${vendor}: --port ${vendor}=<port> (0 takes any free one).`,
      { cause: error },
    )
  }
}

/** Reads no further than it must. */
const partOf = (all: Iterable<string>, { from, size }: Wanted): string[] => {
  const part: string[] = []
  let before = 0
  for (const one of all) {
    if (part.length === size) break
    if (before++ >= from) part.push(one)
  }
  return part
}

const stopAll = async (running: readonly Running[]): Promise<void> => {
  await Promise.all(running.map(({ server }) => server.close()))
  for (const { db } of running) db.close()
}

/** Throws an Error that names vendor, port and what to do where a port is taken; then nothing runs. */
export const startSandbox = async (options: SandboxOptions): Promise<Sandbox> => {
  if (options.pace !== undefined && !(options.pace > 0)) throw new Error('The pace must be more than 0.')
  const definitions = vendorDefinitions(options.settings ?? {})
  const started = new Map<SandboxVendor, Running>()
  try {
    for (const vendor of sandboxVendors) {
      started.set(vendor, await startVendor(vendor, definitions[vendor], options))
    }
  } catch (error) {
    await stopAll([...started.values()])
    throw error
  }

  const running = (vendor: SandboxVendor): Running => {
    const found = started.get(vendor)
    if (found === undefined) throw new Error(`The sandbox has no vendor ${vendor}.`)
    return found
  }
  /** The simulation with all that is due applied. */
  const settled = (vendor: SandboxVendor): Simulation => {
    const { simulation } = running(vendor)
    simulation.settle()
    return simulation
  }

  return {
    urls: forEachVendor((vendor) => `http://127.0.0.1:${running(vendor).server.port}`),
    openRequests: () => [...started.values()].reduce((sum, { server }) => sum + server.open(), 0),
    lists: (vendor) => settled(vendor).lists(),
    members: (vendor, listId) => [...settled(vendor).members(listId)],
    memberPage: (vendor, listId, wanted) => partOf(settled(vendor).members(listId), wanted),
    async dump(dir) {
      for (const vendor of sandboxVendors) await dumpLists(settled(vendor), join(dir, vendor))
    },
    deliveries: (vendor) => running(vendor).log.deliveries(),
    requests: (vendor) => running(vendor).log.requests(),
    requestPage: (vendor, wanted) => running(vendor).log.page(wanted),
    received: (vendor) => running(vendor).server.received(),
    forbidden: () => [...started].flatMap(([vendor, { log }]) => log.forbidden().map((what) => `${vendor}: ${what}`)),
    close: () => stopAll([...started.values()]),
  }
}
