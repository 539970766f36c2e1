/** The line to a vendor's simulator: an HTTP proxy that lets requests meet their faults, whole or in part. */
import { createServer, type IncomingMessage, request as openRequest, type Server, type ServerResponse } from 'node:http'
import type { SandboxVendor } from '../../sandbox/vendors.ts'
import { halved, type Message } from './records.ts'
import type { Hit } from './script.ts'
import { type Heard, type OwnAnswer, sendOwn, writeFault } from './wire.ts'

/** Names the hit that a request is to meet; never passed on. */
export const HIT_HEADER = 'x-grid-hit'

export interface Line {
  readonly url: URL
  /** The value of the header that has a request meet this. */
  prepare(hit: Hit): string
  /** Requests that followed a redirect. */
  strayed(): number
  /** Secrets that the vendor gave out so far. */
  readonly tokens: ReadonlySet<string>
  close(): Promise<void>
}

const ELSEWHERE = '/elsewhere'

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces)
}

const flat = (headers: NodeJS.Dict<string | string[]>): Record<string, string> => {
  const flattened: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flattened[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return flattened
}

const hop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'host', HIT_HEADER])
const endToEnd = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !hop.has(name)))

const forward = (origin: URL, { method, target, body }: Message, headers: Record<string, string>): Promise<OwnAnswer> =>
  new Promise((resolve, reject) => {
    const length = body.length > 0 ? { 'content-length': String(body.length) } : {}
    const asked = openRequest(
      new URL(target, origin),
      { method, headers: { ...endToEnd(headers), ...length } },
      (answer) => {
        bodyOf(answer).then(
          (whole) =>
            resolve({ status: answer.statusCode ?? 500, headers: endToEnd(flat(answer.headers)), body: whole }),
          reject,
        )
      },
    )
    asked.on('error', reject)
    asked.end(body)
  })

const tokenIn = /"(?:access|refresh)_token"\s*:\s*"([^"]+)"/g

const listen = async (server: Server): Promise<URL> => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The line has no port.')
  return new URL(`http://127.0.0.1:${address.port}`)
}

export const openLine = async (vendor: SandboxVendor, origin: URL, now: () => Date): Promise<Line> => {
  const hits = new Map<string, Hit>()
  const tokens = new Set<string>()
  let last = 0
  let strayed = 0

  const ask = async (message: Message, headers: Record<string, string>): Promise<OwnAnswer> => {
    const own = await forward(origin, message, headers)
    for (const [, token] of own.body.toString('utf8').matchAll(tokenIn)) if (token !== undefined) tokens.add(token)
    return own
  }

  /** What the vendor does of a request that meets a fault; undefined where it hears nothing of it. */
  const applied = async (
    hit: Hit,
    message: Message,
    headers: Record<string, string>,
  ): Promise<OwnAnswer | undefined> => {
    // Reading changes nothing: then there is an answer that can be spoilt.
    if (hit.phase === 'not-received' && message.method !== 'GET') {
      hit.settle(false)
      return undefined
    }
    const part = hit.phase === 'partly' ? halved(vendor, message) : undefined
    const own = await ask(part ?? message, headers)
    if (hit.fault.wire.how === 'delivered twice') await ask(message, headers)
    hit.settle(part !== undefined)
    return own
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const headers = flat(request.headers)
    const target = request.url ?? '/'
    if (target.startsWith(ELSEWHERE)) {
      strayed++
      response.end()
      return
    }
    const message = { method: request.method ?? 'GET', target, body: await bodyOf(request) }
    const hit = hits.get(headers[HIT_HEADER] ?? '')
    if (hit === undefined) return sendOwn(response, await ask(message, headers))
    const heard: Heard = {
      ...message,
      authorization: headers.authorization ?? headers['api-key'] ?? '',
      now: now(),
      elsewhere: new URL(ELSEWHERE, url).href,
    }
    await writeFault(response, hit, await applied(hit, message, headers), heard)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  server.keepAliveTimeout = 120_000
  const url = await listen(server)
  return {
    url,
    tokens,
    strayed: () => strayed,
    prepare(hit) {
      const name = String(++last)
      hits.set(name, hit)
      return name
    },
    async close() {
      server.closeAllConnections()
      await new Promise<void>((done) => server.close(() => done()))
    },
  }
}
