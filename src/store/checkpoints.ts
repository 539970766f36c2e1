/** The checkpoints of one run's delivery: each call is one transaction, on disk when it resolves. */
import { type Kysely, type RawBuilder, type Selectable, sql, type Updateable } from 'kysely'
import { z } from 'zod'
import type { Batch, Checkpoints, Span, Traffic } from '../delivery/ports.ts'
import type { Fate } from '../destination-kit/kit.ts'
import { count, present } from './columns.ts'
import { isOutage } from './error-codes.ts'
import { grouped } from './grouped.ts'
import type { Database } from './schema.ts'

const fate: z.ZodType<Fate> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('applied'), remoteId: z.string().optional(), absent: z.literal(true).optional() }),
  z.object({ kind: z.literal('rejected'), code: z.string(), reason: z.string(), final: z.literal(true).optional() }),
  z.object({ kind: z.literal('unknown'), reason: z.string() }),
])
const knownFates = z.array(z.tuple([z.number(), fate]))

const OPEN = ['pending', 'sending', 'accepted'] as const
type Open = (typeof OPEN)[number]

/** A vendor's words may hold what jsonb does not take (NUL, half a surrogate pair): they must not stop a checkpoint. */
const printable = (_: string, value: unknown): unknown =>
  typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '\uFFFD') : value

const knownText = (known: ReadonlyMap<number, Fate>): string => JSON.stringify([...known], printable)

const toBatch = (row: Omit<Selectable<Database['batch']>, 'state' | 'run_id'> & { state: Open }): Batch => ({
  number: row.number,
  listId: row.list_id,
  operation: row.operation,
  route: row.route,
  from: count(row.from_seq),
  to: count(row.to_seq),
  state: row.state,
  ...present('job', row.job),
  ...present('known', row.known === null ? undefined : new Map(knownFates.parse(row.known))),
  ...present('dueAt', row.due_at),
  ...present('sentAt', row.sent_at),
  ...present('lostAt', row.lost_at),
})

const isOpen = (state: string): state is Open => OPEN.some((open) => open === state)

/** Parts must hold exactly the records of the batch: one left out would be lost. */
const assertTiles = (whole: Span, parts: readonly Span[]): void => {
  let next = whole.from
  for (const { from, to } of parts) {
    if (from !== next || to < from) throw new Error(`Parts do not continue at record ${next}: ${from} to ${to}.`)
    next = to + 1
  }
  if (next !== whole.to + 1) throw new Error(`Parts end before record ${whole.to}.`)
}

/** For `set`: the run's counts, grown by this traffic. */
const grown = ({ requests, writes }: Traffic) => ({
  requests: sql<number>`requests + ${requests}::bigint`,
  writes: sql<number>`writes + ${writes}::bigint`,
})

const openBatches = async (db: Kysely<Database>, runId: string): Promise<Batch[]> => {
  const rows = await db
    .selectFrom('batch')
    .selectAll()
    .where('run_id', '=', runId)
    .where('state', 'in', OPEN)
    .orderBy('number')
    .execute()
  return rows.flatMap(({ state, ...row }) => (isOpen(state) ? [toBatch({ ...row, state })] : []))
}

const assertChanged = (changed: bigint, number: number): void => {
  if (changed !== 1n) throw new Error(`Batch ${number} is not open.`)
}

type Columns = Pick<Updateable<Database['batch']>, 'state' | 'job' | 'known' | 'due_at' | 'sent_at'>

/** Changes a batch that is open; any other is an error, since what it stands for was settled otherwise. */
const change = async (
  db: Kysely<Database>,
  runId: string,
  number: number,
  columns: Columns | { lost_at: RawBuilder<Date> },
): Promise<void> => {
  const { numUpdatedRows } = await db
    .updateTable('batch')
    .set(columns)
    .where('run_id', '=', runId)
    .where('number', '=', number)
    .where('state', 'in', OPEN)
    .executeTakeFirst()
  assertChanged(numUpdatedRows, number)
}

/** As `change`, with the traffic added to the run, in one statement: both or neither. */
const changeWithTraffic = async (
  db: Kysely<Database>,
  runId: string,
  number: number,
  columns: Columns,
  traffic: Traffic,
): Promise<void> => {
  const { numUpdatedRows } = await db
    .with('changed', (cte) =>
      cte
        .updateTable('batch')
        .set(columns)
        .where('run_id', '=', runId)
        .where('number', '=', number)
        .where('state', 'in', OPEN)
        .returning('number'),
    )
    .updateTable('run')
    .set(grown(traffic))
    .where('id', '=', runId)
    .where(({ exists, selectFrom }) => exists(selectFrom('changed').select('number')))
    .executeTakeFirst()
  assertChanged(numUpdatedRows, number)
}

/** The end of a batch, and the traffic until then. */
interface Ended {
  readonly number: number
  readonly traffic: Traffic
}

const DONE = { state: 'done', known: null, due_at: null } as const

/** All of them or none. */
const changeAllWithTraffic = (db: Kysely<Database>, runId: string, ended: readonly Ended[]): Promise<void> =>
  db.transaction().execute(async (tx) => {
    const sum = (of: keyof Traffic) => ended.reduce((total, { traffic }) => total + traffic[of], 0)
    await tx
      .updateTable('run')
      .set(grown({ requests: sum('requests'), writes: sum('writes') }))
      .where('id', '=', runId)
      .execute()
    const numbers = ended.map(({ number }) => number)
    const { numUpdatedRows } = await tx
      .updateTable('batch')
      .set(DONE)
      .where('run_id', '=', runId)
      .where('number', 'in', numbers)
      .where('state', 'in', OPEN)
      .executeTakeFirst()
    if (numUpdatedRows !== BigInt(numbers.length))
      throw new Error(`Of the batches ${numbers.join(', ')} some are not open.`)
  })

/**
 * Ends that come while others are written share the next transaction: each would wait by itself for the run's row, and
 * for the disk. Where they cannot be written together, each is written alone, so that each is told its own fate.
 */
const groupedDone = (db: Kysely<Database>, runId: string): ((ended: Ended) => Promise<void>) => {
  const alone = ({ number, traffic }: Ended) => changeWithTraffic(db, runId, number, DONE, traffic)
  const together = async (group: readonly Ended[]) => await changeAllWithTraffic(db, runId, group)
  return grouped(alone, together, (error) => !isOutage(error))
}

const split = (
  db: Kysely<Database>,
  runId: string,
  number: number,
  parts: readonly Span[],
  traffic: Traffic,
): Promise<Batch[]> =>
  db.transaction().execute(async (tx) => {
    // The run's row is locked first, so that two splits never give the same numbers.
    await tx.updateTable('run').set(grown(traffic)).where('id', '=', runId).execute()
    const whole = await tx
      .updateTable('batch')
      .set({ state: 'split', known: null })
      .where('run_id', '=', runId)
      .where('number', '=', number)
      .where('state', 'in', OPEN)
      .returningAll()
      .executeTakeFirst()
    assertChanged(whole === undefined ? 0n : 1n, number)
    if (whole === undefined) return []
    assertTiles({ from: count(whole.from_seq), to: count(whole.to_seq) }, parts)
    const { highest } = await tx
      .selectFrom('batch')
      .select(({ fn }) => fn.max('number').as('highest'))
      .where('run_id', '=', runId)
      .executeTakeFirstOrThrow()
    const { list_id, operation, route, lost_at } = whole
    const made = parts.map(({ from, to }, index) => ({
      ...{ run_id: runId, number: highest + 1 + index, list_id, operation, route },
      ...{ from_seq: from, to_seq: to, state: 'pending' as const, lost_at },
    }))
    const rows = await tx.insertInto('batch').values(made).returningAll().execute()
    return rows.map((row) => toBatch({ ...row, state: 'pending' })).sort((one, other) => one.number - other.number)
  })

/** The checkpoints of this run. A batch that is done or split is never changed again: trying is an error. */
export const checkpointsOf = (db: Kysely<Database>, runId: string): Checkpoints => {
  const done = groupedDone(db, runId)
  return {
    open: () => openBatches(db, runId),
    // A new attempt: what an earlier one was told counts no more, save when it was lost.
    sending: (batch, at) =>
      change(db, runId, batch, { state: 'sending', sent_at: at, job: null, known: null, due_at: null }),
    kept: (batch, { job, at }, traffic) =>
      changeWithTraffic(db, runId, batch, { state: 'sending', job, sent_at: at }, traffic),
    // `greatest` ignores null.
    lost: (batch, at) => change(db, runId, batch, { lost_at: sql<Date>`greatest(lost_at, ${at}::timestamptz)` }),
    accepted: (batch, { job, known, dueAt }, traffic) =>
      changeWithTraffic(
        db,
        runId,
        batch,
        { state: 'accepted', job, known: known.size === 0 ? null : knownText(known), due_at: dueAt },
        traffic,
      ),
    done: (number, traffic) => done({ number, traffic }),
    split: (batch, parts, traffic) => split(db, runId, batch, parts, traffic),
    traffic: async (traffic) => {
      await db.updateTable('run').set(grown(traffic)).where('id', '=', runId).execute()
    },
  }
}
