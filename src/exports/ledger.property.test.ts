import fc from 'fast-check'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { Fate } from '../destination-kit/kit.ts'
import { openDuckDb } from '../engine/duckdb.ts'
import type { DataEngine } from '../engine/engine.ts'
import { identifierColumn, identityColumn, type ProfilesVersion } from '../unify/profiles.ts'
import { dropOldOutboxes, outboxOf, outboxParts, sealOutbox, stagingOf } from './outbox.ts'
import { matchingId, plan } from './plan.ts'
import { settle } from './settle.ts'
import { ensureExportTables } from './tables.ts'

/*
 * The ledger against a vendor that loses answers, applies late, refuses, and is interrupted at every point. Whatever
 * happened, once faults stop and late writes have run out, a few plain runs make the list equal to the segment.
 */
const LIST = '7'
const KEY = 'ab'.repeat(32)
const SETTLES_SECONDS = 600
const PEOPLE = 4
const matching = { identifier: 'Email', fields: { city: 'City' } }

/** What becomes of one call: how the vendor takes it, and what we get to know. */
const call = fc.oneof(
  fc.record({
    kind: fc.constantFrom('applied', 'unsent', 'refused', 'unknown-never', 'unknown-applied', 'lost-then-applied'),
  }),
  fc.record({
    kind: fc.constantFrom('unknown-late', 'lost-late-then-applied'),
    afterSeconds: fc.integer({ min: 1, max: SETTLES_SECONDS - 1 }),
  }),
)
type Call = { kind: string; afterSeconds?: number }

/** Per person: in the segment or not, which of two addresses, and a value. */
const world = fc.array(
  fc.record({
    member: fc.constantFrom(true, true, false),
    address: fc.constantFrom('a', 'a', 'a', 'b'),
    city: fc.constantFrom('x', 'y'),
  }),
  {
    minLength: PEOPLE,
    maxLength: PEOPLE,
  },
)
const step = fc.record({
  world,
  calls: fc.array(call, { minLength: 1, maxLength: 6 }),
  batchSize: fc.integer({ min: 1, max: 4 }),
  waitSeconds: fc.constantFrom(1, 60, 60, 300, SETTLES_SECONDS + 1, 25 * 3600),
  crash: fc.constantFrom('none', 'settles twice'),
})
type World = { member: boolean; address: string; city: string }[]

interface Write {
  readonly operation: 'add' | 'remove'
  readonly people: readonly { readonly identifier: string; readonly city: string | null }[]
}

/** A vendor's list, with writes that it accepted and has not carried out yet. */
class Vendor {
  readonly members = new Map<string, string | null>()
  late: { readonly at: number; readonly write: Write }[] = []

  apply({ operation, people }: Write): void {
    for (const { identifier, city } of people) {
      if (operation === 'add') this.members.set(identifier, city)
      else this.members.delete(identifier)
    }
  }

  passTo(now: number): void {
    const due = this.late.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at)
    this.late = this.late.filter(({ at }) => at > now)
    for (const { write } of due) this.apply(write)
  }
}

const addressOf = (index: number, { address }: { address: string }): string => `p${index}${address}@example.com`

async function sealWorld(engine: DataEngine, people: World, version: number): Promise<ProfilesVersion> {
  const table = `profiles_${version}`
  const rows = people.map((person, index) => {
    const email = sql`${addressOf(index, person)}::varchar`
    return sql`(${index}, ${`c${index}`}, ${email}, ${person.city}, ${email}, ${engine.dialect.identity(KEY, email)},
      ${engine.dialect.hash([email, sql`${person.city}::varchar`])})`
  })
  await engine.run(sql`create table ${sql.table(table)} as select * from (values ${sql.join(rows)})
    t(_n, customer_id, "Email", "City", ${sql.ref(identifierColumn('Email'))}, ${sql.ref(identityColumn('Email'))}, _hash)`)
  const members = people.flatMap((person, index) => (person.member ? [sql`(${index})`] : []))
  await engine.run(
    sql`create table ${sql.table(`members_${version}`)} as select * from (values ${sql.join(members.length > 0 ? members : [sql`(-1)`])}) t(_n)`,
  )
  return {
    version,
    table,
    rows: people.length,
    fields: [
      { name: 'Email', type: 'text', identifier: 'email' },
      { name: 'City', type: 'text' },
    ],
  }
}

/** One run: every batch meets the call that the script says; afterwards the run is settled. Gives the number of records sent. */
async function run(
  engine: DataEngine,
  vendor: Vendor,
  input: {
    id: number
    profiles: ProfilesVersion
    calls: readonly Call[]
    batchSize: number
    now: number
    settleTwice: boolean
  },
) {
  const { id, profiles, now } = input
  const runId = String(id)
  await dropOldOutboxes(engine, '1', runId)
  await plan(engine, {
    runId,
    exportId: '1',
    profiles,
    lists: [{ listId: LIST, members: [`members_${profiles.version}`] }],
    matching,
    hashed: false,
    now,
  })
  await sealOutbox(engine, { id: runId, exportId: '1' }, now)
  const staging = stagingOf(engine, runId, () => new Date(now))
  let sent = 0
  let turn = 0
  for (const part of await outboxParts(engine, runId)) {
    for (let from = part.from; from <= part.to; from += input.batchSize) {
      const to = Math.min(part.to, from + input.batchSize - 1)
      const rows = await outboxOf(engine, runId, ['city']).read({ from, to })
      const write: Write = {
        operation: part.operation,
        people: rows.map(({ identifier, fields }) => ({ identifier, city: fields.city ?? null })),
      }
      const { kind, afterSeconds = 0 } = input.calls[turn++ % input.calls.length] ?? { kind: 'applied' }
      sent += rows.length
      const outcome = async (otherwise: Fate, lost?: true) =>
        await staging.stage({ from, to, otherwise, except: new Map(), ...(lost ? { lostAt: new Date(now) } : {}) })
      const late = () => vendor.late.push({ at: now + afterSeconds * 1000, write })
      const unknown: Fate = { kind: 'unknown', reason: 'no answer' }
      if (kind === 'unsent') continue
      if (kind === 'refused') await outcome({ kind: 'rejected', code: 'bad', reason: 'no' })
      else if (kind === 'unknown-never') await outcome(unknown)
      else if (kind === 'unknown-applied') {
        vendor.apply(write)
        await outcome(unknown)
      } else if (kind === 'unknown-late') {
        late()
        await outcome(unknown)
      } else {
        if (kind === 'lost-late-then-applied') late()
        vendor.apply(write)
        await outcome({ kind: 'applied' }, kind === 'applied' ? undefined : true)
      }
    }
  }
  const settling = {
    runId,
    matching: matchingId(matching),
    settles: { add: SETTLES_SECONDS, remove: SETTLES_SECONDS },
    now,
  }
  const figures = await settle(engine, settling)
  if (input.settleTwice) expect(await settle(engine, settling)).toEqual(figures)
  return sent
}

const wantedOf = (people: World): Map<string, string> =>
  new Map(people.flatMap((person, index) => (person.member ? [[addressOf(index, person), person.city] as const] : [])))

test('whatever is lost, late or refused, the list ends equal to the segment', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
      const engine = await openDuckDb({ file: ':memory:', threads: 1 })
      try {
        await ensureExportTables(engine)
        const vendor = new Vendor()
        vendor.members.set('theirs@example.com', null)
        let now = 1_700_000_000_000
        let id = 0
        let people: World = []
        for (const { world: next, calls, batchSize, waitSeconds, crash } of steps) {
          people = next
          vendor.passTo(now)
          const profiles = await sealWorld(engine, people, ++id)
          await run(engine, vendor, { id, profiles, calls, batchSize, now, settleTwice: crash === 'settles twice' })
          now += waitSeconds * 1000
        }
        // Faults stop. Late writes run out within `settles`, refused records are tried again after a day.
        const applied = [{ kind: 'applied' }]
        for (let quiet = 0; quiet < 4; quiet++) {
          now += 25 * 3600 * 1000
          vendor.passTo(now)
          const profiles = await sealWorld(engine, people, ++id)
          const sent = await run(engine, vendor, {
            id,
            profiles,
            calls: applied,
            batchSize: 10,
            now,
            settleTwice: false,
          })
          if (quiet === 3) expect(sent).toBe(0)
        }
        expect(vendor.members).toEqual(new Map([...wantedOf(people), ['theirs@example.com', null]]))
      } finally {
        await engine.close()
      }
    }),
    { numRuns: 60 },
  )
})
