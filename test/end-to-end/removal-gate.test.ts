/** Large removals are held before the first request: until the data recovers, or somebody approves exactly that delta. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Export } from '../../src/store/export.ts'
import type { Run } from '../../src/store/run.ts'
import { crowd, openRig, type Person, type Rig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterEach(async () => await rig.clear())
afterAll(async () => {
  expect(rig.sandbox.forbidden()).toEqual([])
  await rig.close()
})

const everybody = crowd(0, 1000)
/** Somebody who is in another segment, so that the file itself is not empty. */
const stranger: Person = { id: 'stranger', email: 'stranger@people.example', city: 'Bergen' }

const filled = async (): Promise<Export> => {
  await rig.people([stranger, ...everybody])
  const wanted = await rig.microsoftExport('Gated', [await rig.segment('Gated')])
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 1000 })
  expect(await rig.members(wanted)).toHaveLength(1000)
  return wanted
}

/** Refreshes with only these people left, which must be held without a request. */
const held = async (wanted: Export, left: readonly Person[]): Promise<Run & { readonly deltaHash: string }> => {
  const members = await rig.members(wanted)
  await rig.people([stranger, ...left])
  expect(await rig.requestsOf(async () => await rig.refreshed())).toBe(0)
  const run = await rig.lastRun(wanted)
  expect(run).toMatchObject({ status: 'Held', requests: 0, writes: 0, added: 0, updated: 0, removed: 0 })
  expect(await rig.members(wanted)).toEqual(members)
  if (run.deltaHash === undefined) throw new Error('A held run must have the hash of its delta.')
  return { ...run, deltaHash: run.deltaHash }
}

test('30 % of 1,000 would leave: held with the reason; the data recovers: no removal, and the held run is canceled', async () => {
  const wanted = await filled()
  const run = await held(wanted, everybody.slice(300))
  expect(run).toMatchObject({ reasonCode: 'run.held_many_removals' })
  expect(run.reason).toMatch(/300 of 1000 people would be removed.*Check the sources.*approve the run/s)

  await rig.people([stranger, ...everybody])
  expect(await rig.requestsOf(async () => await rig.refreshed())).toBe(0)
  const recovered = await rig.lastRun(wanted)
  expect(recovered).toMatchObject({ status: 'Successful', added: 0, removed: 0, requests: 0 })
  const replaced = await rig.runOf(run.id)
  expect(replaced).toMatchObject({ status: 'Canceled', reasonCode: 'run.replaced' })
  expect(replaced.reason).toContain(recovered.id)
  expect(await rig.members(wanted)).toHaveLength(1000)
})

test('an approval lets exactly that delta go; a changed one is held again', async () => {
  const wanted = await filled()
  const first = await held(wanted, everybody.slice(300))
  // One person more leaves between the look and the approval.
  const second = await held(wanted, everybody.slice(301))
  expect(second.deltaHash).not.toBe(first.deltaHash)
  expect(await rig.requestsOf(async () => await rig.run(wanted, first.deltaHash))).toBe(0)
  const again = await rig.lastRun(wanted)
  expect(again).toMatchObject({ status: 'Held', deltaHash: second.deltaHash, removed: 0 })
  expect(await rig.members(wanted)).toHaveLength(1000)

  const approved = await rig.run(wanted, second.deltaHash)
  expect(approved).toMatchObject({ status: 'Successful', added: 0, updated: 0, removed: 301 })
  expect(await rig.members(wanted)).toHaveLength(699)
  expect(await rig.runOf(again.id)).toMatchObject({ status: 'Canceled' })

  // Approved ones do not count among the removals of the last days, so a small one goes through.
  await rig.people([stranger, ...everybody.slice(311)])
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', removed: 10 })
})

test('small removals that nobody approved add up: the one that goes beyond the share is held', async () => {
  const wanted = await filled()
  for (const gone of [150, 160]) {
    await rig.people([stranger, ...everybody.slice(gone)])
    await rig.refreshed()
    expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful' })
  }
  const run = await held(wanted, everybody.slice(200))
  expect(run).toMatchObject({ reasonCode: 'run.held_many_removals_lately' })
  expect(run.reason).toMatch(/40 people would be removed .*200 in 7 days, of 840/)
})

test('nobody would be left of a few: held, although they are fewer than the count', async () => {
  const few = crowd(0, 5)
  await rig.people([stranger, ...few])
  const wanted = await rig.microsoftExport('Few', [await rig.segment('Few')])
  await rig.refreshed()
  const run = await held(wanted, [])
  expect(run).toMatchObject({ reasonCode: 'run.held_all_gone' })
  expect(run.reason).toMatch(/Nobody would be left .* all 5 people/)
  const approved = await rig.run(wanted, run.deltaHash)
  expect(approved).toMatchObject({ status: 'Successful', removed: 5 })
  expect(await rig.members(wanted)).toEqual([])
})
