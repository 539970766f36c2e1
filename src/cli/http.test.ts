/** How the command line gets through to the API: addresses, answers that are none, and streams that break off. */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { createClient } from './client.gen.ts'
import { openTransport } from './http.ts'

let stop: (() => Promise<void>) | undefined

afterEach(async () => {
  await stop?.()
})

const isAddress = (address: string | AddressInfo | null): address is AddressInfo =>
  typeof address === 'object' && address !== null

/** A client of a server that answers so. */
const against = async (answer: RequestListener) => {
  const server = createServer(answer)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  stop = async () => {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
  const address = server.address()
  const port = isAddress(address) ? address.port : 0
  return createClient(openTransport({ server: new URL(`http://127.0.0.1:${port}/sund/`), token: async () => 'secret' }))
}

it('fills path and query, and bears the token', async () => {
  const seen: unknown[] = []
  const client = await against(({ url, headers }, response) => {
    seen.push({ url, authorization: headers.authorization })
    response.setHeader('etag', '"7"').end('{"items":[]}')
  })
  const answer = await client.listVendorLists({ path: { id: 'a/b' }, query: { setting: ['x:1', 'y:2&3'] } })
  expect(answer).toEqual({ status: 200, body: { items: [] }, etag: '"7"' })
  expect(seen).toEqual([
    { url: '/sund/api/v1/connections/a%2Fb/lists?setting=x%3A1&setting=y%3A2%263', authorization: 'Bearer secret' },
  ])
})

it.each<[string, RequestListener, object]>([
  ['a page', (_, response) => response.end('<html>'), { code: 'cli.not_sund' }],
  ['an error of another program', (_, response) => response.writeHead(500).end('{"no":1}'), { code: 'cli.not_sund' }],
  [
    'a redirect',
    (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(),
    { code: 'cli.unreachable' },
  ],
  ['a hang-up', ({ socket }) => socket.destroy(), { code: 'cli.unreachable' }],
])('takes %s for no answer of Sund', async (_what, answer, expected) => {
  const client = await against(answer)
  await expect(client.getSettings()).rejects.toMatchObject(expected)
})

it('takes a stream up again where the server breaks it off, until its end', async () => {
  const event = (name: string, added: number) => `event: ${name}\ndata: {"id":"1","added":${added}}\n\n`
  const streams = [
    [event('progress', 1), ': still there\n\n', event('progress', 2).slice(0, 9)],
    [],
    [event('progress', 3), event('end', 3)],
  ]
  let call = 0
  const client = await against((_, response) => {
    response.setHeader('content-type', 'text/event-stream')
    const parts = streams[call++] ?? []
    response.write(`: hello\n\n${parts.join('')}`, () => (call < 3 ? response.destroy() : response.end()))
  })
  const told: unknown[] = []
  for await (const { event: name, state } of client.watchRun({ path: { id: '1' } })) told.push([name, state.added])
  expect(told).toEqual([
    ['progress', 1],
    ['progress', 3],
    ['end', 3],
  ])
})

it('does not wait for a server that was never there', async () => {
  const client = createClient(openTransport({ server: new URL('http://127.0.0.1:9'), token: async () => 'secret' }))
  await expect(
    client
      .watchRun({ path: { id: '1' } })
      [Symbol.asyncIterator]()
      .next(),
  ).rejects.toMatchObject({
    code: 'cli.unreachable',
  })
})
