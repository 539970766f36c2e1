/** The Iterable simulator over HTTP: key, rates, lists, members, data fields, people who said no. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exampleCredentials } from '../credentials.ts'
import { type Bench, type Reply, startBench } from '../test-bench.ts'
import type { IterableSettings } from './simulator.ts'

const { apiKey, apiKeyOfAnApp } = exampleCredentials.iterable
const key = { 'Api-Key': apiKey }
let bench: Bench

const begin = async (
  settings: IterableSettings = {},
  options: Parameters<typeof startBench>[0] = {},
): Promise<void> => {
  bench = await startBench({ ...options, settings: { iterable: settings } })
}
const restart = async (settings: IterableSettings): Promise<void> => {
  await bench.end()
  await begin(settings)
}
const ask = (method: string, path: string, json?: unknown, headers: Record<string, string> = key): Promise<Reply> =>
  bench.ask('iterable', method, `/api${path}`, { headers, ...(json === undefined ? {} : { json }) })
const newList = async (name = 'VIP'): Promise<number> => {
  const made: { listId: number } = JSON.parse((await ask('POST', '/lists', { name, description: 'Sund 1' })).text)
  return made.listId
}
const makeList = async (name?: string): Promise<number> => {
  const id = await newList(name)
  bench.pass(10)
  return id
}
const people = (...emails: string[]) => emails.map((email) => ({ email }))
const subscribe = (listId: unknown, subscribers: unknown, more: object = {}): Promise<Reply> =>
  ask('POST', '/lists/subscribe', { listId, subscribers, ...more })
const unsubscribe = (listId: unknown, subscribers: unknown, more: object = {}): Promise<Reply> =>
  ask('POST', '/lists/unsubscribe', { listId, subscribers, ...more })
const members = (listId: number): string[] => bench.sandbox().members('iterable', String(listId))
const profile = async (email: string): Promise<unknown> =>
  (await ask('GET', `/users/${encodeURIComponent(email)}`)).json

beforeEach(() => begin())
afterEach(() => bench.end())

describe('access', () => {
  it.each([
    ['no key', {}, 'Invalid API key'],
    ['an unknown key', { 'Api-Key': 'x' }, 'Invalid API key'],
    ['a key of an app', { 'Api-Key': apiKeyOfAnApp }, 'Disabled API key or insufficient privileges'],
  ])('refuses %s', async (_what, headers, msg) => {
    expect(await ask('GET', '/lists', undefined, headers)).toMatchObject({
      status: 401,
      json: { code: 'BadApiKey', msg, params: { endpoint: '/api/lists' } },
    })
  })

  it('takes the key under its older name', async () => {
    expect((await ask('GET', '/lists', undefined, { Api_Key: apiKey })).status).toBe(200)
  })

  it.each([
    ['GET', '/lists', 100, 1],
    ['GET', '/users/getFields', 3, 1],
    ['GET', '/lists/getUsers?listId=1', 5, 60],
    ['GET', '/lists/previewUsers?listId=1', 5, 60],
    ['GET', '/lists/1/size', 5, 60],
    ['POST', '/lists/subscribe', 5, 1],
    ['POST', '/lists/unsubscribe', 5, 1],
  ])('lets %s %s be called %i times in any %i s, without a word about when', async (method, path, calls, seconds) => {
    const json = method === 'POST' ? { listId: 1, subscribers: [] } : undefined
    for (let n = 0; n < calls; n++) expect((await ask(method, path, json)).status).not.toBe(429)
    const refused = await ask(method, path, json)
    expect(refused).toMatchObject({ status: 429, json: { code: 'RateLimitExceeded', params: {} } })
    expect(refused.headers.get('retry-after')).toBeNull()
    // Each endpoint has a rate of its own.
    expect((await ask('GET', '/users/nobody@example.com')).status).toBe(400)
    bench.pass(seconds)
    expect((await ask(method, path, json)).status).not.toBe(429)
  })

  it('knows no other path', async () => {
    expect(await ask('GET', '/nothing')).toMatchObject({ status: 404, json: { code: 'NotFound' } })
    expect((await ask('PUT', '/lists', {})).status).toBe(405)
  })
})

describe('lists', () => {
  it('makes as many of a name as are asked for, and shows all at once', async () => {
    const [one, two] = [await newList(), await newList()]
    expect(two).toBeGreaterThan(one)
    const shown = { name: 'VIP', description: 'Sund 1', createdAt: bench.now(), listType: 'Standard' }
    expect((await ask('GET', '/lists')).json).toEqual({
      lists: [
        { id: one, ...shown },
        { id: two, ...shown },
      ],
    })
  })

  it.each([
    ['no name', {}, 'BadJsonBody'],
    ['an empty name', { name: ' ' }, 'BadParams'],
  ])('refuses %s', async (_what, json, code) => {
    expect(await ask('POST', '/lists', json)).toMatchObject({ status: 400, json: { code } })
  })

  it('does not know a new list for ten seconds, and says "Success" to that', async () => {
    const id = await newList()
    for (const call of [subscribe, unsubscribe]) {
      expect(await call(id, people('a@example.com'))).toMatchObject({
        status: 400,
        json: { code: 'Success', msg: `error.lists.invalidListId(${id})`, params: { listId: id } },
      })
    }
    bench.pass(10)
    expect((await subscribe(id, people('a@example.com'))).status).toBe(200)
  })

  it('shows members late, by size and by lines', async () => {
    const id = await makeList()
    await subscribe(id, people('a@example.com', 'b@example.com'))
    const size = async () => (await ask('GET', `/lists/${id}/size`)).text
    const users = async (query = '') => (await ask('GET', `/lists/getUsers?listId=${id}${query}`)).text
    expect([await size(), await users()]).toEqual(['0', ''])
    bench.pass(20)
    expect([await size(), await users()]).toEqual(['2', 'a@example.com\nb@example.com\n'])
    await unsubscribe(id, people('a@example.com'))
    expect([await size(), await users()]).toEqual(['2', 'a@example.com\nb@example.com\n'])
    bench.pass(20)
    expect([await size(), await users('&preferUserId=true')]).toEqual(['1', 'b@example.com\n'])
    expect((await ask('GET', `/lists/previewUsers?listId=${id}&size=1`)).text).toBe('b@example.com\n')
    expect((await ask('GET', `/lists/previewUsers?listId=${id}&size=5001`)).status).toBe(400)
    expect((await ask('GET', '/lists/getUsers?listId=x')).status).toBe(400)
  })

  it('tells everybody of a large list, to two who ask at once', async () => {
    const id = await makeList()
    const emails = Array.from({ length: 25_000 }, (_, n) => `p${String(n).padStart(5, '0')}@example.com`)
    await subscribe(id, people(...emails))
    bench.pass(20)
    const both = await Promise.all([1, 2].map(() => ask('GET', `/lists/getUsers?listId=${id}`)))
    for (const { text } of both) expect(text).toBe(`${emails.join('\n')}\n`)
  })

  it('takes back at once who was taken off a moment ago', async () => {
    const id = await makeList()
    await subscribe(id, people('a@example.com'))
    await unsubscribe(id, people('a@example.com'))
    expect(members(id)).toEqual([])
    await subscribe(id, people('a@example.com'))
    bench.pass(60)
    expect(members(id)).toEqual(['a@example.com'])
  })

  it('deletes a list with its members, and never gives its number again', async () => {
    const id = await makeList()
    await subscribe(id, people('a@example.com'))
    expect(await ask('DELETE', `/lists/${id}`)).toMatchObject({ status: 200, json: { code: 'Success' } })
    expect((await subscribe(id, people('a@example.com'))).status).toBe(400)
    expect(await newList()).toBeGreaterThan(id)
    expect(members(id)).toEqual([])
  })

  it('has lists of other kinds, on which nobody is put', async () => {
    await restart({ lists: [{ name: 'Recent', type: 'Dynamic' }] })
    const [list] = bench.sandbox().lists('iterable')
    expect((await ask('GET', '/lists')).json).toMatchObject({ lists: [{ name: 'Recent', listType: 'Dynamic' }] })
    expect((await subscribe(Number(list?.id), people('a@example.com'))).status).toBe(400)
  })
})

describe('members', () => {
  it('keeps the good records and names the others', async () => {
    await restart({ forgotten: ['Gone@example.com'] })
    const id = await makeList()
    const emails = ['A@example.com', 'two..dots@example.com', 'gone@example.com', 'x@conflict.sandbox.invalid']
    const more = ['x@forgotten.sandbox.invalid', 'x@errored.sandbox.invalid']
    expect(await subscribe(id, people(...emails, ...more))).toMatchObject({
      status: 200,
      json: {
        successCount: 1,
        failCount: 5,
        invalidEmails: ['two..dots@example.com'],
        failedUpdates: {
          invalidEmails: ['two..dots@example.com'],
          forgottenEmails: ['gone@example.com', 'x@forgotten.sandbox.invalid'],
          conflictEmails: ['x@conflict.sandbox.invalid'],
          invalidDataEmails: ['x@errored.sandbox.invalid'],
          notFoundEmails: [],
        },
      },
    })
    expect(members(id)).toEqual(['a@example.com'])
    expect(await unsubscribe(id, people('a@example.com', 'nobody@example.com'))).toMatchObject({
      json: { successCount: 1, failCount: 1, failedUpdates: { notFoundEmails: ['nobody@example.com'] } },
    })
    expect(members(id)).toEqual([])
    expect(
      [...bench.sandbox().deliveries('iterable')].map(({ operation, identifier }) => [operation, identifier]),
    ).toEqual([
      ['add', 'a@example.com'],
      ['remove', 'a@example.com'],
    ])
  })

  it('refuses a whole call for one mistyped value, and says where', async () => {
    const id = await makeList()
    expect(await subscribe(id, [{ email: 'a@example.com' }, { email: 7 }])).toMatchObject({
      status: 400,
      json: { code: 'BadJsonBody', params: { 'obj.subscribers[1].email': expect.any(String) } },
    })
    expect(members(id)).toEqual([])
  })

  it('takes 4 MB in a call, and no more', async () => {
    const id = await makeList()
    const body = (bytes: number): string => {
      const text = JSON.stringify({ listId: id, subscribers: [{ email: 'a@example.com' }], pad: '' })
      return text.replace('"pad":""', `"pad":"${'x'.repeat(bytes - text.length)}"`)
    }
    const send = (bytes: number) =>
      bench.ask('iterable', 'POST', '/api/lists/subscribe', { headers: key, body: body(bytes) })
    expect((await send(4_000_000)).status).toBe(200)
    expect(await send(4_000_001)).toMatchObject({ status: 413, json: { code: 'BatchTooLarge' } })
  })

  it('leaves other lists, and the person, as they are', async () => {
    const [one, two] = [await makeList('One'), await makeList('Two')]
    for (const id of [one, two]) await subscribe(id, people('a@example.com'))
    await unsubscribe(one, people('a@example.com'), { channelUnsubscribe: false })
    expect(await profile('a@example.com')).toMatchObject({ user: { dataFields: { userListIds: [two] } } })
  })

  it('lets somebody who said no be on a list, and stay unsubscribed', async () => {
    await restart({ unsubscribed: ['no@example.com'] })
    const id = await makeList()
    await subscribe(id, people('no@example.com'))
    const unsubscribed = { unsubscribedChannelIds: [expect.any(Number)] }
    expect(await profile('no@example.com')).toMatchObject({
      user: { dataFields: { ...unsubscribed, userListIds: [id] } },
    })
    await unsubscribe(id, people('no@example.com'))
    expect(await profile('no@example.com')).toMatchObject({
      user: { dataFields: { ...unsubscribed, userListIds: [] } },
    })
  })

  it('is all there after a restart', async () => {
    const id = await makeList()
    await subscribe(id, [{ email: 'a@example.com', dataFields: { shoe: 42 } }])
    await bench.restart()
    expect(members(id)).toEqual(['a@example.com'])
    expect((await ask('GET', '/users/getFields')).json).toMatchObject({ fields: { shoe: 'long' } })
    expect(await newList()).toBe(id + 1)
  })

  it.each([
    ['email', true, [{ userId: 'u' }], 'notFoundUserIds'],
    ['hybrid', true, people('a@example.com'), 'notFoundEmails'],
    ['hybrid', true, [{ userId: 'u' }], 'notFoundUserIds'],
  ] as const)(
    'in a project of type %s (update only: %s) does not make %j',
    async (project, only, subscribers, reason) => {
      await restart({ project })
      const id = await makeList()
      const reply = await subscribe(id, subscribers, { updateExistingUsersOnly: only })
      expect(reply.json).toMatchObject({ failCount: 1, failedUpdates: { [reason]: [expect.any(String)] } })
    },
  )

  it('in a project that knows people by address makes them however that is set', async () => {
    await restart({ project: 'email' })
    const id = await makeList()
    await subscribe(id, [...people('a@example.com'), { userId: 'u', preferUserId: true }], {
      updateExistingUsersOnly: true,
    })
    expect(members(id)).toEqual(['a@example.com', 'u'])
  })

  it('in a project that knows people by user ID takes no address for one', async () => {
    await restart({ project: 'userId' })
    const id = await makeList()
    for (const call of [subscribe, unsubscribe]) {
      expect(await call(id, people('a@example.com'))).toMatchObject({ status: 400, json: { code: 'BadParams' } })
    }
    await subscribe(id, [{ userId: 'u1', email: 'a@example.com' }, { userId: 'x'.repeat(53) }])
    expect(members(id)).toEqual(['a@example.com'])
  })
})

describe('data fields', () => {
  const add = async (dataFields: unknown): Promise<Reply> =>
    subscribe(await makeList(), [{ email: 'a@example.com', dataFields }])

  it.each([
    ['text', { firstName: 'Ada' }, true],
    ['a date as text', { firstName: '2026-11-22' }, true],
    ['a number as text', { firstName: 7 }, false],
    ['a whole number', { loyaltyPoints: 7 }, true],
    ['a fraction for a whole number', { loyaltyPoints: 7.5 }, false],
    ['text for a number', { loyaltyPoints: '7' }, false],
    ['a whole number for a fraction', { rating: 7 }, true],
    ['a boolean', { vip: true }, true],
    ['text for a boolean', { vip: 'true' }, false],
    ['a date', { birthDate: '2026-11-22 00:00:00 +00:00' }, true],
    ['text for a date', { birthDate: 'last week' }, false],
    ['32,000 characters', { firstName: 'x'.repeat(32_000) }, true],
    ['32,001 characters', { firstName: 'x'.repeat(32_001) }, false],
  ])('judges %s', async (_what, dataFields, fits) => {
    const failed = fits ? [] : ['a@example.com']
    expect((await add(dataFields)).json).toMatchObject({ failedUpdates: { invalidDataEmails: failed } })
  })

  it('sets values, keeps others, and clears with null', async () => {
    await add({ firstName: 'Ada', city: 'Oslo' })
    await add({ city: null })
    const { user } = JSON.parse(JSON.stringify(await profile('a@example.com')))
    expect(user.dataFields).toMatchObject({ firstName: 'Ada' })
    expect(user.dataFields).not.toHaveProperty('city')
  })

  it('makes fields of new names, of the type of their first value', async () => {
    expect((await add({ shoe: 42 })).json).toMatchObject({ createdFields: ['shoe'], filteredOutFields: [] })
    expect((await add({ shoe: 'large' })).json).toMatchObject({ failCount: 1 })
  })

  it('takes 1000 fields, and no more', async () => {
    const { fields } = JSON.parse((await ask('GET', '/users/getFields')).text)
    const more = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`f${n}`, n]))
    const room = 1000 - Object.keys(fields).length
    expect(await add(more(room + 1))).toMatchObject({ status: 400, json: { code: 'UniqueFieldsLimitExceeded' } })
    expect((await add(more(room))).json).toMatchObject({ successCount: 1 })
  })

  it('drops them where the project is set so', async () => {
    await restart({ newFields: 'drop' })
    expect((await add({ shoe: 42 })).json).toMatchObject({ successCount: 1, filteredOutFields: ['shoe'] })
  })
})

describe('what must never be sent', () => {
  it.each([
    ['POST', '/lists/unsubscribe', { listId: 1, subscribers: [], channelUnsubscribe: true }],
    [
      'POST',
      '/lists/subscribe',
      { listId: 1, subscribers: [{ email: 'a@example.com', dataFields: { unsubscribedChannelIds: [] } }] },
    ],
    ['DELETE', '/users/a@example.com', undefined],
    ['DELETE', '/users/byUserId/u', undefined],
    ['POST', '/users/forget', { email: 'a@example.com' }],
    ['POST', '/users/unforget', { email: 'a@example.com' }],
    ['POST', '/users/updateSubscriptions', { email: 'a@example.com', unsubscribedChannelIds: [] }],
    ['POST', '/users/bulkUpdateSubscriptions', {}],
    ['PATCH', '/subscriptions/messageChannel/1/user/a@example.com', {}],
  ])('%s %s is refused and remembered', async (method, path, json) => {
    const reply = await ask(method, path, json)
    expect(reply).toMatchObject({ status: 400, json: { msg: expect.stringContaining('never carries out') } })
    expect(bench.sandbox().forbidden()).toEqual([
      expect.stringContaining(`iterable: ${method} /api${path.split('?')[0]}`),
    ])
  })
})

describe('discard', () => {
  it('answers as ever, counts, and keeps nobody', async () => {
    await bench.end()
    await begin({}, { discard: true, requestLog: false })
    const id = await makeList()
    const many = people(...Array.from({ length: 500 }, (_, n) => `p${n}@example.com`))
    for (const call of [subscribe, unsubscribe]) {
      expect((await call(id, many)).json).toMatchObject({ successCount: 500, failCount: 0, failedUpdates: {} })
    }
    expect(members(id)).toEqual([])
    expect(bench.sandbox().received('iterable')).toMatchObject({ requests: 3, records: 1001 })
    expect([...bench.sandbox().deliveries('iterable')]).toEqual([])
  })
})
