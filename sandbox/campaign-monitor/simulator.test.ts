/** The Campaign Monitor simulator over HTTP: rates, lists, fields, states, what is forbidden. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { exampleCredentials } from '../credentials.ts'
import { type Bench, type Reply, startBench } from '../test-bench.ts'

const keys = exampleCredentials['campaign-monitor']
const api = '/api/v3.3'
const basic = (key: string) => ({ authorization: `Basic ${Buffer.from(`${key}:x`).toString('base64')}` })

let bench: Bench
let list: string
const ask = (method: string, path: string, json?: unknown, headers = basic(keys.apiKey)): Promise<Reply> =>
  bench.ask('campaign-monitor', method, path, { headers, ...(json === undefined ? {} : { json }) })
const makeList = async (Title: string, more: object = {}): Promise<string> =>
  JSON.parse((await ask('POST', `${api}/lists/${keys.clientOfAccount}.json`, { Title, ...more })).text)
const one = (EmailAddress: string, more: object = {}) => ({ EmailAddress, ConsentToTrack: 'Unchanged', ...more })
const importOf = (Subscribers: readonly unknown[], more: object = {}, into = list): Promise<Reply> =>
  ask('POST', `${api}/subscribers/${into}/import.json`, { Subscribers, Resubscribe: false, ...more })
const show = (email: string): Promise<Reply> => ask('GET', `${api}/subscribers/${list}.json?email=${email}`)
const remove = (email: string): Promise<Reply> => ask('DELETE', `${api}/subscribers/${list}.json?email=${email}`)
const mailbox = (what: string, email: string): Promise<Reply> =>
  bench.ask('campaign-monitor', 'GET', `/mailbox/${what}?list=${list}&email=${email}`)
const members = () => bench.sandbox().members('campaign-monitor', list)
const states = async (name: string, query = '') =>
  Object(await ask('GET', `${api}/lists/${list}/${name}.json?${query}`)).json

const start = async (...options: Parameters<typeof startBench>) => {
  bench = await startBench(...options)
  list = await makeList('Newsletter')
}
beforeEach(async () => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  await start()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await bench.end()
})

describe('rates', () => {
  it('are told by headers, and met with 429', async () => {
    await bench.end()
    await start({ settings: { 'campaign-monitor': { callsPerMinute: 3 } } })
    const replies = [await show('a@x.example'), await show('a@x.example'), await show('a@x.example')]
    expect(replies.map(({ headers }) => headers.get('x-ratelimit-remaining'))).toEqual(['1', '0', '0'])
    expect(replies[2]).toMatchObject({ status: 429, json: { Code: 429 } })
    expect(replies[2]?.headers.get('x-ratelimit-reset')).toBe('60')
    bench.pass(60)
    expect((await show('a@x.example')).status).toBe(400)
  })

  it('one subscriber cannot be written again and again', async () => {
    const replies: number[] = []
    for (let round = 0; round < 11; round++) replies.push((await importOf([one('a@example.com')])).status)
    expect(replies).toEqual([...Array<number>(10).fill(201), 429])
    expect((await importOf([one('b@example.com')])).status).toBe(201)
    bench.pass(31)
    expect((await importOf([one('a@example.com')])).status).toBe(201)
  })
})

describe('lists', () => {
  it('are shown by the client, and refused by code where they are another’s', async () => {
    expect((await ask('GET', `${api}/clients/${keys.clientOfAccount}/lists.json`)).json).toEqual([
      { ListID: list, Name: 'Newsletter' },
    ])
    expect((await ask('GET', `${api}/lists/${list}.json`)).json).toMatchObject({
      Title: 'Newsletter',
      ConfirmedOptIn: false,
    })
    expect(await ask('GET', `${api}/lists/${'f'.repeat(32)}.json`)).toMatchObject({ status: 401, json: { Code: 101 } })
    expect(await ask('GET', `${api}/clients/${keys.otherClient}/lists.json`)).toMatchObject({
      status: 401,
      json: { Code: 102 },
    })
  })

  it.each([
    [{ Title: '' }, 251],
    [{ Title: 'Newsletter' }, 250],
    [{ Title: 'Other', UnsubscribeSetting: 'Never' }, 261],
  ])('are not made of %j', async (body, Code) => {
    expect(await ask('POST', `${api}/lists/${keys.clientOfAccount}.json`, body)).toMatchObject({
      status: 400,
      json: { Code },
    })
  })

  it('have fields of their own, whose values are cut, ignored or dropped as documented', async () => {
    const make = (FieldName: string, DataType = 'Text', Options?: string[]) =>
      ask('POST', `${api}/lists/${list}/customfields.json`, { FieldName, DataType, ...(Options ? { Options } : {}) })
    expect(await make('Home town')).toMatchObject({ status: 201, json: '[Hometown]' })
    expect((await make('Points', 'Number')).json).toBe('[Points]')
    expect((await make('Born', 'Date')).json).toBe('[Born]')
    for (const [reply, Code] of [
      [await make('home town'), 255],
      [await make(' '), 254],
      [await make('X', 'Blob'), 259],
      [await make('X', 'MultiSelectOne'), 257],
      [await make('X', 'Text', ['a']), 256],
    ] as const) {
      expect(reply).toMatchObject({ status: 400, json: { Code } })
    }
    const values = [
      { Key: 'hometown', Value: 'Bodø' },
      { Key: '[Points]', Value: 'many' },
      { Key: '[Born]', Value: '1984/02/03' },
      { Key: '[Nothing]', Value: 'x' },
    ]
    await importOf([one('a@example.com', { Name: 'Ada', CustomFields: values })])
    expect((await show('A@example.com')).json).toMatchObject({
      Name: 'Ada',
      State: 'Active',
      CustomFields: [
        { Key: 'Home town', Value: 'Bodø' },
        { Key: 'Born', Value: '1984-02-03' },
      ],
    })
    await importOf([one('a@example.com', { CustomFields: [{ Key: '[Hometown]', Value: '', Clear: true }] })])
    expect((await show('a@example.com')).json).toMatchObject({ Name: 'Ada', CustomFields: [{ Key: 'Born' }] })
  })
})

const crowd = (count: number) =>
  Array.from({ length: count }, (_, index) => one(`p${String(index).padStart(4, '0')}@example.com`))

describe('an import', () => {
  it('takes a thousand, not one more, and not none', async () => {
    expect(await importOf(crowd(1000))).toMatchObject({
      status: 201,
      json: { TotalNewSubscribers: 1000, FailureDetails: [] },
    })
    expect(await importOf(crowd(1001))).toMatchObject({ status: 400, json: { Code: 209 } })
    expect(await importOf([])).toMatchObject({ status: 400, json: { Code: 212 } })
    expect(members()).toHaveLength(1000)
  })

  it('stores the good and names the bad with 400, and brings nobody back', async () => {
    await importOf(['gone', 'no', 'back', 'old'].map((name) => one(`${name}@example.com`)))
    await remove('gone@example.com')
    await mailbox('bounce', 'back@example.com')
    await ask('POST', `${api}/clients/${keys.clientOfAccount}/suppress.json`, { EmailAddresses: ['no@example.com'] })
    const reply = await importOf([
      ...['old', 'new', 'gone', 'no', 'back', 'two..dots', 'NEW'].map((name) => one(`${name}@example.com`)),
      { EmailAddress: 'c@example.com' },
      one('d@example.com', { ConsentToTrack: 'Perhaps' }),
    ])
    expect(reply).toMatchObject({ status: 400, json: { Code: 210 } })
    const { ResultData } = Object(reply.json)
    expect(ResultData).toMatchObject({
      TotalUniqueEmailsSubmitted: 8,
      TotalExistingSubscribers: 1,
      TotalNewSubscribers: 1,
      DuplicateEmailsInSubmission: ['NEW@example.com'],
    })
    expect(
      ResultData.FailureDetails.map((failure: { EmailAddress: string; Code: number }) => [
        failure.EmailAddress.split('@')[0],
        failure.Code,
      ]),
    ).toEqual([
      ['gone', 205],
      ['no', 204],
      ['back', 207],
      ['two..dots', 1],
      ['c', 214],
      ['d', 215],
    ])
    expect(members()).toEqual(['new@example.com', 'old@example.com'])
    expect((await show('no@example.com')).json).toMatchObject({ State: 'Suppressed' })
  })

  it('leaves people of a double opt-in list unconfirmed until they click', async () => {
    list = await makeList('Careful', { ConfirmedOptIn: true })
    await importOf([one('a@example.com')])
    expect((await show('a@example.com')).json).toMatchObject({ State: 'Unconfirmed' })
    expect((await importOf([one('a@example.com')])).json).toMatchObject({
      ResultData: { FailureDetails: [{ Code: 208 }] },
    })
    expect(members()).toEqual([])
    await mailbox('confirm', 'a@example.com')
    expect(members()).toEqual(['a@example.com'])
  })

  it('keeps nobody when told to discard', async () => {
    await bench.end()
    await start({ discard: true })
    expect(await importOf(crowd(1000))).toMatchObject({ status: 201, json: { TotalUniqueEmailsSubmitted: 1000 } })
    expect(members()).toEqual([])
    expect(bench.sandbox().received('campaign-monitor').records).toBe(1001)
  })
})

describe('states', () => {
  it('are read page by page, by state and date', async () => {
    await importOf(crowd(25))
    await remove('p0003@example.com')
    expect(await states('active', 'page=2&pagesize=10')).toMatchObject({
      PageNumber: 2,
      RecordsOnThisPage: 10,
      TotalNumberOfRecords: 24,
      NumberOfPages: 3,
    })
    expect(await states('deleted')).toMatchObject({
      Results: [{ EmailAddress: 'p0003@example.com', State: 'Deleted' }],
    })
    expect(await states('active', 'date=2099-01-01')).toMatchObject({ Results: [], NumberOfPages: 0 })
  })

  it('unsubscribing suppresses for all lists of the client, unless the list says otherwise', async () => {
    const suppressed = async () =>
      Object((await ask('GET', `${api}/clients/${keys.clientOfAccount}/suppressionlist.json`)).json).Results
    const first = list
    list = await makeList('Own', { UnsubscribeSetting: 'OnlyThisList' })
    await importOf([one('a@example.com')])
    await mailbox('unsubscribe', 'a@example.com')
    expect(await suppressed()).toEqual([])
    list = first
    await importOf([one('a@example.com')])
    await mailbox('unsubscribe', 'a@example.com')
    expect(await suppressed()).toMatchObject([{ EmailAddress: 'a@example.com', State: 'Suppressed' }])
  })

  it('somebody who is not on the list is refused with 203', async () => {
    for (const reply of [await show('a@example.com'), await remove('a@example.com')]) {
      expect(reply).toMatchObject({ status: 400, json: { Code: 203 } })
    }
  })
})

const forbidden = () => bench.sandbox().forbidden().length

describe('a return', () => {
  beforeEach(async () => {
    await importOf([one('a@example.com'), one('b@example.com')])
    await remove('a@example.com')
  })
  const bringBack = (...people: string[]) =>
    importOf(
      people.map((email) => one(email)),
      { Resubscribe: true },
    )

  it('is allowed for one person who was read as deleted, twice as well where an answer was lost', async () => {
    await show('a@example.com')
    expect((await bringBack('a@example.com')).status).toBe(201)
    expect((await bringBack('a@example.com')).status).toBe(201)
    expect(members()).toContain('a@example.com')
    expect(forbidden()).toBe(0)
  })

  it.each([
    ['nobody looked', async () => await bringBack('a@example.com')],
    [
      'they were deleted again since the look',
      async () => {
        await show('a@example.com')
        await bringBack('a@example.com')
        await remove('a@example.com')
        return await bringBack('a@example.com')
      },
    ],
    [
      'they are suppressed',
      async () => {
        await ask('POST', `${api}/clients/${keys.clientOfAccount}/suppress.json`, { EmailAddresses: ['a@example.com'] })
        await show('a@example.com')
        return await bringBack('a@example.com')
      },
    ],
    [
      'they unsubscribed',
      async () => {
        await mailbox('unsubscribe', 'b@example.com')
        await show('b@example.com')
        return await bringBack('b@example.com')
      },
    ],
    ['they were never there', async () => await bringBack('z@example.com')],
    [
      'there are two of them',
      async () => {
        await show('a@example.com')
        return await bringBack('a@example.com', 'b@example.com')
      },
    ],
    [
      'nobody looked before a single add',
      async () => await ask('POST', `${api}/subscribers/${list}.json`, { ...one('a@example.com'), resubscribe: true }),
    ],
  ])('fails the test run when %s', async (_what, attempt) => {
    const before = members().length
    expect((await attempt()).status).toBe(400)
    expect(members().length).toBeLessThanOrEqual(before)
    expect(forbidden()).toBe(1)
  })
})

describe('forbidden requests', () => {
  it.each([
    ['an autoresponder', () => importOf([one('a@example.com')], { QueueSubscriptionBasedAutoResponders: true })],
    [
      'an autoresponder in other letters',
      () => importOf([one('a@example.com')], { queuesubscriptionbasedautoresponders: true }),
    ],
    [
      'a restarted autoresponder',
      () => importOf([one('a@example.com')], { RestartSubscriptionBasedAutoresponders: true }),
    ],
    [
      'an unsubscription',
      () => ask('POST', `${api}/subscribers/${list}/unsubscribe.json`, { EmailAddress: 'a@example.com' }),
    ],
    [
      'lifting a suppression',
      () => ask('PUT', `${api}/clients/${keys.clientOfAccount}/unsuppress.json?email=a@example.com`),
    ],
    ['deleting a list', () => ask('DELETE', `${api}/lists/${list}.json`)],
    [
      'deleting somebody who unsubscribed',
      async () => {
        await importOf([one('a@example.com')])
        await mailbox('unsubscribe', 'a@example.com')
        return await remove('a@example.com')
      },
    ],
  ])('%s changes nothing and is remembered', async (_what, attempt) => {
    expect((await attempt()).status).toBe(400)
    expect(forbidden()).toBe(1)
  })
})
