/** Lists with the names of what they belong to, for people to look at. */
import type { Kysely } from 'kysely'
import { SundError } from '../errors.ts'
import { present } from './columns.ts'
import type { Database } from './schema.ts'

export interface NamedList {
  readonly id: string
  readonly name: string
  readonly exportId: string
  readonly exportName: string
  readonly segmentId?: string
  readonly destination: string
  /** The vendor's id; absent until bound. */
  readonly remoteId?: string
  /** When the export went to another list. */
  readonly closedAt?: Date
}

/** By id. */
export const namedLists = async (db: Kysely<Database>): Promise<NamedList[]> => {
  const rows = await db
    .selectFrom('list')
    .innerJoin('export', 'export.id', 'list.export_id')
    .select(['list.id', 'list.name', 'list.export_id', 'export.name as export_name', 'list.segment_id'])
    .select(['list.destination', 'list.remote_id', 'list.closed_at'])
    .orderBy('list.id')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    exportId: row.export_id,
    exportName: row.export_name,
    ...present('segmentId', row.segment_id),
    destination: row.destination,
    ...present('remoteId', row.remote_id),
    ...present('closedAt', row.closed_at),
  }))
}

/** Throws SundError list.missing. */
export const namedList = async (db: Kysely<Database>, id: string): Promise<NamedList> => {
  const found = (await namedLists(db)).find((list) => list.id === id)
  if (found === undefined) throw new SundError('list.missing', { id })
  return found
}
