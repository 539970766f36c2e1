/** An export that goes to another list and back: whom it put where stays known, and neither list is mixed up. */
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { vendorSetUps } from '../../demo/at-vendor.ts'
import { connectionTo } from '../../demo/set-up.ts'
import { type Export, updateExport } from '../../src/store/export.ts'
import { listsOf } from '../../src/store/list.ts'
import { crowd, emailsOf, hashesOf, openRig, type Rig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterEach(async () => await rig.clear())
afterAll(async () => {
  expect(rig.sandbox.forbidden()).toEqual([])
  await rig.close()
})

/** Our people on each list of the export, as the ledger knows them, by the vendor's id of the list. */
const known = async ({ id }: Export): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const list of await listsOf(rig.db, id)) {
    const [row] = await rig.server.ports.engine.rows(
      sql`select count(*) as n from ledger where list_id = ${list.id}::bigint and state = 'present'`,
      z.object({ n: z.number() }),
    )
    counts[list.remoteId ?? 'unbound'] = row?.n ?? 0
  }
  return counts
}

test('another list is a first run and the old one keeps its people; back on the old one only the changes are sent', async () => {
  const people = crowd(1, 11)
  await rig.people(people)
  const [one, other] = [await rig.sendgridList('One'), await rig.sendgridList('Other')]
  const wanted = await rig.sendgridExport('Moves', { segmentIds: [await rig.segment('Everybody')], list: one })
  await rig.refreshed()
  expect(rig.sandbox.members('sendgrid', one)).toEqual(emailsOf(people))

  await updateExport(rig.db, wanted.id, { listRemoteId: other })
  expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', added: 10, updated: 0, removed: 0 })
  expect(rig.sandbox.members('sendgrid', one)).toEqual(emailsOf(people))
  expect(rig.sandbox.members('sendgrid', other)).toEqual(emailsOf(people))
  expect(await known(wanted)).toEqual({ [one]: 10, [other]: 10 })

  // While the export fills the other list, the first one is left alone.
  const later = crowd(3, 12)
  await rig.people(later)
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 1, removed: 2 })
  expect(rig.sandbox.members('sendgrid', one)).toEqual(emailsOf(people))
  expect(rig.sandbox.members('sendgrid', other)).toEqual(emailsOf(later))

  await updateExport(rig.db, wanted.id, { listRemoteId: one })
  expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', added: 1, updated: 0, removed: 2 })
  expect(rig.sandbox.members('sendgrid', one)).toEqual(emailsOf(later))
  expect(await known(wanted)).toEqual({ [one]: 9, [other]: 9 })
})

test('another destination is a first run there, and back at the first one nothing has to be sent', async () => {
  const people = crowd(1, 11)
  await rig.people(people)
  const list = await rig.sendgridList('Left alone')
  const wanted = await rig.sendgridExport('Moves away', {
    segmentIds: [await rig.segment('Everybody')],
    list,
    matching: { identifier: 'Email', fields: {} },
  })
  await rig.refreshed()
  const { connectionId } = wanted
  await updateExport(rig.db, wanted.id, {
    connectionId: (await connectionTo(rig.server.ports, 'microsoft-advertising')).id,
    settings: vendorSetUps['microsoft-advertising'].exportSettings,
    listRemoteId: null,
  })
  expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', added: 10 })
  const audience = (await listsOf(rig.db, wanted.id)).find(({ destination }) => destination !== 'sendgrid')
  expect(rig.sandbox.members('microsoft-advertising', audience?.remoteId ?? '')).toEqual(hashesOf(people))

  await updateExport(rig.db, wanted.id, { connectionId, settings: {}, listRemoteId: list })
  expect(await rig.requestsOf(async () => await rig.run(wanted))).toBe(0)
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 0, removed: 0 })
  expect(rig.sandbox.members('sendgrid', list)).toEqual(emailsOf(people))
})
