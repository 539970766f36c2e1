/** The Dotdigital simulator's imports and removals: accepted at once, done later, told of person by person. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { exampleCredentials } from '../credentials.ts'
import { type Bench, startBench } from '../test-bench.ts'
import { Account, basic, JOB_SECONDS, person } from './test-account.ts'

const headers = basic(exampleCredentials.dotdigital.user, exampleCredentials.dotdigital.password)

let bench: Bench
let account: Account
let list: number
const start = async (...options: Parameters<typeof startBench>): Promise<void> => {
  await bench?.end()
  bench = await startBench(...options)
  account = new Account(bench)
  list = await account.book('News')
}
const members = (id = list) => bench.sandbox().members('dotdigital', String(id))
const importId = z.object({ importId: z.string() })

beforeEach(async () => {
  bench = await startBench()
  account = new Account(bench)
  list = await account.book('News')
})
afterEach(() => bench.end())

describe('an import', () => {
  it('is accepted at once, seen later, and told of contact by contact', async () => {
    const reply = await account.import([
      person('Ada@Example.com', list, { firstName: 'Ada' }),
      person('bob@example.com'),
    ])
    expect(reply.status).toBe(202)
    const path = `/contacts/v3/import/${importId.parse(reply.json).importId}`
    expect((await account.ask('GET', path)).json).toEqual({ importId: expect.any(String), status: 'NotFinished' })
    expect(members()).toEqual([])
    expect(await account.find('ada@example.com')).toMatchObject({ errorCode: 'contacts:contactNotFound' })
    bench.pass(JOB_SECONDS)
    const done = await account.ask('GET', path)
    expect(done.headers.get('content-type')).toBe('application/json')
    expect(done.json).toEqual({
      importId: expect.any(String),
      status: 'Finished',
      summary: {
        newContacts: 2,
        updatedContacts: 0,
        globallySuppressed: 0,
        invalidEntries: 0,
        duplicateIdentifiers: 0,
      },
      created: [
        { contactId: expect.any(Number), identifiers: { email: 'ada@example.com' } },
        { contactId: expect.any(Number), identifiers: { email: 'bob@example.com' } },
      ],
      updated: [],
      failures: [],
    })
    expect(members()).toEqual(['ada@example.com'])
    expect((await account.ask('GET', `/v2/address-books/${list}`)).json).toMatchObject({ contacts: 1 })
    expect(await account.find('ADA@example.com')).toMatchObject({
      created: expect.stringMatching(/^2027-01-04T12:00:/),
      updated: expect.stringMatching(/^2027-01-04T12:00:/),
      dataFields: { FIRSTNAME: 'Ada' },
      lists: [{ id: list, name: 'News', status: 'subscribed' }],
    })
    expect([...bench.sandbox().deliveries('dotdigital')]).toMatchObject([
      { listId: String(list), operation: 'add', identifier: 'ada@example.com' },
    ])
  })

  it('names those it does not take', async () => {
    expect(
      await account.imported([
        person('ok@example.com', list, { POSTCODE: '0150' }),
        person('bob@x@example.com', list),
        person('two..dots@example.com', list),
        person('', list),
        person(undefined, list),
        person('OK@example.com', list),
        person('a@suppressed.sandbox.invalid', list),
        person('a@domain-suppressed.sandbox.invalid', list),
        person('lost@example.com', 999),
        person('field@example.com', list, { NOFIELD: 'x' }),
        person('type@example.com', list, { POSTCODE: 150 }),
      ]),
    ).toMatchObject({
      status: 'Finished',
      summary: { newContacts: 1, globallySuppressed: 2, invalidEntries: 7, duplicateIdentifiers: 1 },
      failures: [
        { identifiers: { email: 'bob@x@example.com' }, failures: [{ failureCode: 'invalidEmail' }] },
        { failures: [{ failureCode: 'invalidEmail' }] },
        { failures: [{ failureCode: 'noValidIdentifiers' }] },
        { failures: [{ failureCode: 'noValidIdentifiers' }] },
        { identifiers: { email: 'ok@example.com' }, failures: [{ failureCode: 'duplicateIdentifier' }] },
        { failures: [{ failureCode: 'GloballySuppressed' }] },
        { failures: [{ failureCode: 'SuppressedByDomain' }] },
        { failures: [{ failureCode: 'InvalidAddressBookIds' }] },
        { failures: [{ failureCode: 'ApiSchemaViolation', description: expect.stringContaining('NOFIELD') }] },
        { failures: [{ failureCode: 'ApiSchemaViolation', description: expect.stringContaining('POSTCODE') }] },
      ],
    })
    expect(members()).toEqual(['ok@example.com'])
  })

  it('takes values of their type, clears by null, and merges as told', async () => {
    for (const [name, type] of [
      ['N', 'Numeric'],
      ['B', 'Boolean'],
      ['D', 'Date'],
    ]) {
      await account.ask('POST', '/v2/data-fields', { name, type })
    }
    const change = (dataFields: object, mergeOption?: string) =>
      account.imported([person('a@example.com', list, dataFields)], mergeOption === undefined ? {} : { mergeOption })
    await change({ N: 1.5, B: true, D: '2026-11-22', FIRSTNAME: 'A' })
    await change({ FIRSTNAME: null, LASTNAME: 'B' })
    expect(await account.find('a@example.com')).toMatchObject({
      dataFields: { N: 1.5, B: true, D: '2026-11-22', LASTNAME: 'B' },
    })
    await change({ FIRSTNAME: 'New', LASTNAME: 'Other' }, 'overwriteIfEmpty')
    await change({ FIRSTNAME: '', N: 2 }, 'overwriteIfNotEmpty')
    expect(await account.find('a@example.com')).toMatchObject({ dataFields: { FIRSTNAME: 'New', LASTNAME: 'B', N: 2 } })
    expect(await change({ N: '2' })).toMatchObject({
      failures: [{ failures: [{ failureCode: 'ApiSchemaViolation' }] }],
    })
    expect(await change({ D: 'soon' })).toMatchObject({ failures: [{}] })
  })

  it('leaves who has unsubscribed so: updated, and on the list only if it is not that list which was left', async () => {
    const report = await account.imported([
      person('a@unsubscribed.sandbox.invalid', list),
      person('a@left.sandbox.invalid', list),
    ])
    expect(report).toMatchObject({ summary: { newContacts: 2 }, failures: [] })
    await account.imported([person('a@unsubscribed.sandbox.invalid', list, { FIRSTNAME: 'A' })])
    expect(await account.find('a@unsubscribed.sandbox.invalid')).toMatchObject({
      status: 'unsubscribed',
      dataFields: { FIRSTNAME: 'A' },
    })
    expect(await account.find('a@left.sandbox.invalid')).toMatchObject({ lists: [{ status: 'suppressed' }] })
    expect(members()).toEqual(['a@unsubscribed.sandbox.invalid'])
    // Who left stays known to have left.
    await account.removed(list, [await account.idOf('a@left.sandbox.invalid')])
    await account.imported([person('a@left.sandbox.invalid', list)])
    expect(members()).toEqual(['a@unsubscribed.sandbox.invalid'])
  })

  it.each([
    ['a call that is not JSON', 'x', 'contacts:badJson'],
    ['no contacts', { contacts: [] }, 'contacts:badRequest'],
    ['contacts that are none', { contacts: 'x' }, 'contacts:badRequest'],
    ['another merge option', { contacts: [person('a@example.com')], mergeOption: 'merge' }, 'contacts:badRequest'],
    ['a contact without identifiers', { contacts: [{ matchIdentifier: 'email' }] }, 'contacts:badRequest'],
    [
      'a contact without what to match',
      { contacts: [{ identifiers: { email: 'a@example.com' } }] },
      'contacts:badRequest',
    ],
    ['a list that is no number', { contacts: [{ ...person('a@example.com'), lists: ['1'] }] }, 'contacts:badRequest'],
    ['no list in lists', { contacts: [{ ...person('a@example.com'), lists: [] }] }, 'contacts:badRequest'],
  ])('is refused whole for %s', async (_what, body, errorCode) => {
    const content = typeof body === 'string' ? { body } : { json: body }
    expect(await bench.ask('dotdigital', 'PUT', '/contacts/v3/import', { headers, ...content })).toMatchObject({
      status: 400,
      json: { errorCode },
    })
    expect([...bench.sandbox().deliveries('dotdigital')]).toEqual([])
  })

  it('is too large beyond 50 MB', async () => {
    const bytesOf = (filler: number) =>
      JSON.stringify({ contacts: [person('a@example.com', list, { FIRSTNAME: 'x'.repeat(filler) })] })
    const room = 50_000_000 - bytesOf(0).length
    const send = (body: string) => bench.ask('dotdigital', 'PUT', '/contacts/v3/import', { headers, body })
    expect((await send(bytesOf(room))).status).toBe(202)
    expect((await send(bytesOf(room + 1))).status).toBe(413)
  })

  it('is one of at most 25 that are not finished', async () => {
    for (let count = 1; count <= 25; count++) {
      expect((await account.import([person(`p${count}@example.com`, list)])).status).toBe(202)
    }
    expect(await account.import([person('one@example.com', list)])).toMatchObject({
      status: 429,
      json: { errorCode: 'contacts:tooManyActiveImports' },
    })
    bench.pass(JOB_SECONDS)
    expect((await account.import([person('one@example.com', list)])).status).toBe(202)
    expect(members()).toHaveLength(25)
  })

  it.each([
    ['RejectedByWatchdog', 'a@watchdog.sandbox.invalid'],
    ['Failed', 'a@failing.sandbox.invalid'],
  ])('ends as %s, and imports nobody', async (status, email) => {
    expect(await account.imported([person('ok@example.com', list), person(email, list)])).toEqual({
      importId: expect.any(String),
      status,
    })
    expect(members()).toEqual([])
  })

  it('ends beyond the plan, and up to it does not', async () => {
    await start({ settings: { dotdigital: { planContacts: 2 } } })
    expect(await account.imported([person('a@example.com', list), person('b@example.com', list)])).toMatchObject({
      status: 'Finished',
    })
    expect(await account.imported([person('a@example.com', list), person('c@example.com', list)])).toMatchObject({
      status: 'ExceedsAllowedContactLimit',
    })
    expect(members()).toEqual(['a@example.com', 'b@example.com'])
  })

  it('goes on after a restart, in pieces, and tells of all of them', async () => {
    const people = Array.from({ length: 25_000 }, (_, index) => person(`p${index}@example.com`, list))
    const { importId: id } = importId.parse((await account.import(people)).json)
    await bench.restart()
    bench.pass(60)
    const report = z
      .object({ status: z.string(), summary: z.object({ newContacts: z.number() }), created: z.array(z.unknown()) })
      .parse((await account.ask('GET', `/contacts/v3/import/${id}`)).json)
    expect(report).toMatchObject({ status: 'Finished', summary: { newContacts: 25_000 } })
    expect(report.created).toHaveLength(25_000)
    expect(members()).toHaveLength(25_000)
  })

  it('is not known by another id', async () => {
    expect(await account.ask('GET', '/contacts/v3/import/nobody')).toMatchObject({
      status: 404,
      json: { errorCode: 'contacts:importNotFound' },
    })
  })
})

describe('a removal', () => {
  it('takes people off one list, later, and leaves them in the account and on others', async () => {
    const other = await account.book('Other')
    await account.imported(['a', 'b'].map((name) => ({ ...person(`${name}@example.com`), lists: [list, other] })))
    const id = await account.idOf('a@example.com')
    const reply = await account.ask('POST', `/v2/address-books/${list}/contacts/delete`, [id, 999_999])
    expect(reply).toMatchObject({ status: 202, json: { id: expect.any(String), status: 'Started' } })
    const job = z.object({ id: z.string() }).parse(reply.json).id
    expect((await account.ask('GET', `/v2/contacts/deletion/${job}`)).json).toEqual({ Id: job, Status: 'Started' })
    expect(members()).toHaveLength(2)
    bench.pass(JOB_SECONDS)
    expect((await account.ask('GET', `/v2/contacts/deletion/${job}`)).json).toEqual({ Id: job, Status: 'Completed' })
    expect(members()).toEqual(['b@example.com'])
    expect(members(other)).toEqual(['a@example.com', 'b@example.com'])
    expect(await account.find('a@example.com')).toMatchObject({ status: 'subscribed', lists: [{ id: other }] })
    expect(
      [...bench.sandbox().deliveries('dotdigital')].filter(({ operation }) => operation === 'remove'),
    ).toMatchObject([{ listId: String(list), identifier: 'a@example.com' }])
    // They may come back.
    await account.imported([person('a@example.com', list)])
    expect(members()).toHaveLength(2)
  })

  it.each([
    ['another list', '/v2/address-books/999/contacts/delete', [1], 404],
    ['nobody', '/v2/address-books/1/contacts/delete', [], 400],
    ['addresses', '/v2/address-books/1/contacts/delete', ['a@example.com'], 400],
    ['an object', '/v2/address-books/1/contacts/delete', { ids: [1] }, 400],
  ])('is refused for %s', async (_what, path, body, status) => {
    expect((await account.ask('POST', path, body)).status).toBe(status)
  })

  it('is not known by another id', async () => {
    expect((await account.ask('GET', '/v2/contacts/deletion/nobody')).status).toBe(404)
  })
})

describe('the whole', () => {
  it('finds a contact by its id too', async () => {
    await account.imported([person('a@example.com', list)])
    const id = await account.idOf('a@example.com')
    expect((await account.ask('GET', `/contacts/v3/contactId/${id}`)).json).toMatchObject({ contactId: id })
    expect((await account.ask('GET', '/contacts/v3/mobileNumber/47')).status).toBe(404)
  })

  it('dumps each list by name', async () => {
    await account.book('Empty')
    await account.imported([person('B@example.com', list), person('a@example.com', list)])
    const dump = join(bench.home, 'dump')
    await bench.sandbox().dump(dump)
    expect(await readFile(join(dump, 'dotdigital', 'News.txt'), 'utf8')).toBe('a@example.com\nb@example.com\n')
    expect(await readFile(join(dump, 'dotdigital', 'Empty.txt'), 'utf8')).toBe('')
  })

  it('where it discards: answers as ever, names everybody in reports, and keeps no contact', async () => {
    await start({ discard: true, requestLog: false })
    const report = await account.imported([person('a@example.com', list), person('b@example.com', list)])
    expect(report).toMatchObject({
      status: 'Finished',
      created: [{ identifiers: { email: 'a@example.com' } }, { identifiers: { email: 'b@example.com' } }],
    })
    expect(await account.removed(list, [1, 2])).toMatchObject({ Status: 'Completed' })
    expect(members()).toEqual([])
    expect(bench.sandbox().received('dotdigital')).toMatchObject({ requests: 5, records: 5 })
    expect([...bench.sandbox().deliveries('dotdigital')]).toEqual([])
  })
})
