/** Whose a list is that Sund did not make and cannot read: asked by a run, said by an administrator. */
import type { Kysely } from 'kysely'
import { SundError } from '../errors.ts'
import type { Database, OwnershipAnswer } from './schema.ts'

/** Notes that a run found the vendor's list `of` and has to be told whose it is. An answer about that list stands. */
export const askOwnership = async (db: Kysely<Database>, id: string, of: string): Promise<void> => {
  await db
    .updateTable('list')
    .set({ ownership: 'undecided', ownership_of: of })
    .where('id', '=', id)
    .where((where) => where.or([where('ownership_of', 'is', null), where('ownership_of', '!=', of)]))
    .execute()
}

/**
 * Says whose the list is: of the vendor's list that a run asked about, else of the one that the export fills. Throws
 * SundError list.missing, list.not_found_yet.
 */
export const decideOwnership = async (db: Kysely<Database>, id: string, answer: OwnershipAnswer): Promise<void> => {
  await db.transaction().execute(async (tx) => {
    const row = await tx.selectFrom('list').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
    if (row === undefined) throw new SundError('list.missing', { id })
    const of = row.remote_id ?? row.ownership_of
    if (of === null) throw new SundError('list.not_found_yet', { list: row.name })
    await tx.updateTable('list').set({ ownership: answer, ownership_of: of }).where('id', '=', id).execute()
  })
}
