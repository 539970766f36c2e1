/**
 * A run that is canceled in the midst of sending. In a file of its own: it uses up the service's rate for the minute, which
 * the next run to the same service would have to wait for.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { crowd } from '../../test/end-to-end/rig.ts'
import { type ApiRig, openApiRig } from './fixtures/api-rig.ts'

let api: ApiRig
beforeAll(async () => {
  // The minute of the rate lasts a minute: it holds the run up until it is canceled.
  api = await openApiRig({ run: { maxRecords: 10 }, serverPace: 1 })
})
afterAll(async () => {
  expect(api.rig.sandbox.forbidden()).toEqual([])
  await api.close()
})

it('cancels a run in the midst of sending: what was sent is settled, the rest is not sent', async () => {
  // More calls than the rate of the service lets through within a minute.
  await api.rig.people(crowd(0, 2000))
  const wanted = await api.rig.microsoftExport('Canceled', [await api.rig.segment('Canceled')])
  await api.client.startRefresh()
  let id = ''
  while (id === '') id = (await api.client.listRuns({ query: { export: wanted.id } })).body.items[0]?.id ?? ''
  for await (const { event, state } of api.client.watchRun({ path: { id } })) {
    if (state.batches.done > 0 && state.cancelRequestedAt === undefined) await api.client.cancelRun({ path: { id } })
    if (event === 'end') expect(state).toMatchObject({ status: 'Canceled', unknown: 0, rejected: 0 })
  }
  const { body: run } = await api.client.getRun({ path: { id } })
  expect(run.added).toBeGreaterThan(0)
  expect(run.batches.pending).toBeGreaterThan(0)
  expect(await api.rig.members(wanted)).toHaveLength(run.added)
  const { body: unsent } = await api.client.listOutcomes({ path: { id }, query: { fate: 'unsent' } })
  expect(unsent.total).toBe(2000 - run.added)
})
