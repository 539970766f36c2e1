/** The SendGrid simulator over HTTP: keys, rates, lists, fields, the checks of an upsert. */
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exampleCredentials } from '../credentials.ts'
import { type Asked, type Bench, type Reply, startBench } from '../test-bench.ts'

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
const keys = exampleCredentials.sendgrid

let bench: Bench
const ask = (method: string, path: string, json?: unknown, asked: Asked = {}): Promise<Reply> =>
  bench.ask('sendgrid', method, path, { headers: bearer(keys.apiKey), ...asked, ...(json ? { json } : {}) })
const put = (contacts: readonly unknown[], more: object = {}): Promise<Reply> =>
  ask('PUT', '/v3/marketing/contacts', { contacts, ...more })
const people = (count: number) => Array.from({ length: count }, (_, index) => ({ email: `p${index}@example.com` }))

beforeEach(async () => {
  bench = await startBench()
})
afterEach(() => bench.end())

describe('access', () => {
  it.each([
    ['no key', {}, 401, 'authorization required'],
    ['another key', bearer('SG.aaa.bbb'), 401, 'The provided authorization grant is invalid, expired, or revoked'],
    [
      'another scheme',
      { authorization: `Basic ${keys.apiKey}` },
      401,
      'The provided authorization grant is invalid, expired, or revoked',
    ],
    ['a key without the right', bearer(keys.apiKeyWithoutMarketing), 403, 'access forbidden'],
  ])('refuses %s', async (_what, headers, status, message) => {
    const reply = await ask('GET', '/v3/marketing/lists', undefined, { headers })
    expect(reply).toMatchObject({ status, json: { errors: [{ field: null, message }] } })
  })

  it('tells the scopes of either key', async () => {
    const all = await ask('GET', '/v3/scopes')
    const few = await ask('GET', '/v3/scopes', undefined, { headers: bearer(keys.apiKeyWithoutMarketing) })
    expect(all.json).toMatchObject({ scopes: expect.arrayContaining(['marketing.read']) })
    expect(few.json).toEqual({ scopes: ['mail.send'] })
  })

  it.each([
    ['GET', '/v3/marketing/nowhere', 404],
    ['PATCH', '/v3/marketing/contacts', 405],
  ])('answers %s %s with %i', async (method, path, status) => {
    expect((await ask(method, path)).status).toBe(status)
  })
})

describe('rates', () => {
  it('refuses call 201 of a minute, and takes calls again in the next', async () => {
    bench.pass(48)
    const first = await put([{ email: 'a@example.com' }])
    expect(first.headers.get('x-ratelimit-limit')).toBe('200')
    expect(first.headers.get('x-ratelimit-remaining')).toBe('199')
    expect(first.headers.get('x-ratelimit-reset')).toBe('12')
    // A search shares the bucket, and one that finds nobody counts too.
    for (let call = 2; call <= 200; call++) {
      expect((await ask('POST', '/v3/marketing/contacts/search/emails', { emails: ['x@example.com'] })).status).toBe(
        404,
      )
    }
    const refused = await put([{ email: 'b@example.com' }])
    expect(refused).toMatchObject({ status: 429, json: { errors: [{ field: null, message: 'too many requests' }] } })
    expect(refused.headers.get('x-ratelimit-remaining')).toBe('0')
    expect((await ask('GET', '/v3/marketing/lists')).status).toBe(200)
    bench.pass(12)
    expect((await put([{ email: 'b@example.com' }])).status).toBe(202)
    bench.pass(60)
    await ask('GET', '/v3/marketing/lists')
    expect([...bench.sandbox().deliveries('sendgrid')].map(({ identifier }) => identifier)).toEqual([
      'a@example.com',
      'b@example.com',
    ])
  })

  it('gives core endpoints a moment instead of seconds', async () => {
    const reply = await ask('GET', '/v3/scopes')
    expect(reply.headers.get('x-ratelimit-reset')).toBe(String(bench.now() / 1000 + 60))
  })

  it('shortens the window by the pace', async () => {
    await bench.end()
    bench = await startBench({ pace: 20 })
    expect((await ask('GET', '/v3/marketing/lists')).headers.get('x-ratelimit-reset')).toBe('3')
  })

  it('keeps none when limits are off', async () => {
    await bench.end()
    bench = await startBench({ limits: false })
    for (let call = 1; call <= 200; call++) await put([{ email: 'a@example.com' }])
    const reply = await put([{ email: 'a@example.com' }])
    expect(reply.status).toBe(202)
    expect(reply.headers.get('x-ratelimit-limit')).toBeNull()
  })
})

describe('lists', () => {
  const named = async (name: string): Promise<string> => {
    await ask('POST', '/v3/marketing/lists', { name })
    return (
      bench
        .sandbox()
        .lists('sendgrid')
        .find((list) => list.name === name)?.id ?? ''
    )
  }

  it('makes a list with a uuid and shows it', async () => {
    const made = await ask('POST', '/v3/marketing/lists', { name: 'VIP' })
    const [list] = bench.sandbox().lists('sendgrid')
    const self = `${bench.sandbox().urls.sendgrid}/v3/marketing/lists/${list?.id}`
    const shown = { id: list?.id, name: 'VIP', contact_count: 0, _metadata: { self } }
    expect(made).toMatchObject({ status: 201, json: shown })
    expect(list?.id).toHaveLength(36)
    expect((await ask('GET', `/v3/marketing/lists/${list?.id}`)).json).toEqual(shown)
    expect((await ask('GET', `/v3/marketing/lists/${list?.id}/contacts/count`)).json).toMatchObject({
      contact_count: 0,
    })
  })

  it.each([
    ['', 400],
    ['x'.repeat(101), 400],
    ['taken', 400],
    ['x'.repeat(100), 201],
  ])('judges the name "%s"', async (name, status) => {
    await named('taken')
    expect((await ask('POST', '/v3/marketing/lists', { name })).status).toBe(status)
  })

  it('pages through all lists by following next', async () => {
    for (let index = 0; index < 5; index++) await named(`list ${index}`)
    const seen: string[] = []
    const sizes: number[] = []
    let next: string | undefined = '/v3/marketing/lists?page_size=2'
    while (next !== undefined) {
      const page: Reply = await ask('GET', next)
      const text: { result: { name: string }[]; _metadata: { next?: string; count: number } } = JSON.parse(page.text)
      expect(text._metadata.count).toBe(5)
      seen.push(...text.result.map((list) => list.name))
      sizes.push(text.result.length)
      next = text._metadata.next
    }
    expect(seen).toEqual(['list 0', 'list 1', 'list 2', 'list 3', 'list 4'])
    expect(sizes).toEqual([2, 2, 1])
  })

  it.each(['page_size=0', 'page_size=1001', 'page_size=x', 'page_token=rubbish'])('refuses %s', async (query) => {
    expect((await ask('GET', `/v3/marketing/lists?${query}`)).status).toBe(400)
  })

  it('renames, refuses a name that another list has, and deletes', async () => {
    const id = await named('old')
    await named('other')
    const path = `/v3/marketing/lists/${id}`
    expect((await ask('PATCH', path, { name: 'new' })).json).toMatchObject({ id, name: 'new' })
    expect((await ask('PATCH', path, { name: 'other' })).status).toBe(400)
    expect((await ask('PATCH', path, { name: 'new' })).status).toBe(200)
    expect((await ask('DELETE', path)).status).toBe(204)
    for (const method of ['GET', 'DELETE']) expect((await ask(method, path)).status).toBe(404)
  })

  it('has room for 1000 lists', async () => {
    await bench.end()
    bench = await startBench({ limits: false })
    for (let index = 0; index < 999; index++) await ask('POST', '/v3/marketing/lists', { name: `list ${index}` })
    expect((await ask('POST', '/v3/marketing/lists', { name: 'number 1000' })).status).toBe(201)
    expect((await ask('POST', '/v3/marketing/lists', { name: 'number 1001' })).status).toBe(400)
  })
})

describe('fields', () => {
  const path = '/v3/marketing/field_definitions'

  it('leaves custom_fields out until there is one', async () => {
    const before = await ask('GET', path)
    expect(before.json).not.toHaveProperty('custom_fields')
    expect(before.json).toMatchObject({
      reserved_fields: expect.arrayContaining([
        { id: '_rf2_T', name: 'email', field_type: 'Text' },
        { id: '_rf16_D', name: 'last_clicked', field_type: 'Date', read_only: true },
      ]),
    })
    const made = await ask('POST', path, { name: 'tier', field_type: 'Text' })
    expect(made).toMatchObject({ status: 200, json: { id: 'e1_T', name: 'tier', field_type: 'Text' } })
    expect((await ask('GET', path)).json).toMatchObject({ custom_fields: [{ id: 'e1_T' }] })
  })

  it.each([
    ['a reserved name', { name: 'First_Name', field_type: 'Text' }],
    ['a name in other case', { name: 'TIER', field_type: 'Number' }],
    ['a leading digit', { name: '1st', field_type: 'Text' }],
    ['an unknown type', { name: 'x', field_type: 'Boolean' }],
  ])('refuses %s', async (_what, body) => {
    await ask('POST', path, { name: 'tier', field_type: 'Text' })
    expect((await ask('POST', path, body)).status).toBe(400)
  })
})

describe('what an upsert refuses at once', () => {
  it('takes 30,000 contacts and refuses 30,001', async () => {
    expect((await put(people(30_000))).status).toBe(202)
    expect((await put(people(30_001))).status).toBe(400)
    expect((await put([])).status).toBe(400)
  })

  it('takes a body of 6 MB and refuses a byte more, packed or not', async () => {
    const body = (bytes: number): string => {
      const text = JSON.stringify({ contacts: people(1) })
      return text + ' '.repeat(bytes - text.length)
    }
    const send = (text: string, headers = {}) =>
      ask('PUT', '/v3/marketing/contacts', undefined, { body: text, headers: { ...bearer(keys.apiKey), ...headers } })
    expect((await send(body(6_000_000))).status).toBe(202)
    expect((await send(body(6_000_001))).status).toBe(413)
    const packed = (bytes: number) =>
      ask('PUT', '/v3/marketing/contacts', undefined, {
        body: new Uint8Array(gzipSync(body(bytes))),
        headers: { ...bearer(keys.apiKey), 'content-encoding': 'gzip' },
      })
    expect((await packed(6_000_000)).status).toBe(202)
    expect((await packed(6_000_001)).status).toBe(413)
  })

  it('names every malformed address and stores none of the call', async () => {
    const reply = await put([{ email: 'good@example.com' }, { email: 'a..b@example.com' }, { email: '000' }])
    expect(reply).toMatchObject({
      status: 400,
      json: {
        errors: [
          { field: 'contacts[1].identifier', message: "email 'a..b@example.com' is not valid" },
          { field: 'contacts[2].identifier', message: "email '000' is not valid" },
        ],
      },
    })
    bench.pass(3600)
    const found = await ask('POST', '/v3/marketing/contacts/search/emails', { emails: ['good@example.com'] })
    expect(found.status).toBe(404)
    expect([...bench.sandbox().deliveries('sendgrid')]).toEqual([])
  })

  it.each([
    ['no identifier', { first_name: 'Jane' }, 'contacts[0].identifier'],
    ['an empty address', { email: '' }, 'contacts[0].identifier'],
    ['a first name of 51', { email: 'a@example.com', first_name: 'x'.repeat(51) }, 'contacts[0].first_name'],
    ['a city of 61', { email: 'a@example.com', city: 'x'.repeat(61) }, 'contacts[0].city'],
    ['a number for a text', { email: 'a@example.com', postal_code: 98052 }, 'contacts[0].postal_code'],
    ['an unknown custom field', { email: 'a@example.com', custom_fields: { e9_T: 'x' } }, 'contacts[0].custom_fields'],
    ['a text for a contact', 'a@example.com', 'contacts[0]'],
  ])('refuses %s', async (_what, contact, field) => {
    expect(await put([contact])).toMatchObject({ status: 400, json: { errors: [{ field }] } })
  })

  it('takes fields at their longest', async () => {
    const contact = {
      email: 'a@example.com',
      first_name: 'x'.repeat(50),
      city: 'x'.repeat(60),
      country: 'x'.repeat(50),
    }
    expect((await put([contact])).status).toBe(202)
  })

  it('answers 404 for a list that is not there', async () => {
    const reply = await put([{ email: 'a@example.com' }], { list_ids: ['00000000-0000-4000-8000-000000000000'] })
    expect(reply.status).toBe(404)
  })

  it('answers 400 for what is not JSON', async () => {
    const headers = bearer(keys.apiKey)
    expect((await ask('PUT', '/v3/marketing/contacts', undefined, { body: '{', headers })).status).toBe(400)
  })
})
