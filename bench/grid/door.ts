/** Sund's own door out, which sends each request down the line with the fault that its cell's script says. */
import type { SandboxVendor } from '../../sandbox/vendors.ts'
import type { Door } from '../../src/outbound/door.ts'
import { type OutboundRequest, usualTimeouts } from '../../src/outbound/exchange.ts'
import type { GridClock } from './clock.ts'
import { HIT_HEADER, type Line } from './line.ts'
import { halved } from './records.ts'
import type { Hit, Script } from './script.ts'
import type { Asked } from './vendor-words.ts'
import { MOST_BYTES } from './wire.ts'

/** Real milliseconds that a request waits which meets silence. On the grid's clock the usual time passes. */
const SHORT_MS = 120
const SHORT_TOTAL_MS = 400
/** A request that was given up may not have reached the line yet; longer than any takes. */
const LATEST_MS = 5_000

export interface FaultyDoor {
  readonly vendor: SandboxVendor
  readonly line: Line
  /** The door to the line. */
  readonly real: Door
  /** A door whose endpoint nobody listens at. */
  readonly closed: Door
  readonly clock: GridClock
}

const prepared = (request: OutboundRequest, hit: Hit, name: string): OutboundRequest => {
  const { how } = hit.fault.wire
  const headers = { ...request.headers, [HIT_HEADER]: name }
  if (how === 'flood') return { ...request, headers, maxBytes: Math.min(request.maxBytes, MOST_BYTES) }
  if (how !== 'silence') return { ...request, headers }
  const timeouts = { ...request.timeouts, headersMs: SHORT_MS, bodyMs: SHORT_MS, totalMs: SHORT_TOTAL_MS }
  return { ...request, headers, timeouts }
}

const START_BYTES = 60

/** Calls that all go to one path are told apart by the operation that their body begins with. */
const askedPath = ({ url }: OutboundRequest, body: Buffer): string => {
  const operation = /^\{"operation":"([a-z]+)"/.exec(body.toString('utf8', 0, START_BYTES))?.[1]
  return operation === undefined ? url.pathname : `${url.pathname} ${operation}`
}

const askedIn = (vendor: SandboxVendor, request: OutboundRequest): Asked => {
  const { method, url, body } = request
  const known = typeof body === 'string' || Buffer.isBuffer(body) ? Buffer.from(body) : Buffer.alloc(0)
  const message = { method, target: `${url.pathname}${url.search}`, body: known }
  return { method, path: askedPath(request, known), holdsSeveral: halved(vendor, message) !== undefined }
}

const latest = (): Promise<void> =>
  new Promise((done) => {
    setTimeout(done, LATEST_MS).unref()
  })

/** For one run. */
export const doorFor = ({ vendor, line, real, closed, clock }: FaultyDoor, script: Script): Door => ({
  exchange: async (request, signal) =>
    await clock.during(async () => {
      const hit = script.draw(askedIn(vendor, request))
      if (hit === undefined) return await real.exchange(request, signal)
      if (hit.fault.wire.how === 'nobody listens') return await closed.exchange(request, signal)
      try {
        return await real.exchange(prepared(request, hit, line.prepare(hit)), signal)
      } finally {
        if (hit.fault.wire.how === 'silence') clock.pass(usualTimeouts.headersMs)
        // What comes next finds the vendor as this request left it.
        await Promise.race([hit.done, latest()])
      }
    }),
  spool: () => real.spool(),
  endpoint: (destination) => real.endpoint(destination),
  pageAt: (destination, url) => real.pageAt(destination, url),
  close: async () => undefined,
})
