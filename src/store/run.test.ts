import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { vaultOf } from '../vault/vault.ts'
import { createConnection } from './connection.ts'
import { openDatabase } from './database.ts'
import { createExport } from './export.ts'
import { createList } from './list.ts'
import { createRefresh, enterStep, findRefresh, finishRefresh, liveRefreshes, recentRefreshes } from './refresh.ts'
import {
  createRun,
  exportsOwedRun,
  findRun,
  liveRuns,
  type RunCounters,
  runsOf,
  runsOfRefresh,
  updateRun,
} from './run.ts'
import { listsOfRun, type RunList, removalsInLastDays, type Settlement, settleRun } from './run-settle.ts'
import type { Database } from './schema.ts'
import { silent, startTestServer, type TestServer } from './test-database.ts'

let server: TestServer
let db: Kysely<Database>
let url: string
let exportId: string
let connectionId: string

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())
beforeEach(async () => {
  const fresh = await server.freshDatabase()
  db = fresh.db
  url = fresh.url
  const vault = vaultOf(randomBytes(32), 'the test')
  connectionId = (
    await createConnection(db, vault, { name: 'C', destination: 'iterable', settings: {}, credentials: {} })
  ).id
  exportId = await newExport('E')
})

const newExport = async (name: string): Promise<string> => {
  const matching = { identifier: 'email', fields: {} }
  return (await createExport(db, { name, connectionId, settings: {}, matching, segmentIds: [] })).id
}

const newList = async (name: string): Promise<string> => {
  const about = { exportId: await newExport(name), destination: 'iterable', account: '', name }
  return (await createList(db, about)).id
}

const counters = (some: Partial<RunCounters> = {}): RunCounters => ({
  ...{ added: 0, updated: 0, removed: 0, rejected: 0, unknown: 0, invalid: 0, duplicates: 0 },
  ...some,
})
const settlement = (some: Partial<Settlement> = {}): Settlement => ({
  status: 'Successful',
  counters: counters(),
  lists: [],
  at: new Date('2026-11-21T12:00:00Z'),
  ...some,
})
const onList = (listId: string, some: Partial<RunList> = {}): RunList => ({
  ...{ listId, expected: 0, added: 0, updated: 0, removed: 0, theirs: 0, kept: 0, approved: false },
  ...some,
})

describe('a run', () => {
  test('is alone: of forty asked for at once from two processes one is made, and the others join it', async () => {
    const second = openDatabase(url, silent)
    const made = await Promise.all(
      Array.from({ length: 40 }, (_, i) => createRun(i % 2 === 0 ? db : second, { exportId })),
    )
    await second.destroy()
    expect(new Set(made.map(({ run }) => run.id)).size).toBe(1)
    expect(made.filter(({ joined }) => !joined)).toHaveLength(1)
    expect(await liveRuns(db)).toHaveLength(1)
  })

  test('that is joined while queued owes nothing more; once it plans, one more run', async () => {
    const { run } = await createRun(db, { exportId })
    expect((await createRun(db, { exportId })).run.again).toBe(false)
    await updateRun(db, run.id, { phase: 'planning', status: 'Processing' })
    expect(await createRun(db, { exportId })).toMatchObject({ joined: true, run: { id: run.id, again: true } })
    expect(await exportsOwedRun(db)).toEqual([])
    expect((await settleRun(db, run.id, settlement())).again).toBe(true)
    expect(await exportsOwedRun(db)).toEqual([exportId])
    await createRun(db, { exportId })
    expect(await exportsOwedRun(db)).toEqual([])
  })

  test('keeps what planning fixed', async () => {
    const { run } = await createRun(db, { exportId, approvedHash: 'h' })
    expect(run).toMatchObject({ phase: 'queued', status: 'Queued', approvedHash: 'h', pinned: undefined, requests: 0 })
    const startedAt = new Date('2026-11-21T11:00:00.123Z')
    await updateRun(db, run.id, {
      phase: 'planning',
      status: 'Processing',
      pinned: { profiles: [3] },
      startedAt,
      invalid: 4,
    })
    await updateRun(db, run.id, { phase: 'sealed', deltaHash: 'd' })
    expect(await findRun(db, run.id)).toMatchObject({
      ...{ phase: 'sealed', status: 'Processing', pinned: { profiles: [3] }, startedAt, invalid: 4, deltaHash: 'd' },
    })
  })

  test('is settled once, with its lists, in one piece', async () => {
    const { run } = await createRun(db, { exportId })
    const listId = await newList('L')
    const first = settlement({
      status: 'Partial',
      reasonCode: 'run.rejects',
      reason: 'two were refused',
      counters: counters({ added: 3, rejected: 2 }),
      lists: [onList(listId, { expected: 5, added: 3 })],
    })
    const unsettled = settlement({ lists: [onList(listId), onList('99')] })
    await expect(settleRun(db, run.id, unsettled)).rejects.toMatchObject({ code: '23503' })
    expect(await liveRuns(db)).toHaveLength(1)
    const settled = await settleRun(db, run.id, first)
    expect(settled).toMatchObject({
      phase: 'ended',
      status: 'Partial',
      reasonCode: 'run.rejects',
      added: 3,
      rejected: 2,
      settledAt: first.at,
    })
    expect(await settleRun(db, run.id, settlement({ lists: [onList(listId, { removed: 9 })] }))).toEqual(settled)
    expect(await listsOfRun(db, run.id)).toEqual(first.lists)
    expect(await liveRuns(db)).toEqual([])
    await expect(updateRun(db, run.id, { phase: 'planning' })).rejects.toMatchObject({ code: 'run.already_settled' })
    await expect(settleRun(db, '99', first)).rejects.toMatchObject({ code: 'run.missing' })
  })

  test('that is Held ends Canceled when the next one comes', async () => {
    const held = await createRun(db, { exportId })
    await settleRun(db, held.run.id, settlement({ status: 'Held' }))
    const next = await createRun(db, { exportId })
    expect(next.joined).toBe(false)
    expect(await findRun(db, held.run.id)).toMatchObject({
      status: 'Canceled',
      reasonCode: 'run.replaced',
      reason: `Replaced by run ${next.run.id}.`,
    })
    expect((await runsOf(db, exportId, 10)).map(({ id }) => id)).toEqual([next.run.id, held.run.id])
  })
})

describe('removals of the last days', () => {
  test.each([
    ['unapproved and within the days', { removed: 5 }, '2026-11-20T00:00:00Z', 5],
    ['approved', { removed: 5, approved: true }, '2026-11-20T00:00:00Z', 0],
    ['before the days', { removed: 5 }, '2026-11-14T11:59:59Z', 0],
    ['within them by a second', { removed: 5 }, '2026-11-14T12:00:01Z', 5],
  ])('%s', async (_, some, at, removed) => {
    const listId = await newList('L')
    const { run } = await createRun(db, { exportId })
    await settleRun(db, run.id, settlement({ at: new Date(at), lists: [onList(listId, some)] }))
    expect(await removalsInLastDays(db, listId, 7, new Date('2026-11-21T12:00:00Z'))).toBe(removed)
  })

  test('add up over runs of one list alone', async () => {
    const [one, two] = [await newList('One'), await newList('Two')]
    for (const removed of [10, 20, 30]) {
      const { run } = await createRun(db, { exportId })
      await settleRun(db, run.id, settlement({ lists: [onList(one, { removed }), onList(two, { removed: 1 })] }))
    }
    const now = new Date('2026-11-21T12:00:01Z')
    expect(await removalsInLastDays(db, one, 7, now)).toBe(60)
    expect(await removalsInLastDays(db, two, 7, now)).toBe(3)
  })
})

describe('refreshes', () => {
  test('go through their steps and end once', async () => {
    const made = await createRefresh(db)
    expect(made.status).toBe('Queued')
    await enterStep(db, made.id, 'sources')
    expect(await liveRefreshes(db)).toMatchObject([{ id: made.id, status: 'Refreshing', step: 'sources' }])
    const at = new Date('2026-11-21T12:00:00Z')
    await finishRefresh(db, made.id, { status: 'Failed', reason: 'no file', at })
    await finishRefresh(db, made.id, { status: 'Successful', at: new Date() })
    await enterStep(db, made.id, 'exports')
    expect(await findRefresh(db, made.id)).toMatchObject({
      status: 'Failed',
      step: 'sources',
      reason: 'no file',
      finishedAt: at,
    })
    expect(await liveRefreshes(db)).toEqual([])
    const next = await createRefresh(db)
    expect((await recentRefreshes(db, 1)).map(({ id }) => id)).toEqual([next.id])
  })

  test('know their runs', async () => {
    const { id } = await createRefresh(db)
    const { run } = await createRun(db, { exportId, refreshId: id })
    expect(await runsOfRefresh(db, id)).toEqual([run])
    expect(await runsOfRefresh(db, '99')).toEqual([])
  })
})
