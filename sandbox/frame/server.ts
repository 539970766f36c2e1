/** One simulator behind HTTP: receives, routes, answers, and tells of each step. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { finished } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { receiveBody } from './body.ts'
import { type Database, transaction } from './database.ts'
import type { RequestLog } from './request-log.ts'
import { type Match, router } from './router.ts'
import type { Answer, Call, Simulation } from './vendor.ts'

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

export interface ServerOptions {
  readonly vendor: string
  /** 0: any free port. */
  readonly port: number
  /** Half before a request is applied, half before it is answered. */
  readonly latencyMs: number
  readonly db: Database
  readonly log: RequestLog
  now(): number
  onPhase(phase: Phase): void
  onForbidden(what: string): void
}

export interface RunningServer {
  readonly port: number
  /** Requests received and not yet answered. */
  open(): number
  /** Takes no new connection, answers what was received, then closes. */
  close(): Promise<void>
}

const defaultMaxBytes = 1_000_000

const headerOf = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name.toLowerCase()]
  return Array.isArray(value) ? value.join(', ') : value
}

const write = (response: ServerResponse, answer: Answer): void => {
  const body = answer.text ?? (answer.json === undefined ? '' : JSON.stringify(answer.json))
  response.writeHead(answer.status, {
    ...(body === '' ? {} : { 'content-type': answer.text === undefined ? 'application/json' : 'text/plain' }),
    ...answer.headers,
    ...(answer.status === 204 ? {} : { 'content-length': Buffer.byteLength(body) }),
  })
  response.end(body)
}

export const serve = async (simulation: Simulation, options: ServerOptions): Promise<RunningServer> => {
  const { db, log, latencyMs } = options
  const match = router(simulation.routes)
  let lastId = log.lastId()
  let open = 0
  let whenIdle: (() => void) | undefined
  let closed = false

  /** The state changes and the log row in one transaction, so they agree however the process ends. */
  const apply = (call: Call, writes: boolean, choose: () => Answer): Answer => {
    const logged = (answer: Answer, what?: string): Answer => {
      const { id, now: at, method, path } = call
      const request = { id, at, method, path, status: answer.status, records: answer.records ?? 0, write: writes }
      log.add(request, answer.delivered ?? [], what)
      return answer
    }
    try {
      simulation.settle()
      const what = simulation.forbids(call)
      if (what === undefined) return transaction(db, () => logged(choose()))
      options.onForbidden(what)
      return transaction(db, () => logged(simulation.refusals.forbidden(call, what), what))
    } catch (error) {
      process.stderr.write(`Sandbox ${options.vendor}: ${error instanceof Error ? error.stack : String(error)}\n`)
      return transaction(db, () => logged(simulation.refusals.crashed(call)))
    }
  }

  const chooser = (found: Match, call: Call, problem: 'too large' | 'unreadable' | undefined) => (): Answer => {
    if (problem === 'too large') return simulation.refusals.tooLarge(call)
    if (problem === 'unreadable') return simulation.refusals.unreadable(call)
    if (found.kind === 'route') return found.route.answer(call)
    return found.kind === 'none' ? simulation.refusals.notFound(call) : simulation.refusals.wrongMethod(call)
  }

  const answerRequest = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const target = request.url ?? '/'
    const url = new URL(target, 'http://sandbox')
    const method = request.method ?? 'GET'
    const found = match(method, url.pathname)
    const route = found.kind === 'route' ? found.route : undefined
    const body = await receiveBody(request, route?.maxBytes ?? defaultMaxBytes)
    if (body.kind === 'cut' || closed) return
    const id = ++lastId
    const writes = route?.write === true
    const phase = (name: Phase['phase']): void =>
      options.onPhase({ phase: name, id, method, path: url.pathname, write: writes })
    open++
    phase('open')
    if (latencyMs > 0) await sleep(latencyMs / 2)
    const call: Call = {
      id,
      method,
      path: url.pathname,
      target,
      query: url.searchParams,
      params: found.kind === 'route' ? found.params : {},
      body: body.kind === 'whole' ? body.bytes : Buffer.alloc(0),
      now: options.now(),
      header: (name) => headerOf(request, name),
    }
    const answer = apply(call, writes, chooser(found, call, body.kind === 'whole' ? undefined : body.kind))
    phase('applied')
    if (latencyMs > 0) await sleep(latencyMs / 2)
    finished(response, (error) => {
      open--
      if (!error) phase('answered')
      if (open === 0) whenIdle?.()
    })
    write(response, answer)
  }

  const server = createServer((request, response) => {
    answerRequest(request, response).catch((error: unknown) => {
      process.stderr.write(`Sandbox ${options.vendor}: ${String(error)}\n`)
      response.destroy()
    })
  })
  // Longer than clients keep an idle connection, so that none is closed under a request on its way.
  server.keepAliveTimeout = 120_000
  server.requestTimeout = 0

  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('The sandbox has no port.'))
      else resolve(address.port)
    })
  })

  return {
    port,
    open: () => open,
    async close() {
      const ended = new Promise<void>((resolve) => server.close(() => resolve()))
      while (open > 0) {
        await new Promise<void>((resolve) => {
          whenIdle = resolve
        })
      }
      closed = true
      server.closeAllConnections()
      await ended
    },
  }
}
