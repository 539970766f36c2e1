/** Exports: a connection, segments in their order, and data matching. */
import { type Kysely, type Selectable, sql } from 'kysely'
import { z } from 'zod'
import { matchedFieldNode } from '../domain/matched-value.ts'
import type { Matching } from '../domain/matching.ts'
import { SundError } from '../errors.ts'
import { json, present, type Texts, texts } from './columns.ts'
import { isUniqueViolation } from './error-codes.ts'
import { type Precondition, unconditional } from './precondition.ts'
import type { Reads } from './reads.ts'
import type { Database } from './schema.ts'

// Names are taken as they were stored: what may be a name today is for those who save.
const matchingShape = z.object({
  identifier: z.string(),
  fields: z.record(z.string(), z.union([z.string(), matchedFieldNode])),
})

export interface Export {
  readonly id: string
  readonly name: string
  readonly connectionId: string
  readonly settings: Texts
  readonly matching: Matching
  /** The vendor's list that the person chose; absent where each segment gets a list of its own. */
  readonly listRemoteId?: string
  /** In the order that the person gave. */
  readonly segmentIds: readonly string[]
  /** Its last run takes our people off its lists; then it is removed. */
  readonly leaving: boolean
}

export type NewExport = Omit<Export, 'id' | 'leaving'>
/** What is given is changed; `listRemoteId: null` takes the list away. */
export type ExportChanges = Partial<Omit<NewExport, 'listRemoteId'>> & { readonly listRemoteId?: string | null }

const connectionOf = ({ id, connection_id }: Selectable<Database['export']>): string => {
  if (connection_id === null) throw new TypeError(`The export ${id} was removed.`)
  return connection_id
}

const toExport = (row: Selectable<Database['export']> & { segment_ids: string[] }): Export => ({
  id: row.id,
  name: row.name,
  connectionId: connectionOf(row),
  settings: texts.parse(row.settings),
  matching: matchingShape.parse(row.matching),
  ...present('listRemoteId', row.list_remote_id),
  segmentIds: row.segment_ids,
  leaving: row.leaving,
})

const selectExports = (db: Reads) =>
  db
    .selectFrom('export')
    .selectAll()
    .where('removed_at', 'is', null)
    .select(
      sql<
        string[]
      >`array(select segment_id::text from export_segment where export_id = export.id order by position)`.as(
        'segment_ids',
      ),
    )

const refuseTakenName = (error: unknown, name: string | undefined): never => {
  if (isUniqueViolation(error, 'export_name_key')) throw new SundError('export.exists', { name: name ?? '' }, error)
  throw error
}

const putSegments = async (db: Kysely<Database>, id: string, segmentIds: readonly string[]): Promise<void> => {
  await db.deleteFrom('export_segment').where('export_id', '=', id).execute()
  if (segmentIds.length === 0) return
  const rows = segmentIds.map((segment_id, position) => ({ export_id: id, segment_id, position }))
  await db.insertInto('export_segment').values(rows).execute()
}

/** Throws SundError export.missing. */
export const getExport = async (db: Reads, id: string): Promise<Export> => {
  const row = await selectExports(db).where('export.id', '=', id).executeTakeFirst()
  if (row === undefined) throw new SundError('export.missing', { id })
  return toExport(row)
}

export const findExport = async (db: Kysely<Database>, name: string): Promise<Export | undefined> => {
  const row = await selectExports(db).where('export.name', '=', name).executeTakeFirst()
  return row === undefined ? undefined : toExport(row)
}

export const listExports = async (db: Reads): Promise<Export[]> =>
  (await selectExports(db).orderBy('export.name').execute()).map(toExport)

/** Throws SundError export.exists. */
export const createExport = async (db: Kysely<Database>, wanted: NewExport): Promise<Export> => {
  try {
    return await db.transaction().execute(async (tx) => {
      const { id } = await tx
        .insertInto('export')
        .values({
          name: wanted.name,
          connection_id: wanted.connectionId,
          settings: json(wanted.settings),
          matching: json(wanted.matching),
          ...present('list_remote_id', wanted.listRemoteId),
        })
        .returning('id')
        .executeTakeFirstOrThrow()
      await putSegments(tx, id, wanted.segmentIds)
      return getExport(tx, id)
    })
  } catch (error) {
    return refuseTakenName(error, wanted.name)
  }
}

/**
 * `also` is done in the same transaction. Throws SundError export.leaving, export.missing, export.exists, and what the
 * precondition and `also` throw.
 */
export const updateExport = async (
  db: Kysely<Database>,
  id: string,
  changes: ExportChanges,
  precondition: Precondition<Export> = unconditional,
  also: (tx: Kysely<Database>, changed: Export) => Promise<void> = async () => undefined,
): Promise<Export> => {
  const { name, connectionId, settings, matching, listRemoteId, segmentIds } = changes
  const columns = {
    ...present('name', name),
    ...present('connection_id', connectionId),
    ...present('settings', settings === undefined ? undefined : json(settings)),
    ...present('matching', matching === undefined ? undefined : json(matching)),
    ...(listRemoteId === undefined ? {} : { list_remote_id: listRemoteId }),
  }
  try {
    return await db.transaction().execute(async (tx) => {
      const current = await lockExport(tx, id)
      precondition(current)
      if (current.leaving) throw new SundError('export.leaving', { name: current.name })
      if (Object.keys(columns).length > 0) await tx.updateTable('export').set(columns).where('id', '=', id).execute()
      if (segmentIds !== undefined) await putSegments(tx, id, segmentIds)
      const changed = await getExport(tx, id)
      await also(tx, changed)
      return changed
    })
  } catch (error) {
    return refuseTakenName(error, name)
  }
}

/** The export, locked against changes for the rest of the transaction. Throws SundError export.missing. */
export const lockExport = async (tx: Kysely<Database>, id: string): Promise<Export> => {
  await tx.selectFrom('export').select('id').where('id', '=', id).forUpdate().execute()
  return await getExport(tx, id)
}

/**
 * The export, locked against new runs for the rest of the transaction: one needs its row for its reference. Throws SundError
 * export.missing, export.running.
 */
export const lockIdleExport = async (tx: Kysely<Database>, id: string): Promise<Export> => {
  const locked = await lockExport(tx, id)
  const live = await tx
    .selectFrom('run')
    .select('id')
    .where('export_id', '=', id)
    .where('settled_at', 'is', null)
    .executeTakeFirst()
  if (live !== undefined) throw new SundError('export.running', { name: locked.name })
  return locked
}

/**
 * Removes the export with its runs and list rows; what the vendor holds is not touched.
 * Throws SundError export.missing, export.running, and what the precondition throws.
 */
export const removeExport = (
  db: Kysely<Database>,
  id: string,
  precondition: Precondition<Export> = unconditional,
): Promise<void> =>
  db.transaction().execute(async (tx) => {
    precondition(await lockIdleExport(tx, id))
    await tx.deleteFrom('run').where('export_id', '=', id).execute()
    await tx.deleteFrom('list').where('export_id', '=', id).execute()
    await tx.deleteFrom('export').where('id', '=', id).execute()
  })
