/** Ends what is known of lists and exports: after a last run, when a person has a list forgotten or made again, and at every start. */
import { sql } from 'kysely'
import { z } from 'zod'
import { openConnection } from '../connections/open-connection.ts'
import { converse } from '../delivery/conversation.ts'
import type { DataEngine, Session } from '../engine/engine.ts'
import { SundError } from '../errors.ts'
import { getConnection } from '../store/connection.ts'
import { getExport } from '../store/export.ts'
import {
  emptyingLists,
  exportsWithPartings,
  forgetEmptied,
  getList,
  type KnownIds,
  knownIds,
  replaceList,
  retireExport,
} from '../store/leaving.ts'
import type { ExportList } from '../store/list.ts'
import type { Run } from '../store/run.ts'
import { getSegment } from '../store/segment.ts'
import { isAddOnly } from './lists.ts'
import { pinnedShape } from './pinned.ts'
import type { RunPorts } from './run-ports.ts'
import { draftTable, outboxTable } from './tables.ts'

const idRow = z.object({ id: z.string() })
const runRow = z.object({ run: z.string(), export: z.string() })

const listTables = ['ledger', 'reject', 'list_reading', 'invalid_person'] as const
const runTables = ['outcome', 'outcome_span', 'report_mark', 'invalid_person', 'draft_outbox', 'sealed_outbox'] as const

const listsThere = async (session: Session): Promise<string[]> => {
  const ids = new Set<string>()
  for (const table of listTables) {
    const rows = await session.rows(sql`select distinct cast(list_id as varchar) as id from ${sql.table(table)}`, idRow)
    for (const { id } of rows) ids.add(id)
  }
  return [...ids]
}

const runsThere = async (session: Session): Promise<z.infer<typeof runRow>[]> =>
  await session.rows(
    sql`select cast(run_id as varchar) as run, cast(export_id as varchar) as export from sealed_outbox
      union select cast(run_id as varchar), cast(export_id as varchar) from draft_outbox`,
    runRow,
  )

/**
 * Drops what the data plane keeps of lists that are forgotten and of exports that are removed: ledger, rejects, outboxes.
 * Rows of the control plane are there before those of the data plane, so whatever is found first and then not known is over.
 */
export async function sweepDataPlane(engine: DataEngine, known: () => Promise<KnownIds>): Promise<void> {
  const [lists, runs] = [await listsThere(engine), await runsThere(engine)]
  if (lists.length === 0 && runs.length === 0) return
  const now = await known()
  const overLists = lists.filter((id) => !now.lists.has(id))
  const overRuns = runs.filter((one) => !now.exports.has(one.export))
  if (overLists.length === 0 && overRuns.length === 0) return
  await engine.transaction(async (session) => {
    for (const id of overLists) {
      for (const table of listTables) {
        await session.run(sql`delete from ${sql.table(table)} where list_id = ${id}::bigint`)
      }
    }
    for (const { run } of overRuns) {
      await session.run(sql`drop table if exists ${outboxTable(run)}`)
      await session.run(sql`drop table if exists ${draftTable(run)}`)
      for (const table of runTables) {
        await session.run(sql`delete from ${sql.table(table)} where run_id = ${run}::bigint`)
      }
    }
  })
}

/** Drops what is kept of whatever was forgotten or removed by now. */
export const forgetWhatIsOver = async ({ db, engine }: Pick<RunPorts, 'db' | 'engine'>): Promise<void> =>
  await sweepDataPlane(engine, async () => await knownIds(db))

const stillOurs = async (engine: DataEngine, list: ExportList): Promise<number> => {
  if (isAddOnly(list)) return 0
  const [row] = await engine.rows(
    sql`select count(*) as n from ledger where list_id = ${list.id}::bigint and owner = 'ours' and state <> 'left'`,
    z.object({ n: z.number() }),
  )
  return row?.n ?? 0
}

/** Another run began meanwhile: what is left to be done comes after that one. */
const unlessRunning = async (work: () => Promise<void>): Promise<void> => {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof SundError) || !['export.running', 'export.missing'].includes(error.code)) throw error
  }
}

/**
 * After a last run, or after a crash behind it: forgets the lists on which nobody of ours is any more, and removes the
 * export that was leaving when all are empty. Doing it again changes nothing.
 */
export async function concludePartings(
  ports: Pick<RunPorts, 'db' | 'engine' | 'clock'>,
  exportId: string,
): Promise<void> {
  const { db, engine, clock } = ports
  await unlessRunning(async () => {
    for (const list of await emptyingLists(db, exportId)) {
      if ((await stillOurs(engine, list)) === 0) await forgetEmptied(db, list, clock.now())
    }
    await retireExport(db, exportId, clock.now())
  })
  await forgetWhatIsOver(ports)
}

/** Do lists of the export wait to be emptied by another last run, now that this one is settled? One that failed waits for the next run. */
export async function owesLast(db: RunPorts['db'], run: Run): Promise<boolean> {
  const waiting = await emptyingLists(db, run.exportId)
  if (!run.last) return waiting.length > 0
  const pinned = pinnedShape.safeParse(run.pinned)
  const done = new Set(pinned.success ? pinned.data.lists.map(({ listId }) => listId) : [])
  return pinned.success && waiting.some(({ id }) => !done.has(id))
}

/** What a crash, or a store that failed, left undone. */
export async function concludeAllPartings(ports: Pick<RunPorts, 'db' | 'engine' | 'clock'>): Promise<void> {
  for (const exportId of await exportsWithPartings(ports.db)) await concludePartings(ports, exportId)
  await forgetWhatIsOver(ports)
}

/**
 * Puts a new list in the place of one that is gone at the vendor; the next run makes it, with nobody known on it. Throws
 * SundError list.missing, list.closed, list.not_made_here, list.still_there, export.running, and what the
 * conversation throws.
 */
export async function createAgain(ports: RunPorts, listId: string, signal: AbortSignal): Promise<ExportList> {
  const { db } = ports
  const list = await getList(db, listId)
  const wanted = await getExport(db, list.exportId)
  const row = await getConnection(db, wanted.connectionId)
  const { destination, place, channel } = await openConnection(ports, row, wanted.settings)
  const { segmentId, remoteId } = list
  if (list.closed) throw new SundError('list.closed', { list: list.name })
  if (list.destination !== destination.id || list.account !== destination.account(place)) {
    throw new SundError('list.other_account', { list: list.name, export: wanted.name })
  }
  if (segmentId === undefined || destination.ensureList === undefined) {
    throw new SundError('list.not_made_here', { list: list.name, destination: destination.name })
  }
  if (remoteId === undefined) throw new SundError('list.not_found_yet', { list: list.name })
  const there = await converse(() => destination.list(remoteId, place), channel, signal)
  if (there !== undefined) {
    throw new SundError('list.still_there', { list: there.name, destination: destination.name })
  }
  const { name } = await getSegment(db, segmentId)
  const replaced = await replaceList(db, list, name, ports.clock.now())
  await forgetWhatIsOver(ports)
  return replaced
}
