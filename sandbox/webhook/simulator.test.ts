/** The webhook's receiver over HTTP: secret, lists, members, refusals of single people, its rate. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { exampleCredentials } from '../credentials.ts'
import { type Bench, type Reply, startBench } from '../test-bench.ts'

const { secret, url } = exampleCredentials.webhook
const { pathname } = new URL(url)
const key = { authorization: `Bearer ${secret}` }
let bench: Bench
beforeEach(async () => {
  bench = await startBench()
})
afterEach(() => bench.end())

const call = (json: unknown, headers: Record<string, string> = key, path = pathname): Promise<Reply> =>
  bench.ask('webhook', 'POST', path, { headers, json })
const opened = z.object({ list: z.object({ id: z.string() }) })
const open = async (name = 'VIP', mark = name): Promise<string> =>
  opened.parse((await call({ operation: 'open', list: { name, mark } })).json).list.id
const member = (email: string, fields: object = {}) => ({ email, fields })
const add = (id: string, ...members: unknown[]): Promise<Reply> => call({ operation: 'add', list: { id }, members })
const remove = (id: string, ...emails: string[]): Promise<Reply> =>
  call({ operation: 'remove', list: { id }, members: emails.map((email) => ({ email })) })
const on = (id: string): string[] => bench.sandbox().members('webhook', id)
const shown = async (id: string, email: string): Promise<unknown> =>
  (await bench.ask('webhook', 'GET', `/lists/${id}/members/${email}`, { headers: key })).json

describe('access', () => {
  it.each([
    ['no secret', {}],
    ['another secret', { authorization: 'Bearer other' }],
    ['the secret as something else', { authorization: `Basic ${secret}` }],
  ])('is refused with %s', async (_what, headers) => {
    expect(await call({ operation: 'check' }, headers)).toMatchObject({ status: 401 })
  })

  it('tells the version', async () => {
    expect(await call({ operation: 'check' })).toMatchObject({ status: 200, json: { version: 1 } })
  })

  it('is six hundred calls a minute', async () => {
    for (let calls = 0; calls < 600; calls++) expect((await call({ operation: 'check' })).status).toBe(200)
    expect((await call({ operation: 'check' })).status).toBe(429)
    bench.pass(60)
    expect((await call({ operation: 'check' })).status).toBe(200)
  })

  it('is never by a query', async () => {
    expect(await call({ operation: 'check' }, key, `${pathname}?key=1`)).toMatchObject({ status: 400 })
    expect(bench.sandbox().forbidden()).toEqual([expect.stringContaining('webhook: ')])
  })

  it.each([
    ['an operation that there is not', { operation: 'replace', list: { id: 'list-1' }, members: [] }],
    ['no operation', {}],
    ['a member without fields', { operation: 'add', list: { id: 'list-1' }, members: [{ email: 'a@example.com' }] }],
    ['a nameless list', { operation: 'open', list: { name: '', mark: 'm' } }],
  ])('is not understood with %s', async (_what, json) => {
    expect((await call(json)).status).toBe(400)
  })
})

describe('lists', () => {
  it('are found by mark, then by name, then made', async () => {
    const id = await open('VIP', 'm1')
    expect(await open('Renamed', 'm1')).toBe(id)
    expect(await open('VIP', 'm2')).toBe(id)
    expect(await open('Oslo', 'm2')).not.toBe(id)
    expect((await call({ operation: 'lists' })).json).toMatchObject({ lists: [{ name: 'VIP' }, { name: 'Oslo' }] })
  })

  it('tell their sizes, also after a restart', async () => {
    const id = await open()
    await add(id, member('a@example.com'), member('b@example.com'))
    await bench.restart()
    const list = { id, name: 'VIP', mark: 'VIP', members: 2 }
    expect((await call({ operation: 'look', list: { id } })).json).toEqual({ list })
  })

  it('are gone once they were dropped', async () => {
    const id = await open()
    await bench.ask('webhook', 'DELETE', `/lists/${id}`, { headers: key })
    expect((await call({ operation: 'look', list: { id } })).status).toBe(410)
    expect((await add(id, member('a@example.com'))).status).toBe(410)
    expect((await remove(id, 'a@example.com')).status).toBe(410)
  })
})

describe('members', () => {
  it('are put on and taken off, the same twice', async () => {
    const id = await open()
    for (let times = 0; times < 2; times++) {
      expect((await add(id, member('a@example.com'), member('b@example.com'))).json).toEqual({ taken: 2, rejected: [] })
      expect(on(id)).toEqual(['a@example.com', 'b@example.com'])
    }
    expect((await remove(id, 'a@example.com')).json).toEqual({ taken: 1, absent: [], rejected: [] })
    expect((await remove(id, 'a@example.com')).json).toEqual({ taken: 0, absent: ['a@example.com'], rejected: [] })
    expect(on(id)).toEqual(['b@example.com'])
  })

  it('keep values that are not sent, and lose those that are null', async () => {
    const id = await open()
    await add(id, member('a@example.com', { name: 'Kari', points: 1.5, vip: true }))
    await add(id, member('a@example.com', { points: null, note: '' }))
    expect(await shown(id, 'a@example.com')).toEqual({
      email: 'a@example.com',
      fields: { name: 'Kari', vip: true, note: '' },
    })
  })

  it('are refused alone, and named', async () => {
    const id = await open()
    const answer = await add(
      id,
      member('good@example.com'),
      member('two..dots@example.com'),
      member('a@errored.sandbox.invalid'),
      member('b@left.sandbox.invalid'),
    )
    expect(answer.json).toMatchObject({
      taken: 1,
      rejected: [
        { email: 'two..dots@example.com', code: 'invalid_email', final: true },
        { email: 'a@errored.sandbox.invalid', code: 'errored' },
        { email: 'b@left.sandbox.invalid', code: 'said_no', final: true },
      ],
    })
    expect(on(id)).toEqual(['good@example.com'])
  })

  it('are no more than a thousand in a call', async () => {
    const id = await open()
    const people = Array.from({ length: 1001 }, (_, n) => member(`p${n}@example.com`))
    expect((await add(id, ...people)).status).toBe(413)
    expect(on(id)).toEqual([])
    expect((await add(id, ...people.slice(1))).json).toMatchObject({ taken: 1000 })
  })
})

describe('discard', () => {
  it('answers as ever, counts, and keeps nobody', async () => {
    await bench.end()
    bench = await startBench({ discard: true, requestLog: false })
    const id = await open()
    const people = Array.from({ length: 500 }, (_, n) => member(`p${n}@example.com`))
    expect((await add(id, ...people)).json).toEqual({ taken: 500, rejected: [] })
    const emails = people.map(({ email }) => email)
    expect((await remove(id, ...emails)).json).toEqual({ taken: 500, absent: [], rejected: [] })
    expect(on(id)).toEqual([])
    expect(bench.sandbox().received('webhook')).toMatchObject({ requests: 3, records: 1000 })
  })
})
