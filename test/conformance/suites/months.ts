/** Months of a company in a minute: people come and go, requests go wrong, the process is killed; the list stays right. */
import fc from 'fast-check'
import { expect } from 'vitest'
import { seeded } from '../../../src/delivery/fixtures/rig.ts'
import type { Case, Subject } from '../case.ts'
import type { Company, Ordeal, Somebody } from '../company.ts'
import type { Stage } from '../stage.ts'
import type { Asked, Mishap } from '../wire.ts'
import { member, newCompany } from './ledger.ts'

const PEOPLE = 5
const DAY = 24 * 3600 * 1000

interface Step {
  /** Of each person: in the segment, and which of two values they have. */
  readonly people: readonly { readonly member: boolean; readonly value: string }[]
  readonly share: number
  readonly seed: number
  readonly batch: number
  readonly killedAt: number | undefined
  readonly crashAt: Ordeal['crashAt']
  readonly hours: number
}

const somebody = fc.record({ member: fc.constantFrom(true, true, false), value: fc.constantFrom('Ada', 'Eve') })
const step: fc.Arbitrary<Step> = fc.record({
  people: fc.array(somebody, { minLength: PEOPLE, maxLength: PEOPLE }),
  share: fc.constantFrom(0, 0.15, 0.4),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  batch: fc.integer({ min: 1, max: 4 }),
  killedAt: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
  crashAt: fc.option(
    fc.record({ change: fc.integer({ min: 1, max: 12 }), when: fc.constantFrom('before' as const, 'after' as const) }),
    { nil: undefined },
  ),
  hours: fc.constantFrom(0, 1, 7, 25),
})

const mishaps: readonly Mishap[] = [
  { kind: 'reset' },
  { kind: 'lost' },
  { kind: 'cut', in: 'body' },
  { kind: 'answer', answer: { status: 503 } },
  { kind: 'answer', answer: { status: 502 }, applied: true },
  { kind: 'answer', answer: { status: 429, headers: { 'retry-after': '3' } } },
  {
    kind: 'answer',
    answer: { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Soon</html>' },
    applied: true,
  },
]

/** A renewal whose answer is lost can end the sign-in, which only a person mends: tokens.test.ts is about that. */
const going = (share: number, seed: number, tokenPath: string | undefined): ((asked: Asked) => Mishap | undefined) => {
  const random = seeded(seed)
  return ({ target }) =>
    target !== tokenPath && random() < share ? mishaps[Math.floor(random() * mishaps.length)] : undefined
}

const peopleOf = (company: Company, people: Step['people']): Somebody[] =>
  people.map(({ member: isMember, value }, index) => ({
    ...member(company, `person${index}@people.example`, value),
    member: isMember,
  }))

const wait = async (stage: Stage, ms: number): Promise<void> =>
  await stage.clock.sleep(ms, new AbortController().signal)

/** Says what is so: who is said to have arrived, or left, did; and Successful means equal. */
const expectTruth = (stage: Stage, company: Company, people: readonly Somebody[], status: string): void => {
  if (status === 'Successful') expect(stage.members(company.list)).toEqual(company.wanted(people))
}

const live = async (stage: Stage, steps: readonly Step[]): Promise<void> => {
  const company = await newCompany(stage)
  let people: Somebody[] = []
  for (const { people: next, share, seed, batch, killedAt, crashAt, hours } of steps) {
    people = peopleOf(company, next)
    stage.wire.clear()
    stage.wire.mishap = going(share, seed, stage.tokenPath)
    const ordeal = {
      batch,
      ...(killedAt === undefined ? {} : { killedAt }),
      ...(crashAt === undefined ? {} : { crashAt }),
    }
    const { status } = await company.run(people, ordeal)
    expectTruth(stage, company, people, status)
    stage.wire.clear()
    await wait(stage, hours * 3600 * 1000)
  }
  for (let quiet = 0; quiet < 4; quiet++) {
    await wait(stage, DAY + 3_600_000)
    const report = await company.run(people)
    if (quiet === 3) expect(report).toMatchObject({ status: 'Successful', requests: 0 })
  }
  expect(stage.members(company.list)).toEqual(company.wanted(people))
}

export const months = (_: Subject): readonly Case[] => [
  {
    title:
      'months of people coming and going, with faults and kills: the list ends equal to the segment, and is silent',
    async run(stage) {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), async (steps) => await live(stage, steps)),
        { numRuns: 6 },
      )
    },
  },
]
