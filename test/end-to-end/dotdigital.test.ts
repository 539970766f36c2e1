/** Dotdigital from end to end: who is put on an address book, who is taken off, who has said no, and runs that are cut off. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { connectionTo } from '../../demo/set-up.ts'
import { exampleCredentials } from '../../sandbox/credentials.ts'
import { updateConnection } from '../../src/store/connection.ts'
import { createExport, type Export } from '../../src/store/export.ts'
import { execute, runOf } from './by-hand.ts'
import { crowd, emailsOf, openRig, type Person, type Rig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterEach(async () => await rig.clear())
afterAll(async () => {
  expect(rig.sandbox.forbidden()).toEqual([])
  await rig.close()
})

const { user, password } = exampleCredentials.dotdigital

const atVendor = async (method: string, path: string, body?: unknown): Promise<unknown> => {
  const answer = await fetch(`${rig.sandbox.urls.dotdigital}${path}`, {
    method,
    headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return answer.status === 204 ? undefined : await answer.json()
}

const addressBook = async (name: string): Promise<string> =>
  String(z.object({ id: z.number() }).parse(await atVendor('POST', '/v2/address-books', { name })).id)

/** An export of everybody; without `book` into the one that the connection names. */
const exportOf = async (name: string, book?: string, segment?: string): Promise<Export> =>
  await createExport(rig.db, {
    name,
    connectionId: (await connectionTo(rig.server.ports, 'dotdigital')).id,
    settings: {},
    matching: { identifier: 'Email', fields: { FIRSTNAME: 'FirstName' } },
    segmentIds: [segment ?? (await rig.segment(name))],
    ...(book === undefined ? {} : { listRemoteId: book }),
  })

const contactOf = async ({ email }: Person): Promise<unknown> =>
  await atVendor('GET', `/contacts/v3/email/${encodeURIComponent(email)}`)

test('people join, change, leave and come back; nothing changed is no request', async () => {
  const people = crowd(1, 101)
  await rig.people(people)
  const wanted = await exportOf('Members', await addressBook('Members'))
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 100, rejected: 0, unknown: 0 })
  expect(await rig.members(wanted)).toEqual(emailsOf(people))
  expect(await rig.requestsOf(async () => await rig.run(wanted))).toBe(0)

  const renamed = people.slice(10).map((person, index) => (index === 0 ? { ...person, name: 'New name' } : person))
  await rig.people([...renamed, ...crowd(101, 106)])
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 5, updated: 1, removed: 10 })
  expect(await rig.members(wanted)).toEqual(emailsOf([...renamed, ...crowd(101, 106)]))
  // Gone from the address book, not from the account.
  const [first = crowd(1, 2)[0]] = people
  if (first !== undefined) expect(await contactOf(first)).toMatchObject({ status: 'subscribed', lists: [] })

  await rig.people(people)
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 10, removed: 5 })
  expect(await rig.members(wanted)).toEqual(emailsOf(people))
})

test('who is suppressed is rejected for good in the vendor’s words; who has unsubscribed stays so', async () => {
  const suppressed = { id: 's', email: 'a@suppressed.sandbox.invalid' }
  const unsubscribed = { id: 'u', email: 'a@unsubscribed.sandbox.invalid' }
  await rig.people([...crowd(1, 11), suppressed, unsubscribed])
  const wanted = await exportOf('Refused', await addressBook('Refused'))
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Partial', added: 11, rejected: 1, unknown: 0 })
  expect(await rig.rejects(wanted)).toEqual([
    { code: 'GloballySuppressed', reason: 'The contact is globally suppressed' },
  ])
  expect(await contactOf(unsubscribed)).toMatchObject({ status: 'unsubscribed' })
  // Final: nobody is sent again.
  expect(await rig.requestsOf(async () => await rig.run(wanted))).toBe(0)
})

test('an export without a list goes into the address book of the connection; another default is a first run there', async () => {
  const people = crowd(1, 11)
  await rig.people(people)
  const wanted = await exportOf('By default')
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 10 })
  const { remoteId: first } = await rig.list(wanted)
  const other = await addressBook('Another default')
  const { db, vault } = rig.server.ports
  const settings = { addressBookId: other }
  // Where the account lives is looked up again by itself after every change of settings.
  await updateConnection(db, vault, wanted.connectionId, { settings })
  expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', added: 10, removed: 0 })
  expect(rig.sandbox.members('dotdigital', other)).toEqual(emailsOf(people))
  expect(rig.sandbox.members('dotdigital', first ?? '')).toEqual(emailsOf(people))
})

test('an address book that is deleted: Failed with the reason, and none is made', async () => {
  await rig.people(crowd(1, 11))
  const book = await addressBook('Short lived')
  const wanted = await exportOf('Gone', book)
  await rig.refreshed()
  await atVendor('DELETE', `/v2/address-books/${book}`)
  const before = rig.sandbox.lists('dotdigital').length
  await rig.people(crowd(1, 16))
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Failed', reasonCode: 'run.list_gone', writes: 0 })
  expect(rig.sandbox.lists('dotdigital')).toHaveLength(before)
})

test('a run that is cut off before every change of its stores goes on each time, and nobody is lost', async () => {
  const people = crowd(0, 60)
  await rig.people(people)
  const segment = await rig.segment('Cut off')
  await rig.refreshed()
  const wanted = await exportOf('Cut off', await addressBook('Cut off'), segment)
  const run = await runOf(rig, wanted)
  let cuts = 0
  // Later each time, so that it comes to its end.
  for (let last = 1; (await rig.runOf(run)).settledAt === undefined; last++) {
    const halt = new AbortController()
    let seen = 0
    const transaction = () => {
      if (++seen < last) return
      cuts++
      halt.abort(new Error('The process ends.'))
      throw halt.signal.reason
    }
    await execute(rig, run, { before: { transaction }, halt: halt.signal, maxRecords: 10 }).catch((error: unknown) => {
      if (!halt.signal.aborted) throw error
    })
  }
  expect(cuts).toBeGreaterThan(2)
  expect(await rig.runOf(run)).toMatchObject({ status: 'Successful', added: 60, rejected: 0, unknown: 0 })
  expect(await rig.members(wanted)).toEqual(emailsOf(people))

  await rig.people(crowd(5, 65))
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 5, removed: 5, unknown: 0 })
  expect(await rig.members(wanted)).toEqual(emailsOf(crowd(5, 65)))
})
