/** Who was on a list before us: how they come into the ledger, and what a run does and never does to them. */
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type LedgerCompany, LIST, withCompany } from './fixtures/ledger-company.ts'
import { addressOf, crowdOf, gone, KEY, type World } from './fixtures/sealed-world.ts'
import { listReadingOf } from './theirs.ts'

const people = crowdOf(3)
const address = (index: number): string => addressOf(index, { address: 'a' })
const without = (index: number): World =>
  people.map((person, at) => (at === index ? { ...person, member: false } : person))

const rowShape = z.object({
  identifier: z.string().nullable(),
  owner: z.string(),
  state: z.string(),
  remoteId: z.string().nullable(),
  known: z.boolean(),
})
const ledger = async ({ engine }: LedgerCompany) =>
  await engine.rows(
    sql`select identifier, owner, state, remote_id as "remoteId", hash is not null as known from ledger order by identifier`,
    rowShape,
  )
const readingOf = ({ engine, runId, now }: LedgerCompany) =>
  listReadingOf(engine, { listId: LIST, runId, identityKey: KEY, now })

describe('a reading', () => {
  test('keeps everybody once, by the normalised address, as people of the profiles are known', async () => {
    await withCompany(async (company) => {
      const reading = readingOf(company)
      await reading.take([
        { identifier: ` ${address(0).toUpperCase()}`, remoteId: 'id-0' },
        { identifier: address(0), remoteId: 'id-00' },
        { identifier: 'stranger@example.com' },
        { identifier: 'no address' },
      ])
      await reading.take([{ identifier: "o'hara+\u00e5@example.com", remoteId: 'a "quoted" id' }])
      await reading.keep()
      const theirs = { owner: 'theirs', state: 'present', known: false }
      expect(await ledger(company)).toEqual([
        { identifier: "o'hara+\u00e5@example.com", remoteId: 'a "quoted" id', ...theirs },
        { identifier: address(0), remoteId: 'id-0', ...theirs },
        { identifier: 'stranger@example.com', remoteId: null, ...theirs },
      ])
      expect(await company.plan(people)).toMatchObject({ added: 2, updated: 1, theirs: 3, present: 0, first: true })
    })
  })

  test('takes the place of an earlier one, and of one that was cut', async () => {
    await withCompany(async (company) => {
      await readingOf(company).take([{ identifier: 'cut@example.com' }])
      company.vendor.members.set(address(0), null).set('away@example.com', null)
      await company.readList()
      company.vendor.members.delete('away@example.com')
      company.vendor.members.set(address(1), null)
      expect(await company.planFirst(people)).toMatchObject({ added: 1, updated: 2, theirs: 2 })
      expect((await ledger(company)).map(({ identifier }) => identifier)).toEqual([address(0), address(1)])
    })
  })

  test('of a list that holds somebody of ours is refused, and changes nothing', async () => {
    await withCompany(async (company) => {
      await company.run(people)
      const before = await ledger(company)
      await expect(company.readList()).rejects.toThrow('not on its first run')
      expect(await ledger(company)).toEqual(before)
    })
  })

  test('that fails half way leaves the ledger as it was', async () => {
    await withCompany(async (company) => {
      const { engine } = company
      company.vendor.members.set(address(0), null)
      await company.readList()
      const before = await ledger(company)
      // After the old rows went, and before the new ones came.
      const breaking = {
        ...{ dialect: engine.dialect, spillFolder: engine.spillFolder, stream: engine.stream, close: engine.close },
        run: engine.run.bind(engine),
        rows: engine.rows.bind(engine),
        columns: engine.columns.bind(engine),
        sparing: engine.sparing.bind(engine),
        rehearse: engine.rehearse.bind(engine),
        transaction: <T>(work: (session: typeof engine) => Promise<T>): Promise<T> =>
          engine.transaction(async (session) => {
            let left = 2
            return await work({
              ...breaking,
              rows: session.rows.bind(session),
              run: async (query) => {
                if (left-- === 1) throw new Error('The disk is full.')
                return await session.run(query)
              },
            })
          }),
      }
      const reading = listReadingOf(breaking, { listId: LIST, runId: '9', identityKey: KEY, now: company.now })
      await reading.take([{ identifier: address(1) }])
      await expect(reading.keep()).rejects.toThrow('The disk is full.')
      expect(await ledger(company)).toEqual(before)
    })
  })
})

/** Everybody in the segment was there before us, and one more person. */
async function found(company: LedgerCompany): Promise<void> {
  for (const name of [address(0), address(1), address(2), 'other@example.com']) company.vendor.members.set(name, null)
}

describe('somebody who was there before us', () => {
  test('is updated, stays when they leave the segment, and is not sent again when they return as they were', async () => {
    await withCompany(async (company) => {
      await found(company)
      expect(await company.finish(await company.planFirst(people))).toMatchObject({ delta: { added: 0, updated: 3 } })
      expect((await ledger(company)).filter(({ known }) => known)).toHaveLength(3)
      expect((await company.run(without(1))).rows).toEqual([])
      expect((await company.run(gone(people))).rows).toEqual([])
      expect((await company.run(people)).rows).toEqual([])
      const changed = people.map((person) => ({ ...person, city: 'y' }))
      expect((await company.run(changed)).delta).toMatchObject({ added: 0, updated: 3, removed: 0, theirs: 4 })
      expect(company.vendor.members.size).toBe(4)
    })
  })

  test.each(['refused', 'unknown-never', 'unknown-applied', 'lost-then-refused', 'unsent'] as const)(
    'is theirs still after an update that was %s',
    async (kind) => {
      await withCompany(async (company) => {
        await found(company)
        await company.finish(await company.planFirst(people), { calls: [{ kind }] })
        company.passHours(25)
        expect((await company.run(gone(people))).rows).toEqual([])
        expect((await ledger(company)).map(({ owner }) => owner)).toEqual(Array(4).fill('theirs'))
        expect((await company.run(people)).rows).toHaveLength(3)
      })
    },
  )

  test('is read again for as long as nothing of ours reached the list', async () => {
    await withCompany(async (company) => {
      await found(company)
      await company.finish(await company.planFirst(people), { calls: [{ kind: 'refused' }] })
      company.passHours(25)
      expect(await company.plan(people)).toMatchObject({ first: true })
      await company.finish(await company.planFirst(people))
      expect(await company.plan(people)).toMatchObject({ first: false })
    })
  })
})

test('from an add-only list nobody is removed; who would be is counted, and goes once it is ours', async () => {
  await withCompany(async (company) => {
    company.addOnly = true
    await company.run(people)
    const { delta, rows, status } = await company.run(without(1))
    expect({ delta, rows, status }).toMatchObject({
      delta: { removed: 0, leaving: 0, kept: 1 },
      rows: [],
      status: 'Successful',
    })
    company.addOnly = false
    expect((await company.run(without(1))).delta).toMatchObject({ removed: 1, kept: 0 })
    expect([...company.vendor.members.keys()]).toEqual([address(0), address(2)])
  })
})

test('a removal that was refused does not count once nobody may be removed', async () => {
  await withCompany(async (company) => {
    await company.run(people)
    await company.run(without(1), { calls: [{ kind: 'refused' }] })
    company.addOnly = true
    company.passSeconds(60)
    expect(await company.run(without(1))).toMatchObject({ rows: [], status: 'Successful', rejected: 0 })
  })
})
