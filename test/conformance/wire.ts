/** The wire between Sund and a simulator: passes every request on, keeps what was asked, and lets one go wrong when told. */
import { Agent, request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export interface Asked {
  /** From 1, since the wire was last cleared. */
  readonly number: number
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** It can change what the vendor keeps. */
  readonly writes: boolean
  /** Virtual milliseconds at which it came. */
  readonly at: number
}

export interface WireAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/**
 * What becomes of a request. `reset`: not received. `lost`: carried out, and the connection ends. `cut`: carried out, and
 * the answer ends in its headers, in its body, or a byte before its end. `hang`, `drip`: carried out, and the answer never
 * comes, or a byte at a time. `answer`: another answer in place of the vendor's, which was not asked, or was (`applied`).
 * `twice`: carried out twice. `spoiled`: the vendor's own answer, changed.
 */
export type Mishap =
  | { readonly kind: 'reset' | 'lost' | 'hang' | 'drip' | 'twice' }
  | { readonly kind: 'cut'; readonly in: 'headers' | 'body' | 'end' }
  | { readonly kind: 'answer'; readonly answer: WireAnswer; readonly applied?: true }
  | { readonly kind: 'spoiled'; spoil(answer: Received): WireAnswer }

interface Received {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

const wholeBody = async (message: IncomingMessage): Promise<Buffer> => {
  const pieces: Buffer[] = []
  for await (const piece of message) pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces)
}

const flat = (headers: IncomingMessage['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  )

const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'host', 'content-length'])
const passedOn = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.has(name)))

const head = (answer: Received): string =>
  [
    `HTTP/1.1 ${answer.status} Answered`,
    ...Object.entries(passedOn(answer.headers)).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${answer.body.length}`,
    '',
    '',
  ].join('\r\n')

/** What of an answer is sent before its connection ends. */
const beginning = (answer: Received, where: 'headers' | 'body' | 'end'): Buffer => {
  const whole = Buffer.concat([Buffer.from(head(answer)), answer.body])
  const bodyFrom = whole.length - answer.body.length
  // Of an answer without a body nothing is left out but its head's last byte.
  const cuts = { headers: bodyFrom >> 1, body: bodyFrom + (answer.body.length >> 1), end: whole.length - 1 }
  return whole.subarray(0, answer.body.length === 0 ? Math.min(cuts[where], bodyFrom - 1) : cuts[where])
}

export interface WirePorts {
  /** Of the simulator. */
  readonly port: number
  writes(method: string, path: string): boolean
  elapsed(): number
  /** What no request may hold, in its path, its query or its body. */
  readonly never: readonly RegExp[]
}

export class Wire {
  asked: Asked[] = []
  /** Requests since the beginning, and those that held what none may hold. */
  all = 0
  readonly broken: string[] = []
  mishap: (asked: Asked) => Mishap | undefined = () => undefined
  /** Called when a request came, before anything is done about it. */
  heard: (asked: Asked) => void = () => undefined
  readonly #ports: WirePorts
  readonly #agent = new Agent({ keepAlive: true })
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer((request, response) => {
    this.#receive(request, response).catch(() => response.destroy())
  })

  constructor(ports: WirePorts) {
    this.#ports = ports
  }

  async start(): Promise<URL> {
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
    this.#server.keepAliveTimeout = 120_000
    await new Promise<void>((ready) => this.#server.listen(0, '127.0.0.1', ready))
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('The wire has no port.')
    return new URL(`http://127.0.0.1:${address.port}`)
  }

  /** All goes well again, and nothing was asked yet. */
  clear(): void {
    this.asked = []
    this.mishap = () => undefined
    this.heard = () => undefined
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#agent.destroy()
    await new Promise((done) => this.#server.close(done))
  }

  /** Asks the simulator itself, as the wire does. */
  async #pass({ method, target, headers, body }: Asked): Promise<Received> {
    return await new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.#ports.port, agent: this.#agent, method, path: target }
      const length = body.length > 0 || method !== 'GET' ? { 'content-length': String(body.length) } : {}
      const passing = ask({ ...options, headers: { ...passedOn(headers), ...length } }, (answer) => {
        wholeBody(answer).then((received) => {
          resolve({ status: answer.statusCode ?? 500, headers: flat(answer.headers), body: received })
        }, reject)
      })
      passing.on('error', reject)
      passing.end(body)
    })
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await wholeBody(request)
    const { method = 'GET', url: target = '/' } = request
    const asked: Asked = {
      number: this.asked.length + 1,
      ...{ method, target, body },
      headers: flat(request.headers),
      writes: this.#ports.writes(method, target.split('?')[0] ?? ''),
      at: this.#ports.elapsed(),
    }
    this.asked.push(asked)
    this.all++
    const said = `${method} ${target}\n${body.toString('utf8')}`
    if (this.#ports.never.some((pattern) => pattern.test(said))) this.broken.push(said)
    this.heard(asked)
    const mishap = this.mishap(asked)
    if (mishap?.kind === 'reset') return void response.socket?.resetAndDestroy()
    if (mishap?.kind === 'answer' && mishap.applied !== true) return this.#answer(response, mishap.answer)
    const answer = await this.#pass(asked)
    await this.#spoil(asked, answer, response, mishap)
  }

  async #spoil(asked: Asked, answer: Received, response: ServerResponse, mishap: Mishap | undefined): Promise<void> {
    switch (mishap?.kind) {
      case 'twice':
        await this.#pass(asked)
        return this.#answer(response, answer)
      case 'lost':
        return void response.socket?.resetAndDestroy()
      case 'cut':
        return void response.socket?.end(beginning(answer, mishap.in))
      case 'hang':
        return
      case 'drip':
        return this.#drip(answer, response)
      case 'answer':
        return this.#answer(response, mishap.answer)
      case 'spoiled':
        return this.#answer(response, mishap.spoil(answer))
      default:
        return this.#answer(response, answer)
    }
  }

  #answer(response: ServerResponse, { status, headers = {}, body = '' }: WireAnswer): void {
    const bytes = Buffer.from(body)
    response.writeHead(status, { ...passedOn(headers), 'content-length': bytes.length })
    response.end(bytes)
  }

  #drip(answer: Received, response: ServerResponse): void {
    const { socket } = response
    // Ten times as long as it is: what drips does not end by itself.
    socket?.write(head({ ...answer, body: Buffer.alloc(answer.body.length * 10 + 1000) }))
    const dripping = setInterval(() => socket?.write(' '), 20)
    socket?.on('close', () => clearInterval(dripping))
  }
}
