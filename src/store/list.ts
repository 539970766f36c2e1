/** The vendor-side lists that exports fill, each bound by the vendor's own id. */
import type { Kysely, Selectable } from 'kysely'
import { SundError } from '../errors.ts'
import { present } from './columns.ts'
import { isUniqueViolation } from './error-codes.ts'
import type { Reads } from './reads.ts'
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
  /** What its segment was called when the list was found or made, or renamed, for it. */
  readonly namedFor?: string
  /** The export fills it no more. */
  readonly closed: boolean
  /** A last run is to take our people off it. */
  readonly emptying: boolean
}

export type NewExportList = Omit<
  ExportList,
  'id' | 'mark' | 'madeByUs' | 'ownership' | 'namedFor' | 'closed' | 'emptying'
>

export const toList = (row: Selectable<Database['list']>): ExportList => ({
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
  ...present('namedFor', row.named_for),
  closed: row.closed_at !== null,
  emptying: row.emptying,
})

/** The name of the export that fills the vendor's list, unless it is this row itself; undefined where none does. */
export const fillerOf = async (
  db: Reads,
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
    .where('forgotten_at', 'is', null)
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

/** Those that the export fills, and those that it filled and that are not forgotten. */
export const listsOf = async (db: Kysely<Database>, exportId: string): Promise<ExportList[]> =>
  (
    await db
      .selectFrom('list')
      .selectAll()
      .where('export_id', '=', exportId)
      .where('forgotten_at', 'is', null)
      .orderBy('id')
      .execute()
  ).map(toList)

/** Lists of all exports that use the connection. */
export const listsOfConnection = async (db: Reads, connectionId: string): Promise<ExportList[]> =>
  (
    await db
      .selectFrom('list')
      .innerJoin('export', 'export.id', 'list.export_id')
      .selectAll('list')
      .where('export.connection_id', '=', connectionId)
      .where('forgotten_at', 'is', null)
      .orderBy('list.id')
      .execute()
  ).map(toList)

/** The list that an export, or one of its segments, fills now; undefined where it has none yet. */
export const findList = async (db: Reads, exportId: string, segmentId?: string): Promise<ExportList | undefined> => {
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
  to: {
    readonly account: string
    readonly remoteId: string
    readonly name: string
    readonly madeByUs: boolean
    /** What its segment is called; absent where the list is not of one segment. */
    readonly namedFor?: string
  },
): Promise<ExportList> => {
  const current = await db.selectFrom('list').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  try {
    const row = await db
      .updateTable('list')
      .set({
        account: to.account,
        remote_id: to.remoteId,
        name: to.name,
        made_by_us: to.madeByUs,
        ...present('named_for', to.namedFor),
      })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow()
    return toList(row)
  } catch (error) {
    return refuseTaken(db, { ...to, destination: current.destination }, error)
  }
}

/** Keeps what the list is called at the vendor now, and for which name of its segment that was looked at last. */
export const renameList = async (
  db: Kysely<Database>,
  id: string,
  to: { readonly name: string; readonly namedFor?: string },
): Promise<void> => {
  await db
    .updateTable('list')
    .set({ name: to.name, ...present('named_for', to.namedFor) })
    .where('id', '=', id)
    .execute()
}

/** The export fills this list no more; whom it holds stays known. */
export const closeList = async (db: Kysely<Database>, id: string, at: Date): Promise<void> => {
  await db.updateTable('list').set({ closed_at: at }).where('id', '=', id).execute()
}

/**
 * The list that the export, or its segment, filled last before its present one, and that is the wanted one: `reopenList`
 * takes it up again. Undefined where it never did.
 */
export const filledBefore = async (
  db: Reads,
  { exportId, segmentId, destination, account, remoteId }: Omit<NewExportList, 'name'>,
): Promise<ExportList | undefined> => {
  const row = await db
    .selectFrom('list')
    .selectAll()
    .where('export_id', '=', exportId)
    .where('segment_id', segmentId === undefined ? 'is' : '=', segmentId ?? null)
    .where('destination', '=', destination)
    .where('account', '=', account)
    .where('closed_at', 'is not', null)
    .where('forgotten_at', 'is', null)
    .where('remote_id', remoteId === undefined ? 'is not' : '=', remoteId ?? null)
    .orderBy('id', 'desc')
    .executeTakeFirst()
  return row === undefined ? undefined : toList(row)
}

/** Takes up a list again that was closed; undefined where it was forgotten meanwhile. */
export const reopenList = async (db: Kysely<Database>, id: string): Promise<ExportList | undefined> => {
  const row = await db
    .updateTable('list')
    .set({ closed_at: null, emptying: false })
    .where('id', '=', id)
    .where('forgotten_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
  return row === undefined ? undefined : toList(row)
}
