/** Refused records: counted while they stand, tried again after a day, forgotten when nobody wants them any more. */
import { describe, expect, test } from 'vitest'
import { withCompany } from './fixtures/ledger-company.ts'
import { addressOf, crowdOf, gone, type World } from './fixtures/sealed-world.ts'

const [one] = crowdOf(1)
if (one === undefined) throw new Error('There must be somebody.')
/** Somebody else stays, so that the list is never to be emptied. */
const stays = crowdOf(1)
const both: World = [one, ...stays]
const left: World = [...gone([one]), ...stays]
const changed: World = [{ ...one, city: 'y' }, ...stays]

describe('a refused removal', () => {
  test('stands for a day: counted, and the run is Partial without a request', async () => {
    await withCompany(async (company) => {
      await company.run(both)
      company.passHours(1)
      const refused = await company.run(left, { calls: [{ kind: 'refused' }] })
      expect(refused).toMatchObject({ status: 'Partial', rejected: 1, delta: { removed: 1, standing: 0 } })
      company.passHours(23)
      const standing = await company.run(left)
      expect(standing).toMatchObject({ status: 'Partial', rejected: 1, rows: [], delta: { removed: 0, standing: 1 } })
    })
  })

  test('is tried again after a day, until it is done', async () => {
    await withCompany(async (company) => {
      await company.run(both)
      for (const [kind, status, rejected] of [
        ['refused', 'Partial', 1],
        ['refused', 'Partial', 1],
        ['applied', 'Successful', 0],
      ] as const) {
        company.passHours(24)
        const report = await company.run(left, { calls: [{ kind }] })
        expect(report).toMatchObject({ status, rejected, delta: { removed: 1, standing: 0 } })
        expect(report.rows.map(({ identifier }) => identifier)).toEqual([addressOf(0, one)])
      }
      expect([...company.vendor.members.keys()]).toEqual([addressOf(1, one)])
      company.passHours(24)
      expect(await company.run(left)).toMatchObject({ status: 'Successful', rows: [], delta: { standing: 0 } })
    })
  })

  test('is of no interest once the person is in the segment again', async () => {
    await withCompany(async (company) => {
      await company.run(both)
      await company.run(left, { calls: [{ kind: 'refused' }] })
      company.passHours(1)
      expect(await company.run(both)).toMatchObject({ status: 'Successful', rejected: 0, delta: { standing: 0 } })
      company.passHours(1)
      expect(await company.run(both)).toMatchObject({ status: 'Successful', rows: [], delta: { standing: 0 } })
    })
  })
})

describe('a refused update', () => {
  test('stands for a day with its values, and is tried again then', async () => {
    await withCompany(async (company) => {
      await company.run(both)
      expect(await company.run(changed, { calls: [{ kind: 'refused' }] })).toMatchObject({ status: 'Partial' })
      company.passHours(23)
      expect(await company.run(changed)).toMatchObject({ status: 'Partial', rejected: 1, rows: [] })
      company.passHours(1)
      expect(await company.run(changed)).toMatchObject({ status: 'Successful', delta: { updated: 1, standing: 0 } })
    })
  })

  test('with other values is another update: it is tried at once', async () => {
    await withCompany(async (company) => {
      await company.run(both)
      await company.run(changed, { calls: [{ kind: 'refused' }] })
      company.passHours(1)
      const other: World = [{ ...one, city: 'z' }, ...stays]
      expect(await company.run(other)).toMatchObject({ status: 'Successful', rejected: 0, delta: { updated: 1 } })
    })
  })

  test('whose values went back to what the list holds is not counted', async () => {
    await withCompany(async (company) => {
      await company.run(both)
      await company.run(changed, { calls: [{ kind: 'refused' }] })
      company.passHours(1)
      expect(await company.run(both)).toMatchObject({ status: 'Successful', rejected: 0, rows: [] })
    })
  })
})

test('a refused newcomer who left the segment is not counted, and comes back without a day of waiting', async () => {
  await withCompany(async (company) => {
    await company.run(left)
    expect(await company.run(both, { calls: [{ kind: 'refused' }] })).toMatchObject({ status: 'Partial', rejected: 1 })
    company.passHours(1)
    expect(await company.run(left)).toMatchObject({ status: 'Successful', rejected: 0, rows: [] })
    company.passHours(1)
    expect(await company.run(both)).toMatchObject({ status: 'Successful', delta: { added: 1, standing: 0 } })
  })
})

test('somebody refused for good is not sent again, on no later day', async () => {
  await withCompany(async (company) => {
    await company.run(left)
    const refused = await company.run(both, { calls: [{ kind: 'refused-for-good' }] })
    expect(refused).toMatchObject({ status: 'Partial', rejected: 1, delta: { added: 1 } })
    for (const hours of [1, 25, 24 * 60]) {
      company.passHours(hours)
      expect(await company.run(both)).toMatchObject({ rows: [], delta: { added: 0 } })
    }
    expect([...company.vendor.members.keys()]).toEqual([addressOf(1, one)])
  })
})
