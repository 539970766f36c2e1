/** Fields that the account at the service has made: matched by their ids, asked for when somebody is written, and gone. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { openRig, type Rig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterAll(async () => await rig.close())

const ada = { id: '1', email: 'ada@example.com', name: 'Ada' }
const bob = { id: '2', email: 'bob@example.com', name: 'x'.repeat(1001) }
const found = z.object({
  result: z.record(z.string(), z.object({ contact: z.object({ custom_fields: z.record(z.string(), z.unknown()) }) })),
})

test('values get into them, an unchanged run asks nothing, and a field that is gone stops the run with its name', async () => {
  const made = await rig.atSendGrid('POST', '/v3/marketing/field_definitions', { name: 'nickname', field_type: 'Text' })
  const { id } = z.object({ id: z.string() }).parse(made)
  await rig.people([ada, bob])
  const list = await rig.sendgridList('Fields')
  const fields = { [id]: { case: 'upper' as const, of: 'FirstName' } }
  const segmentIds = [await rig.segment('Everybody')]
  const matching = { identifier: 'Email', fields }
  const wanted = await rig.sendgridExport('Own fields', { segmentIds, list, matching })
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 1, invalid: 1 })
  expect(await rig.members(wanted)).toEqual([ada.email])
  const answer = await rig.atSendGrid('POST', '/v3/marketing/contacts/search/emails', { emails: [ada.email] })
  expect(Object.values(found.parse(answer).result)).toEqual([{ contact: { custom_fields: { [id]: 'ADA' } } }])

  expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', requests: 0, invalid: 1 })

  const gone = await rig.sendgridExport('Lost field', {
    segmentIds,
    list: await rig.sendgridList('Lost'),
    matching: { identifier: 'Email', fields: { e99_T: 'FirstName' } },
  })
  const run = await rig.run(gone)
  expect(run).toMatchObject({ status: 'Failed', reasonCode: 'run.destination_field_missing', writes: 0, added: 0 })
  expect(run.reason).toMatch(/“e99_T”.*nickname/s)
})
