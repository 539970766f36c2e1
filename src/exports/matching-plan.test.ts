/** What a data matching does to a plan: who is left out for a value, what a changed matching sends, and what it does not. */
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Limit, MatchField } from '../destination-kit/fields.ts'
import type { MatchedField } from '../domain/matched-value.ts'
import { type LedgerCompany, type RunReport, withCompany } from './fixtures/ledger-company.ts'
import { openEngine } from './fixtures/matched-people.ts'
import { addressOf, gone, type Somebody, type World } from './fixtures/sealed-world.ts'
import { kindsOf, matchingId } from './matching-id.ts'
import { invalidPeople } from './run-records.ts'
import { ensureExportTables } from './tables.ts'

const max: Limit = { value: 5, source: 'a test', checked: '2026-11-21', kind: 'documented' }
const city: MatchField = { name: 'city', label: 'City', max }

const livesIn = (...cities: string[]): Somebody[] => cities.map((one) => ({ member: true, address: 'a', city: one }))
const person = (index: number) => addressOf(index, { address: 'a' })

const by = (fields: Readonly<Record<string, MatchedField>>) => ({ identifier: 'Email', fields: { ...fields } })
const sentOf = ({ rows }: RunReport) =>
  rows.map(({ operation, identifier, fields }) => [operation, identifier, fields] as const).sort()
const invalidOf = async ({ engine, runId }: LedgerCompany) =>
  (await invalidPeople(engine, runId, undefined, { limit: 10, offset: 0 })).people

/** A list that holds these people, of a destination that takes five characters. */
const withList = async (people: World, use: (company: LedgerCompany) => Promise<void>): Promise<void> =>
  await withCompany(async (company) => {
    company.fields = [city]
    await company.run(people)
    await use(company)
  })

describe('a value that the destination does not take', () => {
  test('keeps a newcomer out, counted with the field and the reason; the others go', async () => {
    await withList(livesIn('Oslo'), async (company) => {
      const report = await company.run(livesIn('Oslo', 'Trondheim', 'Bodø'))
      expect(sentOf(report)).toEqual([['add', person(2), { city: 'Bodø' }]])
      expect(report).toMatchObject({ status: 'Successful', delta: { expected: 2, added: 1, invalid: 1, removed: 0 } })
      expect(await invalidOf(company)).toEqual([{ listId: '7', customerId: 'c1', reason: 'too-long', field: 'city' }])
      expect([...company.vendor.members.keys()]).toHaveLength(2)
    })
  })

  test('of somebody on the list leaves them there as they are: neither removed nor sent, and counted', async () => {
    await withList(livesIn('Oslo', 'Bodø'), async (company) => {
      for (const _again of [1, 2]) {
        const report = await company.run(livesIn('Oslo', 'Trondheim'))
        expect(report).toMatchObject({ rows: [], delta: { expected: 2, invalid: 1, removed: 0 } })
        expect(await invalidOf(company)).toMatchObject([{ customerId: 'c1', field: 'city' }])
      }
      expect(company.vendor.members.get(person(1))).toBe('Bodø')
    })
  })

  test('that becomes one it takes is sent; whoever leaves with one it does not take is removed', async () => {
    await withList(livesIn('Oslo', 'Bodø', 'Moss'), async (company) => {
      const [first, second = first, third = first] = livesIn('Oslo', 'Trondheim', 'Kristiansand')
      if (first === undefined || second === undefined || third === undefined) throw new Error('three people')
      await company.run([first, second, third])
      const report = await company.run([first, { ...second, city: 'Ås' }, ...gone([third])])
      expect(sentOf(report)).toEqual([
        ['add', person(1), { city: 'Ås' }],
        ['remove', person(2), { city: null }],
      ])
      expect(report).toMatchObject({ delta: { updated: 1, removed: 1, invalid: 0 } })
    })
  })

  test('of somebody who is to be written again is not written', async () => {
    await withCompany(async (company) => {
      company.fields = [city]
      await company.run(livesIn('Oslo'), { calls: [{ kind: 'unknown-never' }] })
      const report = await company.run(livesIn('Trondheim'))
      expect(report).toMatchObject({ rows: [], delta: { invalid: 1, removed: 0, expected: 1 } })
    })
  })

  test('is found after the transform, and where it cannot be read', async () => {
    await withCompany(async (company) => {
      company.fields = [city]
      company.matching = by({ city: { country: 'alpha-2', of: 'City' } })
      const report = await company.run(livesIn('Kingdom of Nowhere', 'United States of America'))
      expect(sentOf(report)).toEqual([['add', person(1), { city: 'US' }]])
      expect(await invalidOf(company)).toMatchObject([{ reason: 'malformed', field: 'city' }])
    })
  })

  test('among several is named by the first of them', async () => {
    await withCompany(async (company) => {
      company.fields = [city, { name: 'group', label: 'Group', oneOf: ['a'] }]
      company.matching = by({ group: 'City', city: 'City' })
      expect(await company.run(livesIn('Trondheim'))).toMatchObject({ rows: [], delta: { invalid: 1 } })
      expect(await invalidOf(company)).toMatchObject([{ reason: 'not-among', field: 'group' }])
    })
  })
})

describe('a changed data matching', () => {
  test('that puts the same values into another field is an update of everybody', async () => {
    await withList(livesIn('Oslo'), async (company) => {
      company.matching = by({ town: 'City' })
      expect(sentOf(await company.run(livesIn('Oslo')))).toEqual([['add', person(0), { town: 'Oslo' }]])
      expect(await company.run(livesIn('Oslo'))).toMatchObject({ rows: [] })
    })
  })

  test('that makes the same of them sends nothing', async () => {
    await withList(livesIn('Oslo'), async (company) => {
      company.matching = by({ city: { trim: 'City' } })
      expect(await company.run(livesIn('Oslo'))).toMatchObject({ rows: [] })
      company.matching = by({ city: { case: 'upper', of: { trim: 'City' } } })
      expect(sentOf(await company.run(livesIn('Oslo')))).toEqual([['add', person(0), { city: 'OSLO' }]])
    })
  })

  test('without a field leaves it alone; with clear it is sent once, without a value', async () => {
    await withList(livesIn('Oslo'), async (company) => {
      company.matching = by({})
      expect(sentOf(await company.run(livesIn('Oslo')))).toEqual([['add', person(0), {}]])
      company.matching = by({ city: { clear: true } })
      expect(sentOf(await company.run(livesIn('Oslo')))).toEqual([['add', person(0), { city: null }]])
      expect(await company.run(livesIn('Oslo'))).toMatchObject({ rows: [] })
    })
  })

  test('an empty text and no value are two things', async () => {
    await withList(livesIn(''), async (company) => {
      expect(company.vendor.members.get(person(0))).toBe('')
      company.matching = by({ city: { trim: 'City' } })
      expect(sentOf(await company.run(livesIn('')))).toEqual([['add', person(0), { city: null }]])
    })
  })

  test('fields of any name are kept apart', async () => {
    await withCompany(async (company) => {
      company.matching = by({ 'a.b': 'City', "it's": { constant: 'c' }, a: 'City', 'field a': { clear: true } })
      const fields = { 'a.b': 'Oslo', "it's": 'c', a: 'Oslo', 'field a': null }
      expect(sentOf(await company.run(livesIn('Oslo')))).toEqual([['add', person(0), fields]])
    })
  })
})

describe('an unchanged data matching', () => {
  test('is known by the id that it has always had', () => {
    const fields = { last_name: 'LastName', city: 'City' }
    const id = matchingId({ identifier: 'Email', fields }, {})
    expect(id).toBe('e5cb48b4-24a4-1cd2-2c4a-f046fc1dc0b0')
    expect(matchingId({ identifier: 'Email', fields: { city: 'City', last_name: 'LastName' } }, {})).toBe(id)
    expect(matchingId({ identifier: 'Email', fields }, kindsOf([city, { ...city, name: 'age', kind: 'number' }]))).toBe(
      id,
    )
    expect(matchingId({ identifier: 'Email', fields }, { city: 'number' })).not.toBe(id)
  })

  test('is known however a store orders its keys', () => {
    const one = matchingId(by({ city: { case: 'upper', of: { country: 'name', of: 'City' } } }), {})
    expect(matchingId(by({ city: { of: { of: 'City', country: 'name' }, case: 'upper' } }), {})).toBe(one)
    expect(matchingId(by({ city: { case: 'lower', of: { country: 'name', of: 'City' } } }), {})).not.toBe(one)
  })

  test('sends nobody again whose hash an earlier version wrote', async () => {
    await withList(livesIn('Oslo', 'Bodø'), async (company) => {
      await company.engine.run(sql`update ledger set hash = ${matchingId(by({}), {})}::uuid`)
      expect(await company.run(livesIn('Oslo', 'Bodø'))).toMatchObject({ rows: [] })
    })
  })
})

test('a data plane of an earlier version is opened, and its people without a reason for a field are still there', async () => {
  const engine = await openEngine()
  try {
    await engine.run(sql`create table invalid_person (run_id bigint not null, list_id bigint not null,
      customer_id varchar not null, reason varchar not null)`)
    await engine.run(sql`insert into invalid_person values (1, 7, 'c1', 'missing')`)
    await ensureExportTables(engine)
    await ensureExportTables(engine)
    const columns = await engine.rows(sql`select * from invalid_person`, z.record(z.string(), z.unknown()))
    expect(columns).toEqual([{ run_id: 1, list_id: 7, customer_id: 'c1', reason: 'missing', field: null }])
  } finally {
    await engine.close()
  }
})
