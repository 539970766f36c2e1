import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { vaultOf } from '../vault/vault.ts'
import { createConnection } from './connection.ts'
import {
  createExport,
  findExport,
  getExport,
  listExports,
  type NewExport,
  removeExport,
  updateExport,
} from './export.ts'
import { bindList, createList, findList, listsOf } from './list.ts'
import { createRun } from './run.ts'
import { settleRun } from './run-settle.ts'
import type { Database } from './schema.ts'
import { createSegment, findSegment, getSegment, listSegments, removeSegment, updateSegment } from './segment.ts'
import { findSource, listSources, removeSource, saveSource } from './source.ts'
import { startTestServer, type TestServer } from './test-database.ts'
import { readUnification, writeUnification } from './unification.ts'

let server: TestServer
let db: Kysely<Database>
let wanted: NewExport
let young: string
let old: string

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())
beforeEach(async () => {
  db = (await server.freshDatabase()).db
  const vault = vaultOf(randomBytes(32), 'the test')
  const connection = await createConnection(db, vault, {
    name: 'C',
    destination: 'iterable',
    settings: {},
    credentials: {},
  })
  young = (await createSegment(db, 'Young', { all: [] })).id
  old = (await createSegment(db, 'Old', ['a bare array'])).id
  wanted = {
    name: 'Weekly',
    connectionId: connection.id,
    settings: { listId: '7' },
    matching: { identifier: 'email', fields: { 'First name': 'first_name' } },
    segmentIds: [old, young],
  }
})

describe('sources and unification', () => {
  test('are saved by name and saved again', async () => {
    const made = await saveSource(db, 'crm', { folder: 'a' })
    await saveSource(db, 'web', ['b'])
    expect(await saveSource(db, 'crm', { folder: 'c' })).toEqual({ ...made, definition: { folder: 'c' } })
    expect((await listSources(db)).map(({ name, definition }) => [name, definition])).toEqual([
      ['crm', { folder: 'c' }],
      ['web', ['b']],
    ])
    await removeSource(db, made.id)
    expect(await findSource(db, 'crm')).toBeUndefined()
    expect(await findSource(db, 'web')).toMatchObject({ definition: ['b'] })
  })

  test('there is one unification', async () => {
    expect(await readUnification(db)).toBeUndefined()
    await writeUnification(db, { order: [1] })
    await writeUnification(db, { order: [2] })
    expect(await readUnification(db)).toEqual({ order: [2] })
  })
})

describe('segments', () => {
  test('change only what is given', async () => {
    expect(await getSegment(db, old)).toEqual({ id: old, name: 'Old', rule: ['a bare array'] })
    expect(await updateSegment(db, old, { name: 'Older' })).toEqual({ id: old, name: 'Older', rule: ['a bare array'] })
    expect(await updateSegment(db, old, { rule: { any: [] } })).toEqual({ id: old, name: 'Older', rule: { any: [] } })
    expect(await updateSegment(db, old, {})).toEqual({ id: old, name: 'Older', rule: { any: [] } })
    expect(await findSegment(db, 'Old')).toBeUndefined()
    expect((await listSegments(db)).map(({ name }) => name)).toEqual(['Older', 'Young'])
  })

  test('keep names apart, and stay while an export uses them', async () => {
    await expect(createSegment(db, 'Old', {})).rejects.toMatchObject({
      code: 'segment.exists',
      details: { name: 'Old' },
    })
    await expect(updateSegment(db, young, { name: 'Old' })).rejects.toMatchObject({ code: 'segment.exists' })
    await createExport(db, wanted)
    await expect(removeSegment(db, young)).rejects.toMatchObject({ code: 'segment.in_use', details: { name: 'Young' } })
    await expect(getSegment(db, '99')).rejects.toMatchObject({ code: 'segment.missing' })
    await expect(updateSegment(db, '99', { name: 'x' })).rejects.toMatchObject({ code: 'segment.missing' })
    await db.deleteFrom('export').execute()
    await removeSegment(db, young)
    expect((await listSegments(db)).map(({ id }) => id)).toEqual([old])
  })
})

describe('exports', () => {
  test('come back as they were made, segments in their order', async () => {
    const made = await createExport(db, wanted)
    expect(made).toEqual({ id: made.id, leaving: false, ...wanted })
    expect(await findExport(db, 'Weekly')).toEqual(made)
    const chosen = await createExport(db, { ...wanted, name: 'Another', listRemoteId: 'L1', segmentIds: [] })
    expect(await listExports(db)).toEqual([chosen, made])
  })

  test('change only what is given, all of it or nothing', async () => {
    const { id } = await createExport(db, wanted)
    await createExport(db, { ...wanted, name: 'Taken' })
    expect(await updateExport(db, id, { segmentIds: [young], listRemoteId: 'L1' })).toEqual({
      ...{ id, leaving: false },
      ...wanted,
      segmentIds: [young],
      listRemoteId: 'L1',
    })
    expect(await updateExport(db, id, { listRemoteId: null, settings: { listId: '8' } })).toEqual({
      ...{ id, leaving: false },
      ...wanted,
      segmentIds: [young],
      settings: { listId: '8' },
    })
    await expect(updateExport(db, id, { name: 'Taken', segmentIds: [] })).rejects.toMatchObject({
      code: 'export.exists',
    })
    await expect(updateExport(db, id, { settings: {}, segmentIds: ['99'] })).rejects.toMatchObject({ code: '23503' })
    expect(await getExport(db, id)).toEqual({
      ...{ id, leaving: false },
      ...wanted,
      segmentIds: [young],
      settings: { listId: '8' },
    })
    await expect(updateExport(db, '99', { segmentIds: [young] })).rejects.toMatchObject({ code: 'export.missing' })
  })

  test('go with their history, but not under a live run', async () => {
    const { id } = await createExport(db, wanted)
    const list = await createList(db, { exportId: id, destination: 'iterable', account: '', name: 'L' })
    const { run } = await createRun(db, { exportId: id })
    await expect(removeExport(db, id)).rejects.toMatchObject({ code: 'export.running', details: { name: 'Weekly' } })
    const none = { added: 0, updated: 0, removed: 0, rejected: 0, unknown: 0, invalid: 0, duplicates: 0 }
    await settleRun(db, run.id, {
      status: 'Successful',
      counters: none,
      lists: [{ listId: list.id, expected: 0, added: 0, updated: 0, removed: 0, theirs: 0, kept: 0, approved: false }],
      at: new Date(),
    })
    await removeExport(db, id)
    expect(await listExports(db)).toEqual([])
    expect(await listsOf(db, id)).toEqual([])
    await expect(removeExport(db, id)).rejects.toMatchObject({ code: 'export.missing' })
  })
})

describe('lists', () => {
  test('are made once per export and segment, with a mark that stays', async () => {
    const { id } = await createExport(db, wanted)
    const about = { exportId: id, destination: 'iterable', account: 'acme', name: 'Young' }
    const made = await Promise.all(Array.from({ length: 5 }, () => createList(db, { ...about, segmentId: young })))
    expect(new Set(made.map((list) => list.id)).size).toBe(1)
    expect(new Set(made.map((list) => list.mark)).size).toBe(1)
    const union = await createList(db, { ...about, name: 'All' })
    expect(await createList(db, { ...about, name: 'Renamed' })).toEqual(union)
    expect(await findList(db, id, young)).toEqual(made[0])
    expect(await findList(db, id)).toEqual(union)
    expect(await findList(db, id, old)).toBeUndefined()
    expect(await listsOf(db, id)).toEqual([made[0], union])
  })

  test('are bound by the vendor id, which one export alone may fill', async () => {
    const one = await createExport(db, wanted)
    const two = await createExport(db, { ...wanted, name: 'Second' })
    const about = { destination: 'iterable', account: 'acme', name: 'L' }
    const first = await createList(db, { ...about, exportId: one.id })
    const second = await createList(db, { ...about, exportId: two.id })
    const bound = await bindList(db, first.id, { account: 'acme', remoteId: '7', name: 'Letters', madeByUs: true })
    expect(bound).toEqual({ ...first, remoteId: '7', name: 'Letters', madeByUs: true })
    expect(await bindList(db, first.id, { account: 'acme', remoteId: '7', name: 'Letters', madeByUs: true })).toEqual(
      bound,
    )
    const taken = { code: 'list.taken', details: { list: 'Mine', export: 'Weekly' } }
    await expect(
      bindList(db, second.id, { account: 'acme', remoteId: '7', name: 'Mine', madeByUs: false }),
    ).rejects.toMatchObject(taken)
    await expect(
      createList(db, { ...about, name: 'Mine', exportId: two.id, segmentId: old, remoteId: '7' }),
    ).rejects.toMatchObject(taken)
    expect(await listsOf(db, two.id)).toEqual([second])
    // The same id in another vendor account is another list.
    expect(
      await bindList(db, second.id, { account: 'other', remoteId: '7', name: 'Mine', madeByUs: false }),
    ).toMatchObject({
      account: 'other',
      remoteId: '7',
    })
  })
})
