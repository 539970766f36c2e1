import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
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
import { type Somebody, type World, wantedOf } from './fixtures/sealed-world.ts'
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
const step = fc.record({
  world,
  calls: fc.array(call, { minLength: 1, maxLength: 6 }),
  batchSize: fc.integer({ min: 1, max: 4 }),
  waitSeconds: fc.constantFrom(1, 60, 60, 300, SETTLES_SECONDS + 1, 25 * 3600),
  crash: fc.constantFrom('none', 'settles twice'),
})

/** Who was taken off, or may have been, and was not acknowledged as back since: their return is told apart. */
class Leavers {
  readonly #left = new Set<string>()

  note({ rows }: RunReport): void {
    for (const { operation, identifier, left = false, fate } of rows) {
      if (operation === 'add') expect({ identifier, left }).toEqual({ identifier, left: this.#left.has(identifier) })
      if (operation === 'remove' && fate !== undefined) this.#left.add(identifier)
      if (operation === 'add' && fate === 'applied') this.#left.delete(identifier)
    }
  }
}

/** Faults stop. Late writes run out within `settles`, refused records are tried again after a day. */
async function quietDown(company: LedgerCompany, people: World, leavers: Leavers): Promise<void> {
  for (let quiet = 0; quiet < 4; quiet++) {
    company.passHours(25)
    const report = await company.run(people)
    leavers.note(report)
    if (quiet === 3) expect(report).toMatchObject({ rows: [], status: 'Successful', rejected: 0 })
  }
  expect(company.vendor.members).toEqual(new Map([...wantedOf(people), ['theirs@example.com', null]]))
}

/** One person, always in the segment with the given value, whose every write meets the call. */
const alone = (city: string, kind: Call, waitSeconds: number) => {
  const person: Somebody = { member: true, address: 'a', city }
  return { world: [person], calls: [kind], batchSize: 1, waitSeconds, crash: 'none' }
}
const noneAlone = (kind: Call, waitSeconds: number) => ({
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
]

let engine: DataEngine
beforeAll(async () => {
  // One for all: opening it takes longer than a run does.
  engine = await openDuckDb({ file: ':memory:', threads: 1 })
  await ensureExportTables(engine)
})
afterAll(async () => await engine.close())

test('whatever is lost, late or refused, the list ends equal to the segment', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
      const company = await emptied(engine)
      const leavers = new Leavers()
      company.vendor.members.set('theirs@example.com', null)
      let people: World = []
      for (const { world: next, calls, batchSize, waitSeconds, crash } of steps) {
        people = next
        const report = await company.run(people, { calls, batchSize, settleTwice: crash === 'settles twice' })
        for (const again of report.figures) expect(again).toEqual(report.figures[0])
        leavers.note(report)
        company.passSeconds(waitSeconds)
      }
      await quietDown(company, people, leavers)
    }),
    { numRuns: 60, examples: found.map((steps) => [steps]) },
  )
})
