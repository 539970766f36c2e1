/** What becomes of single records: some refused, one that spoils a call, one that is not there, one too large. */
import fc from 'fast-check'
import { expect } from 'vitest'
import type { AnyDestination, Operation as Route } from '../../../src/destination-kit/kit.ts'
import type { Case, Subject } from '../case.ts'
import { allApplied, carryOn, identifiersOf, lineUp, sendTo, someone } from '../line.ts'
import type { Stage } from '../stage.ts'
import { ready } from './answers.ts'
import { member, newCompany } from './ledger.ts'

const someRefused: Case = {
  id: 'D9',
  title: 'D9 whoever is refused alone is named, in whatever place, and everybody else arrives',
  async run(stage) {
    const places = fc.array(fc.boolean(), { minLength: 2, maxLength: 9 })
    await fc.assert(
      fc.asyncProperty(places, async (refusals) => {
        const list = await stage.newList()
        const plain = someone(stage, 0, refusals.length)
        const people = plain.map((one, n) =>
          refusals[n] === true ? { ...one, identifier: stage.identifier(stage.fixtures.refused(n)) } : one,
        )
        const { fates } = await sendTo(stage, list, people, 'add')
        const kinds = people.map((_, seq) => fates.get(seq)?.kind)
        expect(kinds).toEqual(refusals.map((refused) => (refused ? 'rejected' : 'applied')))
        expect(stage.members(list)).toEqual(identifiersOf(plain.filter((_, n) => refusals[n] !== true)))
      }),
      { numRuns: 8 },
    )
  },
}

const POISONED = 32

const poisoned: Case = {
  id: 'D10',
  title: 'D10 one who spoils the whole call is found by halving, and everybody else arrives',
  async run(stage) {
    const { list, people } = await ready(stage, 'add', POISONED)
    const poison = people[13]?.identifier ?? ''
    const { callRefused } = stage.fixtures
    stage.wire.mishap = ({ writes, body }) =>
      writes && body.includes(poison) ? { kind: 'answer', answer: callRefused } : undefined
    const { fates } = await sendTo(stage, list, people, 'add')
    const rejected = [...fates].filter(([, { kind }]) => kind !== 'applied').map(([seq, { kind }]) => [seq, kind])
    expect(rejected).toEqual([[13, 'rejected']])
    const writes = stage.wire.asked.filter((asked) => asked.writes).length
    expect(writes).toBeLessThanOrEqual(1 + 2 * Math.log2(POISONED) + 1)
    expect(stage.members(list)).toEqual(identifiersOf(people.filter((_, n) => n !== 13)))
  },
}

const notThere: Case = {
  id: 'D16',
  title: 'D16 a removal that finds nobody is done; one that is refused is told, and tried again by the next run',
  async run(stage) {
    const { list, people } = await ready(stage, 'remove')
    expect(allApplied(await sendTo(stage, list, people, 'remove'))).toBe(true)
    expect(allApplied(await sendTo(stage, list, people, 'remove'))).toBe(true)

    const company = await newCompany(stage)
    const stays = member(company, 'stays@people.example')
    const leaves = member(company, 'leaves@people.example')
    await company.run([stays, leaves])
    const refusal = stage.fixtures.answers.find(({ means, to }) => means === 'refused' && to !== 'add')
    if (refusal === undefined) throw new Error('No answer refuses a removal.')
    stage.wire.mishap = ({ writes }) => (writes ? { kind: 'answer', answer: refusal.answer } : undefined)
    const after = [stays, { ...leaves, member: false }]
    expect(await company.run(after)).toMatchObject({ status: 'Partial', counters: { removed: 0, rejected: 1 } })
    expect(stage.members(company.list)).toHaveLength(2)
    stage.wire.clear()
    // It stands until it is tried again, once a day.
    expect(await company.run(after)).toMatchObject({ status: 'Partial', requests: 0 })
    await stage.clock.sleep(25 * 3600 * 1000, new AbortController().signal)
    expect(await company.run(after)).toMatchObject({ status: 'Successful', counters: { removed: 1 } })
    expect(stage.members(company.list)).toEqual(company.wanted(after))
  },
}

/** The first route of adding, with another limit of bytes. */
const withBytes = (definition: AnyDestination, bytes: number): AnyDestination => {
  const [first, ...others] = definition.add
  if (first?.bytes === undefined) throw new Error('The first route has no limit of bytes.')
  const route: Route<string, string> = { ...first, bytes: { ...first.bytes, value: bytes } }
  return { ...definition, add: [route, ...others] }
}

const sizesOf = async (stage: Stage, bytes: number): Promise<number[]> => {
  const { list, people } = await ready(stage, 'add', 6)
  const run = lineUp(stage, people, 'add')
  const sent = await carryOn(stage, list, run, { more: { destination: withBytes(stage.definition, bytes) } })
  expect(allApplied(sent)).toBe(true)
  expect(stage.members(list)).toEqual(identifiersOf(people))
  return [...run.batches.values()].filter(({ state }) => state === 'done').map(({ from, to }) => to - from + 1)
}

const tooLarge: Case = {
  id: 'X5',
  title: 'X5 calls are cut by bytes as well as by count, and a record that is too large alone is refused, not cut',
  async run(stage) {
    const { list, people } = await ready(stage, 'add', 6)
    const [route] = stage.definition.add
    const text = (n: number): string => {
      const { identifier = '', fields = {} } = people[n] ?? {}
      return route?.row({ ref: String(n), identifier, fields }, { ...stage.place, list }) ?? ''
    }
    const three = [0, 1, 2].reduce((sum, n) => sum + Buffer.byteLength(text(n)) + 1, 0)
    expect(await sizesOf(stage, three)).toEqual([3, 3])
    expect(await sizesOf(stage, three - 1)).toEqual([2, 2, 2])

    const [name = ''] = stage.fixtures.fields
    const large = people.map((one, n) => (n === 2 ? { ...one, fields: { [name]: 'x'.repeat(1_000_000) } } : one))
    const run = lineUp(stage, large, 'add')
    const destination = withBytes(stage.definition, 500_000)
    const { fates } = await carryOn(stage, list, run, { more: { destination } })
    expect(fates.get(2)).toMatchObject({ kind: 'rejected', code: 'too-large' })
    expect(stage.members(list)).toEqual(identifiersOf(people.filter((_, n) => n !== 2)))
  },
}

export const records = ({ definition, fixtures }: Subject): readonly Case[] => [
  someRefused,
  poisoned,
  notThere,
  {
    ...tooLarge,
    ...(fixtures.fields.length === 0 || definition.add[0]?.bytes === undefined
      ? { cannot: `a record for ${definition.name} is a hash of fixed length, so the count alone decides` }
      : {}),
  },
]
