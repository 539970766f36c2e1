import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openDuckDb } from '../engine/duckdb.ts'
import type { DataEngine } from '../engine/engine.ts'
import {
  type Call,
  emptied,
  type LedgerCompany,
  lateCalls,
  promptCalls,
  type RunReport,
  SETTLES_SECONDS,
} from './fixtures/ledger-company.ts'
import { addressOf, type Somebody, type World, wantedOf } from './fixtures/sealed-world.ts'
import { ensureExportTables } from './tables.ts'

/*
 * The ledger against a vendor that loses answers, applies late, refuses, and is interrupted at every point. Whatever
 * happened, once faults stop and late writes have run out, a few plain runs make the list equal to the segment.
 */
const PEOPLE = 4

const call: fc.Arbitrary<Call> = fc.oneof(
  fc.record({ kind: fc.constantFrom(...promptCalls) }),
  fc.record({ kind: fc.constantFrom(...lateCalls), afterSeconds: fc.integer({ min: 1, max: SETTLES_SECONDS - 1 }) }),
)

const world = fc.array(
  fc.record({
    member: fc.constantFrom(true, true, false),
    address: fc.constantFrom('a', 'a', 'a', 'b'),
    city: fc.constantFrom('x', 'y'),
  }),
  { minLength: PEOPLE, maxLength: PEOPLE },
)
/** Somebody who joins the list by themselves, of those who are in the segment now and then. */
const joiner = fc.record({
  index: fc.integer({ min: 0, max: PEOPLE - 1 }),
  address: fc.constantFrom('a', 'b'),
})
interface Step {
  readonly world: World
  readonly joins: readonly { readonly index: number; readonly address: string }[]
  readonly calls: readonly Call[]
  readonly batchSize: number
  readonly waitSeconds: number
  readonly crash: 'none' | 'settles twice' | 'dies reading' | 'dies read'
}
const step: fc.Arbitrary<Step> = fc.record({
  world,
  joins: fc.array(joiner, { maxLength: 2 }),
  calls: fc.array(call, { minLength: 1, maxLength: 6 }),
  batchSize: fc.integer({ min: 1, max: 4 }),
  waitSeconds: fc.constantFrom(1, 60, 60, 300, SETTLES_SECONDS + 1, 25 * 3600),
  crash: fc.constantFrom('none', 'settles twice', 'dies reading', 'dies read'),
})

/**
 * Who was taken off, or may have been or may still be by a removal that was lost, and was not acknowledged as back since:
 * their return is told apart.
 */
class Leavers {
  readonly #left = new Set<string>()
  readonly #lateUntil = new Map<string, number>()

  note({ rows }: RunReport, now: number): void {
    for (const { operation, identifier, left = false, fate, lost, absent } of rows) {
      if (operation === 'add') expect({ identifier, left }).toEqual({ identifier, left: this.#left.has(identifier) })
      // Whoever was gone, as all answers said, was not taken off by us.
      if (operation === 'remove' && fate !== undefined && (lost || !absent)) this.#left.add(identifier)
      if (operation === 'remove' && lost) this.#lateUntil.set(identifier, now + SETTLES_SECONDS * 1000)
      const isOver = (this.#lateUntil.get(identifier) ?? 0) <= now
      if (operation === 'add' && fate === 'applied' && isOver) this.#left.delete(identifier)
    }
  }
}

/**
 * Faults stop. Late writes run out within `settles`, refused records are tried again after a day. `outsiders` are all who
 * were on the list before anything was sent to it: a list that nobody was ever to be written to is never read, and keeps
 * them.
 */
async function quietDown(
  company: LedgerCompany,
  { people, outsiders, leavers }: { people: World; outsiders: ReadonlySet<string>; leavers: Leavers },
): Promise<void> {
  const wanted = wantedOf(people)
  for (let quiet = 0; quiet < 4; quiet++) {
    company.passHours(25)
    const report = await company.finish(await company.planFirst(people))
    leavers.note(report, company.now)
    if (quiet === 3) expect(report).toMatchObject({ rows: [], status: 'Successful', rejected: 0 })
  }
  const theirs = company.wasRead ? company.found : outsiders
  expect([...company.vendor.members.keys()].sort()).toEqual([...new Set([...wanted.keys(), ...theirs])].sort())
  for (const [address, city] of wanted) expect(company.vendor.members.get(address)).toBe(city)
}

/** Whoever was there before us is there, at every moment, and no request ever named them for removal. */
const theirsStay = ({ vendor, found }: LedgerCompany, { rows }: Pick<RunReport, 'rows'>): void => {
  expect(found.filter((address) => !vendor.members.has(address))).toEqual([])
  const removed = rows.flatMap(({ operation, identifier }) => (operation === 'remove' ? [identifier] : []))
  expect(removed.filter((address) => found.includes(address))).toEqual([])
}

/** One person, always in the segment with the given value, whose every write meets the call. */
const alone = (city: string, kind: Call, waitSeconds: number): Step => {
  const person: Somebody = { member: true, address: 'a', city }
  return { world: [person], joins: [], calls: [kind], batchSize: 1, waitSeconds, crash: 'none' }
}
const noneAlone = (kind: Call, waitSeconds: number): Step => ({
  ...alone('x', kind, waitSeconds),
  world: [{ member: false, address: 'a', city: 'x' }],
})

/** What was lost once, kept as it was found. */
const found = [
  // An update that arrives after the values went back.
  [
    alone('x', { kind: 'applied' }, 60),
    alone('y', { kind: 'unknown-late', afterSeconds: 500 }, 60),
    alone('x', { kind: 'applied' }, 1),
  ],
  // A return whose answer is lost, and another.
  [
    alone('x', { kind: 'applied' }, 60),
    noneAlone({ kind: 'applied' }, SETTLES_SECONDS + 1),
    alone('x', { kind: 'unknown-never' }, 60),
    alone('x', { kind: 'unknown-never' }, 60),
  ],
  // A segment that stays empty, so that the list is never read.
  [noneAlone({ kind: 'applied' }, 1)],
  // A removal that arrives after the return was acknowledged.
  [
    alone('x', { kind: 'applied' }, SETTLES_SECONDS + 1),
    noneAlone({ kind: 'unknown-late', afterSeconds: 500 }, 60),
    alone('x', { kind: 'applied' }, 60),
  ],
]

/** One for each test: opening it takes longer than a run does, and a test that is given up must not disturb the other. */
const withEngine = async (use: (engine: DataEngine) => Promise<void>): Promise<void> => {
  const engine = await openDuckDb({ file: ':memory:', threads: 1 })
  try {
    await ensureExportTables(engine)
    await use(engine)
  } finally {
    await engine.close()
  }
}

/** What happens in these steps, and that all is well after them. */
const journey = async (engine: DataEngine, keepsDeleted: boolean, steps: readonly Step[]): Promise<void> => {
  const company = await emptied(engine, keepsDeleted)
  const leavers = new Leavers()
  const outsiders = new Set(['theirs@example.com'])
  for (const address of outsiders) company.vendor.members.set(address, null)
  let people: World = []
  for (const { world: next, joins, calls, batchSize, waitSeconds, crash } of steps) {
    people = next
    // Who joins after the list was read for the last time is like anybody whom we put there.
    if (joins.length > 0 && (await company.isFirst())) {
      for (const { index, address } of joins) {
        outsiders.add(addressOf(index, { address }))
        company.vendor.members.set(addressOf(index, { address }), null)
      }
    }
    if (crash.startsWith('dies')) await company.planFirst(people, crash === 'dies reading')
    const delta = await company.planFirst(people)
    const report = await company.finish(delta, { calls, batchSize, settleTwice: crash === 'settles twice' })
    theirsStay(company, report)
    for (const again of report.figures) expect(again).toEqual(report.figures[0])
    leavers.note(report, company.now)
    company.passSeconds(waitSeconds)
    theirsStay(company, { rows: [] })
  }
  await quietDown(company, { people, outsiders, leavers })
}

test.concurrent.each([
  ['forgets whom it removed', false],
  ['takes back whom it removed by a route of their own', true],
])('at a vendor that %s, the list ends equal to the segment', { timeout: 900_000 }, async (_which, keepsDeleted) => {
  await withEngine(async (engine) => {
    const steps = fc.array(step, { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => await journey(engine, keepsDeleted, taken)),
      { numRuns: 60, examples: found.map((taken) => [taken]) },
    )
  })
})
