/** Task: runs of an export for which nothing changed, in turns with one full outer join over key and hash. */
import { sql } from 'kysely'
import { z } from 'zod'
import { listsOf } from '../../src/store/list.ts'
import { identityColumn } from '../../src/unify/profiles.ts'
import { type Home, openHome } from '../home.ts'
import { startReceiver } from '../receiver/receiver.ts'
import { wholeRun } from '../runs.ts'
import { inTurns, peakMemory } from '../timing.ts'
import { besideFloor, peak } from './shapes.ts'

export const unchangedInput = z.object({ folder: z.string(), exportId: z.string(), rounds: z.number() })
export const unchangedOutput = z.object({ times: besideFloor, requests: z.number(), peak })

/** How many differ, and nothing else: no union of segments, no rejects, no repeats, no counts. */
const byHand = async ({ ports, profiles }: Home, listId: string): Promise<void> => {
  const rows = await ports.engine.rows(
    sql`select count(*) as n from (select ${sql.id(identityColumn('Email'))} as key, _hash as hash from ${sql.id(profiles.table)}) p
      full outer join (select identity as key, row_hash as hash from ledger where list_id = ${listId}::bigint) l on l.key = p.key
      where l.key is null or p.key is null or l.hash <> p.hash`,
    z.object({ n: z.number() }),
  )
  if (rows[0]?.n !== 0) throw new Error(`${rows[0]?.n} people changed, and nobody should have.`)
}

export async function unchanged(input: z.infer<typeof unchangedInput>): Promise<z.infer<typeof unchangedOutput>> {
  const receiver = await startReceiver()
  const home = await openHome({ folder: input.folder, endpoint: receiver.url })
  try {
    const [list] = await listsOf(home.ports.db, input.exportId)
    if (list === undefined) throw new Error('The export has no list.')
    const times = await inTurns(
      input.rounds,
      { work: () => wholeRun(home, input.exportId) },
      { work: () => byHand(home, list.id) },
    )
    return { times, requests: (await receiver.take()).requests, peak: await peakMemory() }
  } finally {
    await home.close()
    await receiver.close()
  }
}
