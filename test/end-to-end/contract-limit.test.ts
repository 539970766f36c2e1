/** A connection that holds the contract's own limit of people: beyond it nothing is sent, over all its exports. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectionTo } from '../../demo/set-up.ts'
import { type ConnectionChanges, updateConnection } from '../../src/store/connection.ts'
import { crowd, inCity, openRig, type Rig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterAll(() => rig.close())

const change = async (changes: ConnectionChanges): Promise<void> => {
  const { db, vault } = rig.server.ports
  await updateConnection(db, vault, (await connectionTo(rig.server.ports, 'sendgrid')).id, changes)
}

test('one over it is refused with the number, exactly it is sent, and another export counts too', async () => {
  await rig.people([...crowd(1, 42), ...crowd(100, 110, 'Bergen')])
  const oslo = await rig.segment('Oslo')
  const bergen = await rig.segment('Bergen', inCity('Bergen'))
  const first = await rig.sendgridExport('First', { segmentIds: [oslo], list: await rig.sendgridList('First') })
  await change({ peopleLimit: 40 })
  const asked = await rig.requestsOf(() => rig.refreshed())
  const refused = await rig.lastRun(first)
  expect(refused).toMatchObject({ status: 'Failed', reasonCode: 'run.over_contract_limit', added: 0, unknown: 0 })
  expect(refused.reason).toContain('41 people, 1 more than the 40')
  expect(asked).toBe(0)

  await change({ peopleLimit: 41 })
  expect(await rig.run(first)).toMatchObject({ status: 'Successful', added: 41 })
  const second = await rig.sendgridExport('Second', { segmentIds: [bergen], list: await rig.sendgridList('Second') })
  expect(await rig.run(second)).toMatchObject({ status: 'Failed', reasonCode: 'run.over_contract_limit', added: 0 })
  await change({ peopleLimit: null })
  expect(await rig.run(second)).toMatchObject({ status: 'Successful', added: 10 })
})

test('lifting the documented limit does not lift the contract', async () => {
  await change({ peopleLimit: 5, limitLifted: true })
  const wanted = await rig.sendgridExport('Third', {
    segmentIds: [await rig.segment('Again')],
    list: await rig.sendgridList('Third'),
  })
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Failed', reasonCode: 'run.over_contract_limit', added: 0 })
})
