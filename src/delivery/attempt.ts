/** Sends one batch: cut, checkpoint, talk, stage, commit. In that order, so that a crash at any point loses nothing. */
import { type Fate, type Later, type Now, Stop } from '../destination-kit/kit.ts'
import { cut, type EncodedRow, encodeRows, halves, spanOf } from './batching.ts'
import { type About, converse } from './conversation.ts'
import { Abandoned, BrokenTalk, VendorDown, WholeCallRefused } from './failures.ts'
import { doubted, named } from './fates.ts'
import { openedJob } from './jobs.ts'
import { everyone, finish, outcomesOf } from './outcomes.ts'
import { type BulkRoute, crowdParty, type Party, type RowRoute, rowParty } from './party.ts'
import type { Batch, Span } from './ports.ts'
import { ReportMarks } from './report-marks.ts'
import { AttemptWatch, type OpenJob, type RunProgress } from './run-progress.ts'

/** Jobs that the vendor accepted while a batch was sent. */
export type Accepted = (job: OpenJob) => void

/** The vendor has said everything about the batch; what it said is still to be written down. */
export type Answered = () => void

/** What an earlier process left of a batch: the job it had kept, and before when its last request left. */
interface Remains {
  readonly job: string
  readonly lostAt: Date
}

/** Sends a batch that is not accepted yet, in as many calls as it takes. */
export const sendBatch = async (
  progress: RunProgress,
  batch: Batch,
  accepted: Accepted,
  answered: Answered,
): Promise<void> => {
  const { plan, meter } = progress
  if (await plan.staging.staged(batch)) return plan.checkpoints.done(batch.number, meter.take())
  let current = batch
  let remains: Remains | undefined
  if (batch.state === 'sending') {
    // Whoever sent it is dead, and with it the answer.
    // Its last request may have left long after the attempt began, so what can be said is: before now.
    const lostAt = plan.clock.now()
    // With a job kept, the talk first finds out what became of it: perhaps nothing is lost.
    if (batch.job !== undefined) remains = { job: batch.job, lostAt }
    else current = await markLost(progress, batch, lostAt)
  }
  const route = progress.routeOf(batch)
  if (route.bulk) return sendCrowd(progress, route, current, accepted, remains)
  const at = progress.placeOf(batch)
  const rows = encodeRows(await plan.outbox.read(batch), batch, (row) => route.row(row, at))
  await sendRows(progress, route, current, rows, accepted, remains, answered)
}

const latest = (a: Date | undefined, b: Date): Date => (a !== undefined && a > b ? a : b)

const markLost = async (progress: RunProgress, batch: Batch, at: Date): Promise<Batch> => {
  await progress.plan.checkpoints.lost(batch.number, at)
  return { ...batch, lostAt: latest(batch.lostAt, at) }
}

/** The parts of a batch are sent one after the other, in the batch's own slot: their rows are in memory already. */
const sendRows = async (
  progress: RunProgress,
  route: RowRoute,
  batch: Batch,
  rows: readonly EncodedRow[],
  accepted: Accepted,
  remains?: Remains,
  answered?: Answered,
): Promise<void> => {
  const parts = cut(rows, {
    records: Math.min(route.max.value, progress.plan.options?.maxRecords ?? Number.POSITIVE_INFINITY),
    bytes: route.bytes?.value ?? Number.POSITIVE_INFINITY,
  })
  const sendParts = async (batch: Batch, parts: readonly (readonly EncodedRow[])[]): Promise<void> => {
    const byStart = new Map(parts.map((part) => [part[0]?.seq, part]))
    const spans = parts.map(spanOf).filter((span): span is Span => span !== undefined)
    await sendSpans(progress, batch, spans, async (part) => {
      await sendRows(progress, route, part, byStart.get(part.from) ?? [], accepted)
    })
  }
  if (parts.length > 1) {
    // What became of a job that was for all of them cannot be asked for a part.
    const whole = remains === undefined ? batch : await markLost(progress, batch, remains.lostAt)
    return sendParts(
      whole,
      parts.map((part) => part.rows),
    )
  }
  if (parts[0]?.oversize === true) {
    const reason = `The record alone is larger than the ${route.bytes?.value} bytes that a call may have.`
    return finish(progress, batch, everyone(batch, { kind: 'rejected', code: 'too-large', reason }))
  }
  const refused = await attempt(progress, batch, rowParty(route, rows), accepted, remains, answered)
  if (refused !== undefined) await sendParts(refused, halves(rows))
}

const sendCrowd = async (
  progress: RunProgress,
  route: BulkRoute,
  batch: Batch,
  accepted: Accepted,
  remains?: Remains,
): Promise<void> => {
  const refused = await attempt(progress, batch, await crowdParty(progress, route, batch), accepted, remains)
  if (refused === undefined) return
  const middle = Math.floor((batch.from + batch.to) / 2)
  const parts = [
    { from: batch.from, to: middle },
    { from: middle + 1, to: batch.to },
  ]
  await sendSpans(progress, refused, parts, (part) => sendCrowd(progress, route, part, accepted))
}

/** Puts parts in the place of a batch and sends them, as long as the run goes on. */
const sendSpans = async (
  progress: RunProgress,
  batch: Batch,
  spans: readonly Span[],
  send: (part: Batch) => Promise<void>,
): Promise<void> => {
  const made = await progress.plan.checkpoints.split(batch.number, spans, progress.meter.take())
  const byStart = new Map(made.map((part) => [part.from, part]))
  for (const { from } of spans) {
    if (progress.ending) {
      progress.givenBack++
      return
    }
    const part = byStart.get(from)
    if (part === undefined) throw new Error(`Splitting batch ${batch.number} did not give its parts back.`)
    await send(part)
  }
}

/** One attempt at a batch, with what its conversation leaves behind at every step. */
class Attempt {
  readonly #progress: RunProgress
  readonly watch: AttemptWatch
  readonly marks: ReportMarks
  batch: Batch
  /** The job that a start of the talk from its first line is given. */
  kept: string | undefined
  sentAt: Date
  /** Set as long as an earlier process may have given people to the job it had kept. */
  remains: Remains | undefined

  constructor(progress: RunProgress, batch: Batch, party: Party, remains: Remains | undefined) {
    this.#progress = progress
    this.batch = batch
    this.remains = remains
    this.kept = remains?.job
    this.sentAt = (remains === undefined ? undefined : batch.sentAt) ?? progress.plan.clock.now()
    // While there are remains, asking about them is like looking at a job.
    this.watch = new AttemptWatch(progress, remains !== undefined)
    this.marks = new ReportMarks(progress.plan.staging, batch, party.find)
  }

  /** The talk goes on with another job, or its own end says nothing of the earlier one: that one is on its own from here. */
  async giveUpRemains(): Promise<void> {
    if (this.remains === undefined) return
    this.batch = await markLost(this.#progress, this.batch, this.remains.lostAt)
    this.remains = undefined
  }

  async keep(job: string): Promise<void> {
    const { checkpoints, clock } = this.#progress.plan
    await this.giveUpRemains()
    this.sentAt = clock.now()
    await checkpoints.kept(this.batch.number, { job, at: this.sentAt }, this.#progress.meter.take())
    this.kept = job
  }
}

/** Gives the batch back when the vendor refuses it as a whole and it can be halved. */
const attempt = async (
  progress: RunProgress,
  batch: Batch,
  party: Party,
  accepted: Accepted,
  remains: Remains | undefined,
  answered?: Answered,
): Promise<Batch | undefined> => {
  const { plan } = progress
  const at = progress.placeOf(batch)
  const made = new Attempt(progress, batch, party, remains)
  // An attempt that takes up a kept job is still the earlier one.
  if (remains === undefined) await plan.checkpoints.sending(batch.number, made.sentAt)
  const about: About = {
    marks: made.marks,
    keep: (job) => made.keep(job),
    ...(party.crowd === undefined ? {} : { crowd: party.crowd }),
  }
  let end: Now | Later
  try {
    const talk = () => party.talk(at, made.kept)
    end = await converse<Now | Later>(talk, plan.channel, progress.hard, made.watch, about)
  } catch (error) {
    if (!(error instanceof WholeCallRefused)) {
      await broken(progress, made, error)
      return undefined
    }
    end = { kind: 'split', reason: error.message }
  }
  // A job that was kept before and is followed from now on is not lost. Any other end says nothing of it.
  if (!(end.kind === 'pending' && made.remains !== undefined)) await made.giveUpRemains()
  const { lostAt } = made.watch
  if (lostAt !== undefined) made.batch = await markLost(progress, made.batch, lostAt)
  const sent = made.batch
  switch (end.kind) {
    case 'each':
      answered?.()
      await finish(progress, sent, await outcomesOf(sent, party.find, end, made.marks))
      return undefined
    case 'pending':
      await accept(progress, { ...sent, sentAt: made.sentAt }, party, end, accepted)
      return undefined
    case 'split': {
      // Refused as a whole although a write was answered with success: the parts may have been applied already.
      const parted = made.watch.wrote ? await markLost(progress, sent, plan.clock.now()) : sent
      if (party.size > 1) return parted
      await finish(progress, parted, everyone(parted, { kind: 'rejected', code: 'refused', reason: end.reason }))
      return undefined
    }
  }
}

/** The talk did not come to an end. What was certainly not sent goes back to waiting; anything else stays `sending`. */
const broken = async (progress: RunProgress, { batch, watch, remains }: Attempt, error: unknown): Promise<void> => {
  const { checkpoints } = progress.plan
  if (error instanceof Stop) progress.stop(error.why, error.message)
  else if (error instanceof VendorDown) progress.stop('vendor-down', error.message)
  else if (error instanceof BrokenTalk) progress.stop('unreadable', error.message)
  else if (!(error instanceof Abandoned)) throw error
  progress.givenBack++
  if (watch.lostAt !== undefined) {
    await checkpoints.lost(batch.number, watch.lostAt)
  } else if (watch.untouched && remains === undefined) {
    await checkpoints.split(batch.number, [{ from: batch.from, to: batch.to }], progress.meter.take())
  }
}

const accept = async (
  progress: RunProgress,
  batch: Batch,
  party: Party,
  later: Later,
  accepted: Accepted,
): Promise<void> => {
  const names = await named(later.known ?? new Map<string, Fate>(), later.by ?? 'ref', batch, party.find)
  const known = doubted(names, batch)
  const job = openedJob(progress, { ...batch, state: 'accepted', known }, later)
  const now = progress.plan.clock.now()
  const dueAt = new Date(now.getTime() + Math.max(0, job.dueAt - progress.plan.clock.monotonic()))
  await progress.plan.checkpoints.accepted(batch.number, { job: later.job, known, dueAt }, progress.meter.take())
  accepted(job)
}
