/** Lists with the names of what they belong to, for people to look at. */
import type { Kysely } from 'kysely'
import { SundError } from '../errors.ts'
import { present } from './columns.ts'
import type { Database, Ownership } from './schema.ts'

export interface NamedList {
  readonly id: string
  readonly name: string
  readonly exportId: string
  readonly exportName: string
  readonly segmentId?: string
  /** What the segment is called now, which a list that was made for it may not be. */
  readonly segmentName?: string
  readonly destination: string
  /** The vendor's id; absent until bound. */
  readonly remoteId?: string
  /** Absent where nobody had to say whose it is. */
  readonly ownership?: Ownership
  /** When the export went to another list. */
  readonly closedAt?: Date
  /** A last run is to take our people off it. */
  readonly emptying: boolean
}

/** By id; without those that are forgotten. */
export const namedLists = async (db: Kysely<Database>): Promise<NamedList[]> => {
  const rows = await db
    .selectFrom('list')
    .innerJoin('export', 'export.id', 'list.export_id')
    .leftJoin('segment', 'segment.id', 'list.segment_id')
    .select('segment.name as segment_name')
    .select(['list.id', 'list.name', 'list.export_id', 'export.name as export_name', 'list.segment_id'])
    .select(['list.destination', 'list.remote_id', 'list.closed_at', 'list.ownership', 'list.emptying'])
    .where('list.forgotten_at', 'is', null)
    .orderBy('list.id')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    exportId: row.export_id,
    exportName: row.export_name,
    ...present('segmentId', row.segment_id),
    ...present('segmentName', row.segment_name),
    destination: row.destination,
    ...present('remoteId', row.remote_id),
    ...present('ownership', row.ownership),
    ...present('closedAt', row.closed_at),
    emptying: row.emptying,
  }))
}

/** Throws SundError list.missing. */
export const namedList = async (db: Kysely<Database>, id: string): Promise<NamedList> => {
  const found = (await namedLists(db)).find((list) => list.id === id)
  if (found === undefined) throw new SundError('list.missing', { id })
  return found
}
