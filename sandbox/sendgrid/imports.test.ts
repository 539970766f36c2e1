/** The SendGrid simulator's CSV import over HTTP: asking, the storage host, the job, a restart in its midst. */

import { once } from 'node:events'
import { request } from 'node:http'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { exampleCredentials } from '../credentials.ts'
import { type Bench, type Reply, startBench } from '../test-bench.ts'

const key = exampleCredentials.sendgrid.apiKey
const headers = { authorization: `Bearer ${key}` }
const contactsPath = '/v3/marketing/contacts'
const [firstName, email, postCode] = ['_rf0_T', '_rf2_T', '_rf8_T']

let bench: Bench
const begin = async (options: Parameters<typeof startBench>[0] = {}): Promise<void> => {
  bench = await startBench(options)
}
const ask = (method: string, path: string, json?: unknown): Promise<Reply> =>
  bench.ask('sendgrid', method, path, { headers, ...(json ? { json } : {}) })
const makeList = async (name: string): Promise<string> => {
  const made: { id: string } = JSON.parse((await ask('POST', '/v3/marketing/lists', { name })).text)
  return made.id
}

interface Import {
  readonly job_id: string
  readonly upload_uri: string
  readonly upload_headers: readonly { readonly header: string; readonly value: string }[]
}
const open = async (more: object = {}): Promise<Import> => {
  const body = { file_type: 'csv', field_mappings: [email], ...more }
  const opened: Import = JSON.parse((await ask('PUT', `${contactsPath}/imports`, body)).text)
  return opened
}
const wanted = (opened: Import): Record<string, string> =>
  Object.fromEntries(opened.upload_headers.map(({ header, value }) => [header, value]))
const upload = (opened: Import, body: string | Uint8Array<ArrayBuffer>, more: Record<string, string> = {}) =>
  bench.ask('sendgrid', 'PUT', opened.upload_uri, { headers: { ...wanted(opened), ...more }, body })
const status = async (opened: Import): Promise<unknown> =>
  (await ask('GET', `${contactsPath}/imports/${opened.job_id}`)).json
const members = (list: string): string[] => bench.sandbox().members('sendgrid', list)
const people = (count: number): string =>
  `email\n${Array.from({ length: count }, (_, index) => `p${index}@example.com\n`).join('')}`

beforeEach(() => begin())
afterEach(async () => {
  vi.restoreAllMocks()
  await bench.end()
})

describe('asking for an import', () => {
  it('gives a URI on another origin and the headers that must come with the file', async () => {
    const opened = await open()
    expect(new URL(opened.upload_uri).origin).not.toBe(bench.sandbox().urls.sendgrid)
    expect(opened.upload_headers.length).toBeGreaterThan(0)
    expect(await status(opened)).toMatchObject({ id: opened.job_id, status: 'pending' })
  })

  it.each([
    ['a file type', { file_type: 'json' }, 400, 'file_type'],
    ['no mapping', { field_mappings: [] }, 400, 'field_mappings'],
    ['an unknown field', { field_mappings: [email, '_rf99_T'] }, 400, 'field_mappings'],
    ['an unknown custom field', { field_mappings: [email, 'e1_T'] }, 400, 'field_mappings'],
    ['a field that is read only', { field_mappings: [email, '_rf17_D'] }, 400, 'field_mappings'],
    ['a field twice', { field_mappings: [email, email] }, 400, 'field_mappings'],
    ['an unknown list', { list_ids: ['00000000-0000-4000-8000-000000000000'] }, 404, 'list_ids'],
  ])('refuses %s', async (_what, more, expected, field) => {
    const reply = await ask('PUT', `${contactsPath}/imports`, { file_type: 'csv', field_mappings: [email], ...more })
    expect(reply).toMatchObject({ status: expected, json: { errors: [{ field }] } })
  })
})

describe('the life of an import', () => {
  it('waits for its file, takes columns by the mapping, tells its end later', async () => {
    const list = await makeList('VIP')
    const made: { id: string } = JSON.parse(
      (await ask('POST', '/v3/marketing/field_definitions', { name: 'tier', field_type: 'Text' })).text,
    )
    const opened = await open({ list_ids: [list], field_mappings: [firstName, null, email, made.id, postCode] })
    bench.pass(600)
    expect(await status(opened)).toMatchObject({ status: 'pending', results: { requested_count: 0 } })
    const csv = 'a,b,c,d,e\r\n"Ja""ne, Ann",x,Jane@Example.com,gold,0150\r\n"B\r\no",y,bo@example.com,,\r\n'
    expect((await upload(opened, csv)).status).toBe(200)
    bench.pass(29)
    expect(members(list)).toEqual([])
    bench.pass(2)
    expect(await status(opened)).toMatchObject({
      status: 'pending',
      job_type: 'upsert_contacts',
      results: { requested_count: 2, created_count: 2 },
    })
    const found = await ask('POST', `${contactsPath}/search/emails`, { emails: ['jane@example.com', 'bo@example.com'] })
    expect(found.json).toMatchObject({
      result: {
        'jane@example.com': {
          contact: {
            first_name: 'Ja"ne, Ann',
            postal_code: '0150',
            list_ids: [list],
            custom_fields: { [made.id]: 'gold' },
          },
        },
        'bo@example.com': { contact: { first_name: 'B\r\no' } },
      },
    })
    bench.pass(10)
    expect(await status(opened)).toMatchObject({ status: 'completed', finished_at: expect.any(String) })
    expect([...bench.sandbox().deliveries('sendgrid')]).toEqual([
      { requestId: expect.any(Number), listId: list, operation: 'add', identifier: 'jane@example.com' },
      { requestId: expect.any(Number), listId: list, operation: 'add', identifier: 'bo@example.com' },
    ])
    expect(bench.sandbox().requests('sendgrid')).toContainEqual(
      expect.objectContaining({ path: new URL(opened.upload_uri).pathname, records: 2, write: true, status: 200 }),
    )
  })

  it('takes a packed file', async () => {
    const list = await makeList('VIP')
    const opened = await open({ list_ids: [list] })
    await upload(opened, new Uint8Array(gzipSync(people(3))))
    bench.pass(60)
    expect(members(list)).toHaveLength(3)
  })

  it('refuses bad addresses alone, and names them in a file on the storage host', async () => {
    const list = await makeList('VIP')
    const opened = await open({ list_ids: [list], field_mappings: [email, firstName] })
    await upload(opened, `e,f\na@example.com,A\n"a..b@example.com",B\n,C\nb@example.com,${'x'.repeat(51)}\n`)
    bench.pass(60)
    expect(members(list)).toEqual(['a@example.com'])
    const told: { status: string; results: { errors_url: string } } = JSON.parse(
      (await ask('GET', `${contactsPath}/imports/${opened.job_id}`)).text,
    )
    expect(told).toMatchObject({
      status: 'errored',
      results: { requested_count: 4, created_count: 1, errored_count: 3 },
    })
    expect(new URL(told.results.errors_url).origin).toBe(new URL(opened.upload_uri).origin)
    const file = await bench.ask('sendgrid', 'GET', told.results.errors_url)
    expect(file.text.split('\n').map((line) => line.split(',')[0])).toEqual([
      'email',
      'a..b@example.com',
      '',
      'b@example.com',
      '',
    ])
    bench.pass(8 * 86_400)
    expect((await bench.ask('sendgrid', 'GET', told.results.errors_url)).status).toBe(403)
  })

  it('packs the errors file when it is set to', async () => {
    await bench.end()
    await begin({ settings: { sendgrid: { gzipErrors: true } } })
    const opened = await open()
    await upload(opened, 'email\nrubbish\n')
    bench.pass(60)
    const told: { status: string; results: { errors_url: string } } = JSON.parse(
      (await ask('GET', `${contactsPath}/imports/${opened.job_id}`)).text,
    )
    expect(told.status).toBe('failed')
    const file = await fetch(told.results.errors_url)
    expect(gunzipSync(await file.bytes()).toString()).toMatch(/^email,error\nrubbish,/)
  })

  it('takes the last of two files, once, until the job has begun', async () => {
    const list = await makeList('VIP')
    const opened = await open({ list_ids: [list] })
    await upload(opened, 'email\nfirst@example.com\n')
    bench.pass(9)
    expect((await upload(opened, 'email\nsecond@example.com\nthird@example.com\n')).status).toBe(200)
    bench.pass(11)
    expect((await upload(opened, 'email\nlate@example.com\n')).status).toBe(200)
    bench.pass(60)
    expect(members(list)).toEqual(['second@example.com', 'third@example.com'])
    expect(await status(opened)).toMatchObject({
      status: 'completed',
      results: { requested_count: 2, created_count: 2 },
    })
  })

  it('fails a job whose file never comes, and takes none then', async () => {
    const list = await makeList('VIP')
    const opened = await open({ list_ids: [list] })
    bench.pass(3599)
    expect(await status(opened)).toMatchObject({ status: 'pending' })
    bench.pass(1)
    expect(await status(opened)).toMatchObject({ status: 'failed', finished_at: expect.any(String) })
    expect((await upload(opened, people(1))).status).toBe(403)
  })

  it.each([
    ['a header and nothing else', 'email\n'],
    ['a quote that is never closed', 'email\n"a@example.com\n'],
    ['a broken gzip file', new Uint8Array(gzipSync(people(50)).subarray(0, 100))],
  ])('fails on %s, and stores nobody', async (_what, body) => {
    const list = await makeList('VIP')
    const opened = await open({ list_ids: [list] })
    expect((await upload(opened, body)).status).toBe(200)
    bench.pass(60)
    expect(await status(opened)).toMatchObject({ status: 'failed', results: { requested_count: 0 } })
    expect(members(list)).toEqual([])
  })

  it('fails whole beyond the contacts that a file may hold', async () => {
    await bench.end()
    await begin({ settings: { sendgrid: { importContacts: 5 } } })
    const list = await makeList('VIP')
    const [full, over] = [await open({ list_ids: [list] }), await open({ list_ids: [list] })]
    await upload(over, people(6))
    bench.pass(60)
    expect(await status(over)).toMatchObject({ status: 'failed' })
    expect(members(list)).toEqual([])
    expect([...bench.sandbox().deliveries('sendgrid')]).toEqual([])
    await upload(full, people(5))
    bench.pass(60)
    expect(await status(full)).toMatchObject({ status: 'completed' })
    expect(members(list)).toHaveLength(5)
  })

  it('goes on in its midst after a restart, and applies every row once', async () => {
    const list = await makeList('VIP')
    const opened = await open({ list_ids: [list] })
    await upload(opened, people(25_000))
    bench.pass(45)
    expect(members(list)).toHaveLength(10_000)
    await bench.restart()
    expect(await status(opened)).toMatchObject({
      status: 'pending',
      results: { requested_count: 25_000, created_count: 10_000 },
    })
    bench.pass(60)
    expect(members(list)).toHaveLength(25_000)
    expect(await status(opened)).toMatchObject({ status: 'completed', results: { created_count: 25_000 } })
  })
})

describe('the storage host', () => {
  it('refuses a URI that was not signed, or for another job', async () => {
    const [one, other] = [await open(), await open()]
    const plain = one.upload_uri.replace(/\?.*/, '')
    const crossed = one.upload_uri.replace(one.job_id, other.job_id)
    for (const upload_uri of [plain, crossed])
      expect((await upload({ ...one, upload_uri }, people(1))).status).toBe(403)
  })

  it('refuses an upload without exactly the headers it asked for', async () => {
    const opened = await open()
    for (const { header } of opened.upload_headers) {
      expect((await upload(opened, people(1), { [header]: 'other' })).status).toBe(403)
      const without = { ...opened, upload_headers: opened.upload_headers.filter((each) => each.header !== header) }
      expect((await upload(without, people(1))).status).toBe(403)
    }
    expect((await upload(opened, people(1), { 'x-amz-acl': 'private' })).status).toBe(403)
    expect(await status(opened)).toMatchObject({ status: 'pending', results: { requested_count: 0 } })
  })

  it('refuses an upload of unknown length', async () => {
    const opened = await open()
    const sending = request(opened.upload_uri, { method: 'PUT', headers: wanted(opened) })
    sending.write(people(1))
    sending.end()
    const [answer] = await once(sending, 'response')
    expect(answer).toMatchObject({ statusCode: 411 })
    answer.resume()
  })

  it('takes as many bytes as a file may have, and not one more', async () => {
    const csv = people(2)
    await bench.end()
    await begin({ settings: { sendgrid: { importBytes: csv.length } } })
    const opened = await open()
    expect((await upload(opened, `${csv}\n`)).status).toBe(400)
    expect((await upload(opened, csv)).status).toBe(200)
  })

  it.each([
    ['in the Authorization header', () => ({ more: { authorization: `Bearer ${key}` } })],
    ['as any Authorization at all', () => ({ more: { authorization: 'Basic eDp5' } })],
    ['in another header', () => ({ more: { 'x-api-key': key } })],
    ['in the address', () => ({ query: `&key=${key}` })],
    ['in the file', () => ({ body: `email\n${'x'.repeat(200_000)}${key}\n` })],
    ['in the packed file', () => ({ body: new Uint8Array(gzipSync(`email\n${key}\n`)) })],
  ])('refuses the key %s, keeps nothing, and remembers it', async (_what, sent) => {
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const opened = await open()
    const {
      more = {},
      query = '',
      body = people(1),
    } = { more: undefined, query: undefined, body: undefined, ...sent() }
    const reply = await upload({ ...opened, upload_uri: opened.upload_uri + query }, body, more)
    expect(reply.status).toBe(400)
    expect(bench.sandbox().forbidden()).toEqual([expect.stringContaining('the API key on the storage host')])
    expect(said).toHaveBeenCalledOnce()
    expect([...bench.sandbox().deliveries('sendgrid')]).toEqual([])
    bench.pass(60)
    expect(await status(opened)).toMatchObject({ status: 'pending' })
  })

  it('serves nothing but files, and the API serves them too', async () => {
    const opened = await open()
    const { origin, pathname, search } = new URL(opened.upload_uri)
    expect((await bench.ask('sendgrid', 'GET', `${origin}/v3/marketing/lists`)).status).toBe(404)
    const same = { ...opened, upload_uri: `${pathname}${search}` }
    expect((await upload(same, people(1))).status).toBe(200)
  })

  it('keeps nothing of a file that is cut', async () => {
    const list = await makeList('VIP')
    const opened = await open({ list_ids: [list] })
    const sending = request(opened.upload_uri, {
      method: 'PUT',
      headers: { ...wanted(opened), 'content-length': '10000000' },
    })
    sending.on('error', () => undefined)
    await new Promise((resolve) => sending.write(people(20_000), resolve))
    sending.destroy()
    expect((await upload(opened, people(2))).status).toBe(200)
    bench.pass(60)
    await bench.restart()
    expect(members(list)).toEqual(['p0@example.com', 'p1@example.com'])
    expect([...bench.sandbox().deliveries('sendgrid')]).toHaveLength(2)
  })
})
