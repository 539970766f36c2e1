/** The webhook from a file of people to its receiver's lists: opened once, filled, emptied of those who left, values by any name. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { connectionTo } from '../../demo/set-up.ts'
import { exampleCredentials } from '../../sandbox/credentials.ts'
import { createExport, type Export } from '../../src/store/export.ts'
import { crowd, emailsOf, inCity, openRig, type Person, type Rig } from './rig.ts'

let rig: Rig
beforeEach(async () => {
  rig = await openRig({})
})
afterEach(async () => {
  const forbidden = rig.sandbox.forbidden()
  await rig.close()
  expect(forbidden).toEqual([])
})

const { secret, url } = exampleCredentials.webhook

const exportOf = async (segmentIds: readonly string[], more: Partial<Export> = {}): Promise<Export> =>
  await createExport(rig.db, {
    name: 'Webhook',
    connectionId: (await connectionTo(rig.server.ports, 'webhook')).id,
    settings: {},
    matching: { identifier: 'Email', fields: { 'Any name': 'FirstName', town: 'City' } },
    segmentIds,
    ...more,
  })

/** Asks the receiver as somebody who works there would. */
const atReceiver = async (method: string, path: string, body?: unknown): Promise<unknown> => {
  const answer = await fetch(`${rig.sandbox.urls.webhook}${path}`, {
    method,
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (!answer.ok) throw new Error(`The receiver answers ${answer.status}.`)
  return answer.status === 204 ? undefined : await answer.json()
}
const call = async (body: unknown): Promise<unknown> => await atReceiver('POST', new URL(url).pathname, body)
const opened = z.object({ list: z.object({ id: z.string() }) })

const onlyList = () => {
  const [list, second] = rig.sandbox.lists('webhook')
  if (list === undefined || second !== undefined) throw new Error('The receiver has not one list.')
  return list
}
const members = (): string[] => rig.sandbox.members('webhook', onlyList().id)

test('a list is opened once, equal to its segment after each run, and its people bear the matched fields', async () => {
  const people = crowd(1, 40)
  await rig.people(people)
  const wanted = await exportOf([await rig.segment('In Oslo')])
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 39, rejected: 0, unknown: 0 })
  expect(members()).toEqual(emailsOf(people))
  const [one] = people
  expect(await atReceiver('GET', `/lists/${onlyList().id}/members/${one?.email.toLowerCase()}`)).toMatchObject({
    fields: { town: 'Oslo' },
  })
  expect(await rig.requestsOf(async () => await rig.run(wanted))).toBe(0)

  await rig.people([...people.slice(0, 36), ...crowd(41, 45)])
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 4, removed: 3 })
  expect(members()).toEqual(emailsOf([...people.slice(0, 36), ...crowd(41, 45)]))
})

test('who is refused is told, the others arrive, and nobody who said no is brought back', async () => {
  const good = crowd(1, 6)
  const odd: Person = { id: '8', email: 'odd@errored.sandbox.invalid', city: 'Oslo' }
  const saidNo: Person = { id: '9', email: 'kari@left.sandbox.invalid', city: 'Oslo' }
  await rig.people([...good, odd, saidNo])
  const wanted = await exportOf([await rig.segment('In Oslo')])
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Partial', added: 5, rejected: 2, unknown: 0 })
  expect(members()).toEqual(emailsOf(good))
})

test('a list that was there with people of others is asked about, and nobody is sent before', async () => {
  await rig.people(crowd(1, 5))
  const { list } = opened.parse(await call({ operation: 'open', list: { name: 'Theirs', mark: 'by hand' } }))
  await call({ operation: 'add', list, members: [{ email: 'ola@example.com', fields: {} }] })
  const wanted = await exportOf([await rig.segment('In Oslo', inCity('Oslo'))], { listRemoteId: list.id })
  await rig.refresh()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Failed', added: 0 })
  expect(members()).toEqual(['ola@example.com'])
})

test('a list that the receiver dropped stops the run, and is not made again in silence', async () => {
  await rig.people(crowd(1, 5))
  const wanted = await exportOf([await rig.segment('In Oslo')])
  await rig.refreshed()
  await atReceiver('DELETE', `/lists/${onlyList().id}`)
  await rig.people(crowd(1, 7))
  await rig.refresh()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Failed', added: 0 })
  expect(rig.sandbox.lists('webhook')).toEqual([])
})
