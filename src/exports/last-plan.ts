/** Plans a last run: takes off the lists that are being emptied whom we put there, and nobody else, once a person has approved it. */
import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import { checkedIfNeeded } from '../connections/connect.ts'
import { openConnection } from '../connections/open-connection.ts'
import type { Watch } from '../delivery/channel.ts'
import { Stop } from '../destination-kit/kit.ts'
import type { DataEngine, Session } from '../engine/engine.ts'
import { SundError } from '../errors.ts'
import { getConnection } from '../store/connection.ts'
import { getExport } from '../store/export.ts'
import { emptyingLists } from '../store/leaving.ts'
import type { ExportList } from '../store/list.ts'
import { type Run, updateRun } from '../store/run.ts'
import { type Binding, isAddOnly } from './lists.ts'
import { glanceAt } from './looked-at.ts'
import { dropOldOutboxes, sealOutbox } from './outbox.ts'
import type { Pinned } from './pinned.ts'
import { createDraft, deltaHash } from './plan.ts'
import type { Planned } from './planning.ts'
import type { RunPorts } from './run-ports.ts'
import { draftTable } from './tables.ts'

/** What a last run would do to one list. */
export interface LastDelta {
  readonly listId: string
  readonly removed: number
  /** Of those, people whom no earlier run tried to remove. */
  readonly leaving: number
  /** Removals that the vendor refused, and that are not tried again yet. */
  readonly standing: number
  readonly theirs: number
  /** Of ours, who stay since nobody may be removed from this list. */
  readonly kept: number
}

const counts = z.object({
  removed: z.number(),
  leaving: z.number(),
  standing: z.number(),
  theirs: z.number(),
  ours: z.number(),
})

const isOurs = sql`owner = 'ours' and state <> 'left'`

interface LastInput {
  readonly runId: string
  readonly exportId: string
  readonly lists: readonly Pick<ExportList, 'id' | 'ownership' | 'remoteId'>[]
  /** Milliseconds since the epoch. */
  readonly now: number
}

const measured = async (
  session: Session,
  list: LastInput['lists'][number],
  due: RawBuilder<unknown>,
): Promise<LastDelta> => {
  const [found] = await session.rows(
    sql`select count(*) filter (where ${isOurs} and ${due}) as removed,
      count(*) filter (where ${isOurs} and ${due} and state <> 'removing' and intent is distinct from 'remove') as leaving,
      count(*) filter (where ${isOurs} and not (${due}) and exists (select 1 from reject r
        where r.list_id = l.list_id and r.identity = l.identity and r.hash is null)) as standing,
      count(*) filter (where owner = 'theirs') as theirs, count(*) filter (where ${isOurs}) as ours
      from ledger l where list_id = ${list.id}::bigint`,
    counts,
  )
  const { removed = 0, leaving = 0, standing = 0, theirs = 0, ours = 0 } = found ?? {}
  return isAddOnly(list)
    ? { listId: list.id, removed: 0, leaving: 0, standing: 0, theirs, kept: ours }
    : { listId: list.id, removed, leaving, standing, theirs, kept: 0 }
}

/** Writes the draft outbox: everybody of ours, save those whose removal is to be tried later. Looks at no profile. */
export async function planLastDelta(engine: DataEngine, input: LastInput): Promise<LastDelta[]> {
  const { runId, lists, now } = input
  // Not null, so that its opposite is everybody else.
  const due = sql`(state <> 'removing' or coalesce(again_at, 0) <= ${now}::bigint)`
  return await engine.transaction(async (session) => {
    await createDraft(engine, session, input, [])
    const deltas: LastDelta[] = []
    for (const list of lists) {
      if (!isAddOnly(list)) {
        await session.run(sql`insert into ${draftTable(runId)}
          select (select count(*) from ${draftTable(runId)}) + row_number() over () as seq, ${sql.lit(Number(list.id))}, 'remove',
            'remove', identity, identifier, null, null, remote_id, false
          from ledger where list_id = ${list.id}::bigint and ${isOurs} and ${due}`)
      }
      deltas.push(await measured(session, list, due))
    }
    return deltas
  })
}

const heldFor = (deltas: readonly LastDelta[], lists: readonly ExportList[]): SundError | undefined => {
  const people = deltas.reduce((sum, { leaving }) => sum + leaving, 0)
  if (people === 0) return undefined
  const names = lists.filter(({ id }) => deltas.some(({ listId, leaving }) => listId === id && leaving > 0))
  return new SundError('run.held_last', { people, lists: names.map(({ name }) => `“${name}”`).join(', ') })
}

/**
 * A list that is not there, or not to be seen with this key, says nothing of who is on it: everybody would be taken for
 * gone. One that keeps people for a time only can still be emptied. Throws what `glanceAt` throws.
 */
const assertThere = async (looking: Omit<Binding, 'db'>, list: ExportList): Promise<void> => {
  try {
    await glanceAt(looking, { list })
  } catch (error) {
    if (error instanceof Stop && error.loses) return
    throw error
  }
}

/**
 * Plans from the start, also when an earlier attempt got half way. Removals that no run has tried yet are held until a
 * person approves exactly them. Throws SundError, and what the conversation of a check throws.
 */
export async function planLast(ports: RunPorts, run: Run, watch: Watch, signal: AbortSignal): Promise<Planned> {
  const { db, engine, clock } = ports
  const wanted = await getExport(db, run.exportId)
  const row = await checkedIfNeeded(ports, await getConnection(db, wanted.connectionId), signal, watch)
  const connection = await openConnection(ports, row, wanted.settings)
  const { destination, place } = connection
  const lists = await emptyingLists(db, run.exportId)
  const account = destination.account(place)
  const elsewhere = lists.find((list) => list.destination !== destination.id || list.account !== account)
  if (elsewhere !== undefined) {
    throw new SundError('list.other_account', { list: elsewhere.name, export: wanted.name })
  }
  const now = clock.now().getTime()
  await dropOldOutboxes(engine, run.exportId, run.id)
  const deltas = await planLastDelta(engine, { runId: run.id, exportId: run.exportId, lists, now })
  const error = heldFor(deltas, lists)
  const hash = error === undefined ? undefined : await deltaHash(engine, run.id)
  const approved = hash !== undefined && hash === run.approvedHash
  const pinned: Pinned = {
    connectionId: row.id,
    destination: destination.id,
    matching: { identifier: wanted.matching.identifier, fields: {} },
    fields: [],
    settings: place.settings,
    found: place.found,
    profilesVersion: 0,
    invalid: 0,
    duplicates: 0,
    standing: deltas.reduce((sum, { standing }) => sum + standing, 0),
    approved,
    nobodyFits: [],
    lists: deltas.map(({ listId, theirs, kept }) => ({ listId, expected: 0, theirs, kept, segmentIds: [] })),
  }
  await updateRun(db, run.id, { pinned })
  if (error !== undefined && hash !== undefined && !approved) return { kind: 'held', error, deltaHash: hash, pinned }
  for (const list of lists) {
    const removes = deltas.some(({ listId, removed }) => listId === list.id && removed > 0)
    if (removes) await assertThere({ connection, signal, watch }, list)
  }
  await sealOutbox(engine, { id: run.id, exportId: run.exportId }, now)
  return { kind: 'sealed', pinned, connection }
}
