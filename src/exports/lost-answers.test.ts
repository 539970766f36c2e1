/** What the ledger still has to do for somebody after an answer was lost, although it looks done. */
import { describe, expect, test } from 'vitest'
import { type Call, type LedgerCompany, SETTLES_SECONDS, withCompany } from './fixtures/ledger-company.ts'
import { addressOf, crowdOf, gone, type World } from './fixtures/sealed-world.ts'

const [one] = crowdOf(1)
if (one === undefined) throw new Error('There must be somebody.')
const present: World = [one]
const absent: World = gone(present)
const changed: World = [{ ...one, city: 'y' }]
const address = addressOf(0, one)

describe('a lost update, and the values went back', () => {
  test('the old values are written once more when the late write can no longer land', async () => {
    await withCompany(async (company) => {
      await company.run(present)
      company.passSeconds(60)
      await company.run(changed, { calls: [{ kind: 'unknown-late', afterSeconds: SETTLES_SECONDS - 1 }] })
      company.passSeconds(60)
      await company.run(present)
      // The ledger's values are the wanted ones, and the vendor's are not any more.
      company.passSeconds(SETTLES_SECONDS - 61)
      expect(company.vendor.members.get(address)).toBe('y')
      company.passSeconds(1)
      expect(await company.run(present)).toMatchObject({ delta: { updated: 1 } })
      expect(company.vendor.members.get(address)).toBe('x')
      company.passHours(25)
      expect((await company.run(present)).rows).toEqual([])
    })
  })

  test('nothing is repeated where the answer to the same values was lost', async () => {
    await withCompany(async (company) => {
      await company.run(present)
      await company.run(changed, { calls: [{ kind: 'lost-then-applied' }] })
      company.passHours(1)
      expect((await company.run(changed)).rows).toEqual([])
    })
  })
})

/** Somebody who was added and taken off. */
async function departed(company: LedgerCompany, removal: Call['kind'] & ('applied' | 'refused' | 'unknown-never')) {
  await company.run(present)
  company.passSeconds(SETTLES_SECONDS + 1)
  await company.run(absent, { calls: [{ kind: removal }] })
  company.passSeconds(60)
}

const returnOf = async (company: LedgerCompany, call: Call): Promise<boolean> => {
  const { rows } = await company.run(present, { calls: [call] })
  expect(rows.map(({ identifier, operation }) => ({ identifier, operation }))).toEqual([
    { identifier: address, operation: 'add' },
  ])
  company.passHours(25)
  return rows[0]?.left ?? false
}

test.each([
  ['long ago', SETTLES_SECONDS + 1],
  // An add that we do not see yet may be why nobody is there, so the removal is repeated.
  ['just now', 1],
])(
  'somebody whom we added %s and another took off does not come back as one whom we took off',
  async (_when, since) => {
    await withCompany(async (company) => {
      await company.run(present)
      company.passSeconds(since)
      company.vendor.members.delete(address)
      expect(await company.run(absent)).toMatchObject({ rows: [{ operation: 'remove' }], status: 'Successful' })
      company.passHours(25)
      for (const kind of ['unknown-never', 'applied'] as const) expect(await returnOf(company, { kind })).toBe(false)
      // Taken off by us from here on.
      await company.run(absent)
      expect(await returnOf(company, { kind: 'applied' })).toBe(true)
    })
  },
)

describe('somebody whom we took off, or may have, comes back as such', () => {
  test.each(['applied', 'refused', 'unknown-never'] as const)('the removal was %s', async (removal) => {
    await withCompany(async (company) => {
      await departed(company, removal)
      expect(await returnOf(company, { kind: 'applied' })).toBe(true)
    })
  })

  test.each(['unsent', 'refused', 'unknown-never', 'unknown-applied', 'lost-then-refused'] as const)(
    'also at each further attempt while the return is %s',
    async (kind) => {
      await withCompany(async (company) => {
        await departed(company, 'applied')
        for (let attempt = 1; attempt <= 3; attempt++) expect(await returnOf(company, { kind })).toBe(true)
        expect(await returnOf(company, { kind: 'applied' })).toBe(true)
        // Acknowledged: from now on an update is that of a member.
        expect((await company.run(changed)).rows.map(({ left = false }) => left)).toEqual([false])
      })
    },
  )

  test('a newcomer whose answer was lost does not', async () => {
    await withCompany(async (company) => {
      expect(await returnOf(company, { kind: 'unknown-never' })).toBe(false)
      expect(await returnOf(company, { kind: 'unknown-never' })).toBe(false)
    })
  })
})
