/** What the vendor or a limit refuses as a whole: nothing is sent, the reason says what to do, and mended it works. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { exampleCredentials } from '../../sandbox/credentials.ts'
import { connect } from '../../src/connections/connect.ts'
import { createConnection, removeConnection, updateConnection } from '../../src/store/connection.ts'
import { removeExport, updateExport } from '../../src/store/export.ts'
import { crowd, emailsOf, inCity, openRig, type Rig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterEach(async () => await rig.clear())
afterAll(async () => {
  expect(rig.sandbox.forbidden()).toEqual([])
  await rig.close()
})

const people = crowd(1, 6)

/** Writes that the vendors accepted so far. */
const accepted = () =>
  [...rig.sandbox.requests('sendgrid'), ...rig.sandbox.requests('microsoft-advertising')].filter(
    ({ write, status }) => write && status < 300,
  ).length

describe('a key', () => {
  const { apiKey, apiKeyWithoutMarketing } = exampleCredentials.sendgrid
  test.each([
    ['is wrong', 'SG.wrong-key', /auth.*does not accept the API key.*authorization grant is invalid/],
    ['lacks the right', apiKeyWithoutMarketing, /permission.*access forbidden.*full Marketing access/],
  ])('that %s: Failed with the reason, nothing sent; with the right key it works', async (what, key, said) => {
    await rig.people(people)
    const list = await rig.sendgridList(`A key that ${what}`)
    const before = accepted()
    const { vault } = rig.server.ports
    const connection = await createConnection(rig.db, vault, {
      name: `A key that ${what}`,
      destination: 'sendgrid',
      settings: {},
      credentials: { apiKey: key },
    })
    await expect(connect(rig.server.ports, connection, new AbortController().signal)).rejects.toThrow(
      /does not accept the API key|access forbidden/,
    )
    const segmentIds = [await rig.segment('Everybody')]
    const wanted = await rig.sendgridExport('Keyed', { segmentIds, list, connectionId: connection.id })
    await rig.refreshed()
    const run = await rig.lastRun(wanted)
    expect(run).toMatchObject({ status: 'Failed', reasonCode: 'run.destination_refused', added: 0, writes: 0 })
    expect(run.reason).toMatch(said)
    expect(run.reason).not.toContain(key)
    expect(accepted()).toBe(before)
    expect(rig.sandbox.members('sendgrid', list)).toEqual([])

    await updateConnection(rig.db, vault, connection.id, { credentials: { apiKey } })
    expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', added: people.length })
    expect(rig.sandbox.members('sendgrid', list)).toEqual(emailsOf(people))
    await removeExport(rig.db, wanted.id)
    await removeConnection(rig.db, connection.id)
  })
})

describe('a list', () => {
  test('that does not exist: Failed, names the ID; with the right ID it works', async () => {
    await rig.people(people)
    const list = await rig.sendgridList('Found at last')
    const before = accepted()
    const segmentIds = [await rig.segment('Everybody')]
    const wanted = await rig.sendgridExport('Lost', { segmentIds, list: '00000000-0000-4000-8000-000000000000' })
    await rig.refreshed()
    const run = await rig.lastRun(wanted)
    expect(run).toMatchObject({ status: 'Failed', reasonCode: 'run.list_missing', writes: 0 })
    expect(run.reason).toMatch(/SendGrid has no list with the ID 00000000-.*Copy the list ID/s)
    expect(accepted()).toBe(before)
    await updateExport(rig.db, wanted.id, { listRemoteId: list })
    expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', added: people.length })
    expect(rig.sandbox.members('sendgrid', list)).toEqual(emailsOf(people))
  })

  test('of the segment’s name that somebody else made: refused, and left empty', async () => {
    await rig.people(people)
    const segment = await rig.segment('Somebody else’s')
    const made = await rig.microsoftExport('Made by us', [segment])
    await rig.refreshed()
    const { remoteId = '' } = await rig.list(made)
    await removeExport(rig.db, made.id)
    const members = rig.sandbox.members('microsoft-advertising', remoteId)
    const before = accepted()
    // The audience bears the mark of a list that is gone, so for this export it is somebody else's.
    const wanted = await rig.microsoftExport('Found by name', [segment])
    const run = await rig.run(wanted)
    expect(run).toMatchObject({ status: 'Failed', reasonCode: 'run.list_undecided', writes: 0, added: 0 })
    expect(run.reason).toMatch(/Microsoft Advertising has “Somebody else’s \d+” already.*rename the segment/s)
    expect(accepted()).toBe(before)
    expect(rig.sandbox.members('microsoft-advertising', remoteId)).toEqual(members)
  })

  test('that another export fills: refused with the name of the other one', async () => {
    await rig.people(people)
    const list = await rig.sendgridList('Wanted twice')
    const first = await rig.sendgridExport('The first one', { segmentIds: [await rig.segment('Everybody')], list })
    await rig.refreshed()
    const members = await rig.members(first)
    const before = accepted()
    const second = await rig.sendgridExport('The second one', { segmentIds: [await rig.segment('Nobody')], list })
    await rig.refreshed()
    expect(await rig.lastRun(first)).toMatchObject({ status: 'Successful', requests: 0 })
    const run = await rig.lastRun(second)
    expect(run).toMatchObject({ status: 'Failed', reasonCode: 'list.taken', writes: 0, added: 0 })
    expect(run.reason).toMatch(/already filled by the export The first one.*Choose another list/s)
    expect(accepted()).toBe(before)
    expect(rig.sandbox.members('sendgrid', list)).toEqual(members)
  })
})

test('two exports that want the same list at the same moment: one fills it, the other is refused with its name', async () => {
  await rig.people(people)
  const list = await rig.sendgridList('Wanted at once')
  const segmentIds = [await rig.segment('Everybody')]
  const exports = [
    await rig.sendgridExport('One', { segmentIds, list }),
    await rig.sendgridExport('Other', { segmentIds, list }),
  ]
  await rig.refreshed()
  const runs = await Promise.all(exports.map(async (wanted) => ({ wanted, run: await rig.lastRun(wanted) })))
  const filled = runs.find(({ run }) => run.status === 'Successful')
  const refused = runs.find(({ run }) => run.status === 'Failed')
  expect(filled?.run).toMatchObject({ added: people.length })
  expect(refused?.run).toMatchObject({ reasonCode: 'list.taken', writes: 0 })
  expect(refused?.run.reason).toContain(`filled by the export ${filled?.wanted.name}`)
  expect(rig.sandbox.members('sendgrid', list)).toEqual(emailsOf(people))
})

test('100,001 people over two exports of a connection: neither sends anything, and says by how much', async () => {
  const common = crowd(0, 20_000, 'Bergen')
  const north = crowd(20_000, 60_000, 'Oslo')
  const south = crowd(60_000, 100_001, 'Molde')
  await rig.people([...common, ...north, ...south])
  const [bergen, oslo, molde] = [
    await rig.segment('Bergen', inCity('Bergen')),
    await rig.segment('Oslo', inCity('Oslo')),
    await rig.segment('Molde', inCity('Molde')),
  ]
  const lists = [await rig.sendgridList('North'), await rig.sendgridList('South')] as const
  const exports = [
    await rig.sendgridExport('North', { segmentIds: [bergen, oslo], list: lists[0] }),
    await rig.sendgridExport('South', { segmentIds: [bergen, molde], list: lists[1] }),
  ]
  const before = accepted()
  const requests = await rig.requestsOf(async () => await rig.refreshed())
  expect(requests).toBe(0)
  for (const wanted of exports) {
    const run = await rig.lastRun(wanted)
    expect(run).toMatchObject({ status: 'Failed', reasonCode: 'run.over_connection_limit', requests: 0, added: 0 })
    expect(run.reason).toMatch(/100001 .*\b1 more than the limit of 100000/)
  }
  expect(accepted()).toBe(before)

  await rig.people([...common, ...north, ...south.slice(1)])
  await rig.refreshed()
  for (const wanted of exports) expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful' })
  expect(rig.sandbox.members('sendgrid', lists[0])).toHaveLength(60_000)
  expect(rig.sandbox.members('sendgrid', lists[1])).toHaveLength(60_000)
})
