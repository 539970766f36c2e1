import { sql } from 'kysely'
import { describe, expect, it, test } from 'vitest'
import { campaignMonitor } from '../destinations/campaign-monitor.ts'
import { microsoftAdvertising } from '../destinations/microsoft-advertising.ts'
import { sendgrid } from '../destinations/sendgrid.ts'
import { withCompany } from './fixtures/ledger-company.ts'
import { crowdOf, gone } from './fixtures/sealed-world.ts'
import { outboxParts } from './outbox.ts'
import { batchesOf, returnersApart, routeFor } from './routes.ts'

describe('the route', () => {
  it.each([
    [sendgrid.add, 0, 0],
    [sendgrid.add, 30_000, 0],
    [sendgrid.add, 30_001, 1],
    [microsoftAdvertising.remove, 100_000, 0],
    [microsoftAdvertising.remove, 100_001, 1],
    [campaignMonitor.add, 1_000_000, 0],
  ])('%# is that with the highest threshold below the number of records', (routes, records, place) => {
    expect(routeFor(routes, records, { returners: false, clears: false })).toBe(place)
  })

  it('is one of their own for people who return, where there is one', () => {
    expect([campaignMonitor, microsoftAdvertising, sendgrid].map(returnersApart)).toEqual([true, false, false])
    expect(routeFor(campaignMonitor.add, 1, { returners: true, clears: false })).toBe(1)
    expect(() => routeFor(sendgrid.add, 1, { returners: true, clears: false })).toThrow('people who return')
  })
})

describe('batches', () => {
  const parts = [
    { listId: '7', operation: 'add', returners: false, clears: false, from: 1, to: 1001 },
    { listId: '7', operation: 'add', returners: true, clears: false, from: 1002, to: 1022 },
    { listId: '7', operation: 'remove', returners: false, clears: false, from: 1023, to: 1023 },
  ] as const
  const cut = (options: Parameters<typeof batchesOf>[2]) =>
    batchesOf(campaignMonitor, parts, options).map(({ operation, route, from, to }) => [operation, route, from, to])

  it('hold people of one part, as many as its route takes', () => {
    expect(cut({})).toEqual([
      ['add', 0, 1, 1000],
      ['add', 0, 1001, 1001],
      ['add', 1, 1002, 1021],
      ['add', 1, 1022, 1022],
      ['remove', 0, 1023, 1023],
    ])
  })

  it('of people who return keep their route whichever is measured', () => {
    expect(cut({ route: 0, maxRecords: 2000 }).filter(([, route]) => route === 1)).toHaveLength(2)
  })
})

const returning = async (company: Parameters<Parameters<typeof withCompany>[0]>[0]) => {
  const people = crowdOf(5)
  await company.run(people)
  const [first, second, ...rest] = people
  if (first === undefined || second === undefined) throw new Error('There must be somebody.')
  await company.run([...gone([first, second]), ...rest])
  // Two come back, and the others have changed.
  return [first, second, ...rest.map((person) => ({ ...person, city: 'y' }))]
}

test('an outbox has those who return behind the rest of their list, in a part of their own', async () => {
  await withCompany(async (company) => {
    const { rows } = await company.run(await returning(company))
    expect(rows.map(({ left = false }) => left)).toEqual([false, false, false, true, true])
    expect(await outboxParts(company.engine, company.runId, { fields: [], returnersApart: true })).toEqual([
      { listId: '7', operation: 'add', returners: false, clears: false, from: 1, to: 3 },
      { listId: '7', operation: 'add', returners: true, clears: false, from: 4, to: 5 },
    ])
    expect(await outboxParts(company.engine, company.runId, { fields: [], returnersApart: false })).toEqual([
      { listId: '7', operation: 'add', returners: false, clears: false, from: 1, to: 5 },
    ])
  }, true)
})

test('an outbox whose parts are not whole is not sent', async () => {
  await withCompany(async (company) => {
    await company.run(await returning(company))
    await company.engine.run(sql`update ${sql.table(`outbox_${company.runId}`)} set was_left = seq in (2, 4)`)
    await expect(outboxParts(company.engine, company.runId, { fields: [], returnersApart: true })).rejects.toThrow(
      'mixes',
    )
  }, true)
})
