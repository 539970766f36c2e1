import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { gzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { type Door, openDoor } from './door.ts'
import { type OutboundRequest, usualTimeouts } from './exchange.ts'
import { openSpool, type Spool } from './spool.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
const never = new AbortController().signal

const doorTo = async (answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Door> => {
  const server = createServer(answer)
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const address: AddressInfo | string | null = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const door = openDoor({ endpoints: new Map([['acme', new URL(`http://127.0.0.1:${address.port}`)]]) })
  closing.push(async () => {
    await door.close()
    server.closeAllConnections()
    server.close()
  })
  return door
}
const asking = (more: Partial<OutboundRequest> = {}): OutboundRequest => ({
  destination: 'acme',
  url: new URL('https://api.acme.example/file'),
  method: 'PUT',
  headers: {},
  timeouts: usualTimeouts,
  maxBytes: 50_000_000,
  ...more,
})
const spool = async (bytes?: Buffer): Promise<Spool> => {
  const made = await openSpool(tmpdir())
  closing.push(() => made.close())
  if (bytes !== undefined) await made.append(bytes)
  return made
}
const contentOf = async (from: Spool): Promise<Buffer> => await from.slice(0, from.bytes)
const large = Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => (at * 7) % 253))

test('a spooled body goes whole, with its length, as often as it is sent', async () => {
  const received: { headers: IncomingMessage['headers']; body: Buffer }[] = []
  const door = await doorTo((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(pieces) })
      response.end()
    })
  })
  const body = await spool(large)
  for (let time = 0; time < 2; time++) await door.exchange(asking({ body }), never)
  expect(received).toHaveLength(2)
  for (const { headers, body: bytes } of received) {
    expect(bytes.equals(large)).toBe(true)
    expect(headers['content-length']).toBe(String(large.length))
    expect(headers).not.toHaveProperty('transfer-encoding')
    expect(headers).not.toHaveProperty('content-type')
  }
})

test('an empty spool is an empty body', async () => {
  const lengths: (string | undefined)[] = []
  const door = await doorTo((request, response) => {
    lengths.push(request.headers['content-length'])
    request.resume().on('end', () => response.end())
  })
  await door.exchange(asking({ body: await spool() }), never)
  expect(lengths).toEqual(['0'])
})

test('an answer of 2xx goes into the spool as it comes, packed or not', async () => {
  const packed = gzipSync(large)
  const door = await doorTo((request, response) => {
    expect(request.headers['accept-encoding']).toBe('identity')
    response.writeHead(206, { 'content-encoding': 'gzip' })
    // In pieces, with gaps between them.
    let at = 0
    const next = (): void => {
      response.write(packed.subarray(at, at + 300_000))
      at += 300_000
      if (at < packed.length) setImmediate(next)
      else response.end()
    }
    next()
  })
  const into = await spool()
  const answer = await door.exchange(asking({ method: 'GET', into }), never)
  expect([answer.status, answer.text]).toEqual([206, ''])
  expect((await contentOf(into)).equals(packed)).toBe(true)
})

test('an answer without an end of its own is whole when the connection ends', async () => {
  const door = await doorTo((_request, response) => {
    response.writeHead(200, { connection: 'close' })
    response.write(large.subarray(0, 1_000_000))
    setImmediate(() => response.end(large.subarray(1_000_000)))
  })
  const into = await spool()
  await door.exchange(asking({ method: 'GET', into }), never)
  expect((await contentOf(into)).equals(large)).toBe(true)
})

test('a refusal is read as usual, and the spool stays empty', async () => {
  const door = await doorTo((_request, response) => response.writeHead(403).end('<Error/>'))
  const into = await spool()
  const answer = await door.exchange(asking({ method: 'GET', into }), never)
  expect([answer.status, answer.text, into.bytes]).toEqual([403, '<Error/>', 0])
})

test.each([
  ['cut', (response: ServerResponse) => void response.write('abc', () => response.destroy()), 'lost'],
  ['too large', (response: ServerResponse) => void response.end(large), 'unreadable'],
])('an answer that is %s is no answer', async (_what, answer, kind) => {
  const door = await doorTo((_request, response) => {
    response.writeHead(200, { 'content-length': large.length })
    answer(response)
  })
  const request = asking({ method: 'GET', into: await spool(), maxBytes: 2_000_000 })
  await expect(door.exchange(request, never)).rejects.toMatchObject({ kind })
})

test('a file that cannot be written ends the exchange with that reason', async () => {
  const door = await doorTo((_request, response) => response.end(large))
  const full = new Error('no space left')
  const into: Spool = {
    ...(await spool()),
    append: async () => {
      throw full
    },
  }
  await expect(door.exchange(asking({ method: 'GET', into }), never)).rejects.toBe(full)
})

test('a spool ends with the exchange that is aborted', async () => {
  const gone = new AbortController()
  const door = await doorTo((request) => {
    request.once('data', () => gone.abort(new Error('stopped')))
  })
  await expect(door.exchange(asking({ body: await spool(large) }), gone.signal)).rejects.toThrow('stopped')
})
