import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type AnyDestination, type Request, Stop } from '../destination-kit/kit.ts'
import type { OutboundAnswer } from '../outbound/door.ts'
import { OutboundFailure } from '../outbound/outbound-failure.ts'
import type { Channel, Watch } from './channel.ts'
import { LostOnce, VendorDown, WholeCallRefused } from './failures.ts'
import { acme } from './fixtures/acme.ts'
import { openRig, type Rig } from './fixtures/rig.ts'
import { get, never, ok, put, scripted, status } from './fixtures/scripted-channel.ts'
import { openRates } from './rates.ts'

/** Acme with a host for the URLs that it gives to upload to. */
const withUploads: AnyDestination = {
  ...acme(),
  hosts: {
    ...acme().hosts,
    uploads: { match: /up\.acme\.example/, headers: ({ key = '' }) => ({ UploadKey: key }) },
  },
}

describe('what goes over the wire', () => {
  test('a request that is to wait waits first, and not again when it is sent again', async () => {
    const { ask, at } = scripted((_request, count) => (count === 1 ? status(429, { 'retry-after': '3' }) : ok))
    await ask({ ...put, after: 8 })
    expect(at).toEqual([8000, 11_000])
  })

  test('a wait ends with the run', async () => {
    const { channel, asked } = scripted(() => ok)
    const ended = new AbortController()
    const watch: Watch = {
      sent: () => undefined,
      written: () => undefined,
      lost: () => undefined,
      waits: () => ended.signal,
    }
    ended.abort(new Error('the run ends'))
    await expect(channel.ask({ ...put, after: 8 }, watch, never)).rejects.toThrow('the run ends')
    expect(asked).toEqual([])
  })

  test('own hosts get credentials, and what the host says wins over the talk', async () => {
    const { ask, asked } = scripted(() => ok)
    await ask({ ...put, query: { q: 'a b&c' }, headers: { Authorization: 'mine', 'X-More': '1' } })
    expect(asked[0]?.url.href).toBe('https://api.acme.example/lists?q=a+b%26c')
    expect(asked[0]?.headers).toMatchObject({
      authorization: 'Bearer key-1234567',
      'x-more': '1',
      'content-type': 'application/json',
    })
    expect(asked[0]?.body?.toString()).toBe('{"a":1}')
  })

  test('a URL from an answer gets none, whatever it is', async () => {
    const { ask, asked } = scripted(() => ok)
    await ask({ method: 'PUT', host: 'foreign', path: 'https://blob.example/up?sig=abc', body: { form: { a: 'b c' } } })
    expect(asked[0]?.url.href).toBe('https://blob.example/up?sig=abc')
    expect(JSON.stringify(asked[0]?.headers)).not.toContain('key-1234567')
    expect(asked[0]?.body?.toString()).toBe('a=b+c')
    await expect(ask({ method: 'GET', host: 'foreign', path: 'javascript:alert(1)' })).rejects.toThrow(Stop)
  })

  test.each(['https://up.acme.example/7?key=a%2Fb', 'https://UP.acme.example/7'])(
    'a URL from an answer on a host of the vendor’s own gets that host’s headers, and no others: %s',
    async (path) => {
      const { ask, asked } = scripted(() => ok, withUploads)
      await ask({ method: 'POST', host: 'uploads', path, body: { json: 1 } })
      expect(asked[0]?.url.href).toBe(path.replace('UP', 'up'))
      expect(asked[0]?.headers).toMatchObject({ uploadkey: 'key-1234567' })
      expect(asked[0]?.headers).not.toHaveProperty('authorization')
    },
  )

  test.each([
    'https://up.acme.example.evil.example/7',
    'https://evil.example/up.acme.example',
    'https://upXacme.example/7',
    'https://up.acme.example:8443/7',
    'http://up.acme.example/7',
    'https://key@evil.example/7',
    'javascript:alert(1)',
    '/7',
  ])('a URL from an answer on any other host is given nothing at all: %s', async (path) => {
    const { ask, asked } = scripted(() => ok, withUploads)
    await expect(ask({ method: 'POST', host: 'uploads', path, body: { json: 1 } })).rejects.toThrow(Stop)
    expect(asked).toHaveLength(0)
  })

  test('a URL on the endpoint that stands for the vendor is one of the vendor’s own', async () => {
    const endpoint = new URL('http://127.0.0.1:4010')
    const { ask, asked } = scripted(() => ok, withUploads, {}, endpoint)
    await ask({ method: 'POST', host: 'uploads', path: 'http://127.0.0.1:4010/up/7', body: { json: 1 } })
    expect(asked[0]?.headers).toMatchObject({ uploadkey: 'key-1234567' })
    await expect(
      ask({ method: 'POST', host: 'uploads', path: 'http://127.0.0.1:4011/up/7', body: { json: 1 } }),
    ).rejects.toThrow(Stop)
  })

  test('a large body is given the time it takes, and goes with its length', async () => {
    const { ask, asked } = scripted(() => ok)
    const rows = Array.from({ length: 3_000 }, (_, seq) => ({
      ref: String(seq),
      identifier: '',
      fields: {},
      text: `${seq * 7_919}`.repeat(20),
    }))
    const body = { rows, head: '', between: '', tail: '', part: { name: 'file', file: 'a.csv' } }
    await ask({ ...put, body })
    const sent = asked[0]?.body
    if (typeof sent !== 'object' || Buffer.isBuffer(sent)) throw new Error('it was not spooled')
    expect(asked[0]?.timeouts.totalMs).toBe(300_000 + Math.ceil((sent.bytes / 65_536) * 1000))
    expect(asked[0]?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=sund-[0-9a-f]{32}$/)
  })

  test('rows are joined from their texts', async () => {
    const { ask, asked } = scripted(() => ok)
    const rows = ['a', 'ø'].map((text, seq) => ({ ref: String(seq), identifier: text, fields: {}, text }))
    await ask({ ...put, body: { rows, type: 'text/csv', head: 'h\n', between: '\n', tail: '\n' } })
    expect(asked[0]?.body?.toString()).toBe('h\na\nø\n')
    expect(asked[0]?.headers['content-type']).toBe('text/csv')
  })

  test.each(['//evil.example/x', '@evil.example/', 'lists', '\\\\evil.example'])(
    'a path %j cannot leave its host',
    async (path) => {
      const { ask, asked } = scripted(() => ok)
      const went = await ask({ method: 'GET', path }).then(
        () => asked.map(({ url }) => url.origin),
        () => ['refused'],
      )
      expect(went).toEqual([path.startsWith('/') ? 'https://api.acme.example' : 'refused'])
    },
  )
})

describe('what answers mean', () => {
  const judging = (verdict: ReturnType<NonNullable<AnyDestination['judge']>>): AnyDestination => ({
    ...acme(),
    judge: (reply) => (reply.text === 'judge' ? verdict : undefined),
  })

  test('an expected status reaches the talk, an unexpected one does not', async () => {
    const { ask } = scripted(() => status(422, { 'X-A': 'b' }))
    await expect(ask(put)).rejects.toMatchObject({ why: 'bad-request' })
    const reply = await scripted(() => status(404)).ask({ ...get, expect: [404] })
    expect(reply.status).toBe(404)
  })

  test('the vendor has the first word', async () => {
    const passed = await scripted(() => status(400, {}, 'judge'), judging({ kind: 'pass' })).ask(put)
    expect(passed.status).toBe(400)
    const stopped = scripted(() => status(200, {}, 'judge'), judging(new Stop('terms', 'Accept the terms.')))
    await expect(stopped.ask(put)).rejects.toMatchObject({ why: 'terms' })
    const split = scripted(() => status(400, {}, 'judge'), judging({ kind: 'split', reason: 'too much' }))
    await expect(split.ask(put)).rejects.toThrow(WholeCallRefused)
    const later = scripted(
      (_request, count) => (count === 1 ? status(400, {}, 'judge') : ok),
      judging({ kind: 'retry', after: 9 }),
    )
    await later.ask(put)
    expect(later.clock.elapsed()).toBe(9_000)
  })

  test('413 is a refusal of the whole call', async () => {
    await expect(scripted(() => status(413)).ask(put)).rejects.toThrow(WholeCallRefused)
  })

  test('an answer of another form is unreadable, and the error shows no person and no secret', async () => {
    const text = JSON.stringify({ contact: 'Kari Nordmann', message: 'key-1234567 of kari@example.com' })
    const reply = await scripted(() => status(200, {}, text)).ask(get)
    const read = (): unknown => reply.json(z.object({ rejected: z.array(z.string()) }))
    expect(read).toThrow(Stop)
    expect(read).toThrow('"rejected"')
    expect(read).not.toThrow(/Kari|kari|1234567/)
    const html = await scripted(() => status(200, {}, '<html>Kari')).ask(get)
    expect(() => html.json(z.object({}))).toThrow('not JSON')
    expect(() => html.json(z.object({}))).not.toThrow(/Kari/)
  })
})

describe('waiting', () => {
  test('a 429 is waited out as told, by all of the bucket, and counts as no failure', async () => {
    const { ask, at } = scripted(
      (_request, count) => (count === 1 ? status(429, { 'retry-after': '1200' }) : ok),
      acme(),
      {
        patienceMs: 1_000,
      },
    )
    const first = ask(put)
    await new Promise((done) => setImmediate(done))
    await Promise.all([first, ask(get)])
    expect(at).toEqual([0, 1_200_000, 1_200_000])
  })

  test('an absurd wait is cut, and a vendor that says "later" for ever ends as a quota', async () => {
    const { ask, asked, clock } = scripted(() => status(429, { 'retry-after': '1000000000' }))
    await expect(ask(put)).rejects.toMatchObject({ why: 'quota' })
    expect(asked).toHaveLength(7)
    expect(clock.elapsed()).toBe(6 * 3_600_000)
  })

  test('without a time to wait it waits ever longer, never nothing', async () => {
    const { ask, at } = scripted((_request, count) => (count < 8 ? status(429, { 'retry-after': '-1' }) : ok))
    await ask(put)
    const gaps = at.slice(1).map((time, i) => time - (at[i] ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(500)
    expect(gaps[6] ?? 0).toBeGreaterThan(30_000)
  })

  test('Retry-After of a 503 is kept', async () => {
    const { ask, at } = scripted((_request, count) => (count === 1 ? status(503, { 'retry-after': '40' }) : ok))
    await ask(put)
    expect(at[1]).toBe(40_000)
  })
})

describe('what was lost', () => {
  const lost = new OutboundFailure('lost', true, 'ECONNRESET', 'api.acme.example')
  const unsent = new OutboundFailure('not-sent', true, 'ECONNREFUSED', 'api.acme.example')
  const failing: [string, OutboundAnswer | OutboundFailure, Request, string[]][] = [
    ['a write whose answer was lost', lost, put, ['write', 'lost', 'write', 'written']],
    ['a write that never left', unsent, put, ['write', 'write', 'written']],
    ['a write answered 504', status(504), put, ['write', 'lost', 'write', 'written']],
    ['a write answered 503', status(503), put, ['write', 'lost', 'write', 'written']],
    ['a write answered 524', status(524), put, ['write', 'lost', 'write', 'written']],
    ['a write refused at the door', status(503, { 'retry-after': '1' }), put, ['write', 'write', 'written']],
    ['a read whose answer was lost', lost, get, ['read', 'read']],
    ['a search by POST', lost, { ...put, method: 'POST', reads: true }, ['read', 'read']],
  ]
  test.each(failing)('%s', async (_what, first, request, told) => {
    const { ask, events } = scripted((_request, count) => (count === 1 ? first : ok))
    await ask(request)
    expect(events).toEqual(told)
  })

  test('a request that must not be sent twice is not, when it may have arrived', async () => {
    const once: Request = { ...put, once: true }
    for (const answer of [lost, status(502)]) {
      const { ask, asked } = scripted(() => answer)
      await expect(ask(once)).rejects.toThrow(LostOnce)
      expect(asked).toHaveLength(1)
    }
    for (const answer of [unsent, status(503, { 'retry-after': '1' }), status(429)]) {
      const { ask, asked } = scripted((_request, count) => (count === 1 ? answer : ok))
      await ask(once)
      expect(asked).toHaveLength(2)
    }
  })

  test('what no waiting mends stops at once', async () => {
    const tls = new OutboundFailure('not-sent', false, 'CERT_HAS_EXPIRED', 'api.acme.example')
    const { ask, asked } = scripted(() => tls)
    await expect(ask(put)).rejects.toThrow(VendorDown)
    expect(asked).toHaveLength(1)
    await expect(
      scripted(() => tls).ask({ method: 'GET', host: 'foreign', path: 'https://x.example/' }),
    ).rejects.toMatchObject({
      why: 'unreadable',
    })
  })

  test('an answer too large to read is unreadable, and the write counts as lost', async () => {
    const { ask, events } = scripted(
      () => new OutboundFailure('unreadable', false, 'BODY_TOO_LARGE', 'api.acme.example'),
    )
    await expect(ask(put)).rejects.toMatchObject({ why: 'unreadable' })
    expect(events).toEqual(['write', 'lost'])
  })
})

describe('against a real server', () => {
  let rig: Rig
  let channel: Channel
  beforeEach(async () => {
    rig = await openRig()
    channel = rig.channel(acme({ calls: 5, per: 10 }))
  })
  afterEach(() => rig.close())

  test('two channels of one account share its rate', async () => {
    const rates = openRates(rig.clock)
    const destination = acme({ calls: 5, per: 10 })
    const both = [0, 1].map(() => rig.channel(destination, { rates }))
    const watch: Watch = { sent: () => {}, written: () => {}, lost: () => {}, waits: () => never }
    await Promise.all(both.flatMap((one) => Array.from({ length: 10 }, () => one.ask(get, watch, never))))
    for (let i = 5; i < rig.sentAt.length; i++) {
      expect((rig.sentAt[i] ?? 0) - (rig.sentAt[i - 5] ?? 0)).toBeGreaterThanOrEqual(10_000)
    }
    expect(rig.sentAt).toHaveLength(20)
  })

  test('an abort ends a request in flight', async () => {
    rig.vendor.fault = () => 'hang'
    const stop = new AbortController()
    const watch: Watch = { sent: () => {}, written: () => {}, lost: () => {}, waits: () => stop.signal }
    const asked = channel.ask(get, watch, stop.signal)
    setTimeout(() => stop.abort(new Error('stopped')), 20)
    await expect(asked).rejects.toThrow('stopped')
  })
})
