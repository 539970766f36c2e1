/** One request from its headers to its answer: reads, routes, applies, answers, and tells of each step. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { finished } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { writeAnswer } from './answer.ts'
import { drain, receiveBody, streamBody } from './body.ts'
import { type Database, transaction } from './database.ts'
import { type FaultTimes, faultAnswer, isApplied, writeFault } from './fault-answers.ts'
import type { Fault, FaultScript, FaultSubject } from './faults.ts'
import { type Exchanged, type Recording, startRecording } from './recording.ts'
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
  /** What goes wrong; nothing does where it is absent. */
  readonly faults?: { readonly script: FaultScript; readonly times: FaultTimes }
  now(): number
  onPhase(phase: Phase): void
  onForbidden(what: string): void
  /** Told of each exchange that no fault spoiled, with its bodies; they are kept only where it is there. */
  onExchanged?(exchanged: Exchanged): void
}

export interface Exchange {
  on(host: Host, kind: FaultSubject['host']): (request: IncomingMessage, response: ServerResponse) => void
  received(): Received
  /** Requests received and not yet answered. */
  open(): number
  /** Gives up the answers that a fault holds back. */
  hurry(): void
  /** Resolves once no request is open. */
  idle(): Promise<void>
  /** Answers no further request; resolves when nothing is read any more. To be called once connections are cut. */
  stop(): Promise<void>
}

const defaultMaxBytes = 1_000_000
const nothing = Buffer.alloc(0)

const unanswered: Answer = { status: 0 }

/** A request whose body is in. */
interface Arrived {
  readonly body: Buffer
  readonly choose: (call: Call) => Answer
}

/** One origin, as it is served. */
interface Served {
  readonly host: Host
  readonly kind: FaultSubject['host']
  readonly match: ReturnType<typeof router>
}

/** How a request is done. */
interface Applied {
  readonly write: boolean
  readonly choose: (call: Call) => Answer
  readonly fault: Fault | undefined
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
  const hurried = new AbortController()
  const countBytes = (bytes: number): void => {
    received.bytes += bytes
  }

  const complain = (error: unknown): void => {
    process.stderr.write(`Sandbox ${options.vendor}: ${error instanceof Error ? error.stack : String(error)}\n`)
  }

  const complainOf = <T>(work: () => T): T | undefined => {
    try {
      return work()
    } catch (error) {
      complain(error)
      return undefined
    }
  }

  /** What goes wrong with this call. What is forbidden is always looked at, and by the vendor's own rules. */
  const draw = (host: Host, kind: FaultSubject['host'], call: Call, body: Buffer | string): Fault | undefined => {
    if (options.faults === undefined || complainOf(() => host.forbids(call) === undefined) !== true) return undefined
    // The query of a storage URL is its signature, which is another one each time.
    const target = kind === 'api' ? call.target : call.path
    return options.faults.script.draw({ host: kind, method: call.method, target, body })
  }

  const logged = (call: Call, write: boolean, answer: Answer, fault?: Fault, what = answer.forbidden): Answer => {
    const { id, now: at, method, path } = call
    const { status, records = 0 } = answer
    const kind = fault === undefined ? {} : { fault: fault.kind }
    log.add({ id, at, method, path, status, records, write, ...kind }, answer, what)
    if (what !== undefined) options.onForbidden(what)
    if (status < 300) received.records += records
    return answer
  }

  /** The state changes and the log row in one transaction, so they agree however the process ends. */
  const apply = (host: Host, call: Call, { write, choose, fault }: Applied): Answer => {
    try {
      simulation.settle()
      const what = host.forbids(call)
      return transaction(db, () =>
        what === undefined
          ? logged(call, write, choose(call), fault)
          : logged(call, write, host.refusals.forbidden(call, what), fault, what),
      )
    } catch (error) {
      complain(error)
      return transaction(db, () => logged(call, write, host.refusals.crashed(call), fault))
    }
  }

  /** What goes over the wire, before a fault spoils it. */
  const answerTo = (host: Host, call: Call, applied: Applied): Answer => {
    const { fault, write } = applied
    if (fault === undefined) return apply(host, call, applied)
    const instead = faultAnswer(host.refusals, call, fault)
    if (isApplied(fault)) {
      const own = apply(host, call, applied)
      return instead ?? own
    }
    return transaction(db, () => logged(call, write, instead ?? unanswered, fault))
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

  const read = async (
    host: Host,
    found: Match,
    call: Call,
    request: IncomingMessage,
    recording: Recording,
  ): Promise<Arrived | undefined> => {
    if (found.kind !== 'route' || !('receive' in found.route)) return readWhole(host, found, request)
    const body = recording.body(streamBody(request, countBytes))
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

  /** Takes a body that the vendor never looks at; a connection that is reset is so in the midst of it. */
  const skip = async (host: Host, request: IncomingMessage, { kind }: Fault): Promise<Arrived | undefined> => {
    const body = streamBody(request, countBytes)
    try {
      if (kind === 'reset before') for await (const _ of body) break
      else await drain(body)
      return { body: nothing, choose: host.refusals.notFound }
    } catch {
      return undefined
    }
  }

  const write = async (response: ServerResponse, answer: Answer, fault: Fault | undefined): Promise<void> => {
    if (fault === undefined || options.faults === undefined) await writeAnswer(response, answer)
    else await writeFault(response, answer, fault, options.faults.times, hurried.signal)
  }

  const exchange = async (
    { host, kind, match }: Served,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://sandbox')
    const found = match(request.method ?? 'GET', url.pathname)
    const early = callOf(request, url, found, options.now())
    // A body that is read as it comes is not known before: its length stands for it.
    const streamed = found.kind === 'route' && 'receive' in found.route
    const beforehand = streamed ? draw(host, kind, early, early.header('content-length') ?? '') : undefined
    const skipped = beforehand !== undefined && !isApplied(beforehand)
    const recording = startRecording(kind, options.onExchanged)
    const arrived = skipped ? await skip(host, request, beforehand) : await read(host, found, early, request, recording)
    if (arrived === undefined || stopped) return
    const id = ++lastId
    received.requests++
    const writes = found.kind === 'route' && found.route.write === true
    const phase = (name: Phase['phase']): void =>
      options.onPhase({ phase: name, id, method: early.method, path: early.path, write: writes })
    open++
    phase('open')
    if (latencyMs > 0) await sleep(latencyMs / 2)
    const call: Call = { ...early, id, body: arrived.body, now: options.now() }
    const fault = streamed ? beforehand : draw(host, kind, call, call.body)
    const answer = answerTo(host, call, { write: writes, choose: arrived.choose, fault })
    phase('applied')
    if (latencyMs > 0) await sleep(latencyMs / 2)
    finished(response, (error) => {
      open--
      if (!error) phase('answered')
      if (open === 0) for (const tell of whenIdle.splice(0)) tell()
    })
    await write(response, recording.answer(answer), fault)
    if (fault === undefined) recording.end(call)
  }

  return {
    on(host, kind) {
      const served = { host, kind, match: router(host.routes) }
      return (request, response) => {
        const run = exchange(served, request, response)
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
    hurry: () => hurried.abort(),
    idle: () => (open === 0 ? Promise.resolve() : new Promise((resolve) => whenIdle.push(resolve))),
    async stop() {
      stopped = true
      await Promise.all(running)
    },
  }
}
