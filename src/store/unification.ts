/** The one definition of how tables become profiles. */
import { type Kysely, sql } from 'kysely'
import { json } from './columns.ts'
import { type Precondition, unconditional } from './precondition.ts'
import type { Database } from './schema.ts'

/** Undefined until somebody defined it. */
export const readUnification = async (db: Kysely<Database>): Promise<unknown> =>
  (await db.selectFrom('unification').select('definition').executeTakeFirst())?.definition

/** Writes it; the precondition is asked about what was there before, undefined where nothing was. */
export const writeUnification = (
  db: Kysely<Database>,
  definition: unknown,
  precondition: Precondition<unknown> = unconditional,
): Promise<void> =>
  db.transaction().execute(async (tx) => {
    // Also where there is no row to lock yet, two writers come one after the other.
    await sql`lock table unification in share row exclusive mode`.execute(tx)
    precondition(await readUnification(tx))
    const text = json(definition)
    await tx
      .insertInto('unification')
      .values({ definition: text })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ definition: text }))
      .execute()
  })
