/** Who may speak to the API, what is too much, and what an answer never says. */
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { z } from 'zod'
import { silent } from '../../test/end-to-end/rig.ts'
import { hashOfToken, isAuthorized, isLoopbackHost, isOwnOrigin } from './access.ts'
import { type ApiRig, openApiRig } from './fixtures/api-rig.ts'
import { listen } from './listen.ts'

let api: ApiRig
beforeAll(async () => {
  api = await openApiRig()
})
afterAll(async () => await api.close())

test.each([
  ['127.0.0.1:4700', true],
  ['LOCALHOST', true],
  ['[::1]:80', true],
  [undefined, false],
  ['', false],
  ['sund.example', false],
  ['127.0.0.1.sund.example', false],
  ['localhost.sund.example:4700', false],
  ['127.0.0.2', false],
  ['localhost:4700@sund.example', false],
])('host %s: %s', (host, isOurs) => expect(isLoopbackHost(host)).toBe(isOurs))

test.each([
  [undefined, '127.0.0.1:4700', true],
  ['http://127.0.0.1:4700', '127.0.0.1:4700', true],
  ['http://127.0.0.1:4701', '127.0.0.1:4700', false],
  ['https://127.0.0.1:4700', '127.0.0.1:4700', false],
  ['http://localhost:4700', '127.0.0.1:4700', false],
  ['null', '127.0.0.1:4700', false],
  ['http://sund.example', '127.0.0.1:4700', false],
])('origin %s at %s: %s', (origin, host, isOurs) => expect(isOwnOrigin(origin, host)).toBe(isOurs))

test.each([
  ['Bearer right', true],
  ['bearer right', true],
  ['Bearer wrong', false],
  ['Bearer  right', false],
  ['Bearer right ', false],
  ['Basic right', false],
  ['right', false],
  ['', false],
  [undefined, false],
])('authorization %s: %s', (header, isAllowed) => expect(isAuthorized(header, hashOfToken('right'))).toBe(isAllowed))

/** fetch sets Host itself. */
const statusWith = async (headers: Record<string, string>): Promise<number | undefined> =>
  await new Promise((done, fail) => {
    const whole = { authorization: `Bearer ${api.token}`, ...headers }
    request(`${api.api.url}/api/v1/sources`, { headers: whole }, (answer) => {
      answer.resume()
      done(answer.statusCode)
    })
      .on('error', fail)
      .end()
  })

it.each([
  [{}, 200],
  [{ host: 'localhost:4700' }, 200],
  [{ host: 'rebound.example' }, 403],
  [{ origin: 'http://sund.example' }, 403],
  [{ host: 'localhost:4700', origin: 'http://localhost:4700' }, 200],
  [{ 'sec-fetch-site': 'cross-site' }, 403],
  [{ 'sec-fetch-site': 'same-origin' }, 200],
])('with the token and %j: %i', async (headers, status) => expect(await statusWith(headers)).toBe(status))

it('listens on this machine alone', () => expect(new URL(api.api.url).hostname).toBe('127.0.0.1'))

describe('the token', () => {
  it('is told once, kept in a file that only its owner reads, and nowhere else', async () => {
    const file = join(api.rig.home, 'token')
    expect((await readFile(file, 'utf8')).trim()).toBe(api.token)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(api.token.length).toBeGreaterThan(40)
    const rows = await api.rig.db.selectFrom('setting').selectAll().execute()
    expect(JSON.stringify(rows)).toContain(hashOfToken(api.token))
    expect(JSON.stringify(rows)).not.toContain(api.token)
  })

  it('stays the same at the next start; without its file, or with another in it, there is a new one', async () => {
    const { token } = api
    const again = async () => {
      await api.down()
      await api.up()
      return api.api.token
    }
    expect((await again()).fresh).toBeUndefined()
    expect((await api.call('GET', '/sources', { token })).status).toBe(200)
    await rm(join(api.rig.home, 'token'))
    const second = (await again()).fresh
    expect(second).toBeDefined()
    expect((await api.call('GET', '/sources', { token })).status).toBe(401)
    expect((await api.call('GET', '/sources', { token: second })).status).toBe(200)
    await writeFile(join(api.rig.home, 'token'), 'chosen by somebody\n')
    expect((await again()).fresh).not.toBe(second)
    expect((await api.call('GET', '/sources', { token: 'chosen' })).status).toBe(401)
  })
})

it('says which port is taken', async () => {
  const { port } = new URL(api.api.url)
  const second = listen({ server: api.rig.server, home: api.rig.home, port: Number(port), log: silent })
  await expect(second).rejects.toMatchObject({ code: 'api.port_in_use', details: { port: Number(port) } })
})

const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`

describe('what is too much or is not JSON', () => {
  it.each([
    ['a body over a megabyte', JSON.stringify({ name: 'x'.repeat(1_100_000) }), 413, 'request.too_large'],
    ['a body nested too deep', `{"name":"x","rule":${deep(5000)}}`, 400, 'request.malformed'],
    ['a body that ends early', '{"name":"x"', 400, 'request.malformed'],
    ['no body', '', 400, 'request.malformed'],
    ['__proto__', '{"name":"x","rule":{"__proto__":{"all":[]}}}', 400, 'request.malformed'],
    ['constructor.prototype', '{"name":"x","constructor":{"prototype":{"polluted":1}}}', 400, 'request.malformed'],
    ['a rule that is too deep', JSON.stringify({ name: 'x', rule: JSON.parse(deep(30)) }), 400, 'request.invalid'],
  ])('%s', async (_what, body, status, code) => {
    const answer = await api.call('POST', '/segments', { body })
    expect([answer.status, z.object({ code: z.string() }).parse(answer.body).code]).toEqual([status, code])
    expect({}).not.toHaveProperty('polluted')
  })

  it('a body of another type', async () => {
    const answer = await api.call('POST', '/segments', { body: 'name=x', headers: { 'content-type': 'text/plain' } })
    expect(answer.status).toBe(415)
  })

  it('pollution by the address', async () => {
    for (const query of ['__proto__[x]=1', 'constructor.prototype.x=1', '__proto__=1']) {
      expect((await api.call('GET', `/segments?${query}`)).status).toBe(400)
    }
  })

  it('heads that are too large, and lines that are no HTTP', async () => {
    const { port } = new URL(api.api.url)
    const raw = async (text: string): Promise<string> =>
      await new Promise((done) => {
        const socket = connect(Number(port), '127.0.0.1', () => socket.write(text))
        let answer = ''
        socket.on('data', (part) => {
          answer += part.toString()
        })
        // What is left unread makes the other side reset the connection.
        socket.on('close', () => done(answer)).on('error', () => undefined)
      })
    const big = await raw(`GET /health HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`)
    expect(big).toMatch(/^HTTP\/1\.1 431 /)
    const garbage = await raw('HELLO\r\n\r\n')
    expect(garbage).toMatch(/^HTTP\/1\.1 400 /)
    const smuggled = await raw(
      'POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    )
    expect(smuggled).toMatch(/^HTTP\/1\.1 400 /)
    for (const answer of [big, garbage, smuggled]) expect(answer).toContain('"type":"urn:sund:problem:request.')
  })
})

describe('an answer', () => {
  it('speaks the language of the reader', async () => {
    const nb = await api.call('GET', '/segments/1', { headers: { 'accept-language': 'nb-NO,nb;q=0.9,en;q=0.5' } })
    expect(nb.headers.get('content-language')).toBe('nb')
    expect(nb.body).toMatchObject({ title: 'Ikke funnet', code: 'segment.missing' })
    const en = await api.call('GET', '/segments/1', { headers: { 'accept-language': 'fr, *;q=0.1' } })
    expect(en.body).toMatchObject({ title: 'Not found', status: 404, type: 'urn:sund:problem:segment.missing' })
    const fields = await api.call('POST', '/segments', {
      body: { name: 3, rule: {} },
      headers: { 'accept-language': 'nb' },
    })
    expect(fields.text).toContain('forventet')
  })

  it('bears the headers that keep browsers from doing anything with it', async () => {
    for (const path of ['/sources', '/nowhere', '/health']) {
      const { headers } = await api.call('GET', path, { headers: { origin: 'http://127.0.0.1:1' } })
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
      expect(headers.get('server')).toBeNull()
      expect(headers.get('x-powered-by')).toBeNull()
    }
  })

  it('says of an error of ours only its number, and the log says nothing that a statement could quote', async () => {
    const lines: string[] = []
    const log = { info: () => undefined, warn: (line: string) => void lines.push(line) }
    const { ports } = api.rig.server
    const secret = 'select * from people where email = maria@people.example'
    const broken = {
      ...ports,
      engine: {
        ...ports.engine,
        rows: () => {
          throw new Error(secret)
        },
      },
    }
    const working = api.rig.server
    const server = {
      ports: broken,
      requestRefresh: async () => await working.requestRefresh(),
      joinRun: async (id: string) => await working.joinRun(id),
      requestLast: async (id: string) => await working.requestLast(id),
      approveRun: async (id: string, hash: string) => await working.approveRun(id, hash),
      cancelRun: async (id: string) => await working.cancelRun(id),
    }
    const running = await listen({ server, home: api.rig.home, port: 0, log })
    try {
      const headers = { authorization: `Bearer ${(await readFile(running.token.file, 'utf8')).trim()}` }
      const answer = await fetch(`${running.url}/api/v1/tables`, { headers })
      const text = await answer.text()
      expect([answer.status, JSON.parse(text).code]).toEqual([500, 'request.failed'])
      expect(text).not.toMatch(/select|people|\.ts|node_modules|\bat \w/)
      const number = /[0-9a-f]{12}/.exec(text)?.[0] ?? 'none'
      expect(lines.join()).toContain(number)
      expect(lines.join()).toContain('tables.ts')
      expect(lines.join()).not.toContain('maria')
    } finally {
      await running.close()
    }
  })
})
