/** What becomes of a request that is sent again. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { claimKey, KEPT_MS, keepAnswer, releaseKey } from './idempotency.ts'
import { startTestServer, type TestServer } from './test-database.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(async () => await server.stop())

const at = new Date('2026-11-21T12:00:00Z')
const request = Buffer.from('what is asked')
const claim = { key: 'k', request, process: '00000000-0000-4000-8000-000000000001', at }
const answer = { status: 201, headers: { location: '/x' }, body: '{"id":"1"}' }

test('is claimed by one of many, in flight for the others, and answered once it is done', async () => {
  const { db } = await server.freshDatabase()
  const claims = await Promise.all(Array.from({ length: 8 }, async () => await claimKey(db, claim)))
  expect(claims.map(({ kind }) => kind).sort()).toEqual([...Array.from({ length: 7 }, () => 'in flight'), 'mine'])
  await keepAnswer(db, 'k', answer)
  expect(await claimKey(db, claim)).toEqual({ kind: 'answered', answer })
})

test('belongs to what was asked first, in flight or answered', async () => {
  const { db } = await server.freshDatabase()
  await claimKey(db, claim)
  const other = { ...claim, request: Buffer.from('something else') }
  expect(await claimKey(db, other)).toEqual({ kind: 'reused' })
  await keepAnswer(db, 'k', answer)
  expect(await claimKey(db, other)).toEqual({ kind: 'reused' })
})

test('is interrupted where the process that worked on it is another', async () => {
  const { db } = await server.freshDatabase()
  await claimKey(db, claim)
  const next = { ...claim, process: '00000000-0000-4000-8000-000000000002' }
  expect(await claimKey(db, next)).toEqual({ kind: 'interrupted' })
  await keepAnswer(db, 'k', answer)
  expect(await claimKey(db, next)).toEqual({ kind: 'answered', answer })
})

test('may be used again once it is released, or after a day', async () => {
  const { db } = await server.freshDatabase()
  await claimKey(db, claim)
  await releaseKey(db, 'k')
  expect(await claimKey(db, claim)).toEqual({ kind: 'mine' })
  await keepAnswer(db, 'k', answer)
  const later = (ms: number) => ({ ...claim, at: new Date(at.getTime() + ms) })
  expect((await claimKey(db, later(KEPT_MS))).kind).toBe('answered')
  expect((await claimKey(db, later(KEPT_MS + 1))).kind).toBe('mine')
})
