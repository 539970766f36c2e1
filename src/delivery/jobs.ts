/** Looks at accepted jobs until they end, or are too old to still work. */
import { type Fate, type Later, type Now, Stop } from '../destination-kit/kit.ts'
import { converse } from './conversation.ts'
import { BrokenTalk, VendorDown, WholeCallRefused } from './failures.ts'
import { doubted, merged, named } from './fates.ts'
import { everyone, finish, outcomesOf } from './outcomes.ts'
import { findIn } from './party.ts'
import type { Batch } from './ports.ts'
import { ReportMarks } from './report-marks.ts'
import { AttemptWatch, type OpenJob, type RunProgress } from './run-progress.ts'

const FIRST_LOOK_MS = 2_000
const MOST_BETWEEN_LOOKS_MS = 30_000
/** A vendor's (or a destination's) "look again at once" must not become a busy loop. */
const LEAST_BETWEEN_LOOKS_MS = 100

/** Milliseconds until a job is looked at again; `after` in seconds, where the vendor says it. */
export const untilLook = (after: number | undefined, polls: number): number =>
  after === undefined
    ? Math.min(MOST_BETWEEN_LOOKS_MS, FIRST_LOOK_MS * 1.5 ** polls)
    : Math.max(LEAST_BETWEEN_LOOKS_MS, after * 1000)

/** A job that this process saw accepted. */
export const openedJob = (progress: RunProgress, batch: Batch, later: Later): OpenJob => {
  const now = progress.plan.clock.monotonic()
  const deadline = now + progress.routeOf(batch).settles.value * 1000
  return {
    batch,
    job: later.job,
    dueAt: Math.min(now + untilLook(later.after, 0), deadline),
    deadline,
    polls: 0,
    resumed: false,
  }
}

/** A job that an earlier process saw accepted: it is looked at once, even when it is too old by now. */
export const resumedJob = (progress: RunProgress, batch: Batch): OpenJob => {
  if (batch.job === undefined) throw new Error(`Batch ${batch.number} is accepted and has no job.`)
  const { clock } = progress.plan
  const wall = clock.now().getTime()
  const now = clock.monotonic()
  const age = batch.sentAt === undefined ? 0 : Math.max(0, wall - batch.sentAt.getTime())
  const wait = batch.dueAt === undefined ? 0 : Math.max(0, batch.dueAt.getTime() - wall)
  const deadline = now + progress.routeOf(batch).settles.value * 1000 - age
  return {
    batch,
    job: batch.job,
    dueAt: Math.max(now, Math.min(now + wait, deadline)),
    deadline,
    polls: 0,
    resumed: true,
  }
}

/** Where a look leaves a job: `parts` are new batches that stand for it. */
export type Look =
  | { readonly kind: 'ended' }
  | { readonly kind: 'again'; readonly job: OpenJob }
  | { readonly kind: 'unread' }
  | { readonly kind: 'parts'; readonly batches: readonly Batch[] }

const ended: Look = { kind: 'ended' }

/** One look at a job that is due. */
export const lookAtJob = async (progress: RunProgress, open: OpenJob): Promise<Look> => {
  const { plan, meter } = progress
  const { batch } = open
  if (open.resumed && (await plan.staging.staged(batch))) {
    await plan.checkpoints.done(batch.number, meter.take())
    return ended
  }
  const route = progress.routeOf(batch)
  const { confirm } = route
  if (confirm === undefined) throw new Error(`Batch ${batch.number} waits for a job, and its route has none.`)
  const watch = new AttemptWatch(progress, true)
  const find = findIn(progress, batch)
  const marks = new ReportMarks(plan.staging, batch, find)
  let end: Now | Later
  try {
    const talk = () => confirm.call(route, open.job, progress.placeOf(batch))
    end = await converse<Now | Later>(talk, plan.channel, progress.hard, watch, { marks })
  } catch (error) {
    if (!(error instanceof WholeCallRefused)) return unreadable(progress, error)
    end = { kind: 'split', reason: error.message }
  }
  if (watch.lostAt !== undefined) await plan.checkpoints.lost(batch.number, watch.lostAt)
  const seen: Batch = watch.lostAt === undefined ? batch : { ...batch, lostAt: watch.lostAt }
  switch (end.kind) {
    case 'each':
      await finish(progress, seen, await outcomesOf(seen, find, end, marks))
      return ended
    case 'pending':
      return stillOpen(progress, { ...open, batch: seen }, end)
    case 'split':
      return refused(progress, seen, end.reason)
  }
}

/** The vendor did not take the job as a whole. */
const refused = async (progress: RunProgress, batch: Batch, reason: string): Promise<Look> => {
  if (batch.from === batch.to) {
    await finish(progress, batch, everyone(batch, { kind: 'rejected', code: 'refused', reason }))
    return ended
  }
  const middle = Math.floor((batch.from + batch.to) / 2)
  const spans = [
    { from: batch.from, to: middle },
    { from: middle + 1, to: batch.to },
  ]
  return {
    kind: 'parts',
    batches: await progress.plan.checkpoints.split(batch.number, spans, progress.meter.take()),
  }
}

/** Kept with the control plane only when something changed: a look that tells nothing new is not worth a transaction. */
const stillOpen = async (progress: RunProgress, open: OpenJob, later: Later): Promise<Look> => {
  const { plan, meter } = progress
  const { batch } = open
  const now = plan.clock.monotonic()
  const names = await named(later.known ?? new Map<string, Fate>(), later.by ?? 'ref', batch, findIn(progress, batch))
  const known = merged(batch.known ?? new Map<number, Fate>(), doubted(names, batch))
  if (now >= open.deadline) {
    const reason = 'The service had not finished the job when it was too old to still be finished.'
    await finish(progress, batch, { ...everyone(batch, { kind: 'unknown', reason }), except: known })
    return ended
  }
  const polls = open.polls + 1
  const dueAt = Math.min(now + untilLook(later.after, polls), open.deadline)
  if (later.job !== open.job || names.bySeq.size > 0) {
    const due = new Date(plan.clock.now().getTime() + Math.max(0, dueAt - now))
    await plan.checkpoints.accepted(batch.number, { job: later.job, known, dueAt: due }, meter.take())
  }
  return { kind: 'again', job: { ...open, batch: { ...batch, known }, job: later.job, dueAt, polls, resumed: false } }
}

/** The look itself failed; the job stays `accepted`, so that a resumed run looks again and a settled one calls it unknown. */
const unreadable = (progress: RunProgress, error: unknown): Look => {
  if (error instanceof Stop) progress.stop(error.why, error.message)
  else if (error instanceof VendorDown) progress.stop('vendor-down', error.message)
  else if (error instanceof BrokenTalk) progress.stop('unreadable', error.message)
  else throw error
  return { kind: 'unread' }
}
