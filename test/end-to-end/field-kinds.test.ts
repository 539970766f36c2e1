/** Fields that take no text: what is matched with them arrives as a number or a day, at every service that has such fields. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { vendorSetUps } from '../../demo/at-vendor.ts'
import { connectionTo } from '../../demo/set-up.ts'
import { exampleCredentials as keys } from '../../sandbox/credentials.ts'
import { createExport } from '../../src/store/export.ts'
import { askAs, type OpenVendor } from './at-vendor.ts'
import { openRig, type Rig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterEach(async () => await rig.clear())
afterAll(async () => await rig.close())

const ask = askAs(() => rig)

type Typed = Exclude<OpenVendor, 'sendgrid'>

const email = 'ada@people.example'
const client = keys['campaign-monitor'].clientOfAccount
const madeAt: Readonly<Record<Typed, () => Promise<string | undefined>>> = {
  'campaign-monitor': async () => {
    const id = z
      .string()
      .parse(await ask('campaign-monitor', 'POST', `/api/v3.3/lists/${client}.json`, { Title: 'Kinds' }))
    const field = { FieldName: 'Born', DataType: 'Date', Options: [] }
    await ask('campaign-monitor', 'POST', `/api/v3.3/lists/${id}/customfields.json`, field)
    return id
  },
  dotdigital: async () => {
    await ask('dotdigital', 'POST', '/v2/data-fields', { name: 'POINTS', type: 'Numeric', visibility: 'Private' })
    return String(
      z.object({ id: z.number() }).parse(await ask('dotdigital', 'POST', '/v2/address-books', { name: 'Kinds' })).id,
    )
  },
  iterable: async () => {
    // The first value of a field says what it takes.
    const { listId } = z
      .object({ listId: z.number() })
      .parse(await ask('iterable', 'POST', '/api/lists', { name: 'Any' }))
    const subscribers = [{ email: 'bob@people.example', dataFields: { points: 1.5 } }]
    const put = async () => await ask('iterable', 'POST', '/api/lists/subscribe', { listId, subscribers })
    await expect.poll(put).toMatchObject({ successCount: 1 })
    return undefined
  },
}

test.each<[Typed, string, string, (list: string) => Promise<unknown>, object]>([
  [
    'campaign-monitor',
    '[Born]',
    '1980-02-03T10:00:00Z',
    async (list) => await ask('campaign-monitor', 'GET', `/api/v3.3/subscribers/${list}.json?email=${email}`),
    { CustomFields: [{ Key: 'Born', Value: '1980-02-03' }] },
  ],
  [
    'dotdigital',
    'POINTS',
    '12.50',
    async () => await ask('dotdigital', 'GET', `/contacts/v3/email/${email}`),
    { dataFields: { POINTS: 12.5 } },
  ],
  [
    'iterable',
    'points',
    '12.50',
    async () => await ask('iterable', 'GET', `/api/users/${email}`),
    { user: { dataFields: { points: 12.5 } } },
  ],
])('%s: a value of %s', async (destination, field, value, shown, expected) => {
  const list = await madeAt[destination]()
  await rig.people([{ id: '1', email, name: value }])
  const wanted = await createExport(rig.db, {
    name: 'Kinds',
    connectionId: (await connectionTo(rig.server.ports, destination)).id,
    settings: vendorSetUps[destination].exportSettings,
    matching: { identifier: 'Email', fields: { [field]: 'FirstName' } },
    segmentIds: [await rig.segment('Kinds')],
    ...(list === undefined ? {} : { listRemoteId: list }),
  })
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 1, rejected: 0, invalid: 0 })
  expect(await shown(list ?? '')).toMatchObject(expected)
})
