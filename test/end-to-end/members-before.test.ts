/** Lists that have members before Sund comes, at the services that tell who: they are read, updated, and never removed. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { vendorSetUps } from '../../demo/at-vendor.ts'
import { connectionTo } from '../../demo/set-up.ts'
import { exampleCredentials as keys } from '../../sandbox/credentials.ts'
import { createExport, type Export } from '../../src/store/export.ts'
import { listsOfRun } from '../../src/store/run-settle.ts'
import { listSegments } from '../../src/store/segment.ts'
import { askAs, type OpenVendor } from './at-vendor.ts'
import { crowd, emailsOf, openRig, type Person, type Rig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  // Waits pass at the sandbox's pace, since one of these services is waited for ten minutes.
  rig = await openRig({ serverPace: 300 })
})
afterEach(async () => await rig.clear())
afterAll(async () => {
  expect(rig.sandbox.forbidden()).toEqual([])
  await rig.close()
})

const ask = askAs(() => rig)

/** In the segment, and on the list before us. */
const both = crowd(1, 4)
const ours = crowd(4, 11)
const others = crowd(9001, 9003)
const before = [...both, ...others]

const client = keys['campaign-monitor'].clientOfAccount
const campaignMonitorList = async (Title: string, ConfirmedOptIn = false): Promise<string> =>
  z.string().parse(await ask('campaign-monitor', 'POST', `/api/v3.3/lists/${client}.json`, { Title, ConfirmedOptIn }))
const subscribe = async (list: string, people: readonly Person[]): Promise<void> => {
  const Subscribers = people.map(({ email }) => ({
    EmailAddress: email.toUpperCase(),
    ConsentToTrack: 'Unchanged',
    CustomFields: [],
  }))
  await ask('campaign-monitor', 'POST', `/api/v3.3/subscribers/${list}/import.json`, { Subscribers })
}

interface Vendor {
  readonly destination: OpenVendor
  readonly make: (name: string) => Promise<string>
  readonly put: (list: string, people: readonly Person[]) => Promise<void>
  readonly fields: Readonly<Record<string, string>>
  /** Is the list known by the segment's name alone? */
  readonly byName?: true
}

const vendors: readonly Vendor[] = [
  { destination: 'campaign-monitor', make: campaignMonitorList, put: subscribe, fields: { Name: 'FirstName' } },
  {
    destination: 'dotdigital',
    make: async (name) =>
      String(z.object({ id: z.number() }).parse(await ask('dotdigital', 'POST', '/v2/address-books', { name })).id),
    put: async (list, people) => {
      const contacts = people.map(({ email }) => ({
        matchIdentifier: 'email',
        identifiers: { email },
        lists: [Number(list)],
      }))
      await ask('dotdigital', 'PUT', '/contacts/v3/import', { contacts })
    },
    fields: { FIRSTNAME: 'FirstName' },
  },
  {
    destination: 'iterable',
    make: async (name) =>
      String(z.object({ listId: z.number() }).parse(await ask('iterable', 'POST', '/api/lists', { name })).listId),
    put: async (list, people) => {
      const subscribers = people.map(({ email }) => ({ email }))
      const put = async () =>
        await ask('iterable', 'POST', '/api/lists/subscribe', { listId: Number(list), subscribers })
      // A new list is not known at once.
      await expect.poll(put).toMatchObject({ successCount: people.length })
    },
    fields: { firstName: 'FirstName' },
    byName: true,
  },
]

const exportInto = async ({ destination, fields, byName }: Vendor, segment: string, list: string): Promise<Export> =>
  await createExport(rig.db, {
    name: destination,
    connectionId: (await connectionTo(rig.server.ports, destination)).id,
    settings: vendorSetUps[destination].exportSettings,
    matching: { identifier: 'Email', fields },
    segmentIds: [segment],
    ...(byName === true ? {} : { listRemoteId: list }),
  })

describe.each(vendors)('$destination', (vendor) => {
  test('who was there is updated where the segment names them, and stays when they leave it', async () => {
    await rig.people([...both, ...ours])
    const segment = await rig.segment('Was there')
    await rig.refreshed()
    const name = (await listSegments(rig.db)).find(({ id }) => id === segment)?.name ?? ''
    const list = await vendor.make(name)
    await vendor.put(list, before)
    const members = () => rig.sandbox.members(vendor.destination, list)
    await expect.poll(members).toEqual(emailsOf(before))

    const wanted = await exportInto(vendor, segment, list)
    const run = await rig.run(wanted)
    expect(run).toMatchObject({ status: 'Successful', added: ours.length, updated: both.length, removed: 0 })
    expect(await listsOfRun(rig.db, run.id)).toMatchObject([{ theirs: before.length, kept: 0 }])
    expect(members()).toEqual(emailsOf([...before, ...ours]))
    expect(await rig.requestsOf(async () => await rig.run(wanted))).toBe(0)

    // One who was there before us leaves the segment, and one whom we added.
    await rig.people([...both.slice(1), ...ours.slice(1)])
    await rig.refreshed()
    expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 0, updated: 0, removed: 1 })
    expect(members()).toEqual(emailsOf([...before, ...ours.slice(1)]))
  })
})

test('Campaign Monitor: who has yet to confirm was there before us too, also where nobody has confirmed', async () => {
  const [waits = crowd(1, 2)[0]] = both
  if (waits === undefined) throw new Error('Somebody has to wait.')
  await rig.people([waits, ...ours])
  const segment = await rig.segment('Yet to confirm')
  await rig.refreshed()
  const list = await campaignMonitorList('Double opt-in', true)
  await subscribe(list, [waits])
  expect(rig.sandbox.members('campaign-monitor', list)).toEqual([])
  const [vendor] = vendors
  if (vendor === undefined) throw new Error('The first is Campaign Monitor.')
  const wanted = await exportInto(vendor, segment, list)
  const run = await rig.run(wanted)
  expect(run).toMatchObject({ added: ours.length, removed: 0, unknown: 0 })
  expect(await listsOfRun(rig.db, run.id)).toMatchObject([{ theirs: 1 }])
  for (const { email } of [waits, ...ours]) {
    await fetch(`${rig.sandbox.urls['campaign-monitor']}/mailbox/confirm?list=${list}&email=${email}`)
  }
  expect(rig.sandbox.members('campaign-monitor', list)).toEqual(emailsOf([waits, ...ours]))
  // They leave the segment; the one who was there stays on the list.
  await rig.people(ours)
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ removed: 0, unknown: 0 })
  expect(rig.sandbox.members('campaign-monitor', list)).toEqual(emailsOf([waits, ...ours]))
})
