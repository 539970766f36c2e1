/** Keeps whom we found on a list: read from the vendor into a table of their own, then into the ledger in one transaction. */
import { sql } from 'kysely'
import { z } from 'zod'
import type { MemberSink } from '../delivery/read-members.ts'
import type { DataEngine, Session } from '../engine/engine.ts'
import { storable } from './staging.ts'

/** Of a ledger row: somebody who was found on the list, and to whom nothing was sent since. */
export const untouched = sql`owner = 'theirs' and state = 'present' and hash is null`

const memberColumns = [
  { name: 'identifier', type: 'varchar' },
  { name: 'remote_id', type: 'varchar' },
] as const

export interface ListReading extends MemberSink {
  /**
   * Makes everybody who was read theirs, in place of whom an earlier reading found. One transaction: the ledger knows all
   * of them or none.
   */
  keep(): Promise<void>
}

const counted = z.object({ n: z.number() })

const keep = async (session: Session, { dialect }: DataEngine, { listId, runId, identityKey, now }: Read) => {
  const list = sql`${listId}::bigint`
  const [touched] = await session.rows(
    sql`select count(*) as n from ledger where list_id = ${list} and not (${untouched})`,
    counted,
  )
  // Ours would become theirs, and stay for ever.
  if (touched === undefined || touched.n > 0) throw new Error('A list was read that is not on its first run.')
  const normalised = dialect.normalisedEmail(sql`identifier`)
  await session.run(sql`delete from ledger where list_id = ${list}`)
  await session.run(sql`insert into ledger
    select ${list}, ${dialect.identity(identityKey, sql`normalised`)}, 'theirs', 'present', null, normalised, min(remote_id), null, null,
      null, ${runId}::bigint, ${now}::bigint, null, null, null, null
    from (select ${normalised} as normalised, remote_id from list_reading where list_id = ${list})
    where normalised is not null group by normalised`)
  await session.run(sql`delete from list_reading where list_id = ${list}`)
}

export interface Read {
  readonly listId: string
  readonly runId: string
  /** The secret, in hex, by which profiles get their identities. */
  readonly identityKey: string
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** A reading of one list, which nobody else reads at the same time. */
export const listReadingOf = (engine: DataEngine, read: Read): ListReading => {
  const list = sql`${read.listId}::bigint`
  return {
    async clear() {
      await engine.run(sql`delete from list_reading where list_id = ${list}`)
    },
    async take(members) {
      const rows = members.map(({ identifier, remoteId }) => ({ identifier, remote_id: remoteId ?? null }))
      await engine.run(sql`insert into list_reading
        select ${list}, identifier, remote_id from ${engine.dialect.records(JSON.stringify(rows, storable), memberColumns)}`)
    },
    async keep() {
      await engine.transaction(async (session) => await keep(session, engine, read))
    },
  }
}

/** How many people the ledger knows on the list who were found there. */
export const countTheirs = async (engine: DataEngine, listId: string): Promise<number> => {
  const [row] = await engine.rows(
    sql`select count(*) as n from ledger where list_id = ${listId}::bigint and owner = 'theirs'`,
    counted,
  )
  return row?.n ?? 0
}
