/** The only door out: every request that leaves Sund goes through here, to addresses that were judged, over verified TLS. */
import { lookup as resolveName } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { tmpdir } from 'node:os'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { Pool } from 'undici'
import { SundError } from '../errors.ts'
import { guardedLookup, isLoopbackAddress, isPublicAddress } from './address-guard.ts'
import { type Answer, type OutboundRequest, receive } from './exchange.ts'
import { OutboundFailure } from './outbound-failure.ts'
import { openSpool, type Spool } from './spool.ts'

export interface OutboundAnswer {
  readonly status: number
  /** By lower-cased name; repeated headers are joined with a comma. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

export interface Door {
  /**
   * Sends one request and reads the whole answer; redirects are answers like any other. Throws OutboundFailure, or the
   * signal's reason when aborted.
   */
  exchange(request: OutboundRequest, signal: AbortSignal): Promise<OutboundAnswer>
  /** Opens a file for a body or an answer that is too large for memory. Whoever opens it closes it. */
  spool(): Promise<Spool>
  /** The origin that stands for every host of this destination, where one is set. */
  endpoint(destination: string): URL | undefined
  /** Where a person's browser finds a page of a destination: at its endpoint, where one is set. */
  pageAt(destination: string, url: URL): URL
  /** Ends all connections. */
  close(): Promise<void>
}

export interface DoorOptions {
  /** Origin that replaces the origin of every host of a destination, by its slug. */
  readonly endpoints: ReadonlyMap<string, URL>
  /** Slugs whose endpoint may be elsewhere than on loopback. */
  readonly remoteEndpoints?: ReadonlySet<string>
  /** Where large bodies and answers wait; the system's folder for temporary files unless said. */
  readonly spoolFolder?: string
  /** Connections to one origin, at most. */
  readonly connections?: number
  readonly resolve?: LookupFunction
  /** Certificates trusted in place of the system's, in PEM: for a proxy with a certificate of its own. */
  readonly ca?: string
}

const unpack = promisify(gunzip)

/** The host as sockets want it: without the brackets of a literal IPv6 address. */
const bareHost = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, '$1')

const assertLoopback = (destination: string, endpoint: URL): void => {
  const host = bareHost(endpoint)
  if (host !== 'localhost' && !isLoopbackAddress(host)) {
    throw new SundError('outbound.endpoint_not_loopback', { destination, host })
  }
}

/** Opens the door. Throws SundError when an endpoint is not on loopback and not allowed by name. */
export const openDoor = (options: DoorOptions): Door => {
  const remote = options.remoteEndpoints ?? new Set<string>()
  for (const [destination, endpoint] of options.endpoints) {
    if (!remote.has(destination)) assertLoopback(destination, endpoint)
  }
  const pools = new Map<string, Pool>()

  const accepts = (destination: string): ((address: string) => boolean) => {
    if (!options.endpoints.has(destination)) return isPublicAddress
    return remote.has(destination) ? () => true : isLoopbackAddress
  }

  const poolFor = (destination: string, url: URL, connectMs: number): Pool => {
    const key = `${options.endpoints.has(destination) ? destination : ''} ${connectMs} ${url.origin}`
    const known = pools.get(key)
    if (known !== undefined) return known
    const pool = new Pool(url.origin, {
      connections: options.connections ?? 16,
      pipelining: 1,
      allowH2: false,
      connect: {
        timeout: connectMs,
        lookup: guardedLookup(options.resolve ?? resolveName, accepts(destination)),
        // Said aloud so that NODE_TLS_REJECT_UNAUTHORIZED in the environment cannot turn it off.
        rejectUnauthorized: true,
        minVersion: 'TLSv1.2',
        ...(options.ca === undefined ? {} : { ca: options.ca }),
      },
    })
    pools.set(key, pool)
    return pool
  }

  const pageAt = (destination: string, url: URL): URL => {
    const endpoint = options.endpoints.get(destination)
    return endpoint === undefined ? url : new URL(`${url.pathname}${url.search}`, endpoint.origin)
  }

  /** The URL that is really asked: with the endpoint's origin where one is set. */
  const destined = (request: OutboundRequest): URL => {
    if (options.endpoints.has(request.destination)) return pageAt(request.destination, request.url)
    if (request.url.protocol !== 'https:') throw new OutboundFailure('not-sent', false, 'NOT_HTTPS', request.url.host)
    if (request.url.username !== '' || request.url.password !== '') {
      throw new OutboundFailure('not-sent', false, 'CREDENTIALS_IN_URL', request.url.host)
    }
    return request.url
  }

  const refuseLiteral = (destination: string, url: URL): void => {
    const host = bareHost(url)
    // Sockets do not look up a literal address, so the guard of names would never see it.
    if (isIP(host) !== 0 && !accepts(destination)(host)) {
      throw new OutboundFailure('not-sent', false, 'ADDRESS_REFUSED', url.host)
    }
  }

  return {
    async exchange(request, signal) {
      signal.throwIfAborted()
      const url = destined(request)
      refuseLiteral(request.destination, url)
      const pool = poolFor(request.destination, url, request.timeouts.connectMs)
      return readable(await receive(pool, url, request, signal), url.host, request.maxBytes)
    },
    spool: () => openSpool(options.spoolFolder ?? tmpdir()),
    endpoint: (destination) => options.endpoints.get(destination),
    pageAt,
    async close() {
      const open = [...pools.values()]
      pools.clear()
      await Promise.all(open.map((pool) => pool.destroy()))
    },
  }
}

const readable = async (answer: Answer, host: string, maxBytes: number): Promise<OutboundAnswer> => {
  const encoding = (answer.headers['content-encoding'] ?? 'identity').toLowerCase()
  const packed = encoding === 'gzip' || encoding === 'x-gzip'
  if (!packed && encoding !== 'identity') throw new OutboundFailure('unreadable', false, 'UNKNOWN_ENCODING', host)
  let body = answer.body
  if (packed && body.length > 0) {
    try {
      body = await unpack(body, { maxOutputLength: maxBytes })
    } catch {
      // Too large when unpacked, or damaged: neither gets better by asking again.
      throw new OutboundFailure('unreadable', false, 'BAD_COMPRESSION', host)
    }
  }
  const text = body.toString('utf8')
  return { status: answer.status, headers: answer.headers, text: text.startsWith('\uFEFF') ? text.slice(1) : text }
}
