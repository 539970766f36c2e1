/** Foretells what delivering an outbox asks of the vendor, and how long that takes under the rates of its definition. */
import { cut, encodeRows } from '../delivery/batching.ts'
import { untilLook } from '../delivery/jobs.ts'
import type { Outbox, OutboxRow } from '../delivery/ports.ts'
import { MARGIN } from '../delivery/rates.ts'
import type { Range } from '../destination-kit/foretold.ts'
import type { AnyDestination, At, Operation } from '../destination-kit/kit.ts'
import type { NewBatch } from '../store/batch.ts'

type Route = Operation<string, string>

/** What goes to one list by one route. */
export interface RouteForecast {
  readonly listId: string
  readonly operation: 'add' | 'remove'
  /** Its place among the destination's routes of the operation. */
  readonly route: number
  readonly records: number
  /** Calls, or files, that hold people; halves of refused ones not counted. */
  readonly calls: number
  /** Looks at jobs apart. */
  readonly requests: number
  /** Requests that look at jobs, or ask again for a list that is too new: the vendor's own time decides how many. */
  readonly looks: Range
}

export interface Forecast {
  readonly routes: readonly RouteForecast[]
  readonly requests: number
  readonly looks: Range
  readonly seconds: Range
}

export interface Sending {
  readonly destination: AnyDestination
  readonly batches: readonly NewBatch[]
  readonly outbox: Outbox
  readonly maxRecords: number
  /** Will the run make the list, just before it sends? */
  made(listId: string): boolean
  /** Throws where the run does not have the list. */
  at(listId: string): At<string, string>
}

const nothing: Range = { least: 0, most: 0 }
const exactly = (n: number): Range => ({ least: n, most: n })
const sum = (a: Range, b: Range): Range => ({ least: a.least + b.least, most: a.most + b.most })
const larger = (a: Range, b: Range): Range => ({ least: Math.max(a.least, b.least), most: Math.max(a.most, b.most) })

/** Looks at a job until one finds it ended, and the seconds from its acceptance to that look. */
export const looksUntil = (seconds: number): { readonly looks: number; readonly seconds: number } => {
  let at = 0
  for (let looks = 0; ; looks++) {
    if (looks > 0 && at >= seconds) return { looks, seconds: at }
    at += untilLook(undefined, looks) / 1000
  }
}

/** One call with so many people. */
interface CallSize {
  readonly records: number
  readonly nameless: number
}

/** The calls of a batch: as many as delivery will cut it into. */
async function callsOf(sending: Sending, batch: NewBatch, route: Route): Promise<CallSize[]> {
  const whole = batch.to - batch.from + 1
  if (route.bulk) return [{ records: whole, nameless: 0 }]
  const at = sending.at(batch.listId)
  const rows = encodeRows(await sending.outbox.read(batch), batch, (row: OutboxRow) => route.row(row, at))
  const limits = {
    records: Math.min(route.max.value, sending.maxRecords),
    bytes: route.bytes?.value ?? Number.POSITIVE_INFINITY,
  }
  return cut(rows, limits)
    .filter(({ oversize }) => !oversize)
    .map((part) => ({
      records: part.rows.length,
      nameless: part.rows.filter(({ remoteId }) => remoteId === undefined).length,
    }))
}

/** Requests by bucket of rates, and how long the jobs of a route take. */
class Traffic {
  readonly #buckets = new Map<string, Range>()
  readonly #jobs = new Map<Route, { calls: number; takes: Range }>()
  readonly #firstCalls = new Map<Route, number>()
  readonly #rates: AnyDestination['rates']
  readonly #first: string

  constructor({ rates }: AnyDestination) {
    this.#rates = rates
    this.#first = Object.keys(rates)[0] ?? ''
  }

  /** What one call of a route asks. */
  add(route: Route, { records, nameless }: CallSize, made: boolean): Pick<RouteForecast, 'requests' | 'looks'> {
    const asked = route.requests(records, nameless)
    const byBucket = typeof asked === 'number' ? { [this.#first]: asked } : asked
    let requests = 0
    for (const [bucket, n] of Object.entries(byBucket)) {
      this.#count(bucket, exactly(n))
      requests += n
    }
    const followed = route.job === undefined ? nothing : this.#follow(route, route.job, records)
    return { requests, looks: made ? sum(followed, this.#askAgain(route)) : followed }
  }

  /** The calls of the first slots; once they are through, the list is known to all. */
  #askAgain(route: Route): Range {
    const first = this.#firstCalls.get(route) ?? 0
    if (route.newList === undefined || first >= route.parallel) return nothing
    this.#firstCalls.set(route, first + 1)
    return this.#count(this.#first, route.newList)
  }

  #follow(route: Route, job: NonNullable<Route['job']>, records: number): Range {
    const { least, most } = job.takes(records)
    const [soon, late] = [looksUntil(least), looksUntil(most)]
    const open = this.#jobs.get(route) ?? { calls: 0, takes: nothing }
    this.#jobs.set(route, {
      calls: open.calls + 1,
      takes: larger(open.takes, { least: soon.seconds, most: late.seconds }),
    })
    return this.#count(job.rate ?? this.#first, {
      least: (soon.looks - 1) * job.look + job.end.least,
      most: (late.looks - 1) * job.look + job.end.most,
    })
  }

  #count(bucket: string, requests: Range): Range {
    this.#buckets.set(bucket, sum(this.#buckets.get(bucket) ?? nothing, requests))
    return requests
  }

  /** The rates leave no less; jobs that have to wait for each other come on top. */
  seconds(): Range {
    let rates = nothing
    for (const [bucket, { least, most }] of this.#buckets) {
      const rate = this.#rates[bucket]
      if (rate === undefined) continue
      const takes = (n: number) => Math.floor(Math.max(0, n - 1) / rate.calls.value) * rate.per * MARGIN
      rates = larger(rates, { least: takes(least), most: takes(most) })
    }
    let jobs = nothing
    for (const [route, { calls, takes }] of this.#jobs) {
      const turns = Math.ceil(calls / (route.jobs?.value ?? calls))
      jobs = larger(jobs, { least: takes.least * turns, most: takes.most * turns })
    }
    return { least: Math.max(rates.least, jobs.least), most: rates.most + jobs.most }
  }
}

/**
 * Cut as delivery cuts, and counted as a run counts: every HTTP request. A vendor that refuses people makes it more, one
 * that fails too. Where jobs are looked at, the vendor's own time decides, so it is a range. Throws Stop where a record
 * must not be sent, as the run would.
 */
export async function forecastOf(sending: Sending): Promise<Forecast> {
  const { destination, batches } = sending
  const routes = new Map<string, RouteForecast>()
  // Removals wait until every add has ended.
  const phases = { add: new Traffic(destination), remove: new Traffic(destination) }
  for (const batch of batches) {
    const { listId, operation, route: index } = batch
    const route = destination[operation][index]
    if (route === undefined) throw new Error(`${destination.id} has no ${operation} route ${index}.`)
    const key = `${listId} ${operation} ${index}`
    let { records, calls, requests, looks } = routes.get(key) ?? { records: 0, calls: 0, requests: 0, looks: nothing }
    for (const call of await callsOf(sending, batch, route)) {
      const asked = phases[operation].add(route, call, sending.made(listId))
      requests += asked.requests
      looks = sum(looks, asked.looks)
      calls++
    }
    records += batch.to - batch.from + 1
    routes.set(key, { listId, operation, route: index, records, calls, requests, looks })
  }
  const all = [...routes.values()]
  return {
    routes: all,
    requests: all.reduce((total, { requests }) => total + requests, 0),
    looks: all.reduce((total, { looks }) => sum(total, looks), nothing),
    seconds: sum(phases.add.seconds(), phases.remove.seconds()),
  }
}
