/** The vendor-side lists that exports fill, each bound by the vendor's own id. */
import type { Kysely, Selectable } from 'kysely'
import { SundError } from '../errors.ts'
import { present } from './columns.ts'
import { isUniqueViolation } from './error-codes.ts'
import type { Database, Ownership } from './schema.ts'

export interface ExportList {
  readonly id: string
  readonly exportId: string
  /** Absent where the list takes the union of the export's segments. */
  readonly segmentId?: string
  readonly destination: string
  /** Tells apart lists of equal id in different vendor accounts. */
  readonly account: string
  readonly name: string
  /** By this we know a list again that we made and whose answer was lost. */
  readonly mark: string
  /** The vendor's id; absent until bound. */
  readonly remoteId?: string
  /** Nobody was on it before us. */
  readonly madeByUs: boolean
  /** Whose the vendor's list `of` is, where Sund could not know: asked by a run, said by an administrator. */
  readonly ownership?: { readonly is: Ownership; readonly of: string }
}

export type NewExportList = Omit<ExportList, 'id' | 'mark' | 'madeByUs' | 'ownership'>

const toList = (row: Selectable<Database['list']>): ExportList => ({
  id: row.id,
  exportId: row.export_id,
  ...present('segmentId', row.segment_id),
  destination: row.destination,
  account: row.account,
  name: row.name,
  mark: row.mark,
  ...present('remoteId', row.remote_id),
  madeByUs: row.made_by_us,
  ...(row.ownership === null || row.ownership_of === null
    ? {}
    : { ownership: { is: row.ownership, of: row.ownership_of } }),
})

/** The name of the export that fills the vendor's list, unless it is this row itself; undefined where none does. */
export const fillerOf = async (
  db: Kysely<Database>,
  list: { readonly destination: string; readonly account: string; readonly remoteId: string },
  exceptId?: string,
): Promise<string | undefined> => {
  const { destination, account, remoteId } = list
  const holder = await db
    .selectFrom('list')
    .innerJoin('export', 'export.id', 'list.export_id')
    .select(['list.id', 'export.name'])
    .where('destination', '=', destination)
    .where('account', '=', account)
    .where('remote_id', '=', remoteId)
    .executeTakeFirst()
  return holder === undefined || holder.id === exceptId ? undefined : holder.name
}

const refuseTaken = async (
  db: Kysely<Database>,
  list: Pick<NewExportList, 'destination' | 'account' | 'name' | 'remoteId'>,
  error: unknown,
): Promise<never> => {
  if (!isUniqueViolation(error, 'list_destination_account_remote_id_key')) throw error
  const filler = await fillerOf(db, { ...list, remoteId: list.remoteId ?? '' })
  throw new SundError('list.taken', { list: list.name, export: filler ?? '?' }, error)
}

export const listsOf = async (db: Kysely<Database>, exportId: string): Promise<ExportList[]> =>
  (await db.selectFrom('list').selectAll().where('export_id', '=', exportId).orderBy('id').execute()).map(toList)

/** Lists of all exports that use the connection. */
export const listsOfConnection = async (db: Kysely<Database>, connectionId: string): Promise<ExportList[]> =>
  (
    await db
      .selectFrom('list')
      .innerJoin('export', 'export.id', 'list.export_id')
      .selectAll('list')
      .where('export.connection_id', '=', connectionId)
      .orderBy('list.id')
      .execute()
  ).map(toList)

/** The list that an export, or one of its segments, fills now; undefined where it has none yet. */
export const findList = async (
  db: Kysely<Database>,
  exportId: string,
  segmentId?: string,
): Promise<ExportList | undefined> => {
  const row = await db
    .selectFrom('list')
    .selectAll()
    .where('export_id', '=', exportId)
    .where('segment_id', segmentId === undefined ? 'is' : '=', segmentId ?? null)
    .where('closed_at', 'is', null)
    .executeTakeFirst()
  return row === undefined ? undefined : toList(row)
}

/**
 * Makes the row, with its mark, before anything is asked of the vendor. Where the export (or its segment) has one
 * already, that one is returned as it is. Throws SundError list.taken.
 */
export const createList = async (db: Kysely<Database>, wanted: NewExportList): Promise<ExportList> => {
  const { exportId, segmentId, destination, account, name, remoteId } = wanted
  const there = await findList(db, exportId, segmentId)
  if (there !== undefined) return there
  try {
    const row = await db
      .insertInto('list')
      .values({
        export_id: exportId,
        ...present('segment_id', segmentId),
        destination,
        account,
        name,
        ...present('remote_id', remoteId),
      })
      .returningAll()
      .executeTakeFirstOrThrow()
    return toList(row)
  } catch (error) {
    if (!isUniqueViolation(error, 'list_of_export')) return refuseTaken(db, wanted, error)
    const faster = await findList(db, exportId, segmentId)
    if (faster === undefined) throw error
    return faster
  }
}

/** Binds the row to the vendor's list. Throws SundError list.taken where another export fills that list. */
export const bindList = async (
  db: Kysely<Database>,
  id: string,
  to: { readonly account: string; readonly remoteId: string; readonly name: string; readonly madeByUs: boolean },
): Promise<ExportList> => {
  const current = await db.selectFrom('list').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  try {
    const row = await db
      .updateTable('list')
      .set({ account: to.account, remote_id: to.remoteId, name: to.name, made_by_us: to.madeByUs })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow()
    return toList(row)
  } catch (error) {
    return refuseTaken(db, { ...to, destination: current.destination }, error)
  }
}

/** The export fills this list no more; whom it holds stays known. */
export const closeList = async (db: Kysely<Database>, id: string, at: Date): Promise<void> => {
  await db.updateTable('list').set({ closed_at: at }).where('id', '=', id).execute()
}

/** The list that the export, or its segment, filled last before its present one, and that is the wanted one. */
const filledBefore = async (
  db: Kysely<Database>,
  { exportId, segmentId, destination, account, remoteId }: Omit<NewExportList, 'name'>,
): Promise<{ readonly id: string } | undefined> =>
  await db
    .selectFrom('list')
    .select('id')
    .where('export_id', '=', exportId)
    .where('segment_id', segmentId === undefined ? 'is' : '=', segmentId ?? null)
    .where('destination', '=', destination)
    .where('account', '=', account)
    .where('closed_at', 'is not', null)
    .where('remote_id', remoteId === undefined ? 'is not' : '=', remoteId ?? null)
    .orderBy('id', 'desc')
    .executeTakeFirst()

/** Could `reopenList` take up a list again? */
export const wasFilled = async (db: Kysely<Database>, wanted: Omit<NewExportList, 'name'>): Promise<boolean> =>
  (await filledBefore(db, wanted)) !== undefined

/** Takes up a list again that the export, or its segment, filled before; undefined where it never did. */
export const reopenList = async (
  db: Kysely<Database>,
  wanted: Omit<NewExportList, 'name'>,
): Promise<ExportList | undefined> => {
  const closed = await filledBefore(db, wanted)
  if (closed === undefined) return undefined
  const row = await db
    .updateTable('list')
    .set({ closed_at: null })
    .where('id', '=', closed.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  return toList(row)
}
