/** The SendGrid simulator's jobs over HTTP: when they are seen, what they change, how they end, a restart in their midst. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exampleCredentials } from '../credentials.ts'
import { type Bench, type Reply, startBench } from '../test-bench.ts'

const headers = { authorization: `Bearer ${exampleCredentials.sendgrid.apiKey}` }
const contactsPath = '/v3/marketing/contacts'

let bench: Bench
const ask = (method: string, path: string, json?: unknown): Promise<Reply> =>
  bench.ask('sendgrid', method, path, { headers, ...(json ? { json } : {}) })
const jobOf = (reply: Reply): string => {
  const body: { job_id: string } = JSON.parse(reply.text)
  return body.job_id
}
const put = async (contacts: readonly unknown[], lists: readonly string[] = []): Promise<string> =>
  jobOf(await ask('PUT', contactsPath, { list_ids: lists, contacts }))
const status = async (job: string): Promise<unknown> => (await ask('GET', `${contactsPath}/imports/${job}`)).json
const search = (...emails: string[]): Promise<Reply> => ask('POST', `${contactsPath}/search/emails`, { emails })
const makeList = async (name: string): Promise<string> => {
  const made: { id: string } = JSON.parse((await ask('POST', '/v3/marketing/lists', { name })).text)
  return made.id
}
const idsOf = async (...emails: string[]): Promise<string[]> => {
  const found: { result: Record<string, { contact: { id: string } }> } = JSON.parse((await search(...emails)).text)
  return Object.values(found.result).map(({ contact }) => contact.id)
}
const people = (count: number) => Array.from({ length: count }, (_, index) => ({ email: `p${index}@example.com` }))

beforeEach(async () => {
  bench = await startBench()
})
afterEach(() => bench.end())

describe('the life of an upsert', () => {
  it('is seen only once applied, and has its end told later', async () => {
    const list = await makeList('VIP')
    const accepted = new Date(bench.now()).toISOString()
    const job = await put([{ email: 'Jane@Example.com' }], [list])
    const shown = { id: job, job_type: 'upsert_contacts', started_at: accepted }

    bench.pass(29)
    expect(await status(job)).toEqual({ ...shown, status: 'pending', results: { requested_count: 1 } })
    expect((await search('jane@example.com')).status).toBe(404)
    expect(bench.sandbox().members('sendgrid', list)).toEqual([])

    bench.pass(2)
    expect(await status(job)).toEqual({
      ...shown,
      status: 'pending',
      results: { requested_count: 1, created_count: 1 },
    })
    expect((await search('JANE@example.com')).json).toMatchObject({
      result: { 'jane@example.com': { contact: { email: 'jane@example.com', list_ids: [list] } } },
    })
    expect(bench.sandbox().lists('sendgrid')).toEqual([{ id: list, name: 'VIP', members: 1 }])

    bench.pass(10)
    expect(await status(job)).toMatchObject({ status: 'completed', finished_at: expect.any(String) })
  })

  it('takes longer for more contacts, less at a higher pace', async () => {
    const list = await makeList('all')
    await put(people(30_000), [list])
    bench.pass(59)
    expect(bench.sandbox().members('sendgrid', list)).toEqual([])
    bench.pass(2)
    expect(bench.sandbox().members('sendgrid', list)).toHaveLength(30_000)

    await bench.end()
    bench = await startBench({ pace: 20 })
    const quick = await makeList('all')
    await put(people(30_000), [quick])
    bench.pass(3.1)
    expect(bench.sandbox().members('sendgrid', quick)).toHaveLength(30_000)
  })

  it('applies jobs in their order, a small one after the large one before it', async () => {
    await put([...people(20_000), { email: 'jane@example.com', first_name: 'First' }])
    await put([{ email: 'jane@example.com', first_name: 'Second' }])
    bench.pass(31)
    expect((await search('jane@example.com')).status).toBe(404)
    bench.pass(30)
    expect((await search('jane@example.com')).json).toMatchObject({
      result: { 'jane@example.com': { contact: { first_name: 'Second' } } },
    })
  })

  it('keeps what is left out, clears what is empty, counts who stands as asked as neither', async () => {
    await put([{ email: 'jane@example.com', first_name: 'Jane', city: 'Oslo' }])
    bench.pass(60)
    const job = await put([{ email: 'jane@example.com', city: '', country: 'NO' }])
    bench.pass(60)
    expect((await search('jane@example.com')).json).toMatchObject({
      result: { 'jane@example.com': { contact: { first_name: 'Jane', city: '', country: 'NO' } } },
    })
    expect(await status(job)).toMatchObject({ results: { requested_count: 1, updated_count: 1 } })
    const again = await put([{ email: 'jane@example.com', city: '', country: 'NO' }])
    bench.pass(60)
    expect(await status(again)).toMatchObject({ status: 'completed', results: { requested_count: 1 } })
  })

  it('survives a restart before it is applied', async () => {
    const list = await makeList('VIP')
    const job = await put([{ email: 'jane@example.com' }], [list])
    bench.pass(10)
    await bench.restart()
    expect(await status(job)).toMatchObject({ status: 'pending', results: { requested_count: 1 } })
    bench.pass(50)
    await bench.restart()
    expect(bench.sandbox().members('sendgrid', list)).toEqual(['jane@example.com'])
    expect(await status(job)).toMatchObject({ status: 'completed' })
  })

  it('answers 404 for a job that never was', async () => {
    expect((await ask('GET', `${contactsPath}/imports/nothing`)).status).toBe(404)
  })
})

describe('records that only the job refuses', () => {
  it('ends errored, with a file that names them, readable without the key', async () => {
    const made: { id: string } = JSON.parse(
      (await ask('POST', '/v3/marketing/field_definitions', { name: 'born', field_type: 'Date' })).text,
    )
    const job = await put([
      { email: 'good@example.com', custom_fields: { [made.id]: '1984-02-03' } },
      { email: 'bad@example.com', custom_fields: { [made.id]: 'AAAAA' } },
      { email: 'bad@errored.sandbox.invalid' },
    ])
    bench.pass(60)
    const text = (await ask('GET', `${contactsPath}/imports/${job}`)).text
    const told: { status: string; results: { errors_url: string } } = JSON.parse(text)
    expect(told).toMatchObject({
      status: 'errored',
      results: { requested_count: 3, created_count: 1, errored_count: 2 },
    })
    const file = await bench.ask('sendgrid', 'GET', told.results.errors_url)
    expect(file.text.split('\n').map((line) => line.split(',')[0])).toEqual([
      'email',
      'bad@example.com',
      'bad@errored.sandbox.invalid',
      '',
    ])
    const unsigned = told.results.errors_url.replace(/\?.*/, '')
    expect((await bench.ask('sendgrid', 'GET', unsigned)).status).toBe(403)
  })

  it('fails whole beyond the plan, and stores nobody', async () => {
    await bench.end()
    bench = await startBench({ settings: { sendgrid: { planContacts: 2 } } })
    const list = await makeList('VIP')
    await put(people(2), [list])
    bench.pass(60)
    const job = await put(people(3), [list])
    bench.pass(60)
    expect(await status(job)).toMatchObject({ status: 'failed', results: { requested_count: 3, errored_count: 3 } })
    expect(bench.sandbox().members('sendgrid', list)).toEqual(['p0@example.com', 'p1@example.com'])
  })

  it('refuses to update a contact without all of its identifiers', async () => {
    await put([{ email: 'jane@example.com', external_id: 'C-1' }])
    bench.pass(60)
    const job = await put([{ email: 'jane@example.com', first_name: 'Jane' }])
    bench.pass(60)
    expect(await status(job)).toMatchObject({ status: 'failed', results: { errored_count: 1 } })
  })
})

describe('search', () => {
  it('names who is not found beside who is, and finds by another address', async () => {
    await put([{ email: 'jane@example.com', alternate_emails: ['jane@work.example'] }])
    bench.pass(60)
    expect((await search('jane@example.com', 'nobody@example.com')).json).toMatchObject({
      result: {
        'jane@example.com': { contact: { email: 'jane@example.com' } },
        'nobody@example.com': { error: 'contact not found' },
      },
    })
    expect((await search('jane@work.example')).json).toMatchObject({
      result: { 'jane@work.example': { contact: { email: 'jane@example.com' } } },
    })
  })

  it.each([
    ['100 addresses', people(100).map(({ email }) => email), 404],
    ['101 addresses', people(101).map(({ email }) => email), 400],
    ['an invalid address among valid ones', ['a@example.com', 'a..b@example.com'], 400],
    ['an address of 101 characters', [`${'a'.repeat(60)}@${'b'.repeat(36)}.com`], 400],
    ['nothing but an empty text', [''], 404],
  ])('answers for %s', async (_what, emails, expected) => {
    expect((await search(...emails)).status).toBe(expected)
  })
})

describe('removal from a list', () => {
  const remove = (list: string, ids: readonly string[]): Promise<Reply> =>
    ask('DELETE', `/v3/marketing/lists/${list}/contacts?contact_ids=${ids.join(',')}`)

  it('takes people off that list only, when its job is applied', async () => {
    const [one, other] = [await makeList('one'), await makeList('other')]
    await put(people(3), [one, other])
    bench.pass(60)
    const reply = await remove(one, await idsOf('p0@example.com', 'p2@example.com'))
    expect(reply.status).toBe(202)
    expect(bench.sandbox().members('sendgrid', one)).toHaveLength(3)
    bench.pass(60)
    expect(bench.sandbox().members('sendgrid', one)).toEqual(['p1@example.com'])
    expect(bench.sandbox().members('sendgrid', other)).toHaveLength(3)
    expect((await search('p0@example.com')).status).toBe(200)
    expect(await status(jobOf(reply))).toMatchObject({ status: 'completed', results: { deleted_count: 2 } })
    expect([...bench.sandbox().deliveries('sendgrid')].filter(({ operation }) => operation === 'remove')).toEqual([
      { requestId: expect.any(Number), listId: one, operation: 'remove', identifier: 'p0@example.com' },
      { requestId: expect.any(Number), listId: one, operation: 'remove', identifier: 'p2@example.com' },
    ])
  })

  it('refuses an unknown list, an unknown id, no id and an address that is too long', async () => {
    const list = await makeList('one')
    await put(people(1), [list])
    bench.pass(60)
    const ids = await idsOf('p0@example.com')
    const unknown = '00000000-0000-4000-8000-000000000000'
    expect((await remove(unknown, ids)).status).toBe(404)
    expect((await remove(list, [...ids, unknown])).status).toBe(404)
    expect((await remove(list, [])).status).toBe(400)
    const base = `/v3/marketing/lists/${list}/contacts?contact_ids=`
    expect((await ask('DELETE', base.padEnd(8192, ','))).status).toBe(400)
    expect((await ask('DELETE', base.padEnd(8193, ','))).status).toBe(414)
    bench.pass(60)
    expect(bench.sandbox().members('sendgrid', list)).toEqual(['p0@example.com'])
  })
})
