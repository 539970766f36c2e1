/** How each fault looks on the wire: another answer, half of one, or none. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import type { Spoilt } from './faults.ts'
import type { Message } from './records.ts'
import type { Hit } from './script.ts'
import type { StandIn } from './stand-in.ts'

/** The vendor's own answer. */
export interface OwnAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** The request that is answered, as far as an answer may repeat it. */
export interface Heard extends Message {
  readonly authorization: string
  readonly now: Date
  /** Where a redirect leads. */
  readonly elsewhere: string
}

/** The most bytes that are read of an answer to a request with a flood; the flood is larger. */
export const MOST_BYTES = 256 * 1024
const flooded = Buffer.alloc(8 * MOST_BYTES, 0x20)
const bomb = gzipSync(flooded)
/** Between the bytes of a slow answer. */
const PAUSE_MS = 20

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/** A date, and where a redirect leads, are known only now. */
const headersOf = (answer: StandIn, { now, elsewhere }: Heard): Record<string, string> => {
  const headers: Record<string, string> = { 'content-type': answer.type ?? 'application/json' }
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    if (value === 'in a minute') headers[name] = new Date(now.getTime() + 60_000).toUTCString()
    else headers[name] = value === 'elsewhere' ? elsewhere : value
  }
  return headers
}

/** Repeats what nobody may read later: the secret, and whoever is named in the request. */
const echo = ({ authorization, target, body }: Heard): string =>
  JSON.stringify({
    message: `Cannot serve ${authorization} at ${target}`,
    request: body.toString('utf8').slice(0, 2000),
  })

const send = (
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: Buffer | string,
): void => {
  const bytes = Buffer.from(body)
  response.writeHead(status, status === 204 ? headers : { ...headers, 'content-length': String(bytes.length) })
  response.end(status === 204 ? undefined : bytes)
}

export const sendOwn = (response: ServerResponse, { status, headers, body }: OwnAnswer): void =>
  send(response, status, headers, body)

const standIn = (response: ServerResponse, answer: StandIn, heard: Heard): void =>
  send(response, answer.status, headersOf(answer, heard), answer.body === 'echo' ? echo(heard) : answer.body)

const reset = async (response: ServerResponse, at: string, { status, headers, body }: OwnAnswer): Promise<void> => {
  const { socket } = response
  if (at === 'in the headers') {
    await new Promise<void>((done) => socket?.write('HTTP/1.1 200 OK\r\ncontent-type: appli', () => done()))
  } else if (at !== 'before the headers') {
    const whole = body.length === 0 ? Buffer.from('{}') : body
    const piece = at === 'in the body' ? whole.subarray(0, whole.length >> 1) : whole
    response.writeHead(status === 204 ? 200 : status, { ...headers, 'transfer-encoding': 'chunked' })
    await new Promise<void>((done) => response.write(piece, () => done()))
  }
  socket?.resetAndDestroy()
}

/** Until the client has had enough. */
const silence = async (
  response: ServerResponse,
  after: string,
  { status, headers, body }: OwnAnswer,
): Promise<void> => {
  const gone = once(response, 'close')
  if (after === 'the headers') {
    response.writeHead(status, { ...headers, 'transfer-encoding': 'chunked' })
    response.flushHeaders()
  } else if (after === 'each byte') {
    response.writeHead(status, { ...headers, 'transfer-encoding': 'chunked' })
    const bytes = body.length === 0 ? Buffer.alloc(1000, 0x20) : Buffer.concat([body, Buffer.alloc(1000, 0x20)])
    for (let at = 0; at < bytes.length && !response.closed; at++) {
      response.write(bytes.subarray(at, at + 1))
      await pause(PAUSE_MS)
    }
  }
  if (!response.closed) await gone
}

const flood = (response: ServerResponse, as: string): void => {
  const json = { 'content-type': 'application/json' }
  if (as === 'huge') send(response, 200, json, flooded)
  else if (as === 'gzip bomb') send(response, 200, { ...json, 'content-encoding': 'gzip' }, bomb)
  else if (as === 'damaged gzip') send(response, 200, { ...json, 'content-encoding': 'gzip' }, bomb.subarray(20))
  else send(response, 200, { ...json, 'content-encoding': 'br' }, bomb)
}

const spoil = async (response: ServerResponse, as: Spoilt, { status, headers, body }: OwnAnswer): Promise<void> => {
  switch (as) {
    case 'cut within':
      return send(response, status, headers, body.subarray(0, body.length >> 1))
    case 'cut off':
      response.writeHead(status, { ...headers, 'content-length': String(body.length + 1) })
      await new Promise<void>((done) => response.write(body.subarray(0, body.length >> 1), () => done()))
      response.socket?.end()
      return
    case 'more after it':
      return send(response, status, headers, Buffer.concat([body, Buffer.from('{"and":"more"}')]))
    case 'another type':
      return send(response, status, { ...headers, 'content-type': 'text/plain' }, body)
    case 'lying rate headers':
      return send(
        response,
        status,
        {
          ...headers,
          'x-ratelimit-limit': '0',
          'x-ratelimit-remaining': '0',
          'x-ratelimit-reset': '1',
          'retry-after': '-1',
        },
        body,
      )
  }
}

const nothing: OwnAnswer = {
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from('{"ok":true}'),
}

/** Answers a request that meets its fault. `own`: what the vendor answered, where it was asked. */
export const writeFault = async (
  response: ServerResponse,
  { fault, standIn: words }: Hit,
  own: OwnAnswer | undefined,
  heard: Heard,
): Promise<void> => {
  const { wire } = fault
  switch (wire.how) {
    case 'stand-in':
      return standIn(response, wire.answer, heard)
    case 'own words':
    case 'job':
      if (words === undefined) throw new Error(`The fault ${fault.name} has no words here.`)
      return standIn(response, words, heard)
    case 'reset':
      return await reset(response, wire.at, own ?? nothing)
    case 'silence':
      return await silence(response, wire.after, own ?? nothing)
    case 'flood':
      return flood(response, wire.as)
    case 'spoilt':
      if (own === undefined) return standIn(response, wire.otherwise, heard)
      return await spoil(response, wire.as, own)
    case 'delivered twice':
      return sendOwn(response, own ?? nothing)
    case 'nobody listens':
      throw new Error('This fault is met by a request that reaches nobody.')
  }
}
