/** Segments: named rules. The rule is read by the room that compiles it. */
import { type Kysely, sql } from 'kysely'
import { SundError } from '../errors.ts'
import { json, present } from './columns.ts'
import { isForeignKeyViolation, isUniqueViolation } from './error-codes.ts'
import { type Precondition, unconditional } from './precondition.ts'
import type { Reads } from './reads.ts'
import type { Database } from './schema.ts'

export interface Segment {
  readonly id: string
  readonly name: string
  readonly rule: unknown
}

const refuseTakenName = (error: unknown, name: string | undefined): never => {
  if (isUniqueViolation(error, 'segment_name_key')) throw new SundError('segment.exists', { name: name ?? '' }, error)
  throw error
}

/** Throws SundError segment.exists. */
export const createSegment = async (db: Kysely<Database>, name: string, rule: unknown): Promise<Segment> => {
  try {
    return await db
      .insertInto('segment')
      .values({ name, rule: json(rule) })
      .returningAll()
      .executeTakeFirstOrThrow()
  } catch (error) {
    return refuseTakenName(error, name)
  }
}

const lockedSegment = async (tx: Kysely<Database>, id: string): Promise<Segment> => {
  const row = await tx.selectFrom('segment').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  if (row === undefined) throw new SundError('segment.missing', { id })
  return row
}

/** Changes what is given. Throws SundError segment.missing, segment.exists, and what the precondition throws. */
export const updateSegment = async (
  db: Kysely<Database>,
  id: string,
  changes: { readonly name?: string; readonly rule?: unknown },
  precondition: Precondition<Segment> = unconditional,
): Promise<Segment> => {
  const { name, rule } = changes
  const columns = { ...present('name', name), ...('rule' in changes ? { rule: json(rule) } : {}) }
  try {
    return await db.transaction().execute(async (tx) => {
      const current = await lockedSegment(tx, id)
      precondition(current)
      // An update must set something; setting the id to itself is not allowed for an identity.
      if (Object.keys(columns).length === 0) return current
      return await tx.updateTable('segment').set(columns).where('id', '=', id).returningAll().executeTakeFirstOrThrow()
    })
  } catch (error) {
    return refuseTakenName(error, name)
  }
}

/** Throws SundError segment.missing. */
export const getSegment = async (db: Reads, id: string): Promise<Segment> => {
  const row = await db.selectFrom('segment').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw new SundError('segment.missing', { id })
  return row
}

export const findSegment = (db: Kysely<Database>, name: string): Promise<Segment | undefined> =>
  db.selectFrom('segment').selectAll().where('name', '=', name).executeTakeFirst()

export const listSegments = (db: Kysely<Database>): Promise<Segment[]> =>
  db.selectFrom('segment').selectAll().orderBy('name').execute()

/** Throws SundError segment.missing, segment.in_use, and what the precondition throws. */
export const removeSegment = (
  db: Kysely<Database>,
  id: string,
  precondition: Precondition<Segment> = unconditional,
): Promise<void> =>
  db.transaction().execute(async (tx) => {
    const current = await lockedSegment(tx, id)
    precondition(current)
    try {
      // Rows of lists that no run has found or made: they were taken off their exports, or else the segment stays.
      await tx
        .updateTable('list')
        .set({ closed_at: sql`now()`, forgotten_at: sql`now()`, segment_id: null })
        .where('segment_id', '=', id)
        .where('remote_id', 'is', null)
        .execute()
      await tx.deleteFrom('segment').where('id', '=', id).execute()
    } catch (error) {
      if (isForeignKeyViolation(error)) throw new SundError('segment.in_use', { name: current.name }, error)
      throw error
    }
  })
