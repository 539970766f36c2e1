/** The Microsoft Advertising simulator's Bulk service over HTTP: the URL, the posted file, the job. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { file, hashes, item, listFile, startBulkBench, zip } from './test-bulk.ts'

let bulk: Awaited<ReturnType<typeof startBulkBench>>

beforeEach(async () => {
  bulk = await startBulkBench()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await bulk.bench.end()
})

describe('asking for a URL', () => {
  it('gives one, and a request whose file is awaited', async () => {
    const asked = await bulk.urlOf()
    expect(asked).toEqual({ RequestId: expect.any(String), UploadUrl: expect.stringContaining('/Api/') })
    expect(await bulk.statusOf(asked)).toMatchObject({
      RequestStatus: 'PendingFileUpload',
      PercentComplete: 0,
      ResultFileUrl: null,
      Errors: [],
    })
  })

  it('refuses another account, an unknown mode, an unknown request', async () => {
    const other = await bulk.ask('/Bulk/v13/BulkUploadUrl/Query', { AccountId: '1', ResponseMode: 'ErrorsOnly' })
    expect(other).toMatchObject({ status: 403, json: { Errors: [{ Code: 106 }] } })
    expect((await bulk.askUrl('Everything')).status).toBe(400)
    expect((await bulk.ask('/Bulk/v13/BulkUploadStatus/Query', { RequestId: 'x' })).json).toMatchObject({
      OperationErrors: [{ Code: 4201 }],
    })
  })

  it('keeps a request for 15 minutes', async () => {
    const asked = await bulk.urlOf()
    bulk.bench.pass(899)
    expect(await bulk.statusOf(asked)).toMatchObject({ RequestStatus: 'PendingFileUpload' })
    bulk.bench.pass(1)
    expect(await bulk.post(asked.UploadUrl, file())).toMatchObject({ status: 400, json: { Code: 3226 } })
    expect(await bulk.statusOf(asked)).toMatchObject({ OperationErrors: [{ Code: 4201 }] })
  })
})

describe('posting a file', () => {
  it('takes the token without Bearer in its own header, and either name of the account', async () => {
    const id = await bulk.makeAudience()
    const { AccountId, ...few } = bulk.uploadHeaders()
    for (const headers of [bulk.uploadHeaders(), { ...few, CustomerAccountId: AccountId ?? '' }]) {
      const asked = await bulk.urlOf()
      const reply = await bulk.postForm(asked.UploadUrl, [['rows.csv', listFile(id, 'Add', hashes(1))]], headers)
      expect(reply).toMatchObject({
        status: 200,
        json: { RequestId: asked.RequestId, TrackingId: expect.any(String) },
      })
    }
  })

  it.each([
    ['no token', () => ({ AuthenticationToken: undefined, Authorization: `Bearer ${bulk.token}` }), 401, 105],
    ['a token with Bearer', () => ({ AuthenticationToken: `Bearer ${bulk.token}` }), 401, 105],
    ['another developer token', () => ({ DeveloperToken: 'OTHER' }), 401, 105],
    ['no account', () => ({ AccountId: undefined }), 400, 116],
    ['another customer', () => ({ CustomerId: '1' }), 403, 106],
  ])('refuses %s', async (_what, more, status, code) => {
    const { UploadUrl } = await bulk.urlOf()
    const headers: Record<string, string> = {}
    for (const [name, value] of Object.entries({ ...bulk.uploadHeaders(), ...more() })) {
      if (value !== undefined) headers[name] = value
    }
    expect(await bulk.postForm(UploadUrl, [['rows.csv', file()]], headers)).toMatchObject({
      status,
      json: { Code: code },
    })
  })

  it('refuses a token after its hour', async () => {
    bulk.bench.pass(3000)
    const asked = await bulk.urlOf()
    bulk.bench.pass(600)
    expect(await bulk.post(asked.UploadUrl, file())).toMatchObject({ status: 401, json: { Code: 109 } })
  })

  it.each([
    ['an unknown URL', 3220, (url: string) => bulk.post(`${url}x`, file())],
    ['no file', 3221, (url: string) => bulk.postForm(url, [])],
    [
      'no form',
      3221,
      (url: string) =>
        bulk.bench.ask('microsoft-advertising', 'POST', url, { headers: bulk.uploadHeaders(), body: file() }),
    ],
    ['an empty zip', 3221, (url: string) => bulk.post(url, zip({}), 'rows.zip')],
    [
      'two files',
      3222,
      (url: string) =>
        bulk.postForm(url, [
          ['a.csv', file()],
          ['b.csv', file()],
        ]),
    ],
    [
      'two files in a zip',
      3222,
      (url: string) => bulk.post(url, zip({ 'a.csv': file(), 'b.csv': file() }), 'rows.zip'),
    ],
    ['another extension', 3223, (url: string) => bulk.post(url, file(), 'rows.txt')],
    ['another extension in a zip', 3223, (url: string) => bulk.post(url, zip({ 'rows.json': '' }), 'rows.zip')],
  ])('refuses %s, and takes the file then', async (_what, code, posting) => {
    const asked = await bulk.urlOf()
    expect(await posting(asked.UploadUrl)).toMatchObject({
      status: 400,
      json: { Code: code, ErrorCode: expect.stringContaining('BulkService'), TrackingId: expect.any(String) },
    })
    expect((await bulk.post(asked.UploadUrl, file())).status).toBe(200)
    expect([...bulk.bench.sandbox().deliveries('microsoft-advertising')]).toEqual([])
  })

  it('takes one file a URL', async () => {
    const id = await bulk.makeAudience()
    const asked = await bulk.urlOf()
    const [a = '', b = ''] = hashes(2)
    await bulk.post(asked.UploadUrl, listFile(id, 'Add', [a]))
    expect(await bulk.post(asked.UploadUrl, listFile(id, 'Add', [b]))).toMatchObject({
      status: 400,
      json: { Code: 3224, ErrorCode: 'BulkServiceUrlAlreadyUsedForUpload', RequestId: asked.RequestId },
    })
    bulk.bench.pass(60)
    expect(bulk.members(id)).toEqual([a])
  })

  it('has six files in process at once', async () => {
    const spare = await bulk.urlOf()
    for (let index = 0; index < 6; index++)
      expect((await bulk.post((await bulk.urlOf()).UploadUrl, file())).status).toBe(200)
    expect((await bulk.askUrl()).json).toMatchObject({ OperationErrors: [{ Code: 4204 }] })
    expect(await bulk.post(spare.UploadUrl, file())).toMatchObject({ status: 400, json: { Code: 3227 } })
    bulk.bench.pass(10)
    expect((await bulk.askUrl()).status).toBe(200)
  })

  it('takes as many bytes as a file may have, and not one more', async () => {
    const rows = file()
    await bulk.bench.end()
    bulk = await startBulkBench({ settings: { 'microsoft-advertising': { bulkBytes: Buffer.byteLength(rows) } } })
    const { UploadUrl } = await bulk.urlOf()
    expect((await bulk.post(UploadUrl, `${rows} `)).status).toBe(413)
    expect((await bulk.post(UploadUrl, rows)).status).toBe(200)
  })

  it('refuses Replace, keeps nothing and remembers it', async () => {
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const id = await bulk.makeAudience()
    const [a = '', b = ''] = hashes(2)
    const first = await bulk.urlOf()
    await bulk.post(first.UploadUrl, listFile(id, 'Add', [a]))
    bulk.bench.pass(60)
    const asked = await bulk.urlOf()
    const replaced = await bulk.post(asked.UploadUrl, zip({ 'rows.csv': listFile(id, 'Replace', [b]) }), 'rows.zip')
    expect(replaced.status).toBe(400)
    bulk.bench.pass(60)
    await bulk.bench.restart()
    expect(bulk.members(id)).toEqual([a])
    expect(bulk.bench.sandbox().forbidden()).toEqual([expect.stringMatching(/^microsoft-advertising: Replace/)])
    expect(said).toHaveBeenCalledOnce()
    expect([...bulk.bench.sandbox().deliveries('microsoft-advertising')]).toHaveLength(1)
  })
})

describe('the life of an upload', () => {
  it('waits, works for a minute for 10,000 rows, ends without a file where there is no error', async () => {
    const id = await bulk.makeAudience()
    const asked = await bulk.urlOf()
    const all = hashes(25_000)
    await bulk.post(asked.UploadUrl, zip({ 'rows.csv': listFile(id, 'Add', all) }), 'rows.zip')
    expect(await bulk.statusOf(asked)).toMatchObject({ RequestStatus: 'FileUploaded', PercentComplete: 0 })
    bulk.bench.pass(70)
    expect(await bulk.statusOf(asked)).toMatchObject({ RequestStatus: 'InProgress', PercentComplete: 39 })
    bulk.bench.pass(90)
    expect(await bulk.statusOf(asked)).toMatchObject({
      RequestStatus: 'Completed',
      PercentComplete: 100,
      ResultFileUrl: null,
    })
    expect(bulk.members(id)).toEqual([...all].sort())
    expect([...bulk.bench.sandbox().deliveries('microsoft-advertising')]).toEqual(
      all.map((identifier) => ({ requestId: expect.any(Number), listId: id, operation: 'add', identifier })),
    )
  })

  it('goes on in its midst after a restart', async () => {
    const id = await bulk.makeAudience()
    const asked = await bulk.urlOf()
    await bulk.post(asked.UploadUrl, listFile(id, 'Add', hashes(25_000)))
    bulk.bench.pass(70)
    expect(bulk.members(id)).toHaveLength(9999)
    await bulk.bench.restart()
    expect(await bulk.statusOf(asked)).toMatchObject({ RequestStatus: 'InProgress' })
    bulk.bench.pass(90)
    expect(bulk.members(id)).toHaveLength(25_000)
    expect(await bulk.statusOf(asked)).toMatchObject({ RequestStatus: 'Completed' })
  })

  it('takes people off, in the order of the files on one list, and side by side on others', async () => {
    const [id, other] = [await bulk.makeAudience(), await bulk.makeAudience('Other')]
    const all = hashes(10_000)
    await bulk.post((await bulk.urlOf()).UploadUrl, listFile(id, 'Add', all))
    await bulk.post((await bulk.urlOf()).UploadUrl, listFile(id, 'Remove', all.slice(1)))
    await bulk.post((await bulk.urlOf()).UploadUrl, listFile(other, 'Add', all.slice(0, 2)))
    bulk.bench.pass(10)
    expect(bulk.members(other)).toHaveLength(2)
    bulk.bench.pass(60)
    expect(bulk.members(id)).toHaveLength(10_000)
    bulk.bench.pass(60)
    expect(bulk.members(id)).toEqual(all.slice(0, 1))
    const removed = [...bulk.bench.sandbox().deliveries('microsoft-advertising')].filter(
      ({ operation }) => operation === 'remove',
    )
    expect(removed).toHaveLength(9999)
  })

  it('makes the list that an item names by its negative id', async () => {
    const asked = await bulk.urlOf('ErrorsAndResults')
    const [a = ''] = hashes(1)
    const made = 'Customer List,Active,-10,,made,,About,Customer,New,Add,True,-1,,'
    await bulk.post(asked.UploadUrl, file(made, item('-10', a, 'one')))
    bulk.bench.pass(60)
    const [{ id, name } = { id: '', name: '' }] = bulk.bench.sandbox().lists('microsoft-advertising')
    expect(name).toBe('New')
    expect(bulk.members(id)).toEqual([a])
    expect(await bulk.resultOf(asked)).toEqual([
      { Type: 'Format Version', Name: '6.0' },
      { Type: 'Customer List', Status: 'Active', Id: id, 'Client Id': 'made', Audience: 'New' },
      { Type: 'Customer List Item', 'Parent Id': id, 'Client Id': 'one', 'Sub Type': 'Email', Text: a },
    ])
    expect([...bulk.bench.sandbox().deliveries('microsoft-advertising')]).toMatchObject([{ listId: id, identifier: a }])
  })
})
