/** The SendGrid simulator's export over HTTP, and its search by identifier. */
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { exampleCredentials } from '../credentials.ts'
import { type Bench, type Reply, startBench } from '../test-bench.ts'

const headers = { authorization: `Bearer ${exampleCredentials.sendgrid.apiKey}` }
const exportsPath = '/v3/marketing/contacts/exports'

let bench: Bench
const ask = (method: string, path: string, json?: unknown): Promise<Reply> =>
  bench.ask('sendgrid', method, path, { headers, ...(json ? { json } : {}) })
const makeList = async (name: string): Promise<string> => {
  const made: { id: string } = JSON.parse((await ask('POST', '/v3/marketing/lists', { name })).text)
  return made.id
}
const put = async (contacts: readonly unknown[], lists: readonly string[] = []): Promise<void> => {
  await ask('PUT', '/v3/marketing/contacts', { list_ids: lists, contacts })
  bench.pass(120)
}
const people = (count: number) => Array.from({ length: count }, (_, index) => ({ email: `p${index}@example.com` }))

interface Export {
  readonly id: string
  readonly status: string
  readonly urls: readonly string[]
  readonly contact_count: number
}
const start = async (body: object): Promise<string> => {
  const reply = await ask('POST', exportsPath, body)
  expect(reply.status).toBe(202)
  const started: { id: string } = JSON.parse(reply.text)
  return started.id
}
const exported = async (id: string): Promise<Export> => {
  const found: Export = JSON.parse((await ask('GET', `${exportsPath}/${id}`)).text)
  return found
}
const textOf = async (url: string): Promise<string> => gunzipSync(await (await fetch(url)).bytes()).toString()
const emailsOf = (text: string): string[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const contact: { email: string } = JSON.parse(line)
      return contact.email
    })

beforeEach(async () => {
  bench = await startBench()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await bench.end()
})

describe('export', () => {
  it('is pending, then ready with the members of a list as they stood, over a restart', async () => {
    const [list, other] = [await makeList('VIP'), await makeList('Other')]
    await put([{ email: 'Jane@Example.com', first_name: 'Jane' }, { email: 'bo@example.com' }], [list, other])
    await put([{ email: 'nobody@example.com' }], [other])
    const id = await start({ list_ids: [list], file_type: 'json' })
    expect(await exported(id)).toMatchObject({ id, status: 'pending', created_at: expect.any(String) })
    await bench.restart()
    bench.pass(29)
    // Accepted before the export is ready, seen after: not in it.
    await ask('PUT', '/v3/marketing/contacts', { list_ids: [list], contacts: [{ email: 'late@example.com' }] })
    bench.pass(300)
    const ready = await exported(id)
    expect(ready).toMatchObject({
      status: 'ready',
      contact_count: 2,
      completed_at: expect.any(String),
      expires_at: expect.any(String),
    })
    expect(ready.urls).toHaveLength(1)
    const [jane = '{}', bo = '{}'] = (await textOf(ready.urls[0] ?? '')).trimEnd().split('\n')
    expect(JSON.parse(jane)).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      email: 'jane@example.com',
      first_name: 'Jane',
      list_ids: [list, other],
      created_at: expect.any(String),
    })
    expect(JSON.parse(bo)).toMatchObject({ email: 'bo@example.com', list_ids: [list, other] })
    const all = await ask('GET', exportsPath)
    expect(all.json).toMatchObject({
      result: [{ id, status: 'ready', export_type: 'list_export', lists: [{ ID: list, Name: 'VIP' }] }],
    })
  })

  it('gives ids by which members can be taken off', async () => {
    const list = await makeList('VIP')
    await put(people(2), [list])
    const id = await start({ list_ids: [list], file_type: 'json' })
    bench.pass(60)
    const [line = '{}'] = (await textOf((await exported(id)).urls[0] ?? '')).split('\n')
    const contact: { id: string } = JSON.parse(line)
    const path = `/v3/marketing/lists/${list}/contacts?contact_ids=${contact.id}`
    expect((await ask('DELETE', path)).status).toBe(202)
    bench.pass(60)
    expect(bench.sandbox().members('sendgrid', list)).toEqual(['p1@example.com'])
  })

  it('is in several files where it is larger than one may be', async () => {
    await put(people(15_000))
    const id = await start({ file_type: 'json', max_file_size: 4 })
    bench.pass(60)
    const { urls, contact_count } = await exported(id)
    expect(contact_count).toBe(15_000)
    const files = await Promise.all(urls.map(textOf))
    expect(files.length).toBeGreaterThan(1)
    expect(files.every((file) => file.length <= 4_000_000)).toBe(true)
    expect(files.flatMap(emailsOf)).toEqual(people(15_000).map(({ email }) => email))
  })

  it('is a CSV unless JSON is asked for, and one empty file for an empty list', async () => {
    await put([{ email: 'jane@example.com', city: 'Oslo, NO' }])
    const [csv, empty] = [await start({}), await start({ list_ids: [await makeList('Empty')], file_type: 'json' })]
    bench.pass(60)
    const text = await textOf((await exported(csv)).urls[0] ?? '')
    expect(text).toMatch(/^EMAIL,FIRST_NAME,.*,CONTACT_ID\njane@example.com,.*"Oslo, NO",/)
    const nothing = await exported(empty)
    expect(nothing).toMatchObject({ status: 'ready', contact_count: 0 })
    expect(await textOf(nothing.urls[0] ?? '')).toBe('')
  })

  it('is fetched by its signed URL, never with the key, for three days', async () => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    await put(people(1))
    const id = await start({})
    bench.pass(60)
    const url = (await exported(id)).urls[0] ?? ''
    expect(new URL(url).origin).not.toBe(bench.sandbox().urls.sendgrid)
    expect((await fetch(url.replace(/\?.*/, ''))).status).toBe(403)
    expect((await fetch(url)).status).toBe(200)
    expect((await bench.ask('sendgrid', 'GET', url, { headers })).status).toBe(400)
    expect(bench.sandbox().forbidden()).toHaveLength(1)
    bench.pass(3 * 86_400)
    expect((await fetch(url)).status).toBe(403)
  })

  it.each([
    ['an unknown list', { list_ids: ['00000000-0000-4000-8000-000000000000'] }, 404],
    ['a segment', { segment_ids: ['x'] }, 404],
    ['another file type', { file_type: 'xml' }, 400],
    ['a size of nothing', { max_file_size: 0 }, 400],
  ])('refuses %s', async (_what, body, status) => {
    expect((await ask('POST', exportsPath, body)).status).toBe(status)
  })

  it('answers 404 for one that never was', async () => {
    expect((await ask('GET', `${exportsPath}/x`)).status).toBe(404)
  })
})

describe('search by identifier', () => {
  const search = (type: string, identifiers: unknown): Promise<Reply> =>
    ask('POST', `/v3/marketing/contacts/search/identifiers/${type}`, { identifiers })

  it('finds by the one identifier that is asked for', async () => {
    await put([{ email: 'jane@example.com', external_id: 'C-1', alternate_emails: ['jane@work.example'] }])
    expect((await search('external_id', ['C-1', 'C-2'])).json).toMatchObject({
      result: { 'C-1': { contact: { email: 'jane@example.com' } }, 'C-2': { error: 'contact not found' } },
    })
    expect((await search('email', ['JANE@example.com'])).json).toMatchObject({
      result: { 'jane@example.com': { contact: { external_id: 'C-1' } } },
    })
    expect((await search('email', ['jane@work.example'])).status).toBe(404)
  })

  it.each([
    ['an unknown type', 'contact_id', ['x'], 400],
    ['100', 'external_id', people(100).map(({ email }) => email), 404],
    ['101', 'external_id', people(101).map(({ email }) => email), 400],
    ['an invalid address', 'email', ['a..b@example.com'], 400],
    ['no list', 'email', 'a@example.com', 400],
  ])('answers for %s', async (_what, type, identifiers, status) => {
    expect((await search(type, identifiers)).status).toBe(status)
  })
})
