/** Task: a segment of five conditions is sealed, in turns with the same condition written by hand. */
import { sql } from 'kysely'
import { z } from 'zod'
import { membersTable, sealMembers } from '../../src/segments/members.ts'
import { openHome } from '../home.ts'
import { fiveConditions } from '../people.ts'
import { inTurns } from '../timing.ts'
import { besideFloor } from './shapes.ts'

export const segmentInput = z.object({ folder: z.string(), rounds: z.number() })
export const segmentOutput = z.object({ times: besideFloor, members: z.number() })

/** Beyond the ids that the control plane gives here. */
const SEGMENT_ID = '999999'
const FLOOR = sql.id('bench_members')

export async function segment({
  folder,
  rounds,
}: z.infer<typeof segmentInput>): Promise<z.infer<typeof segmentOutput>> {
  const { ports, profiles, close } = await openHome({ folder })
  const { engine } = ports
  const wanted = { id: SEGMENT_ID, name: 'Five conditions', rule: fiveConditions }
  const options = { now: new Date(), today: '2026-11-21' }
  let members = 0
  try {
    const times = await inTurns(
      rounds,
      {
        // A refresh seals over profiles for which nothing is sealed yet.
        before: () => engine.run(sql`drop table if exists ${sql.id(membersTable(SEGMENT_ID, profiles.version))}`),
        work: async () => {
          const [sealed] = await sealMembers(engine, [wanted], profiles, options)
          members = sealed?.rows ?? 0
        },
      },
      {
        before: () => engine.run(sql`drop table if exists ${FLOOR}`),
        work: () =>
          engine.run(sql`create table ${FLOOR} as select _n from ${sql.id(profiles.table)}
            where "Subscriber" and "LoyaltyTier" in ('middle', 'high') and "DateOfBirth" between '1960-01-01' and '1989-12-31'
              and (lower("State") = 'california' or "Income" >= 60000)`),
      },
    )
    const [byHand] = await engine.rows(sql`select count(*) as n from ${FLOOR}`, z.object({ n: z.number() }))
    if (byHand?.n !== members) throw new Error(`The segment has ${members} members, by hand ${byHand?.n}.`)
    await engine.run(sql`drop table ${FLOOR}`)
    return { times, members }
  } finally {
    await close()
  }
}
