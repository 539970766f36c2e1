import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import {
  type AddressInfo,
  createServer as createTcpServer,
  type LookupFunction,
  type Server,
  type Socket,
} from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { type Door, type DoorOptions, openDoor } from './door.ts'
import type { OutboundRequest } from './exchange.ts'
import { failureOf, OutboundFailure } from './outbound-failure.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const listen = async (server: Server): Promise<number> => {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address: AddressInfo | string | null = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
const serve = (answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> =>
  listen(createServer(answer))
const serveRaw = (connected: (socket: Socket) => void): Promise<number> =>
  listen(
    createTcpServer((socket) => {
      socket.on('error', () => undefined)
      connected(socket)
    }),
  )

const open = (options: DoorOptions): Door => {
  const door = openDoor(options)
  closing.push(() => door.close())
  return door
}
const doorTo = (port: number): Door => open({ endpoints: new Map([['acme', new URL(`http://127.0.0.1:${port}`)]]) })

const asking = (more: Partial<OutboundRequest> = {}): OutboundRequest => ({
  destination: 'acme',
  url: new URL('https://api.acme.example/v1/contacts?x=1'),
  method: 'PUT',
  headers: { authorization: 'Bearer hush-hush-hush' },
  body: '{"email":"kari@example.com"}',
  timeouts: { connectMs: 2_000, headersMs: 2_000, bodyMs: 2_000, totalMs: 4_000 },
  maxBytes: 10_000,
  ...more,
})
const never = new AbortController().signal
const failing = async (door: Door, request: OutboundRequest): Promise<OutboundFailure> => {
  try {
    await door.exchange(request, never)
  } catch (error) {
    if (error instanceof OutboundFailure) return error
    throw error
  }
  throw new Error('it was answered')
}

describe('an answered request', () => {
  test('goes to the endpoint in place of the vendor, path and query kept, and is read whole', async () => {
    const port = await serve((request, response) => {
      let body = ''
      request.on('data', (piece) => {
        body += piece
      })
      request.on('end', () =>
        response.writeHead(207, { 'x-many': ['a', 'b'] }).end(`${request.method} ${request.url} ${body}`),
      )
    })
    const answer = await doorTo(port).exchange(asking(), never)
    expect(answer.status).toBe(207)
    expect(answer.headers['x-many']).toBe('a, b')
    expect(answer.text).toBe('PUT /v1/contacts?x=1 {"email":"kari@example.com"}')
  })

  test('does not follow redirects', async () => {
    let asked = 0
    const port = await serve((_request, response) => {
      asked++
      response.writeHead(302, { location: '/elsewhere' }).end()
    })
    const answer = await doorTo(port).exchange(asking({ method: 'GET', body: '' }), never)
    expect([answer.status, answer.headers.location, asked]).toEqual([302, '/elsewhere', 1])
  })

  test('unpacks gzip', async () => {
    const port = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('\uFEFFgrüß')),
    )
    expect((await doorTo(port).exchange(asking(), never)).text).toBe('grüß')
  })

  test('keeps its connection', async () => {
    const ports = new Set<number | undefined>()
    const port = await serve((request, response) => {
      ports.add(request.socket.remotePort)
      request.resume().on('end', () => response.end())
    })
    const door = open({ endpoints: new Map([['acme', new URL(`http://127.0.0.1:${port}`)]]), connections: 1 })
    for (let i = 0; i < 5; i++) await door.exchange(asking(), never)
    expect(ports.size).toBe(1)
  })
})

describe('no request leaves', () => {
  test.each([
    ['plain http', 'http://api.acme.example/', 'NOT_HTTPS'],
    ['a password in the URL', 'https://a:b@api.acme.example/', 'CREDENTIALS_IN_URL'],
    ['a literal loopback address', 'https://127.0.0.1/', 'ADDRESS_REFUSED'],
    ['the same as a number', 'https://2130706433/', 'ADDRESS_REFUSED'],
    ['the same in octal', 'https://0177.0.0.1/', 'ADDRESS_REFUSED'],
    ['the same in short', 'https://127.1/', 'ADDRESS_REFUSED'],
    ['the same mapped', 'https://[::ffff:7f00:1]/', 'ADDRESS_REFUSED'],
    ['the metadata service', 'https://169.254.169.254/latest', 'ADDRESS_REFUSED'],
    ['a name that resolves to a private address', 'https://inside.acme.example/', 'ADDRESS_REFUSED'],
    ['localhost', 'https://localhost/', 'ADDRESS_REFUSED'],
  ])('to %s', async (_what, url, code) => {
    const resolve: LookupFunction = (_name, _options, callback) => callback(null, [{ address: '10.0.0.1', family: 4 }])
    const failure = await failing(open({ endpoints: new Map(), resolve }), asking({ url: new URL(url) }))
    expect([failure.kind, failure.code, failure.transient]).toEqual(['not-sent', code, false])
  })

  test('to a name that does not resolve', async () => {
    const resolve: LookupFunction = (_name, _options, callback) =>
      callback(Object.assign(new Error('nowhere'), { code: 'ENOTFOUND' }), [])
    const failure = await failing(open({ endpoints: new Map(), resolve }), asking())
    expect([failure.kind, failure.code, failure.transient]).toEqual(['not-sent', 'ENOTFOUND', true])
  })

  test('through an endpoint of another destination', async () => {
    const port = await serve((_request, response) => response.end())
    const door = open({ endpoints: new Map([['other', new URL(`http://127.0.0.1:${port}`)]]) })
    expect((await failing(door, asking({ url: new URL(`https://127.0.0.1:${port}/`) }))).code).toBe('ADDRESS_REFUSED')
  })

  test('to an endpoint beyond this machine that nobody allowed', () => {
    const endpoints = new Map([['acme', new URL('https://proxy.example')]])
    expect(() => openDoor({ endpoints })).toThrow('proxy.example')
    expect(() => open({ endpoints, remoteEndpoints: new Set(['acme']) })).not.toThrow()
  })

  test('to a closed port, or to one that does not speak TLS', async () => {
    const port = await serveRaw((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'))
    const tls = open({ endpoints: new Map([['acme', new URL(`https://127.0.0.1:${port}`)]]) })
    const refusedTls = await failing(tls, asking())
    expect([refusedTls.kind, refusedTls.transient]).toEqual(['not-sent', false])

    const closed = createTcpServer()
    const free = await listen(closed)
    await new Promise((done) => closed.close(done))
    const refused = await failing(doorTo(free), asking())
    expect([refused.kind, refused.code, refused.transient]).toEqual(['not-sent', 'ECONNREFUSED', true])
  })

  test.each([
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  ])('D4 with the certificate error %s, which no waiting mends', (code) => {
    const failure = failureOf(Object.assign(new Error('x'), { code }), false, 'api.acme.example')
    expect([failure.kind, failure.transient]).toEqual(['not-sent', false])
  })
})

describe('an answer that is not read', () => {
  const dribble = (socket: Socket, head: string): void => {
    socket.once('data', () => {
      socket.write(head)
      const timer = setInterval(() => socket.write('x'), 40)
      socket.on('close', () => clearInterval(timer))
    })
  }
  const cases: [string, (socket: Socket) => void, Partial<OutboundRequest['timeouts']>, string][] = [
    ['reset before reading', (socket) => socket.once('readable', () => socket.resetAndDestroy()), {}, ''],
    ['closed after reading', (socket) => socket.once('data', () => socket.destroy()), {}, 'UND_ERR_SOCKET'],
    [
      'cut in the middle',
      (socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf')),
      {},
      '',
    ],
    ['a half-open socket', (socket) => socket.resume(), { headersMs: 150 }, 'UND_ERR_HEADERS_TIMEOUT'],
    [
      'headers that drip for ever',
      (socket) => dribble(socket, 'HTTP/1.1 200 OK\r\nx: '),
      { totalMs: 1_000 },
      'TOTAL_TIMEOUT',
    ],
    [
      'a body that stops',
      (socket) => socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf')),
      { bodyMs: 150 },
      'UND_ERR_BODY_TIMEOUT',
    ],
    [
      'a body that drips for ever',
      (socket) => dribble(socket, 'HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n'),
      { totalMs: 1_000 },
      'TOTAL_TIMEOUT',
    ],
    ['something that is not HTTP', (socket) => socket.once('data', () => socket.end('SSH-2.0-x\r\n')), {}, ''],
  ]
  test.each(cases)('%s is lost', async (_what, connected, limits, code) => {
    const port = await serveRaw(connected)
    const request = asking()
    const failure = await failing(doorTo(port), { ...request, timeouts: { ...request.timeouts, ...limits } })
    expect(failure.kind).toBe('lost')
    if (code !== '') expect(failure.code).toBe(code)
    expect(failure.message).not.toMatch(/hush|kari/)
  })

  test('the slot of a hung request is free again', async () => {
    let connections = 0
    const port = await serveRaw((socket) => {
      if (connections++ === 0) socket.resume()
      else socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'))
    })
    const door = open({ endpoints: new Map([['acme', new URL(`http://127.0.0.1:${port}`)]]), connections: 1 })
    const hung = failing(door, asking({ timeouts: { connectMs: 2_000, headersMs: 150, bodyMs: 150, totalMs: 4_000 } }))
    const usual = { connectMs: 20_000, headersMs: 20_000, bodyMs: 20_000, totalMs: 20_000 }
    expect((await door.exchange(asking({ timeouts: usual }), never)).text).toBe('ok')
    expect((await hung).kind).toBe('lost')
  })

  test('a request that waits behind a hung one was never sent', async () => {
    const port = await serveRaw((socket) => socket.resume())
    const door = open({ endpoints: new Map([['acme', new URL(`http://127.0.0.1:${port}`)]]), connections: 1 })
    const timeouts = { connectMs: 2_000, headersMs: 3_000, bodyMs: 3_000, totalMs: 3_000 }
    const hung = failing(door, asking({ timeouts }))
    const waiting = await failing(door, asking({ timeouts: { ...timeouts, totalMs: 200 } }))
    expect([waiting.kind, waiting.code]).toEqual(['not-sent', 'TOTAL_TIMEOUT'])
    expect((await hung).kind).toBe('lost')
  })

  test('aborted, it rejects with the reason of the signal', async () => {
    const port = await serveRaw((socket) => socket.resume())
    const stop = new AbortController()
    const asked = doorTo(port).exchange(asking(), stop.signal)
    stop.abort(new Error('the process stops'))
    await expect(asked).rejects.toThrow('the process stops')
  })
})

describe('an unreadable answer', () => {
  const cases: [string, Record<string, string>, Buffer, string][] = [
    ['too large', {}, Buffer.alloc(20_000), 'BODY_TOO_LARGE'],
    ['too large when unpacked', { 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(5_000_000)), 'BAD_COMPRESSION'],
    ['damaged', { 'content-encoding': 'gzip' }, Buffer.from('not gzip'), 'BAD_COMPRESSION'],
    ['packed otherwise', { 'content-encoding': 'br' }, Buffer.from('x'), 'UNKNOWN_ENCODING'],
  ]
  test.each(cases)('%s', async (_what, headers, body, code) => {
    const port = await serve((_request, response) => response.writeHead(200, headers).end(body))
    const failure = await failing(doorTo(port), asking())
    expect([failure.kind, failure.code, failure.transient]).toEqual(['unreadable', code, false])
  })
})

describe('a server that lies', () => {
  const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

  test('with a body that never ends: no more than allowed is read, and its connection ends', async () => {
    let closed: () => void = () => undefined
    const ended = new Promise<void>((resolve) => {
      closed = resolve
    })
    const port = await serveRaw((socket) => {
      const piece = `4000\r\n${'x'.repeat(0x4000)}\r\n`
      const more = (): void => {
        while (!socket.destroyed && socket.write(piece));
      }
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
        more()
      })
      socket.on('drain', more)
      socket.on('close', closed)
    })
    const failure = await failing(doorTo(port), asking())
    expect([failure.kind, failure.code]).toEqual(['unreadable', 'BODY_TOO_LARGE'])
    await ended
  })

  test('with more bytes than it says: the next request does not read them as its answer', async () => {
    let connections = 0
    const port = await serveRaw((socket) => {
      const first = connections++ === 0
      socket.on('data', () => {
        socket.write(first ? `${ok}HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil` : ok)
      })
    })
    const door = open({ endpoints: new Map([['acme', new URL(`http://127.0.0.1:${port}`)]]), connections: 1 })
    const answers = []
    for (let asked = 0; asked < 3; asked++) answers.push(await door.exchange(asking(), never).catch(() => 'lost'))
    expect(JSON.stringify(answers)).not.toContain('evil')
  })
})

test('a page for a person is at the endpoint, where its destination has one', () => {
  const page = new URL('https://login.acme.example/authorize?state=x%20y')
  const door = doorTo(4714)
  expect(door.pageAt('acme', page).href).toBe('http://127.0.0.1:4714/authorize?state=x%20y')
  expect(door.pageAt('other', page).href).toBe(page.href)
})
