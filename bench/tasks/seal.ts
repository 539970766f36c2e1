/** Task: makes a data folder, then seals its profiles again in turns with the same expressions in one query by hand. */
import { sql } from 'kysely'
import { z } from 'zod'
import type { DataEngine, Session } from '../../src/engine/engine.ts'
import { sealedTables } from '../../src/sources/sealed-tables.ts'
import { assignCustomerIds, customerTable } from '../../src/unify/customer-ids.ts'
import { clusterTable, match } from '../../src/unify/match.ts'
import { mergeProfiles } from '../../src/unify/merge.ts'
import { unifiedTables } from '../../src/unify/unified-tables.ts'
import { IDENTITY_KEY, makeHome, openHome } from '../home.ts'
import { peopleUnification } from '../people.ts'
import { inTurns, peakMemory } from '../timing.ts'
import { besideFloor, peak } from './shapes.ts'

export const sealInput = z.object({ folder: z.string(), people: z.number(), rounds: z.number() })
export const sealOutput = z.object({
  profiles: z.number(),
  /** Seconds of all of unification: matching, ids, keys, hashes. */
  unify: z.number(),
  segment: z.number(),
  peak,
  merge: besideFloor,
})

const OURS = 'bench_profiles'
const FLOOR = sql.id('bench_floor')

/** One query over one table with the same expressions for keys and hashes. */
const byHand = ({ dialect }: DataEngine, session: Session) => {
  const hash = dialect.hash(peopleUnification.fields.map(({ name }) => sql.id(name)))
  return session.run(sql`create table ${FLOOR} as
    select *, ${dialect.identity(IDENTITY_KEY, sql`email`)} as identity, ${hash} as hash
    from (select u.n, u.customer_id, t."FirstName", t."LastName", t."Email", t."City", t."State", t."Country", t."PostCode",
        t."Telephone", t."DateOfBirth", t."LoyaltyTier", t."Subscriber", t."Income", ${dialect.normalisedEmail(sql`t."Email"`)} as email
      from ${customerTable} u left join (select rowid as label, * from ${sql.id('table_People_1')}) t on t.label = u.label)`)
}

async function mergeTimes(engine: DataEngine, rounds: number) {
  const tables = unifiedTables(peopleUnification, await sealedTables(engine))
  await engine.transaction(async (session) => {
    await match(engine, session, peopleUnification, tables)
    await assignCustomerIds(engine, session, tables, 1)
  })
  const ours = { tables, table: OURS, identityKey: IDENTITY_KEY }
  const times = await inTurns(
    rounds,
    {
      before: () => engine.run(sql`drop table if exists ${sql.id(OURS)}`),
      work: () => engine.transaction((session) => mergeProfiles(engine, session, peopleUnification, ours)),
    },
    {
      before: () => engine.run(sql`drop table if exists ${FLOOR}`),
      work: () => engine.transaction((session) => byHand(engine, session)),
    },
  )
  for (const used of [clusterTable, customerTable, sql.id(OURS), FLOOR]) await engine.run(sql`drop table ${used}`)
  return times
}

export async function seal({ folder, people, rounds }: z.infer<typeof sealInput>): Promise<z.infer<typeof sealOutput>> {
  const times = await makeHome(folder, people)
  const making = await peakMemory()
  if (times === undefined) throw new Error(`${folder} is there already.`)
  const home = await openHome({ folder })
  try {
    const merge = await mergeTimes(home.ports.engine, rounds)
    return { profiles: home.profiles.rows, unify: times.seal, segment: times.segment, peak: making, merge }
  } finally {
    await home.close()
  }
}
