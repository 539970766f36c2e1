/** Is there a table of this name? Registries are read before anything was sealed. */
import { sql } from 'kysely'
import { z } from 'zod'
import type { Session } from './engine.ts'

export async function tableExists(session: Session, name: string): Promise<boolean> {
  const found = await session.rows(
    sql`select table_name as name from information_schema.tables where table_name = ${name}`,
    z.object({ name: z.string() }),
  )
  return found.length > 0
}
