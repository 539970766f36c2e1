/** What people decide about a run: to cancel it, to approve a Held delta, or to let it go. */
import type { Kysely } from 'kysely'
import { SundError } from '../errors.ts'
import { withdrawPartings } from './leaving.ts'
import { findRun, insertRun, type Run, toRun } from './run.ts'
import type { Database } from './schema.ts'

/** Throws SundError run.missing. */
export const getRun = async (db: Kysely<Database>, id: string): Promise<Run> => {
  const run = await findRun(db, id)
  if (run === undefined) throw new SundError('run.missing', { id })
  return run
}

/**
 * Asks that a live run be canceled, which takes back the wish behind a last run, and lets go of the run that is owed after it; a Held run ends Canceled at once. A run
 * that was to be canceled already stays so. Throws SundError run.missing, run.already_settled.
 */
export const requestCancel = async (db: Kysely<Database>, id: string, at: Date): Promise<Run> =>
  await db.transaction().execute(async (tx) => {
    const { exportId, last } = await getRun(tx, id)
    // As whoever makes a run does: first the export, then its runs.
    if (last) await tx.selectFrom('export').select('id').where('id', '=', exportId).forUpdate().execute()
    const run = await cancelOrDismiss(tx, id, at)
    if (last) await withdrawPartings(tx, exportId)
    return run
  })

const cancelOrDismiss = async (db: Kysely<Database>, id: string, at: Date): Promise<Run> => {
  const live = await db
    .updateTable('run')
    .set((change) => ({ cancel_requested_at: change.fn.coalesce('cancel_requested_at', change.val(at)), again: false }))
    .where('id', '=', id)
    .where('settled_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
  if (live !== undefined) return toRun(live)
  const dismissed = new SundError('run.dismissed')
  const held = await db
    .updateTable('run')
    .set({
      status: 'Canceled',
      reason_code: dismissed.code,
      reason: dismissed.message,
      cancel_requested_at: at,
    })
    .where('id', '=', id)
    .where('status', '=', 'Held')
    .returningAll()
    .executeTakeFirst()
  if (held !== undefined) return toRun(held)
  await getRun(db, id)
  throw new SundError('run.already_settled', { id })
}

export const isCancelRequested = async (db: Kysely<Database>, id: string): Promise<boolean> =>
  (await findRun(db, id))?.cancelRequestedAt !== undefined

const whyNot = async (db: Kysely<Database>, id: string): Promise<SundError> => {
  const { status } = await getRun(db, id)
  return status === 'Held' ? new SundError('run.delta_changed', { id }) : new SundError('run.not_held', { id, status })
}

/**
 * Makes the run that sends a Held delta, for exactly the delta of this hash; the Held run ends Canceled, replaced by it.
 * Of several people who decide at once, one succeeds. Throws SundError run.missing, run.not_held, run.delta_changed.
 */
export const approveRun = async (db: Kysely<Database>, id: string, deltaHash: string): Promise<Run> => {
  const { exportId, last } = await getRun(db, id)
  const approved = await db.transaction().execute(async (tx) => {
    // In the order in which createRun locks: the new run first, then the Held one.
    const run = await insertRun(tx, { exportId, approvedHash: deltaHash, last })
    if (run === undefined) return undefined
    const { numUpdatedRows } = await tx
      .updateTable('run')
      .set({ status: 'Canceled', reason_code: 'run.replaced', reason: `Replaced by run ${run.id}.` })
      .where('id', '=', id)
      .where('status', '=', 'Held')
      .where('delta_hash', '=', deltaHash)
      .executeTakeFirst()
    if (numUpdatedRows === 1n) return run
    // Nothing was approved, so the run that was to send it must not be.
    await tx.deleteFrom('run').where('id', '=', run.id).execute()
    return undefined
  })
  if (approved === undefined) throw await whyNot(db, id)
  return approved
}
