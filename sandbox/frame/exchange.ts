/** One request from its headers to its answer: reads, routes, applies, answers, and tells of each step. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { finished } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { writeAnswer } from './answer.ts'
import { drain, receiveBody, streamBody } from './body.ts'
import { type Database, transaction } from './database.ts'
import type { RequestLog } from './request-log.ts'
import { type Match, router } from './router.ts'
import type { Answer, Call, Host, Simulation } from './vendor.ts'

/**
 * 'open': the body was received whole, nothing was applied; 'applied': the state is as it will be, the answer is not
 * yet written; 'answered': the answer was handed to the socket. Refusals go through the same three.
 */
export interface Phase {
  readonly phase: 'open' | 'applied' | 'answered'
  readonly id: number
  readonly method: string
  readonly path: string
  readonly write: boolean
}

/** What came in since the start. */
export interface Received {
  readonly requests: number
  /** Of bodies, as they came over the wire. */
  readonly bytes: number
  /** In accepted calls. */
  readonly records: number
}

export interface ExchangeOptions {
  readonly vendor: string
  /** Half before a request is applied, half before it is answered. */
  readonly latencyMs: number
  readonly db: Database
  readonly log: RequestLog
  now(): number
  onPhase(phase: Phase): void
  onForbidden(what: string): void
}

export interface Exchange {
  on(host: Host): (request: IncomingMessage, response: ServerResponse) => void
  received(): Received
  /** Requests received and not yet answered. */
  open(): number
  /** Resolves once no request is open. */
  idle(): Promise<void>
  /** Answers no further request; resolves when nothing is read any more. To be called once connections are cut. */
  stop(): Promise<void>
}

const defaultMaxBytes = 1_000_000
const nothing = Buffer.alloc(0)

/** A request whose body is in. */
interface Arrived {
  readonly body: Buffer
  readonly choose: (call: Call) => Answer
}

const headersOf = (request: IncomingMessage): Map<string, string> => {
  const headers = new Map<string, string>()
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  return headers
}

const callOf = (request: IncomingMessage, url: URL, found: Match, now: number): Call => {
  const headers = headersOf(request)
  return {
    id: 0,
    method: request.method ?? 'GET',
    path: url.pathname,
    target: request.url ?? '/',
    query: url.searchParams,
    params: found.kind === 'route' ? found.params : {},
    body: nothing,
    now,
    headers,
    header: (name) => headers.get(name.toLowerCase()),
  }
}

export const startExchange = (simulation: Simulation, options: ExchangeOptions): Exchange => {
  const { db, log, latencyMs } = options
  let lastId = log.lastId()
  let open = 0
  let stopped = false
  const whenIdle: (() => void)[] = []
  const received = { requests: 0, bytes: 0, records: 0 }
  const running = new Set<Promise<void>>()
  const countBytes = (bytes: number): void => {
    received.bytes += bytes
  }

  const complain = (error: unknown): void => {
    process.stderr.write(`Sandbox ${options.vendor}: ${error instanceof Error ? error.stack : String(error)}\n`)
  }

  /** The state changes and the log row in one transaction, so they agree however the process ends. */
  const apply = (host: Host, call: Call, write: boolean, choose: (call: Call) => Answer): Answer => {
    const logged = (answer: Answer, what = answer.forbidden): Answer => {
      const { id, now: at, method, path } = call
      const { status, records = 0 } = answer
      log.add({ id, at, method, path, status, records, write }, answer, what)
      if (what !== undefined) options.onForbidden(what)
      if (status < 300) received.records += records
      return answer
    }
    try {
      simulation.settle()
      const what = host.forbids(call)
      return transaction(db, () =>
        what === undefined ? logged(choose(call)) : logged(host.refusals.forbidden(call, what), what),
      )
    } catch (error) {
      complain(error)
      return transaction(db, () => logged(host.refusals.crashed(call)))
    }
  }

  const readWhole = async (host: Host, found: Match, request: IncomingMessage): Promise<Arrived | undefined> => {
    const route = found.kind === 'route' && 'answer' in found.route ? found.route : undefined
    const body = await receiveBody(request, route?.maxBytes ?? defaultMaxBytes, countBytes)
    if (body.kind === 'cut') return undefined
    if (body.kind === 'too large') return { body: nothing, choose: host.refusals.tooLarge }
    if (body.kind === 'unreadable') return { body: nothing, choose: host.refusals.unreadable }
    if (route !== undefined) return { body: body.bytes, choose: route.answer }
    return { body: body.bytes, choose: found.kind === 'none' ? host.refusals.notFound : host.refusals.wrongMethod }
  }

  const read = async (host: Host, found: Match, call: Call, request: IncomingMessage): Promise<Arrived | undefined> => {
    if (found.kind !== 'route' || !('receive' in found.route)) return readWhole(host, found, request)
    const body = streamBody(request, countBytes)
    try {
      simulation.settle()
      // What is forbidden is refused when it is applied; its body is not looked at.
      const start = host.forbids(call) === undefined ? found.route.receive(call) : host.refusals.notFound(call)
      const choose = typeof start === 'function' ? await start(body) : () => start
      await drain(body)
      return { body: nothing, choose }
    } catch (error) {
      if (request.destroyed || stopped) return undefined
      complain(error)
      return { body: nothing, choose: host.refusals.crashed }
    }
  }

  const exchange = async (
    host: Host,
    match: ReturnType<typeof router>,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://sandbox')
    const found = match(request.method ?? 'GET', url.pathname)
    const early = callOf(request, url, found, options.now())
    const arrived = await read(host, found, early, request)
    if (arrived === undefined || stopped) return
    const id = ++lastId
    received.requests++
    const write = found.kind === 'route' && found.route.write === true
    const phase = (name: Phase['phase']): void =>
      options.onPhase({ phase: name, id, method: early.method, path: early.path, write })
    open++
    phase('open')
    if (latencyMs > 0) await sleep(latencyMs / 2)
    const call: Call = { ...early, id, body: arrived.body, now: options.now() }
    const answer = apply(host, call, write, arrived.choose)
    phase('applied')
    if (latencyMs > 0) await sleep(latencyMs / 2)
    finished(response, (error) => {
      open--
      if (!error) phase('answered')
      if (open === 0) for (const tell of whenIdle.splice(0)) tell()
    })
    await writeAnswer(response, answer)
  }

  return {
    on(host) {
      const match = router(host.routes)
      return (request, response) => {
        const run = exchange(host, match, request, response)
          .catch((error: unknown) => {
            if (!response.destroyed) complain(error)
            response.destroy()
          })
          .finally(() => running.delete(run))
        running.add(run)
      }
    },
    received: () => ({ ...received }),
    open: () => open,
    idle: () => (open === 0 ? Promise.resolve() : new Promise((resolve) => whenIdle.push(resolve))),
    async stop() {
      stopped = true
      await Promise.all(running)
    },
  }
}
