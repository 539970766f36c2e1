/** One request over a pool, with every time limit and the size limit kept. */
import { Readable } from 'node:stream'
import type { Dispatcher, Pool } from 'undici'
import { failureOf, OutboundFailure } from './outbound-failure.ts'
import type { Spool } from './spool.ts'

export interface Timeouts {
  /** To a usable connection: name, TCP and TLS. */
  readonly connectMs: number
  /** From the request to the answer's headers. */
  readonly headersMs: number
  /** Between two pieces of the answer's body. */
  readonly bodyMs: number
  /** All of it, waiting for a free connection included. */
  readonly totalMs: number
}

export const usualTimeouts: Timeouts = { connectMs: 10_000, headersMs: 120_000, bodyMs: 60_000, totalMs: 300_000 }

export interface OutboundRequest {
  /** Slug of the destination, by which its endpoint override is found. */
  readonly destination: string
  readonly url: URL
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly headers: Readonly<Record<string, string>>
  /** A spooled body is sent with its length: many object stores refuse one that is sent in chunks. */
  readonly body?: string | Buffer | Spool
  readonly timeouts: Timeouts
  /** The most bytes of an answer's body, before and after unpacking. */
  readonly maxBytes: number
  /** Takes the body of an answer of 2xx, as it comes; then the answer's text is empty. Another answer is read as usual. */
  readonly into?: Spool
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** As it came, perhaps packed. */
  readonly body: Buffer
}

const flat = (headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> => {
  const joined: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value
  }
  return joined
}

/** What the client takes: a spooled body is read anew for each request. */
const bodyOf = ({ body }: OutboundRequest): string | Buffer | Readable | null => {
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) return body ?? null
  const readable = Readable.from(body.read())
  // The client hears of it too; without a listener of ours, an error after it let go would end the process.
  return readable.on('error', () => undefined)
}

const lengthOf = ({ body }: OutboundRequest): Record<string, string> =>
  typeof body === 'object' && !Buffer.isBuffer(body) ? { 'content-length': String(body.bytes) } : {}

/** Asks and collects the answer. Rejects with an OutboundFailure, or with the signal's reason when aborted. */
export const receive = (pool: Pool, url: URL, request: OutboundRequest, signal: AbortSignal): Promise<Answer> =>
  new Promise((resolve, reject) => {
    let started = false
    let ended = false
    let control: Dispatcher.DispatchController | undefined
    let status = 0
    let headers: Record<string, string> = {}
    const pieces: Buffer[] = []
    let bytes = 0
    const { into } = request
    let spooling: Promise<void> | undefined

    const end = (): boolean => {
      if (ended) return false
      ended = true
      clearTimeout(total)
      signal.removeEventListener('abort', aborted)
      return true
    }
    const giveUp = (reason: Error): void => {
      if (!end()) return
      reject(reason)
      control?.abort(reason)
    }
    const total = setTimeout(
      () => giveUp(new OutboundFailure(started ? 'lost' : 'not-sent', true, 'TOTAL_TIMEOUT', url.host)),
      request.timeouts.totalMs,
    )
    const aborted = (): void => {
      giveUp(signal.reason instanceof Error ? signal.reason : new Error('The exchange was aborted.'))
    }
    signal.addEventListener('abort', aborted, { once: true })

    const options = {
      path: `${url.pathname}${url.search}`,
      method: request.method,
      // What is spooled says by its own first bytes how it is packed.
      headers: {
        ...request.headers,
        ...lengthOf(request),
        'accept-encoding': into === undefined ? 'gzip' : 'identity',
      },
      body: bodyOf(request),
      headersTimeout: request.timeouts.headersMs,
      bodyTimeout: request.timeouts.bodyMs,
    }
    const handler: Dispatcher.DispatchHandler = {
      // Called just before the first byte is written; aborting here writes nothing.
      onRequestStart(controller) {
        control = controller
        if (ended) controller.abort(new Error('The exchange was given up while it waited for a connection.'))
        else started = true
      },
      onResponseStart(_controller, statusCode, fields) {
        status = statusCode
        headers = flat(fields)
        if (into !== undefined && status >= 200 && status < 300) spooling = Promise.resolve()
      },
      onResponseData(controller, chunk) {
        // The client may say "nothing yet" each time it goes on; pausing for that would go round for ever.
        if (chunk.length === 0) return
        bytes += chunk.length
        if (bytes > request.maxBytes) {
          giveUp(new OutboundFailure('unreadable', false, 'BODY_TOO_LARGE', url.host))
        } else if (!ended && spooling !== undefined && into !== undefined) {
          controller.pause()
          spooling = spooling.then(() => into.append(chunk)).then(() => controller.resume())
          spooling.catch(giveUp)
        } else if (!ended) {
          pieces.push(chunk)
        }
      },
      onResponseEnd() {
        const whole = () => {
          if (end()) resolve({ status, headers, body: Buffer.concat(pieces) })
        }
        if (spooling === undefined) whole()
        else spooling.then(whole, giveUp)
      },
      onResponseError(_controller, error) {
        if (end()) reject(failureOf(error, started, url.host))
      },
    }
    try {
      pool.dispatch(options, handler)
    } catch (error) {
      if (end()) reject(failureOf(error, started, url.host))
    }
  })
