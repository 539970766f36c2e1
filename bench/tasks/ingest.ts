/** Task: a CSV file is ingested, in turns with the engine's own reader into a table. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { z } from 'zod'
import { openDuckDb } from '../../src/engine/duckdb.ts'
import type { DataEngine } from '../../src/engine/engine.ts'
import { ingest } from '../../src/sources/ingest.ts'
import { peopleRelation, peopleSource } from '../people.ts'
import { inTurns } from '../timing.ts'
import { besideFloor } from './shapes.ts'

export const ingestInput = z.object({ folder: z.string(), people: z.number(), rounds: z.number() })

const csvOf = async (engine: DataEngine, file: string, people: number): Promise<void> => {
  const lines = sql`select * replace (strftime("DateOfBirth", '%Y-%m-%d') as "DateOfBirth") from ${peopleRelation(people)}`
  await engine.run(sql`copy (${lines}) to ${sql.lit(file)} (header, delimiter ',')`)
}

export async function ingesting({ folder, people, rounds }: z.infer<typeof ingestInput>) {
  await mkdir(folder, { recursive: true })
  const file = join(folder, peopleSource.file)
  const engine = await openDuckDb({ file: join(folder, 'ingest.duckdb'), spillFolder: join(folder, 'spill') })
  try {
    await csvOf(engine, file, people)
    const floorTable = sql.id('floor')
    const times = await inTurns(
      rounds,
      {
        work: async () => {
          const sealed = await ingest(engine, peopleSource, { folder, now: new Date() })
          if (sealed.rows !== people || sealed.setAside > 0) throw new Error(`Of ${people} rows ${sealed.rows} came.`)
        },
      },
      {
        before: () => engine.run(sql`drop table if exists ${floorTable}`),
        work: () => engine.run(sql`create table ${floorTable} as select * from read_csv(${sql.lit(file)})`),
      },
    )
    return besideFloor.parse(times)
  } finally {
    await engine.close()
  }
}
