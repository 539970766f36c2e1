/** Where the guard's boundaries lie, and what it counts as a removal. */
import { describe, expect, test } from 'vitest'
import { LIST, withCompany } from './fixtures/ledger-company.ts'
import { crowdOf, gone } from './fixtures/sealed-world.ts'
import { type GuardInput, guard } from './guard.ts'
import type { ListDelta } from './plan.ts'

const deltaOf = (delta: Partial<ListDelta>): ListDelta => ({
  listId: LIST,
  expected: 1000,
  added: 0,
  updated: 0,
  removed: delta.leaving ?? 0,
  invalid: 0,
  duplicates: 0,
  leaving: 0,
  standing: 0,
  present: 1000,
  theirs: 0,
  kept: 0,
  nobodyFits: false,
  first: false,
  ...delta,
})

const judge = (deltas: readonly ListDelta[], more: Partial<GuardInput> = {}) =>
  guard({ deltas, listNames: new Map([[LIST, 'Newsletter']]), people: 0, recentRemovals: new Map(), ...more })

const codeOf = (verdict: ReturnType<typeof judge>): string => (verdict.kind === 'pass' ? 'pass' : verdict.code)

describe('removals', () => {
  test.each([
    { leaving: 0, present: 1000, verdict: 'pass' },
    { leaving: 49, present: 50, verdict: 'pass' },
    { leaving: 50, present: 51, verdict: 'run.held_many_removals' },
    { leaving: 50, present: 249, verdict: 'run.held_many_removals' },
    { leaving: 50, present: 250, verdict: 'pass' },
    { leaving: 51, present: 250, verdict: 'run.held_many_removals' },
    { leaving: 200, present: 1000, verdict: 'pass' },
    { leaving: 201, present: 1000, verdict: 'run.held_many_removals' },
  ])('$leaving of $present: $verdict', ({ leaving, present, verdict }) => {
    expect(codeOf(judge([deltaOf({ leaving, present })]))).toBe(verdict)
  })

  test.each([
    { leaving: 1, present: 1, expected: 0, verdict: 'run.held_all_gone' },
    { leaving: 1, present: 2, expected: 1, verdict: 'pass' },
    { leaving: 0, present: 1, expected: 0, verdict: 'pass' },
    { leaving: 0, present: 0, expected: 0, verdict: 'pass' },
    { leaving: 60, present: 60, expected: 0, verdict: 'run.held_all_gone' },
  ])('$leaving of $present, $expected would be left: $verdict', ({ verdict, ...delta }) => {
    expect(codeOf(judge([deltaOf(delta)]))).toBe(verdict)
  })

  test.each([
    { leaving: 10, recent: 190, present: 1000, verdict: 'pass' },
    { leaving: 10, recent: 191, present: 1000, verdict: 'run.held_many_removals_lately' },
    { leaving: 10, recent: 39, present: 100, verdict: 'pass' },
    { leaving: 10, recent: 40, present: 100, verdict: 'run.held_many_removals_lately' },
    { leaving: 0, recent: 900, present: 100, verdict: 'pass' },
  ])('$leaving after $recent lately, of $present: $verdict', ({ leaving, recent, present, verdict }) => {
    const recentRemovals = new Map([[LIST, recent]])
    expect(codeOf(judge([deltaOf({ leaving, present })], { recentRemovals }))).toBe(verdict)
  })

  test('what was removed from another list lately does not count for this one', () => {
    expect(codeOf(judge([deltaOf({ leaving: 10 })], { recentRemovals: new Map([['8', 900]]) }))).toBe('pass')
  })

  test('one list of several is enough, and it is the one that is named', () => {
    const quiet = deltaOf({ listId: '8', leaving: 10 })
    expect(judge([quiet, deltaOf({ leaving: 300 })])).toEqual({
      kind: 'held',
      code: 'run.held_many_removals',
      details: { list: 'Newsletter', removed: 300, present: 1000 },
    })
  })
})

describe('limits of people', () => {
  test.each([
    { over: 'export', code: 'run.over_export_limit' },
    { over: 'connection', code: 'run.over_connection_limit' },
    { over: 'contract', code: 'run.over_contract_limit' },
  ] as const)('of the $over: as many as it allows pass, one more is refused', ({ over, code }) => {
    const peopleLimit = { value: 500, over }
    expect(judge([deltaOf({})], { people: 500, peopleLimit })).toEqual({ kind: 'pass' })
    expect(judge([deltaOf({})], { people: 501, peopleLimit })).toEqual({
      kind: 'refused',
      code,
      details: { people: 501, limit: 500, over: 1 },
    })
  })

  test('come before what could be approved', () => {
    const peopleLimit = { value: 500, over: 'export' } as const
    expect(judge([deltaOf({ leaving: 300 })], { people: 501, peopleLimit })).toMatchObject({ kind: 'refused' })
  })
})

describe('what a plan counts as leaving', () => {
  test('49 people of whom no answer is known, and an empty segment: held, although none is known to be there', async () => {
    await withCompany(async (company) => {
      const people = crowdOf(49)
      await company.run(people, { calls: [{ kind: 'unknown-applied' }] })
      company.passHours(1)
      const delta = await company.plan(gone(people))
      expect(delta).toMatchObject({ leaving: 49, removed: 49, present: 49, expected: 0 })
      expect(codeOf(judge([delta]))).toBe('run.held_all_gone')
    })
  })

  test.each(['refused', 'unknown-never', 'unknown-applied'] as const)(
    'removals that were %s yesterday are tried again today, and not held again',
    async (kind) => {
      await withCompany(async (company) => {
        const people = crowdOf(100)
        const left = [...gone(people.slice(0, 60)), ...people.slice(60)]
        await company.run(people)
        const asked = await company.plan(left)
        expect(codeOf(judge([asked]))).toBe('run.held_many_removals')
        // Somebody approved them.
        await company.finish(asked, { calls: [{ kind }] })
        company.passHours(25)
        const again = await company.plan(left)
        expect(again).toMatchObject({ removed: 60, leaving: 0 })
        expect(codeOf(judge([again]))).toBe('pass')
        // One who was never tried is looked at alone.
        expect(await company.plan([...gone(people.slice(0, 61)), ...people.slice(61)])).toMatchObject({
          removed: 61,
          leaving: 1,
        })
      })
    },
  )
})
