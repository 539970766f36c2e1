import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Checkpoints } from '../delivery/ports.ts'
import type { Fate } from '../destination-kit/kit.ts'
import { vaultOf } from '../vault/vault.ts'
import { batchesByState, createBatches, hasBatches, type NewBatch } from './batch.ts'
import { checkpointsOf } from './checkpoints.ts'
import { createConnection } from './connection.ts'
import { createExport } from './export.ts'
import { createList } from './list.ts'
import { createRun, findRun } from './run.ts'
import type { Database } from './schema.ts'
import { startTestServer, type TestServer } from './test-database.ts'

let server: TestServer
let db: Kysely<Database>
let runId: string
let listId: string
let checkpoints: Checkpoints

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())
beforeEach(async () => {
  db = (await server.freshDatabase()).db
  const vault = vaultOf(randomBytes(32), 'the test')
  const about = { destination: 'iterable', settings: {} }
  const connectionId = (await createConnection(db, vault, { ...about, name: 'C', credentials: {} })).id
  const matching = { identifier: 'email', fields: {} }
  const exportId = (await createExport(db, { name: 'E', connectionId, settings: {}, matching, segmentIds: [] })).id
  listId = (await createList(db, { exportId, destination: 'iterable', account: '', name: 'L' })).id
  runId = (await createRun(db, { exportId })).run.id
  checkpoints = checkpointsOf(db, runId)
})

const ofTen = (count: number): NewBatch[] =>
  Array.from({ length: count }, (_, number) => ({
    ...{ number, listId, operation: 'add' as const, route: 1 },
    ...{ from: number * 10, to: number * 10 + 9 },
  }))

const none = { requests: 0, writes: 0 }
const at = (minute: number): Date => new Date(Date.UTC(2026, 10, 21, 12, minute))

const traffic = async (): Promise<{ requests?: number; writes?: number }> => {
  const run = await findRun(db, runId)
  return { requests: run?.requests, writes: run?.writes }
}

test('ten thousand batches are made in one transaction, once', async () => {
  expect(await hasBatches(db, runId)).toBe(false)
  const batches = ofTen(10_000)
  await createBatches(db, runId, batches)
  expect(await hasBatches(db, runId)).toBe(true)
  expect(await checkpoints.open()).toEqual(batches.map((batch) => ({ ...batch, state: 'pending' })))
  await checkpoints.done(0, none)
  await createBatches(db, runId, batches)
  expect(await batchesByState(db, runId)).toEqual(
    new Map([
      ['pending', 9_999],
      ['done', 1],
    ]),
  )
})

test('batches are made all or not at all', async () => {
  const batches = ofTen(100)
  const last = batches[99]
  if (last === undefined) throw new Error('no batch')
  await expect(createBatches(db, runId, [...batches, last])).rejects.toMatchObject({ code: '23505' })
  expect(await hasBatches(db, runId)).toBe(false)
})

test('a run without records has no batches', async () => {
  await createBatches(db, runId, [])
  expect(await checkpoints.open()).toEqual([])
})

test('records beyond 32 bits keep their place', async () => {
  const far = { number: 0, listId, operation: 'remove' as const, route: 0, from: 5_000_000_000, to: 5_000_000_001 }
  await createBatches(db, runId, [far])
  expect(await checkpoints.open()).toEqual([{ ...far, state: 'pending' }])
})

test('an accepted job comes back with its fates, and its traffic is the run’s', async () => {
  await createBatches(db, runId, ofTen(2))
  const known = new Map<number, Fate>([
    [3, { kind: 'rejected', code: 'bad', reason: 'no such domain', final: true }],
    [4, { kind: 'applied', remoteId: 'x9', absent: true }],
    [5, { kind: 'unknown', reason: 'lost' }],
  ])
  await checkpoints.sending(0, at(1))
  await checkpoints.accepted(0, { job: 'job-1', known, dueAt: at(5) }, { requests: 3, writes: 2 })
  const [first] = await checkpoints.open()
  expect(first).toEqual({ ...ofTen(1)[0], state: 'accepted', job: 'job-1', known, dueAt: at(5), sentAt: at(1) })
  expect(await traffic()).toEqual({ requests: 3, writes: 2 })
  await checkpoints.traffic({ requests: 10, writes: 0 })
  await checkpoints.done(0, { requests: 1, writes: 1 })
  expect(await traffic()).toEqual({ requests: 14, writes: 3 })
  expect((await checkpoints.open()).map(({ number }) => number)).toEqual([1])
})

test('words of a vendor that a database does not take do not stop a checkpoint', async () => {
  await createBatches(db, runId, ofTen(1))
  const known = new Map<number, Fate>([[0, { kind: 'rejected', code: 'c', reason: 'a\0b\uD800c "\\u0000"' }]])
  await checkpoints.accepted(0, { job: 'j', known, dueAt: at(1) }, none)
  const [batch] = await checkpoints.open()
  expect(batch?.known?.get(0)).toEqual({ kind: 'rejected', code: 'c', reason: 'a\uFFFDb\uFFFDc "\\u0000"' })
})

test('of several lost attempts the latest moment is kept', async () => {
  await createBatches(db, runId, ofTen(1))
  await checkpoints.lost(0, at(7))
  await checkpoints.lost(0, at(3))
  expect((await checkpoints.open())[0]?.lostAt).toEqual(at(7))
  await checkpoints.lost(0, at(9))
  expect((await checkpoints.open())[0]?.lostAt).toEqual(at(9))
})

test('a new attempt forgets the job of the one before, and not that one was lost', async () => {
  await createBatches(db, runId, ofTen(1))
  await checkpoints.accepted(0, { job: 'j', known: new Map([[0, { kind: 'applied' }]]), dueAt: at(1) }, none)
  await checkpoints.lost(0, at(2))
  await checkpoints.sending(0, at(4))
  expect(await checkpoints.open()).toEqual([{ ...ofTen(1)[0], state: 'sending', sentAt: at(4), lostAt: at(2) }])
})

test('a job that is kept comes back with its batch, which is still being sent', async () => {
  await createBatches(db, runId, ofTen(1))
  await checkpoints.sending(0, at(1))
  await checkpoints.kept(0, { job: 'job-1', at: at(2) }, { requests: 2, writes: 0 })
  await checkpoints.kept(0, { job: 'job-2', at: at(3) }, { requests: 1, writes: 0 })
  expect(await checkpoints.open()).toEqual([{ ...ofTen(1)[0], state: 'sending', job: 'job-2', sentAt: at(3) }])
  expect(await traffic()).toEqual({ requests: 3, writes: 0 })
  await checkpoints.sending(0, at(4))
  expect(await checkpoints.open()).toEqual([{ ...ofTen(1)[0], state: 'sending', sentAt: at(4) }])
  await checkpoints.done(0, none)
  await expect(checkpoints.kept(0, { job: 'job-3', at: at(5) }, none)).rejects.toThrow('not open')
})

test('parts stand for a split batch, numbered after the highest', async () => {
  await createBatches(db, runId, ofTen(3))
  await checkpoints.lost(1, at(2))
  const parts = await checkpoints.split(
    1,
    [
      { from: 10, to: 14 },
      { from: 15, to: 19 },
    ],
    { requests: 1, writes: 1 },
  )
  const part = { listId, operation: 'add', route: 1, state: 'pending', lostAt: at(2) }
  expect(parts).toEqual([
    { ...part, number: 3, from: 10, to: 14 },
    { ...part, number: 4, from: 15, to: 19 },
  ])
  expect((await checkpoints.open()).map(({ number }) => number)).toEqual([0, 2, 3, 4])
  expect(await traffic()).toEqual({ requests: 1, writes: 1 })
})

test('many splits at once give every part a number of its own', async () => {
  await createBatches(db, runId, ofTen(20))
  const halves = (n: number) => [
    { from: n * 10, to: n * 10 + 4 },
    { from: n * 10 + 5, to: n * 10 + 9 },
  ]
  const made = await Promise.all(ofTen(20).map(({ number }) => checkpoints.split(number, halves(number), none)))
  expect(
    made
      .flat()
      .map(({ number }) => number)
      .sort((a, b) => a - b),
  ).toEqual(Array.from({ length: 40 }, (_, i) => i + 20))
  expect(await checkpoints.open()).toHaveLength(40)
})

test.each([
  [
    'leave a record out',
    [
      { from: 0, to: 3 },
      { from: 5, to: 9 },
    ],
  ],
  [
    'hold a record twice',
    [
      { from: 0, to: 5 },
      { from: 5, to: 9 },
    ],
  ],
  ['end too early', [{ from: 0, to: 8 }]],
  ['end too late', [{ from: 0, to: 10 }]],
  ['are none', []],
])('parts that %s are refused, and nothing has changed', async (_, parts) => {
  await createBatches(db, runId, ofTen(1))
  await expect(checkpoints.split(0, parts, { requests: 5, writes: 5 })).rejects.toThrow(/[Pp]arts/)
  expect(await checkpoints.open()).toEqual([{ ...ofTen(1)[0], state: 'pending' }])
  expect(await traffic()).toEqual(none)
})

test('a batch that is done or split, or was never made, is not changed, nor its traffic counted', async () => {
  await createBatches(db, runId, ofTen(2))
  await checkpoints.done(0, none)
  await checkpoints.split(1, [{ from: 10, to: 19 }], none)
  const one = { requests: 1, writes: 1 }
  for (const number of [0, 1, 99]) {
    await expect(checkpoints.sending(number, at(1))).rejects.toThrow('not open')
    await expect(checkpoints.lost(number, at(1))).rejects.toThrow('not open')
    await expect(checkpoints.accepted(number, { job: 'j', known: new Map(), dueAt: at(1) }, one)).rejects.toThrow(
      'not open',
    )
    await expect(checkpoints.done(number, one)).rejects.toThrow('not open')
    await expect(checkpoints.split(number, [{ from: 0, to: 9 }], one)).rejects.toThrow('not open')
  }
  expect(await traffic()).toEqual(none)
})

test('the traffic of slots that checkpoint at once all counts', async () => {
  await createBatches(db, runId, ofTen(50))
  await Promise.all(ofTen(50).map(({ number }) => checkpoints.done(number, { requests: 2, writes: 1 })))
  expect(await traffic()).toEqual({ requests: 100, writes: 50 })
  expect(await checkpoints.open()).toEqual([])
})

/** Every transaction is on disk, and its answer is lost. */
const withLostAnswers = (): Kysely<Database> =>
  new Proxy(db, {
    get: (target, name) => {
      if (name === 'transaction') {
        return () => ({
          execute: async (work: Parameters<ReturnType<typeof db.transaction>['execute']>[0]) => {
            await target.transaction().execute(work)
            throw Object.assign(new Error('The connection is lost.'), { code: '08006' })
          },
        })
      }
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })

test('ends that were written together and whose answer is lost are an outage for each, not batches that are not open', async () => {
  await createBatches(db, runId, ofTen(3))
  const lossy = checkpointsOf(withLostAnswers(), runId)
  const ends = await Promise.allSettled([0, 1, 2].map((number) => lossy.done(number, { requests: 1, writes: 1 })))
  expect(ends.map((end) => (end.status === 'rejected' ? end.reason.code : end.status))).toEqual([
    'fulfilled',
    '08006',
    '08006',
  ])
  expect(await checkpoints.open()).toEqual([])
  expect(await traffic()).toEqual({ requests: 3, writes: 3 })
})
