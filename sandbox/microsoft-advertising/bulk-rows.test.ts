/** The Microsoft Advertising simulator's Bulk service over HTTP: what is wrong with rows and files, and the result file. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Reply } from '../test-bench.ts'
import { file, hashes, header, item, list, listFile, startBulkBench, zip } from './test-bulk.ts'

let bulk: Awaited<ReturnType<typeof startBulkBench>>

beforeEach(async () => {
  bulk = await startBulkBench()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await bulk.bench.end()
})

describe('what is wrong with rows', () => {
  it('is told row by row with the client id, and the others are done', async () => {
    const id = await bulk.makeAudience()
    const asked = await bulk.urlOf()
    const [a = '', b = ''] = hashes(2)
    const rows = [
      item(id, a, 'good'),
      item(id, 'jane@example.com', 'plain'),
      item(id, b.toUpperCase(), 'upper'),
      item('1', b, 'orphan'),
      item(id, b, 'phone').replace('Email', 'Phone'),
      'Campaign,,,,what,,,,,,,,,',
    ]
    await bulk.post(asked.UploadUrl, file(list(id, 'Add'), ...rows))
    bulk.bench.pass(60)
    expect(await bulk.statusOf(asked)).toMatchObject({ RequestStatus: 'CompletedWithErrors', PercentComplete: 100 })
    const [, ...errors] = await bulk.resultOf(asked)
    const told = errors.map((row) => [row.Type, row['Client Id'], row.Error, row['Error Number']])
    expect(told).toEqual([
      ['Customer List Item Error', 'plain', 'EmailMustBeHashed', '8004'],
      ['Customer List Item Error', 'upper', 'EmailMustBeHashed', '8004'],
      ['Customer List Item Error', 'orphan', 'InvalidCustomerListId', '8000'],
      ['Customer List Item Error', 'phone', 'CustomerListItemSubTypeNotSupported', '8002'],
      ['Campaign Error', 'what', 'BulkServiceUnknownTypeForRow', '4203'],
    ])
    expect(bulk.members(id)).toEqual([a])
  })

  it.each([
    ['terms not accepted', (id: string) => list(id, 'Add', 'False'), '8003', '8003'],
    ['terms left out', (id: string) => list(id, 'Add', ''), '8003', '8003'],
    ['no action', (id: string) => list(id, ''), '8001', '8000'],
    ['an unknown list', () => list('5', 'Add'), '4835', '8000'],
    ['a new list without a name', () => list('-1', 'Add'), '4838', '8000'],
  ])('names a list with %s, and its items', async (_what, row, listCode, itemCode) => {
    const id = await bulk.makeAudience()
    const asked = await bulk.urlOf()
    const listCells = row(id)
    await bulk.post(asked.UploadUrl, file(listCells, item(listCells.split(',')[2] ?? '', hashes(1)[0] ?? '')))
    bulk.bench.pass(60)
    const [, ...errors] = await bulk.resultOf(asked)
    expect(errors.map((error) => [error.Type, error['Error Number']])).toEqual([
      ['Customer List Error', listCode],
      ['Customer List Item Error', itemCode],
    ])
    expect(bulk.members(id)).toEqual([])
    expect([...bulk.bench.sandbox().deliveries('microsoft-advertising')]).toEqual([])
  })

  it('is told in the format that was sent', async () => {
    const id = await bulk.makeAudience()
    const asked = await bulk.urlOf()
    const rows = listFile(id, 'Add', ['rubbish']).replaceAll(',', '\t')
    await bulk.post(asked.UploadUrl, zip({ 'rows.tsv': rows }), 'rows.zip')
    bulk.bench.pass(60)
    const [, error] = await bulk.resultOf(asked, '\t')
    expect(error).toMatchObject({ Type: 'Customer List Item Error', Text: 'rubbish' })
  })

  it('can be fetched for five minutes, without credentials, by its signed URL alone', async () => {
    const id = await bulk.makeAudience()
    const asked = await bulk.urlOf()
    await bulk.post(asked.UploadUrl, listFile(id, 'Add', ['rubbish']))
    bulk.bench.pass(60)
    const url = (await bulk.statusOf(asked)).ResultFileUrl ?? ''
    const get = (path: string, headers = {}): Promise<Reply> =>
      bulk.bench.ask('microsoft-advertising', 'GET', path, { headers })
    expect((await get(url)).status).toBe(200)
    expect((await get(url, { Authorization: `Bearer ${bulk.token}` })).status).toBe(403)
    expect((await get(url.replace(/\?.*/, ''))).status).toBe(403)
    bulk.bench.pass(301)
    expect((await get(url)).status).toBe(403)
    expect((await get((await bulk.statusOf(asked)).ResultFileUrl ?? '')).status).toBe(200)
  })
})

describe('what is wrong with a file', () => {
  it.each([
    ['no byte order mark', file().slice(1), 'UploadFileFormatNotSupported'],
    ['no Type column', `\uFEFFa,b\n`, 'UploadFileFormatNotSupported'],
    ['another version', file().replace('6.0', '5.0'), 'UploadFileFormatNotSupported'],
    ['no version', `\uFEFF${header}\n`, 'Failed'],
    ['nothing', '', 'UploadFileFormatNotSupported'],
  ])('is told by its status: %s', async (_what, content, status) => {
    const asked = await bulk.urlOf()
    expect((await bulk.post(asked.UploadUrl, content)).status).toBe(200)
    bulk.bench.pass(60)
    expect(await bulk.statusOf(asked)).toMatchObject({ RequestStatus: status, PercentComplete: 0, ResultFileUrl: null })
  })

  it('is told by its status: a broken zip', async () => {
    const asked = await bulk.urlOf()
    const id = await bulk.makeAudience()
    const broken = zip({ 'rows.csv': listFile(id, 'Add', hashes(1000)) }).slice(0, 5000)
    expect((await bulk.post(asked.UploadUrl, broken, 'rows.zip')).status).toBe(200)
    bulk.bench.pass(60)
    expect(await bulk.statusOf(asked)).toMatchObject({ RequestStatus: 'UploadFileFormatNotSupported' })
    expect(bulk.members(id)).toEqual([])
  })

  it('takes as many rows as a file may have, and none of a file with one more', async () => {
    await bulk.bench.end()
    bulk = await startBulkBench({ settings: { 'microsoft-advertising': { bulkRows: 4 } } })
    const id = await bulk.makeAudience()
    const [full, over] = [await bulk.urlOf(), await bulk.urlOf()]
    await bulk.post(over.UploadUrl, listFile(id, 'Add', hashes(4)))
    bulk.bench.pass(60)
    expect(await bulk.statusOf(over)).toMatchObject({ RequestStatus: 'UploadFileRowCountExceeded', PercentComplete: 0 })
    expect(bulk.members(id)).toEqual([])
    await bulk.post(full.UploadUrl, listFile(id, 'Add', hashes(3)))
    bulk.bench.pass(60)
    expect(await bulk.statusOf(full)).toMatchObject({ RequestStatus: 'Completed' })
    expect(bulk.members(id)).toHaveLength(3)
  })
})
