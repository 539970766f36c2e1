/** Settings of the whole installation, by name. */
import { type Kysely, sql } from 'kysely'
import type { z } from 'zod'
import { json } from './columns.ts'
import type { Precondition } from './precondition.ts'
import type { Database } from './schema.ts'

/** The setting, checked against its shape; undefined where it was never written. Throws ZodError on another shape. */
export const readSetting = async <T>(
  db: Kysely<Database>,
  name: string,
  shape: z.ZodType<T>,
): Promise<T | undefined> => {
  const row = await db.selectFrom('setting').select('value').where('name', '=', name).executeTakeFirst()
  return row === undefined ? undefined : shape.parse(row.value)
}

export const writeSetting = async (db: Kysely<Database>, name: string, value: unknown): Promise<void> => {
  const text = json(value)
  await db
    .insertInto('setting')
    .values({ name, value: text })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: text }))
    .execute()
}

/** Writes it; null forgets it. The precondition is asked about what was there before, undefined where nothing was. */
export const changeSetting = (
  db: Kysely<Database>,
  name: string,
  value: unknown,
  precondition: Precondition<unknown>,
): Promise<void> =>
  db.transaction().execute(async (tx) => {
    // Also where there is no row to lock yet, two writers come one after the other.
    await sql`lock table setting in share row exclusive mode`.execute(tx)
    const row = await tx.selectFrom('setting').select('value').where('name', '=', name).executeTakeFirst()
    precondition(row?.value)
    if (value === null) await tx.deleteFrom('setting').where('name', '=', name).execute()
    else await writeSetting(tx, name, value)
  })
