/** Sends one batch: cut, checkpoint, talk, stage, commit. In that order, so that a crash at any point loses nothing. */
import { type Fate, type Later, type Now, Stop } from '../destination-kit/kit.ts'
import { cut, type EncodedRow, encodeRows, halves, spanOf } from './batching.ts'
import { converse } from './conversation.ts'
import { Abandoned, BrokenTalk, VendorDown, WholeCallRefused } from './failures.ts'
import { doubted, named } from './fates.ts'
import { openedJob } from './jobs.ts'
import { everyone, finish, outcomesOf } from './outcomes.ts'
import type { Batch, Span } from './ports.ts'
import { AttemptWatch, type OpenJob, type RunProgress } from './run-progress.ts'

/** Jobs that the vendor accepted while a batch was sent. */
export type Accepted = (job: OpenJob) => void

/** Sends a batch that is not accepted yet, in as many calls as it takes. */
export const sendBatch = async (progress: RunProgress, batch: Batch, accepted: Accepted): Promise<void> => {
  const { plan, meter } = progress
  if (await plan.staging.staged(batch)) return plan.checkpoints.done(batch.number, meter.take())
  let current = batch
  if (batch.state === 'sending') {
    // Whoever sent it is dead, and with it the answer.
    // Its last request may have left long after the attempt began, so what can be said is: before now.
    const lostAt = plan.clock.now()
    await plan.checkpoints.lost(batch.number, lostAt)
    current = { ...batch, lostAt: latest(batch.lostAt, lostAt) }
  }
  const route = progress.routeOf(batch)
  const at = progress.placeOf(batch)
  const rows = encodeRows(await plan.outbox.read(batch), batch, (row) => route.row(row, at))
  await sendRows(progress, current, rows, accepted)
}

const latest = (a: Date | undefined, b: Date): Date => (a !== undefined && a > b ? a : b)

/** The parts of a batch are sent one after the other, in the batch's own slot: their rows are in memory already. */
const sendRows = async (
  progress: RunProgress,
  batch: Batch,
  rows: readonly EncodedRow[],
  accepted: Accepted,
): Promise<void> => {
  const route = progress.routeOf(batch)
  const parts = cut(rows, {
    records: Math.min(route.max.value, progress.plan.options?.maxRecords ?? Number.POSITIVE_INFINITY),
    bytes: route.bytes?.value ?? Number.POSITIVE_INFINITY,
  })
  if (parts.length > 1)
    return sendParts(
      progress,
      batch,
      parts.map((part) => part.rows),
      accepted,
    )
  if (parts[0]?.oversize === true) {
    const reason = `The record alone is larger than the ${route.bytes?.value} bytes that a call may have.`
    return finish(progress, batch, everyone(batch, { kind: 'rejected', code: 'too-large', reason }))
  }
  await attempt(progress, batch, rows, accepted)
}

const sendParts = async (
  progress: RunProgress,
  batch: Batch,
  parts: readonly (readonly EncodedRow[])[],
  accepted: Accepted,
): Promise<void> => {
  const spans = parts.map(spanOf).filter((span): span is Span => span !== undefined)
  const made = await progress.plan.checkpoints.split(batch.number, spans, progress.meter.take())
  const byStart = new Map(made.map((part) => [part.from, part]))
  for (const rows of parts) {
    if (progress.ending) {
      progress.givenBack++
      return
    }
    const part = byStart.get(rows[0]?.seq ?? -1)
    if (part === undefined) throw new Error(`Splitting batch ${batch.number} did not give its parts back.`)
    await sendRows(progress, part, rows, accepted)
  }
}

const attempt = async (
  progress: RunProgress,
  batch: Batch,
  rows: readonly EncodedRow[],
  accepted: Accepted,
): Promise<void> => {
  const { plan } = progress
  const route = progress.routeOf(batch)
  const at = progress.placeOf(batch)
  const sentAt = plan.clock.now()
  await plan.checkpoints.sending(batch.number, sentAt)
  const watch = new AttemptWatch(progress, false)
  let end: Now | Later
  try {
    end = await converse<Now | Later>(() => route.talk(rows, at), plan.channel, progress.hard, watch)
  } catch (error) {
    if (!(error instanceof WholeCallRefused)) return broken(progress, batch, watch, error)
    end = { kind: 'split', reason: error.message }
  }
  const lostAt = watch.lostAt
  if (lostAt !== undefined) await plan.checkpoints.lost(batch.number, lostAt)
  const sent: Batch = lostAt === undefined ? batch : { ...batch, lostAt: latest(batch.lostAt, lostAt) }
  switch (end.kind) {
    case 'each':
      return finish(progress, sent, await outcomesOf(sent, () => rows, end))
    case 'pending':
      return accept(progress, { ...sent, sentAt }, rows, end, accepted)
    case 'split': {
      // Refused as a whole although a write was answered with success: the parts may have been applied already.
      const doubtfulAt = watch.wrote ? plan.clock.now() : undefined
      if (doubtfulAt !== undefined) await plan.checkpoints.lost(batch.number, doubtfulAt)
      const parted: Batch = doubtfulAt === undefined ? sent : { ...sent, lostAt: latest(sent.lostAt, doubtfulAt) }
      if (rows.length > 1) return sendParts(progress, parted, halves(rows), accepted)
      return finish(progress, parted, everyone(parted, { kind: 'rejected', code: 'refused', reason: end.reason }))
    }
  }
}

/** The talk did not come to an end. What was certainly not sent goes back to waiting; anything else stays `sending`. */
const broken = async (progress: RunProgress, batch: Batch, watch: AttemptWatch, error: unknown): Promise<void> => {
  const { checkpoints } = progress.plan
  if (error instanceof Stop) progress.stop(error.why, error.message)
  else if (error instanceof VendorDown) progress.stop('vendor-down', error.message)
  else if (error instanceof BrokenTalk) progress.stop('unreadable', error.message)
  else if (!(error instanceof Abandoned)) throw error
  progress.givenBack++
  if (watch.untouched) {
    await checkpoints.split(batch.number, [{ from: batch.from, to: batch.to }], progress.meter.take())
  } else if (watch.lostAt !== undefined) {
    await checkpoints.lost(batch.number, watch.lostAt)
  }
}

const accept = async (
  progress: RunProgress,
  batch: Batch,
  rows: readonly EncodedRow[],
  later: Later,
  accepted: Accepted,
): Promise<void> => {
  const names = await named(later.known ?? new Map<string, Fate>(), later.by ?? 'ref', batch, () => rows)
  const known = doubted(names, batch)
  const job = openedJob(progress, { ...batch, state: 'accepted', known }, later)
  const now = progress.plan.clock.now()
  const dueAt = new Date(now.getTime() + Math.max(0, job.dueAt - progress.plan.clock.monotonic()))
  await progress.plan.checkpoints.accepted(batch.number, { job: later.job, known, dueAt }, progress.meter.take())
  accepted(job)
}
