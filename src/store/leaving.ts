/** How lists and exports end: let go, emptied of our people first where a person wants that, forgotten, removed. */
import type { Kysely } from 'kysely'
import { SundError } from '../errors.ts'
import { type Export, lockIdleExport } from './export.ts'
import { createList, type ExportList, toList } from './list.ts'
import { type Precondition, unconditional } from './precondition.ts'
import type { Database } from './schema.ts'

/** What becomes of our people on a list that its export fills no more: they stay, or a last run takes them off it first. */
export const partings = ['leave', 'remove'] as const
export type Parting = (typeof partings)[number]

/** A list that is not forgotten, open or closed. Throws SundError list.missing. */
export const getList = async (db: Kysely<Database>, id: string): Promise<ExportList> => {
  const row = await db
    .selectFrom('list')
    .selectAll()
    .where('id', '=', id)
    .where('forgotten_at', 'is', null)
    .executeTakeFirst()
  if (row === undefined) throw new SundError('list.missing', { id })
  return toList(row)
}

const openLists = async (db: Kysely<Database>, exportId: string): Promise<ExportList[]> =>
  (
    await db
      .selectFrom('list')
      .selectAll()
      .where('export_id', '=', exportId)
      .where('closed_at', 'is', null)
      .orderBy('id')
      .execute()
  ).map(toList)

/**
 * Closes the lists of an export that are `unwanted`. One that no run has bound has nobody of ours; it stays as it is, so
 * that its mark is not lost.
 */
export const letGo = async (
  db: Kysely<Database>,
  exportId: string,
  unwanted: (list: ExportList) => boolean,
  { people, at }: { readonly people: Parting; readonly at: Date },
): Promise<void> => {
  const ids = (await openLists(db, exportId))
    .filter((one) => one.remoteId !== undefined && unwanted(one))
    .map(({ id }) => id)
  if (ids.length === 0) return
  await db
    .updateTable('list')
    .set({ closed_at: at, emptying: people === 'remove' })
    .where('id', 'in', ids)
    .execute()
}

/** Lists of the export that its last run has to empty. */
export const emptyingLists = async (db: Kysely<Database>, exportId: string): Promise<ExportList[]> =>
  (
    await db
      .selectFrom('list')
      .selectAll()
      .where('export_id', '=', exportId)
      .where('emptying', '=', true)
      .orderBy('id')
      .execute()
  ).map(toList)

/** Takes back the wish to empty lists that the export fills again: whoever approves what is Held for them removes nobody. */
export const keepFilled = async (
  tx: Kysely<Database>,
  exportId: string,
  filled: (list: ExportList) => boolean,
): Promise<void> => {
  const ids = (await emptyingLists(tx, exportId)).filter(filled).map(({ id }) => id)
  if (ids.length > 0) await tx.updateTable('list').set({ emptying: false }).where('id', 'in', ids).execute()
}

/** Exports with lists to be emptied, or that leave. */
export const exportsWithPartings = async (db: Kysely<Database>): Promise<string[]> => {
  const lists = await db.selectFrom('list').select('export_id').where('emptying', '=', true).distinct().execute()
  const leaving = await db
    .selectFrom('export')
    .select('id')
    .where('leaving', '=', true)
    .where('removed_at', 'is', null)
    .execute()
  return [...new Set([...lists.map((row) => row.export_id), ...leaving.map((row) => row.id)])]
}

/**
 * Exports with such a wish whose newest run is no last one: whoever wished it, or what it waited for, ended before a last run
 * was made.
 */
export const exportsOwedLast = async (db: Kysely<Database>): Promise<string[]> => {
  const owed: string[] = []
  for (const id of await exportsWithPartings(db)) {
    const newest = await db
      .selectFrom('run')
      .select('last')
      .where('export_id', '=', id)
      .orderBy('id', 'desc')
      .executeTakeFirst()
    if (newest?.last !== true) owed.push(id)
  }
  return owed
}

/** Asks that our people be taken off a list that its export fills no more. Throws SundError list.missing, list.filled. */
export const emptyList = async (db: Kysely<Database>, id: string): Promise<ExportList> =>
  await db.transaction().execute(async (tx) => {
    const { exportId } = await getList(tx, id)
    // Runs and planning reopen lists; both need the export.
    await tx.selectFrom('export').select('id').where('id', '=', exportId).forUpdate().execute()
    const list = await getList(tx, id)
    if (!list.closed) throw new SundError('list.filled', { list: list.name })
    await tx.updateTable('list').set({ emptying: true }).where('id', '=', id).execute()
    return { ...list, emptying: true }
  })

/**
 * Has an export leave: every list that it fills is to be emptied by its last run, and it gets no other run any more. Throws
 * SundError export.missing, export.running, and what the precondition throws.
 */
export const leaveExport = async (
  db: Kysely<Database>,
  id: string,
  at: Date,
  precondition: Precondition<Export> = unconditional,
): Promise<void> =>
  await db.transaction().execute(async (tx) => {
    precondition(await lockIdleExport(tx, id))
    await letGo(tx, id, () => true, { people: 'remove', at })
    await tx.updateTable('export').set({ leaving: true }).where('id', '=', id).execute()
  })

/** Nobody is taken off any list of the export, and it stays. */
export const withdrawPartings = async (tx: Kysely<Database>, exportId: string): Promise<void> => {
  await tx.updateTable('list').set({ emptying: false }).where('export_id', '=', exportId).execute()
  await tx.updateTable('export').set({ leaving: false }).where('id', '=', exportId).execute()
}

const forget = async (tx: Kysely<Database>, id: string, at: Date): Promise<void> => {
  await tx
    .updateTable('list')
    .set((change) => ({
      closed_at: change.fn.coalesce('closed_at', change.val(at)),
      emptying: false,
      forgotten_at: at,
      // The segment may be removed now.
      segment_id: null,
    }))
    .where('id', '=', id)
    .execute()
}

/** Forgets a list that was emptied; one that was taken up again meanwhile stays. Throws SundError export.missing, export.running. */
export const forgetEmptied = async (db: Kysely<Database>, { id, exportId }: ExportList, at: Date): Promise<void> => {
  await db.transaction().execute(async (tx) => {
    await lockIdleExport(tx, exportId)
    if ((await emptyingLists(tx, exportId)).some((list) => list.id === id)) await forget(tx, id, at)
  })
}

/**
 * Forgets a list that its export fills no more: whoever is on it stays there, and another export may fill it. Throws SundError
 * list.missing, list.filled, export.running.
 */
export const forgetList = async (db: Kysely<Database>, id: string, at: Date): Promise<void> => {
  await db.transaction().execute(async (tx) => {
    await lockIdleExport(tx, (await getList(tx, id)).exportId)
    const list = await getList(tx, id)
    if (!list.closed) throw new SundError('list.filled', { list: list.name })
    await forget(tx, id, at)
  })
}

/**
 * Forgets a list that is gone at the vendor, and puts one in its place that the next run makes, with a mark of its own and
 * nobody known on it. Throws SundError list.missing, export.missing, export.running.
 */
export const replaceList = async (
  db: Kysely<Database>,
  { id, exportId }: ExportList,
  name: string,
  at: Date,
): Promise<ExportList> =>
  await db.transaction().execute(async (tx) => {
    await lockIdleExport(tx, exportId)
    const { segmentId, destination, account } = await getList(tx, id)
    await forget(tx, id, at)
    return await createList(tx, {
      exportId,
      destination,
      account,
      name,
      ...(segmentId === undefined ? {} : { segmentId }),
    })
  })

/**
 * Removes an export whose lists are all emptied. Its runs stay, to be looked at. Throws SundError export.missing,
 * export.running.
 */
export const retireExport = async (db: Kysely<Database>, id: string, at: Date): Promise<void> => {
  await db.transaction().execute(async (tx) => {
    const { leaving } = await lockIdleExport(tx, id)
    if (!leaving || (await emptyingLists(tx, id)).length > 0) return
    await tx
      .updateTable('list')
      .set((change) => ({
        closed_at: change.fn.coalesce('closed_at', change.val(at)),
        forgotten_at: at,
        segment_id: null,
      }))
      .where('export_id', '=', id)
      .where('forgotten_at', 'is', null)
      .execute()
    await tx.updateTable('run').set({ again: false }).where('export_id', '=', id).execute()
    await tx.deleteFrom('export_segment').where('export_id', '=', id).execute()
    await tx.updateTable('export').set({ connection_id: null, removed_at: at }).where('id', '=', id).execute()
  })
}

/** What the data plane may keep something of: lists that are not forgotten, and exports that are not removed. */
export interface KnownIds {
  readonly lists: ReadonlySet<string>
  readonly exports: ReadonlySet<string>
}

export const knownIds = async (db: Kysely<Database>): Promise<KnownIds> => {
  const lists = await db.selectFrom('list').select('id').where('forgotten_at', 'is', null).execute()
  const exports = await db.selectFrom('export').select('id').where('removed_at', 'is', null).execute()
  return { lists: new Set(lists.map(({ id }) => id)), exports: new Set(exports.map(({ id }) => id)) }
}
