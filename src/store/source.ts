/** Sources: where customer data comes from. The definition is read by the room that ingests it. */
import type { Kysely } from 'kysely'
import { json } from './columns.ts'
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

export const removeSource = async (db: Kysely<Database>, id: string): Promise<void> => {
  await db.deleteFrom('source').where('id', '=', id).execute()
}
