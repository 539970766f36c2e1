/** The one definition of how tables become profiles. */
import type { Kysely } from 'kysely'
import { json } from './columns.ts'
import type { Database } from './schema.ts'

/** Undefined until somebody defined it. */
export const readUnification = async (db: Kysely<Database>): Promise<unknown> =>
  (await db.selectFrom('unification').select('definition').executeTakeFirst())?.definition

export const writeUnification = async (db: Kysely<Database>, definition: unknown): Promise<void> => {
  const text = json(definition)
  await db
    .insertInto('unification')
    .values({ definition: text })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ definition: text }))
    .execute()
}
