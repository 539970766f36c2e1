/** Delivers a run: sends its open batches, waits for the jobs that come of them, and says how it ended. */
import { sendBatch } from './attempt.ts'
import { type Look, lookAtJob, resumedJob } from './jobs.ts'
import type { Batch } from './ports.ts'
import { type DeliverPlan, type OpenJob, type Route, RunProgress, type StopCause } from './run-progress.ts'

/**
 * `complete`: every batch is done. `stopped`: the first cause; `unread` accepted jobs were not followed to their end.
 * `canceled`: batches are left that were not sent. `halted`: ended at once, to be resumed or settled.
 */
export type End =
  | { readonly kind: 'complete' }
  | { readonly kind: 'stopped'; readonly cause: StopCause; readonly reason: string; readonly unread: number }
  | { readonly kind: 'canceled' }
  | { readonly kind: 'halted' }

/** Looks at jobs that go on at the same time: they only read, and share the connection's rates with the sending. */
const LOOKS_AT_ONCE = 4

/** Records of answered batches that may wait to be written down while others are sent: they are still in memory. */
const MOST_UNWRITTEN = 30_000

/** One route's batches: what waits, what is in flight, and which jobs are open. */
class Lane {
  readonly #route: Route
  readonly #batches: Batch[]
  #next = 0
  #first: Batch[] = []
  inFlight = 0
  openJobs = 0
  /** Records that were answered, and whose outcome is being written down. */
  unwritten = 0

  constructor(route: Route, batches: Batch[]) {
    this.#route = route
    this.#batches = batches
  }

  add(batch: Batch): void {
    this.#batches.push(batch)
  }

  /** Parts of a job that failed go before the rest. */
  addFirst(batches: readonly Batch[]): void {
    this.#first.push(...batches)
  }

  get waiting(): number {
    return this.#first.length + this.#batches.length - this.#next
  }

  /** The next batch, when there is one and a slot for it. A job that is open holds no slot, but counts as a job. */
  take(): Batch | undefined {
    if (this.inFlight >= this.#route.parallel || this.unwritten >= MOST_UNWRITTEN) return undefined
    if (this.#route.jobs !== undefined && this.inFlight + this.openJobs >= this.#route.jobs.value) return undefined
    const part = this.#first.shift()
    if (part !== undefined) return part
    // A moving index: shifting a long array is not cheap.
    const batch = this.#batches[this.#next]
    if (batch !== undefined) this.#next++
    return batch
  }
}

/** Adds, or removals: everything of one operation, to its end. */
class Phase {
  readonly #progress: RunProgress
  readonly #lanes = new Map<number, Lane>()
  readonly #active = new Set<Promise<void>>()
  #jobs: OpenJob[] = []
  #looks = 0

  constructor(progress: RunProgress, batches: readonly Batch[]) {
    this.#progress = progress
    for (const batch of batches) {
      const lane = this.#laneOf(batch)
      if (batch.state === 'accepted') {
        lane.openJobs++
        this.#jobs.push(resumedJob(progress, batch))
      } else {
        lane.add(batch)
      }
    }
  }

  /** Batches that were not taken up. */
  get waiting(): number {
    let waiting = 0
    for (const lane of this.#lanes.values()) waiting += lane.waiting
    return waiting
  }

  async run(): Promise<void> {
    const { hard } = this.#progress
    for (;;) {
      this.#startSends()
      this.#startLooks()
      if (this.#active.size === 0 && (this.#jobs.length === 0 || hard.aborted)) return
      await this.#somethingHappens()
    }
  }

  #laneOf(batch: Batch): Lane {
    const known = this.#lanes.get(batch.route)
    if (known !== undefined) return known
    const lane = new Lane(this.#progress.routeOf(batch), [])
    this.#lanes.set(batch.route, lane)
    return lane
  }

  #track(work: Promise<void>): void {
    const tracked: Promise<void> = work
      .catch((error: unknown) => this.#progress.fail(error))
      .finally(() => this.#active.delete(tracked))
    this.#active.add(tracked)
  }

  #startSends(): void {
    for (const lane of this.#lanes.values()) {
      while (!this.#progress.ending) {
        const batch = lane.take()
        if (batch === undefined) break
        lane.inFlight++
        this.#track(this.#send(lane, batch))
      }
    }
  }

  /** A batch gives its slot back as soon as it is answered: the vendor need not wait for our disk. */
  async #send(lane: Lane, batch: Batch): Promise<void> {
    const records = batch.to - batch.from + 1
    const accepted = (job: OpenJob) => {
      lane.openJobs++
      this.#jobs.push(job)
    }
    let isAnswered = false
    const answered = () => {
      isAnswered = true
      lane.inFlight--
      lane.unwritten += records
      this.#startSends()
    }
    try {
      await sendBatch(this.#progress, batch, accepted, answered)
    } finally {
      if (isAnswered) lane.unwritten -= records
      else lane.inFlight--
    }
  }

  #startLooks(): void {
    const progress = this.#progress
    if (progress.hard.aborted) return
    if (progress.deaf) {
      progress.unread += this.#jobs.length
      this.#jobs = []
      return
    }
    const now = progress.plan.clock.monotonic()
    const waiting: OpenJob[] = []
    for (const job of this.#jobs) {
      if (job.dueAt > now || this.#looks >= LOOKS_AT_ONCE) {
        waiting.push(job)
      } else {
        this.#looks++
        this.#track(this.#look(job))
      }
    }
    this.#jobs = waiting
  }

  async #look(job: OpenJob): Promise<void> {
    const lane = this.#laneOf(job.batch)
    let look: Look
    try {
      look = await lookAtJob(this.#progress, job)
    } finally {
      this.#looks--
    }
    if (look.kind === 'again') {
      this.#jobs.push(look.job)
      return
    }
    lane.openJobs--
    if (look.kind === 'unread') this.#progress.unread++
    if (look.kind === 'parts') lane.addFirst(look.batches)
  }

  /** Until a batch or a look ends, or the next job is due. */
  async #somethingHappens(): Promise<void> {
    const { hard, plan } = this.#progress
    const { clock } = plan
    // At a hard end no look is started, so a job that is due is nothing to wake up for: it would be due again at once.
    const looks = !hard.aborted && this.#looks < LOOKS_AT_ONCE
    const due = looks ? Math.min(...this.#jobs.map((job) => job.dueAt)) : Number.POSITIVE_INFINITY
    if (!Number.isFinite(due)) {
      await Promise.race(this.#active)
      return
    }
    const awake = new AbortController()
    const slept = clock
      .sleep(Math.max(0, due - clock.monotonic()), AbortSignal.any([awake.signal, hard]))
      .catch(() => undefined)
    await Promise.race([...this.#active, slept])
    awake.abort()
  }
}

/** What keeps a vendor from taking people in, and not from letting them go: a full plan must be able to shrink. */
const addsOnly: ReadonlySet<StopCause> = new Set(['quota', 'terms', 'bad-request'])

/** What became of one operation's batches. */
interface PhaseEnd {
  readonly progress: RunProgress
  /** Batches that were not sent. */
  readonly left: number
}

const runPhase = async (
  plan: DeliverPlan,
  batches: readonly Batch[],
  before: RunProgress['stopped'],
): Promise<PhaseEnd> => {
  const progress = new RunProgress(plan)
  try {
    if (before !== undefined) progress.stop(before.cause, before.reason)
    const phase = new Phase(progress, batches)
    await phase.run()
    if (progress.hard.aborted && plan.halt?.aborted !== true) throw progress.hard.reason
    const traffic = progress.meter.take()
    if (traffic.requests > 0) await plan.checkpoints.traffic(traffic)
    return { progress, left: phase.waiting + progress.givenBack }
  } finally {
    progress.close()
  }
}

/**
 * Sends what is open, adds before removals: every add has ended before the first removal leaves. A first start and a
 * resumption are the same. Rejects only when one of the ports fails or the code is wrong; the batches are then in a
 * state from which the run can be resumed.
 */
export const deliver = async (plan: DeliverPlan): Promise<End> => {
  const open = (await plan.checkpoints.open()).sort((a, b) => a.number - b.number)
  const of = (operation: Batch['operation']) => open.filter((batch) => batch.operation === operation)
  const adds = await runPhase(plan, of('add'), undefined)
  if (adds.progress.hard.aborted) return { kind: 'halted' }
  const { stopped } = adds.progress
  const ends = stopped !== undefined && !addsOnly.has(stopped.cause)
  const removals = await runPhase(plan, of('remove'), ends ? stopped : undefined)
  return endOf(plan, adds, removals)
}

const endOf = (plan: DeliverPlan, adds: PhaseEnd, removals: PhaseEnd): End => {
  if (removals.progress.hard.aborted) return { kind: 'halted' }
  const stopped = adds.progress.stopped ?? removals.progress.stopped
  if (stopped !== undefined) {
    const unread = adds.progress.unread + removals.progress.unread
    const { cause, reason } = stopped
    const said = unread === 0 ? reason : `${reason} (${unread} accepted jobs were not followed to their end.)`
    return { kind: 'stopped', cause, reason: said, unread }
  }
  return plan.signal.aborted && adds.left + removals.left > 0 ? { kind: 'canceled' } : { kind: 'complete' }
}
