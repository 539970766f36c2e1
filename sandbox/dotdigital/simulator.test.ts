/** The Dotdigital simulator over HTTP: the API user, rates, address books, data fields, what is forbidden. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { exampleCredentials } from '../credentials.ts'
import { type Bench, startBench } from '../test-bench.ts'
import { Account, basic, person } from './test-account.ts'

const { user, password } = exampleCredentials.dotdigital
let bench: Bench
let account: Account
const start = async (...options: Parameters<typeof startBench>): Promise<void> => {
  await bench?.end()
  bench = await startBench(...options)
  account = new Account(bench)
}

beforeEach(async () => {
  bench = await startBench()
  account = new Account(bench)
})
afterEach(async () => {
  vi.restoreAllMocks()
  await bench.end()
})

describe('access', () => {
  it.each([
    ['nobody', {}],
    ['another password', basic(user, 'no')],
    ['another user', basic('apiuser-1@apiconnector.com', password)],
    ['another scheme', { authorization: `Bearer ${password}` }],
  ])('refuses %s: with words in v2, with nothing in v3', async (_what, headers) => {
    expect(await bench.ask('dotdigital', 'GET', '/v2/account-info', { headers })).toMatchObject({
      status: 401,
      json: { message: 'Authorization has been denied for this request.' },
    })
    expect(await bench.ask('dotdigital', 'PUT', '/contacts/v3/import', { headers, json: {} })).toMatchObject({
      status: 401,
      text: '',
    })
  })

  it('tells the account and its region by the vendor’s own address', async () => {
    await start({ settings: { dotdigital: { region: 3 } } })
    expect(await account.ask('GET', '/v2/account-info')).toMatchObject({
      status: 200,
      json: {
        id: expect.any(Number),
        properties: expect.arrayContaining([
          { name: 'ApiEndpoint', type: 'String', value: 'https://r3-api.dotdigital.com/' },
        ]),
      },
    })
  })

  it.each([
    ['GET', '/v2/nowhere', 404, { message: expect.stringContaining('ERROR_') }],
    ['GET', '/contacts/v3/import/x/y', 404, { errorCode: expect.stringMatching(/^contacts:/) }],
    ['PATCH', '/v2/address-books', 405, { message: expect.any(String) }],
  ])('answers %s %s with %i in the style of its service', async (method, path, status, json) => {
    expect(await account.ask(method, path)).toMatchObject({ status, json })
  })
})

describe('rates', () => {
  it('gives 35 calls of the low tier a minute, and tells of the window by header', async () => {
    bench.pass(48)
    const first = await account.ask('GET', '/v2/data-fields')
    expect(Object.fromEntries(first.headers)).toMatchObject({
      'x-ratelimit-limit': '35',
      'x-ratelimit-remaining': '34',
      'x-ratelimit-reset': String(bench.now() / 1000 + 12),
      'x-ratelimit-scope': 'lowCallRate',
    })
    for (let call = 2; call <= 35; call++) expect((await account.ask('GET', '/v2/data-fields')).status).toBe(200)
    // An import shares the tier; reading one contact and polling do not.
    expect((await account.import([person('a@example.com')])).status).toBe(429)
    expect((await account.ask('GET', '/contacts/v3/email/a@example.com')).status).toBe(404)
    for (let call = 0; call < 200; call++) await account.ask('GET', '/contacts/v3/import/x')
    expect((await account.ask('GET', '/contacts/v3/import/x')).status).toBe(404)
    bench.pass(12)
    expect((await account.import([person('a@example.com')])).status).toBe(202)
  })

  it('answers 400 beyond 2,000 calls an hour to an API user of the flat scheme, polls counted', async () => {
    await start({ settings: { dotdigital: { rates: 'flat' } } })
    for (let call = 1; call <= 2000; call++) await account.ask('GET', '/contacts/v3/import/x')
    expect(await account.ask('GET', '/v2/address-books')).toMatchObject({
      status: 400,
      json: { message: expect.stringMatching(/excess API activity.*ERROR_APIUSAGE_EXCEEDED/) },
    })
    bench.pass(3601)
    expect((await account.ask('GET', '/v2/address-books')).status).toBe(200)
  }, 60_000)

  it('keeps none where limits are off', async () => {
    await start({ limits: false })
    for (let call = 0; call < 60; call++) expect((await account.ask('GET', '/v2/data-fields')).status).toBe(200)
  })
})

describe('address books', () => {
  it('are made, read, renamed and deleted; names are unique and some reserved', async () => {
    const id = await account.book('  VIP ')
    expect((await account.ask('GET', `/v2/address-books/${id}`)).json).toEqual({
      id,
      name: 'VIP',
      visibility: 'Private',
      contacts: 0,
    })
    for (const name of ['vip', 'Test', 'all contacts']) {
      expect(await account.ask('POST', '/v2/address-books', { name })).toMatchObject({
        status: 400,
        json: { message: expect.stringContaining('ERROR_ADDRESSBOOK_DUPLICATE') },
      })
    }
    for (const name of ['', 'x'.repeat(129), 5]) {
      expect((await account.ask('POST', '/v2/address-books', { name })).status).toBe(400)
    }
    const renamed = { name: 'vIP', visibility: 'Public' }
    expect((await account.ask('PUT', `/v2/address-books/${id}`, renamed)).json).toMatchObject(renamed)
    await account.imported([person('a@example.com', id)])
    expect((await account.ask('DELETE', `/v2/address-books/${id}`)).status).toBe(204)
    expect(await account.ask('GET', `/v2/address-books/${id}`)).toMatchObject({
      status: 404,
      json: { message: expect.stringContaining('ERROR_ADDRESSBOOK_NOT_FOUND') },
    })
    // The contact stays in the account.
    expect(await account.find('a@example.com')).toMatchObject({ lists: [] })
  })

  it('come in pages, and so do their contacts', async () => {
    const ids = [await account.book('One'), await account.book('Two'), await account.book('Three')]
    const page = async (path: string) => (await account.ask('GET', path)).json
    expect(await page('/v2/address-books?select=2')).toMatchObject([{ id: ids[0] }, { id: ids[1] }])
    expect(await page('/v2/address-books?select=2&skip=2')).toMatchObject([{ id: ids[2] }])
    expect(await page('/v2/address-books?select=2&skip=3')).toEqual([])
    const [list = 0] = ids
    await account.imported(
      ['c', 'a', 'b'].map((name) => person(`${name}@example.com`, list, { FIRSTNAME: name.toUpperCase() })),
    )
    const people = `/v2/address-books/${list}/contacts`
    expect(await page(`${people}?select=2`)).toMatchObject([{ email: 'c@example.com' }, { email: 'a@example.com' }])
    expect(await page(`${people}?select=2&skip=2&withFullData=true`)).toEqual([
      {
        id: expect.any(Number),
        email: 'b@example.com',
        optInType: 'Unknown',
        emailType: 'Html',
        dataFields: [{ key: 'FIRSTNAME', value: 'B' }],
        status: 'Subscribed',
      },
    ])
    expect(await page(`${people}?skip=3`)).toEqual([])
    expect((await account.ask('GET', '/v2/address-books/999/contacts')).status).toBe(404)
    for (const query of ['select=0', 'select=1001', 'skip=-1', 'select=x']) {
      expect((await account.ask('GET', `${people}?${query}`)).status, query).toBe(400)
    }
    expect((await account.ask('GET', `${people}?select=1000`)).status).toBe(200)
  })
})

describe('data fields', () => {
  it('are the usual ones, and those that are made', async () => {
    expect((await account.ask('GET', '/v2/data-fields')).json).toEqual(
      expect.arrayContaining([{ name: 'POSTCODE', type: 'String', visibility: 'Public', defaultValue: null }]),
    )
    expect((await account.ask('POST', '/v2/data-fields', { name: 'Points', type: 'Numeric' })).status).toBe(201)
    expect((await account.ask('GET', '/v2/data-fields')).json).toContainEqual(
      expect.objectContaining({ name: 'POINTS', type: 'Numeric' }),
    )
    for (const [name, type] of [
      ['points', 'String'],
      ['two words', 'String'],
      ['x'.repeat(21), 'String'],
      ['FINE', 'Shape'],
    ]) {
      expect((await account.ask('POST', '/v2/data-fields', { name, type })).status).toBe(400)
    }
    expect((await account.ask('DELETE', '/v2/data-fields/POINTS')).status).toBe(200)
    expect((await account.ask('DELETE', '/v2/data-fields/POINTS')).status).toBe(404)
  })
})

describe('what must never be sent', () => {
  const withChannel = (email: object) => ({ contacts: [{ ...person('a@example.com'), channelProperties: { email } }] })
  it.each([
    ['DELETE', '/contacts/v3/email/a@example.com', undefined],
    ['POST', '/contacts/v3/delete', { contactIds: [1] }],
    ['DELETE', '/v2/contacts/1', undefined],
    ['DELETE', '/v2/address-books/1/contacts', undefined],
    ['POST', '/v2/address-books/1/contacts/delete-all', {}],
    ['POST', '/v2/contacts/unsubscribe', { email: 'a@example.com' }],
    ['POST', '/v2/address-books/1/contacts/unsubscribe', { email: 'a@example.com' }],
    ['POST', '/v2/contacts/resubscribe', {}],
    ['POST', '/v2/address-books/1/contacts/resubscribe-with-no-challenge', {}],
    ['PUT', '/v2/contacts/suppress-contacts', {}],
    ['PUT', '/contacts/v3/import', withChannel({ status: 'subscribed' })],
    ['PUT', '/contacts/v3/import', withChannel({ status: 'Subscribed' })],
    ['PUT', '/contacts/v3/import', withChannel({ optInType: 'verifiedDouble' })],
    ['PUT', '/contacts/v3/import', withChannel({ resubscribeOptions: { resubscribeWithNoChallenge: true } })],
  ])('%s %s is refused, changes nothing, and is remembered', async (method, path, json) => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const list = await account.book('One')
    await account.imported([person('a@example.com', list)])
    expect((await account.ask(method, path, json)).status).toBe(400)
    expect(bench.sandbox().forbidden()).toEqual([expect.stringContaining(`dotdigital: ${method} ${path}`)])
    bench.pass(60)
    expect(bench.sandbox().members('dotdigital', String(list))).toEqual(['a@example.com'])
    expect(await account.find('a@example.com')).toMatchObject({ status: 'subscribed' })
  })

  it.each([
    [
      'a value that reads like one',
      person('a@example.com', undefined, { FIRSTNAME: '"channelProperties" "status":"subscribed"' }),
    ],
    ['another channel property', { ...person('a@example.com'), channelProperties: { email: { emailType: 'html' } } }],
  ])('does not take %s for it', async (_what, contact) => {
    expect((await account.import([contact])).status).toBe(202)
    expect(bench.sandbox().forbidden()).toEqual([])
  })
})
