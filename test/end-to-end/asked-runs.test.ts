/** Runs that wait when something else asks for them: approved meanwhile, or made by a refresh that was cut off. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { executeRefresh } from '../../src/refresh/refresh.ts'
import { createRefresh, enterStep } from '../../src/store/refresh.ts'
import { createRun, type Run, runsOfRefresh } from '../../src/store/run.ts'
import { execute, runOf, tablesLike } from './by-hand.ts'
import { crowd, openRig, type Rig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterEach(async () => await rig.clear())
afterAll(async () => {
  expect(rig.sandbox.forbidden()).toEqual([])
  await rig.close()
})

const everybody = crowd(0, 200)

/** An export whose next run is held, and that run. */
const held = async (name: string) => {
  await rig.people(everybody)
  const wanted = await rig.microsoftExport(name, [await rig.segment(name)])
  await rig.refreshed()
  await rig.people(everybody.slice(100))
  await rig.refreshed()
  const run = await rig.lastRun(wanted)
  expect(run).toMatchObject({ status: 'Held', reasonCode: 'run.held_many_removals' })
  return { wanted, run }
}

test('an approval while a run waits is that run’s', async () => {
  const { wanted, run } = await held('Approved')
  const waiting = await runOf(rig, wanted)
  const approved = await rig.run(wanted, run.deltaHash)
  expect(approved).toMatchObject({ id: waiting, status: 'Successful', removed: 100, again: false })
  expect(await rig.members(wanted)).toHaveLength(100)
})

test('a plain request does not take the approval of a waiting run away', async () => {
  const { wanted, run } = await held('Asked again')
  const hash = run.deltaHash === undefined ? {} : { approvedHash: run.deltaHash }
  const waiting = (await createRun(rig.db, { exportId: wanted.id, ...hash })).run.id
  expect(await rig.run(wanted)).toMatchObject({ id: waiting, status: 'Successful', removed: 100 })
})

test('the draft of a held run goes with the next plan of its export', async () => {
  const { wanted, run } = await held('Drafts')
  expect(await tablesLike(rig.server.ports, 'outbox_draft_%')).toEqual([`outbox_draft_${run.id}`])
  await rig.people(everybody)
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', removed: 0 })
  expect(await tablesLike(rig.server.ports, 'outbox_draft_%')).toEqual([])
})

test('the draft of a run that failed goes with the next plan of its export', async () => {
  await rig.people(everybody)
  const segmentIds = [await rig.segment('Failed')]
  const wanted = await rig.sendgridExport('Failed', { segmentIds, list: '00000000-0000-4000-8000-000000000000' })
  await rig.refreshed()
  const failed = await rig.lastRun(wanted)
  expect(failed).toMatchObject({ status: 'Failed', reasonCode: 'run.list_missing' })
  expect(await tablesLike(rig.server.ports, 'outbox_draft_%')).toEqual([`outbox_draft_${failed.id}`])
  const next = await rig.run(wanted)
  expect(await tablesLike(rig.server.ports, 'outbox_draft_%')).toEqual([`outbox_draft_${next.id}`])
})

test('a refresh that was cut off among its exports hands over the runs it had made, not those that ended', async () => {
  await rig.people(everybody)
  const segments = [await rig.segment('Handed over')]
  const [ended, made, missing] = [
    await rig.microsoftExport('A: ended', segments),
    await rig.microsoftExport('B: made, never handed over', [await rig.segment('Another')]),
    await rig.microsoftExport('C: not made', [await rig.segment('A third')]),
  ]
  const refresh = await createRefresh(rig.db)
  await enterStep(rig.db, refresh.id, 'exports')
  const first = (await createRun(rig.db, { exportId: ended.id, refreshId: refresh.id })).run
  expect((await execute(rig, first.id)).settledAt).toBeDefined()
  const second = (await createRun(rig.db, { exportId: made.id, refreshId: refresh.id })).run

  const handed: Run[] = []
  const { db, engine, clock } = rig.server.ports
  const ports = { db, engine, clock, identityKey: '', startRun: async (run: Run) => void handed.push(run) }
  const done = await executeRefresh(ports, refresh.id, new AbortController().signal)
  expect(done).toMatchObject({ status: 'Successful' })
  const third = (await runsOfRefresh(rig.db, refresh.id)).find(({ exportId }) => exportId === missing.id)
  expect(handed.map(({ id }) => id)).toEqual([second.id, third?.id])
  expect(handed.map(({ id }) => id)).not.toContain(first.id)
  for (const { exportId } of handed) await rig.server.requestRun(exportId)
})
