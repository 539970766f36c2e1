import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sandboxVendors } from '../../sandbox/vendors.ts'
import { faults, phases } from './faults.ts'
import { runLane } from './lane.ts'
import { matrixOf } from './matrix.ts'
import { halved } from './records.ts'

/** A lane opens a server and three refreshes. */
const LANE_MS = 300_000

test('the grid has enough cells, each with a name and people of its own', () => {
  const all = sandboxVendors.map((vendor) => ({ vendor, ...matrixOf(vendor) }))
  expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length)
  expect(faults.length).toBeGreaterThanOrEqual(30)
  expect(all.reduce((sum, { cells }) => sum + cells.length, 0)).toBeGreaterThanOrEqual(400)
  for (const { cells, impossible } of all) {
    expect(cells.length + impossible.length).toBe(faults.length * phases.length)
    expect(new Set(cells.map(({ code }) => code)).size).toBe(cells.length)
    for (const { why } of impossible) expect(why).not.toBe('')
  }
})

test('half of the people are taken out, and nothing else', () => {
  const body = Buffer.from('{"list_ids":["1","2"],"contacts":[{"email":"a"},{"email":"b"},{"email":"c"}]}')
  const message = { method: 'PUT', target: '/v3/marketing/contacts', body }
  expect(halved('sendgrid', message)?.body.toString()).toBe('{"list_ids":["1","2"],"contacts":[{"email":"a"}]}')
  const removal = { method: 'DELETE', target: '/v3/marketing/lists/7/contacts?contact_ids=x,y', body: Buffer.alloc(0) }
  expect(halved('sendgrid', removal)?.target).toBe('/v3/marketing/lists/7/contacts?contact_ids=x')
  expect(halved('sendgrid', { ...removal, target: '/v3/marketing/lists/7/contacts?contact_ids=x' })).toBeUndefined()
})

test('a few cells at one destination, with all that has to be true in them', { timeout: LANE_MS }, async () => {
  const wanted = ['reset', '200-shape', '500']
  const { cells } = matrixOf('microsoft-advertising', { fault: wanted.join(','), phase: 'partly' })
  expect(cells).toHaveLength(wanted.length)
  const folder = await mkdtemp(join(tmpdir(), 'sund-grid-test-'))
  try {
    const results = await runLane('microsoft-advertising', folder, cells)
    // And the one in which nothing goes wrong.
    expect(results).toHaveLength(cells.length + 1)
    expect(results.filter(({ problems }) => problems.length > 0)).toEqual([])
    expect(results.filter(({ hits }) => hits === 0)).toHaveLength(1)
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
})
