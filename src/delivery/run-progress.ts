/** What the parts of one delivery share: its plan, its traffic, and whether it is ending. */
import type { AnyDestination, At, Cause, Operation } from '../destination-kit/kit.ts'
import { capped, redact } from '../outbound/redact.ts'
import type { Channel, Watch } from './channel.ts'
import { Abandoned } from './failures.ts'
import type { Batch, Checkpoints, Clock, Outbox, Staging, Target, Traffic } from './ports.ts'

export type StopCause = Cause | 'vendor-down'

export interface DeliverPlan {
  readonly destination: AnyDestination
  readonly target: Target
  readonly channel: Channel
  readonly outbox: Outbox
  readonly staging: Staging
  readonly checkpoints: Checkpoints
  readonly clock: Clock
  /** Cancel: no new batch is sent, and accepted jobs are polled to their end. */
  readonly signal: AbortSignal
  /** Kill switch or end of the process: everything stops at once, in a state that can be resumed. */
  readonly halt?: AbortSignal
  readonly options?: {
    /** Records in one call, where fewer than the route allows are wanted. */
    readonly maxRecords?: number
  }
}

/** An accepted job that waits for its next look. */
export interface OpenJob {
  readonly batch: Batch
  readonly job: string
  /** Monotonic milliseconds of the next look, and when it is too old to still work. */
  readonly dueAt: number
  readonly deadline: number
  readonly polls: number
  /** It comes from another process: its outcomes may be staged already. */
  readonly resumed: boolean
}

export type Route = Operation<string, string>

/** Counts requests between two checkpoints. */
export class Meter {
  #requests = 0
  #writes = 0

  add(writes: boolean): void {
    this.#requests++
    if (writes) this.#writes++
  }

  /** What was counted since the last call. */
  take(): Traffic {
    const traffic = { requests: this.#requests, writes: this.#writes }
    this.#requests = 0
    this.#writes = 0
    return traffic
  }
}

export class RunProgress {
  readonly plan: DeliverPlan
  readonly meter = new Meter()
  readonly #ending = new AbortController()
  readonly #failing = new AbortController()
  /** Ends everything at once: halted from outside, or one of our own ports failed. */
  readonly hard: AbortSignal
  /** Ends the waits of what was not written yet: canceled, stopped, or as `hard`. */
  readonly soft: AbortSignal
  stopped: { readonly cause: StopCause; readonly reason: string } | undefined
  /** Batches given back unsent because the run was ending. */
  givenBack = 0
  /** Accepted jobs that are not looked at any more. */
  unread = 0
  /** The credentials do not work, or the vendor is down: looking at jobs is pointless. */
  deaf = false

  constructor(plan: DeliverPlan) {
    this.plan = plan
    const halts = plan.halt === undefined ? [] : [plan.halt]
    this.hard = AbortSignal.any([this.#failing.signal, ...halts])
    this.soft = AbortSignal.any([this.hard, this.#ending.signal])
    if (plan.signal.aborted) this.#end()
    else plan.signal.addEventListener('abort', this.#end, { once: true })
  }

  readonly #end = (): void => this.#ending.abort(new Abandoned())

  /** Lets go of the plan's signal. */
  close(): void {
    this.plan.signal.removeEventListener('abort', this.#end)
  }

  /** The first cause is kept. */
  stop(cause: StopCause, reason: string): void {
    this.stopped ??= { cause, reason: capped(redact(reason), 1000) }
    if (cause === 'auth' || cause === 'permission' || cause === 'vendor-down') this.deaf = true
    this.#end()
  }

  /** One of our own ports failed, or our code did: nothing that happens now can be recorded. */
  fail(error: unknown): void {
    this.#failing.abort(error)
  }

  get ending(): boolean {
    return this.soft.aborted
  }

  routeOf(batch: Batch): Route {
    const route = this.plan.destination[batch.operation][batch.route]
    if (route === undefined) {
      throw new Error(`${this.plan.destination.id} has no ${batch.operation} route ${batch.route}.`)
    }
    return route
  }

  placeOf(batch: Batch): At<string, string> {
    const list = this.plan.target.lists.get(batch.listId)
    if (list === undefined) throw new Error(`Batch ${batch.number} is for a list that the run does not have.`)
    const { place, kinds } = this.plan.target
    return { ...place, list, ...(kinds === undefined ? {} : { kinds }) }
  }
}

/** Remembers whether a batch can have changed anything at the vendor. */
export class AttemptWatch implements Watch {
  readonly #progress: RunProgress
  readonly #polling: boolean
  wrote = false
  lostAt: Date | undefined

  constructor(progress: RunProgress, polling: boolean) {
    this.#progress = progress
    this.#polling = polling
  }

  sent(writes: boolean): void {
    this.#progress.meter.add(writes)
  }

  written(): void {
    this.wrote = true
  }

  lost(at: Date): void {
    this.lostAt = at
  }

  get untouched(): boolean {
    return !this.wrote && this.lostAt === undefined
  }

  waits(): AbortSignal {
    return this.untouched && !this.#polling ? this.#progress.soft : this.#progress.hard
  }
}
