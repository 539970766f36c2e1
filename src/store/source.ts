/** Sources: where customer data comes from. The definition is read by the room that ingests it. */
import type { Kysely } from 'kysely'
import { SundError } from '../errors.ts'
import { json } from './columns.ts'
import { isUniqueViolation } from './error-codes.ts'
import { type Precondition, unconditional } from './precondition.ts'
import type { Database } from './schema.ts'

export interface Source {
  readonly id: string
  readonly name: string
  readonly definition: unknown
}

/** Makes the source of this name, or gives it this definition. */
export const saveSource = async (db: Kysely<Database>, name: string, definition: unknown): Promise<Source> => {
  const text = json(definition)
  return db
    .insertInto('source')
    .values({ name, definition: text })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ definition: text }))
    .returningAll()
    .executeTakeFirstOrThrow()
}

export const listSources = (db: Kysely<Database>): Promise<Source[]> =>
  db.selectFrom('source').selectAll().orderBy('name').execute()

export const findSource = (db: Kysely<Database>, name: string): Promise<Source | undefined> =>
  db.selectFrom('source').selectAll().where('name', '=', name).executeTakeFirst()

const refuseTakenName = (error: unknown, name: string): never => {
  if (isUniqueViolation(error, 'source_name_key')) throw new SundError('source.exists', { name }, error)
  throw error
}

/** Throws SundError source.exists. */
export const createSource = async (db: Kysely<Database>, name: string, definition: unknown): Promise<Source> => {
  try {
    return await db
      .insertInto('source')
      .values({ name, definition: json(definition) })
      .returningAll()
      .executeTakeFirstOrThrow()
  } catch (error) {
    return refuseTakenName(error, name)
  }
}

/** Throws SundError source.missing. */
export const getSource = async (db: Kysely<Database>, id: string): Promise<Source> => {
  const row = await db.selectFrom('source').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw new SundError('source.missing', { id })
  return row
}

const lockedSource = async (tx: Kysely<Database>, id: string): Promise<Source> => {
  const row = await tx.selectFrom('source').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  if (row === undefined) throw new SundError('source.missing', { id })
  return row
}

/** Throws SundError source.missing, source.exists, and what the precondition throws. */
export const updateSource = async (
  db: Kysely<Database>,
  id: string,
  { name, definition }: Omit<Source, 'id'>,
  precondition: Precondition<Source> = unconditional,
): Promise<Source> => {
  try {
    return await db.transaction().execute(async (tx) => {
      precondition(await lockedSource(tx, id))
      return await tx
        .updateTable('source')
        .set({ name, definition: json(definition) })
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirstOrThrow()
    })
  } catch (error) {
    return refuseTakenName(error, name)
  }
}

/** Throws SundError source.missing, and what the precondition throws. */
export const removeSource = (
  db: Kysely<Database>,
  id: string,
  precondition: Precondition<Source> = unconditional,
): Promise<void> =>
  db.transaction().execute(async (tx) => {
    precondition(await lockedSource(tx, id))
    await tx.deleteFrom('source').where('id', '=', id).execute()
  })
