import { describe, expect, it } from 'vitest'
import { type Answer, endOf, play, replyOf } from '../destination-kit/play.ts'
import { judge } from './campaign-monitor/answers.ts'
import { campaignMonitor } from './campaign-monitor.ts'

const list = 'a'.repeat(32)
const client = 'b'.repeat(32)
const where = { settings: { clientId: '' }, found: { clientId: client } }
const at = { ...where, list: { id: list, name: 'Newsletter' } }
const refusal = (status: number, Code: number, Message = 'no'): Answer => ({ status, json: { Code, Message } })

describe('the codes', () => {
  it.each([
    [refusal(401, 121), { kind: 'refresh' }],
    [refusal(401, 100), { why: 'auth' }],
    [refusal(401, 120), { why: 'auth' }],
    [refusal(401, 122), { why: 'auth' }],
    [refusal(401, 60), { why: 'permission' }],
    [refusal(401, 102), { why: 'permission' }],
    [refusal(401, 101), { kind: 'pass' }],
    [refusal(401, 9999), undefined],
    [refusal(400, 210), undefined],
    [{ status: 401, text: 'no' }, undefined],
    [{ status: 201, json: { Code: 121, Message: 'no refusal' } }, undefined],
    [
      { ...refusal(429, 429), headers: { 'X-RateLimit-Reset': '7' } },
      { kind: 'retry', after: 7 },
    ],
    [
      { ...refusal(429, 429), headers: { 'X-RateLimit-Reset': '1e9' } },
      { kind: 'retry', after: 3600 },
    ],
    [{ ...refusal(429, 429), headers: { 'X-RateLimit-Reset': '-3' } }, { kind: 'retry' }],
    [
      refusal(429, 429, 'Subscriber was added too many times too quickly, try again later.'),
      { kind: 'retry', after: 30 },
    ],
    [{ status: 429, text: '' }, { kind: 'retry' }],
  ])('are judged before the status: %j', (answer, verdict) => {
    const judged = judge(replyOf(answer))
    if (verdict === undefined) expect(judged).toBeUndefined()
    else expect(judged).toMatchObject(verdict)
  })
})

describe('headers', () => {
  const { headers } = campaignMonitor.hosts.api ?? {}
  const secret = { apiKey: 'key', clientId: '', clientSecret: '' }
  it.each([
    ['', 'Basic a2V5Ong='],
    ['token', 'Bearer token'],
  ])('with token %j', (token, Authorization) => {
    expect(headers?.(secret, token, { clientId: '' })).toMatchObject({ Authorization })
  })
})

describe('check', () => {
  const clients = (...ids: string[]): Answer => ({ json: ids.map((id) => ({ ClientID: id, Name: `Client ${id[0]}` })) })
  const check = (clientId: string, answers: Answer[]) => play(() => campaignMonitor.check({ clientId }), answers, judge)

  it('finds the only client, and proves that its lists may be read', () => {
    const played = check('', [clients(client), { json: [] }])
    expect(endOf(played)).toEqual({ found: { clientId: client } })
    expect(played.requests.map(({ path }) => path)).toEqual([
      '/api/v3.3/clients.json',
      `/api/v3.3/clients/${client}/lists.json`,
    ])
  })
  it('names the clients when there are several', () => {
    const { ending } = check('', [clients(client, 'c'.repeat(32))])
    expect(ending).toMatchObject({
      stop: { why: 'bad-request', message: expect.stringContaining(`Client b (${client})`) },
    })
  })
  it('takes the one that was chosen', () => {
    expect(endOf(check(` ${client.toUpperCase()}`, [{ json: [] }]))).toEqual({ found: { clientId: client } })
  })
  it.each([
    ['no client', '', [clients()]],
    ['what is no client ID', 'Acme', []],
    ['another account’s client', client, [refusal(401, 102)]],
  ])('refuses %s', (_what, clientId, answers) => {
    expect(check(clientId, answers).ending).toMatchObject({ kind: 'stopped', stop: { why: 'permission' } })
  })
})

describe('a list', () => {
  const details = (ConfirmedOptIn: boolean): Answer => ({
    json: { ListID: list.toUpperCase(), Title: 'VIP', ConfirmedOptIn },
  })
  const stats: Answer = { json: { TotalActiveSubscribers: 3 } }
  const one = (id: string, answers: Answer[]) => play(() => campaignMonitor.list(id, where), answers, judge)

  it('is told with its active subscribers as its size', () => {
    expect(endOf(one(` ${list}\n`, [details(false), stats]))).toEqual({ id: list, name: 'VIP', size: 3 })
  })
  it('is found in a pasted address', () => {
    expect(endOf(one(`https://acme.createsend.com/lists/${list}?x=1`, [details(false), stats]))).toMatchObject({
      id: list,
    })
  })
  it('is warned of when people must confirm', () => {
    expect(endOf(one(list, [details(true), stats]))).toMatchObject({ notice: expect.stringContaining('double opt-in') })
  })
  it('is none when the account has none of this id', () => {
    expect(endOf(one(list, [refusal(401, 101)]))).toBeUndefined()
  })
  it('says where the ID is found when it is not one of the API', () => {
    expect(one('13A8E2B3F6C6', []).ending).toMatchObject({
      stop: { why: 'list-missing', message: expect.stringContaining('API key') },
    })
  })
  const listed = (...ids: string[]): Answer => ({ json: ids.map((ListID) => ({ ListID, Name: 'VIP' })) })
  const all = (answers: Answer[]) =>
    play(() => campaignMonitor.lists({ ...where, settings: { clientId: 'c'.repeat(32) } }), answers, judge)

  it('is one of the client’s, and told with its notice', () => {
    const played = all([listed(list, 'd'.repeat(32)), details(true), refusal(401, 101)])
    expect(endOf(played)).toEqual([
      { id: list, name: 'VIP', notice: expect.stringContaining('double opt-in') },
      { id: 'd'.repeat(32), name: 'VIP' },
    ])
    expect(played.requests[0]?.path).toBe(`/api/v3.3/clients/${'c'.repeat(32)}/lists.json`)
  })
  it.each([
    [100, 101],
    [101, 1],
  ])('of %i is told by %i requests', (count, requests) => {
    const ids = Array.from({ length: count }, () => list)
    const played = all([listed(...ids), ...(requests > 1 ? ids.map(() => details(false)) : [])])
    expect(endOf(played)).toHaveLength(count)
    expect(played.requests).toHaveLength(requests)
  })
})

describe('custom fields', () => {
  const field = (FieldName: string, Key: string, DataType = 'Text', FieldOptions: string[] = []) => ({
    FieldName,
    Key,
    DataType,
    FieldOptions,
  })
  const fields: Answer = {
    json: [
      field('website', '[website]'),
      field('age', '[age]', 'Number'),
      field('subscription date', '[subscriptiondate]', 'Date'),
      field('tier', '[tier]', 'MultiSelectOne', ['gold', 'silver']),
      field('給与', '[]'),
    ],
  }
  const { accountFields, ensureFields } = campaignMonitor
  if (accountFields === undefined || ensureFields === undefined) throw new Error('Campaign Monitor has custom fields.')
  const ensure = (names: { name: string; kind?: 'number' | 'date' | 'boolean' }[], answers: Answer[]) =>
    play(
      () =>
        ensureFields(
          names.map((one) => ({ ...one, label: one.name })),
          at,
        ),
      answers,
      judge,
    )

  it('are told by key, with kind and longest value', () => {
    const told = endOf(play(() => accountFields(where, at.list), [fields], judge))
    expect(told).toMatchObject([
      { name: '[website]', label: 'website', max: { value: 250 } },
      { name: '[age]', kind: 'number' },
      { name: '[subscriptiondate]', label: 'subscription date', kind: 'date' },
      { name: '[tier]', oneOf: ['gold', 'silver'] },
    ])
  })
  it('are none without a list', () => {
    expect(endOf(play(() => accountFields(where, undefined), [], judge))).toEqual([])
  })
  it('that are there are left as they are', () => {
    const played = ensure([{ name: '[Website]' }, { name: 'AGE', kind: 'number' }], [fields])
    expect(endOf(played)).toBeUndefined()
    expect(played.requests).toHaveLength(1)
  })
  it.each([
    [undefined, 'Text'],
    ['boolean', 'Text'],
    ['number', 'Number'],
    ['date', 'Date'],
  ] as const)('that are missing are made, of kind %s', (kind, DataType) => {
    const wanted = { name: '[City]', ...(kind === undefined ? {} : { kind }) }
    const played = ensure([wanted], [fields, { status: 201, json: '[City]' }])
    expect(endOf(played)).toBeUndefined()
    expect(played.requests[1]).toMatchObject({
      once: true,
      body: { json: { FieldName: 'City', DataType, Options: [] } },
    })
  })
  it.each([
    ['whose name another key has', [{ name: '[subscription date]' }], [fields]],
    ['that gets another key', [{ name: '[Home town]' }], [fields, { status: 201, json: '[Hometown]' }]],
    ['that the vendor refuses', [{ name: '[City]' }], [fields, refusal(400, 255)]],
  ])('%s stop the run, since values under an unknown key are dropped in silence', (_what, names, answers) => {
    expect(ensure(names, answers).ending).toMatchObject({ kind: 'stopped', stop: { why: 'bad-request' } })
  })
})

it.each([
  ['A1B2'.repeat(8), 'a1b2'.repeat(8)],
  [` ${'a1b2'.repeat(8)} `, 'a1b2'.repeat(8)],
  [`https://api.createsend.com/api/v3.3/lists/${'a1b2'.repeat(8)}.json`, 'a1b2'.repeat(8)],
  ['newsletter', 'newsletter'],
])('the list that is given as %s is known as %s', (given, id) => {
  expect(campaignMonitor.listId?.(given)).toBe(id)
})

describe('the account that rates belong to', () => {
  it('is the client whose lists are kept, however it was chosen', () => {
    const clientId = 'b'.repeat(32)
    for (const given of ['', clientId.toUpperCase()]) {
      expect(campaignMonitor.rateAccount?.({ settings: { clientId: given }, found: { clientId } })).toBe(clientId)
    }
  })
})
