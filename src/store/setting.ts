/** Settings of the whole installation, by name. */
import type { Kysely } from 'kysely'
import type { z } from 'zod'
import { json } from './columns.ts'
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
