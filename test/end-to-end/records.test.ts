/** What becomes of single people: without an address, with the same one, with another one, refused by the vendor. */
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import type { Export } from '../../src/store/export.ts'
import { crowd, emailsOf, hashesOf, openRig, type Person, type Rig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterEach(async () => await rig.clear())
afterAll(async () => {
  expect(rig.sandbox.forbidden()).toEqual([])
  await rig.close()
})

const setUp = async (people: readonly Person[], name: string): Promise<Export> => {
  await rig.people(people)
  const list = await rig.sendgridList(name)
  return await rig.sendgridExport(name, { segmentIds: [await rig.segment(name)], list })
}

const setUpHashed = async (people: readonly Person[], name: string): Promise<Export> => {
  await rig.people(people)
  return await rig.microsoftExport(name, [await rig.segment(name)])
}

const invalidOf = async (runId: string) =>
  await rig.server.ports.engine.rows(
    sql`select reason, count(*) as n from invalid_person where run_id = ${runId}::bigint group by reason order by reason`,
    z.object({ reason: z.string(), n: z.number() }),
  )

test('no address and a malformed one are invalid and counted; the run is Successful', async () => {
  const good = crowd(1, 6)
  const people = [...good, { id: '90', email: '' }, { id: '91', email: '' }, { id: '92', email: 'not an address' }]
  const wanted = await setUpHashed(people, 'Without address')
  await rig.refreshed()
  const run = await rig.lastRun(wanted)
  expect(run).toMatchObject({ status: 'Successful', added: 5, invalid: 3, rejected: 0, unknown: 0 })
  expect(await invalidOf(run.id)).toEqual([
    { reason: 'malformed', n: 1 },
    { reason: 'missing', n: 2 },
  ])
  expect(await rig.members(wanted)).toEqual(hashesOf(good))
})

test('the same person twice is one record, counted as a duplicate', async () => {
  const people = crowd(1, 6)
  const wanted = await setUpHashed([...people, { id: '90', email: ' PERSON3@People.Example' }], 'Twice')
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 5, duplicates: 1, invalid: 0 })
  expect(await rig.members(wanted)).toEqual(hashesOf(people))
  const { remoteId } = await rig.list(wanted)
  const delivered = [...rig.sandbox.deliveries('microsoft-advertising')].filter(({ listId }) => listId === remoteId)
  expect(delivered.map(({ identifier }) => identifier).sort()).toEqual(hashesOf(people))
})

test('two people who swap addresses are two updates; nobody leaves', async () => {
  const people = crowd(100, 104)
  const [one, other, ...rest] = people
  if (one === undefined || other === undefined) throw new Error('There must be two people.')
  const wanted = await setUp(people, 'Swapped')
  await rig.refreshed()
  await rig.people([{ ...one, email: other.email }, { ...other, email: one.email }, ...rest])
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 0, updated: 2, removed: 0 })
  expect(await rig.members(wanted)).toEqual(emailsOf(people))
})

test('an address that changed: the new one joins, the old one leaves', async () => {
  const people = crowd(200, 204)
  const wanted = await setUpHashed(people, 'Moved')
  await rig.refreshed()
  const moved = people.map((person) => (person.id === '202' ? { ...person, email: 'moved202@people.example' } : person))
  await rig.people(moved)
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 1, updated: 0, removed: 1 })
  expect(await rig.members(wanted)).toEqual(hashesOf(moved))
})

test('one of 30,000 whom only the vendor refuses: the others arrive, an unchanged run is silent, the corrected one arrives', async () => {
  const people = crowd(0, 30_000)
  const refused = 'two..dots@people.example'
  const wanted = await setUp(
    people.map((person) => (person.id === '17000' ? { ...person, email: refused } : person)),
    'Thirty thousand',
  )
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({
    status: 'Partial',
    added: 29_999,
    rejected: 1,
    unknown: 0,
    invalid: 0,
  })
  const others = emailsOf(people.filter(({ id }) => id !== '17000'))
  expect(await rig.members(wanted)).toEqual(others)
  const rejects = await rig.rejects(wanted)
  expect(rejects).toEqual([{ code: 'invalid_email', reason: expect.stringMatching(/is not valid/) }])
  expect(rejects[0]?.reason).not.toContain(refused)

  expect(await rig.requestsOf(async () => await rig.refreshed())).toBe(0)
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Partial', requests: 0, writes: 0, added: 0, rejected: 1 })
  expect(await rig.requestsOf(async () => await rig.run(wanted))).toBe(0)

  await rig.people(people)
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({
    status: 'Successful',
    added: 1,
    updated: 0,
    removed: 0,
    rejected: 0,
  })
  expect(await rig.members(wanted)).toEqual(emailsOf(people))
})
