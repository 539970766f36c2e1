/** The benches: which task each runs, how often, and what its numbers shall reach. */
import { join } from 'node:path'
import { inChild } from './child.ts'
import { routes } from './routes.ts'
import type { Measured } from './row.ts'
import { firstRunOutput } from './tasks/first-run.ts'
import { rateOutput } from './tasks/rate.ts'
import { sealOutput } from './tasks/seal.ts'
import { segmentOutput } from './tasks/segment.ts'
import { besideFloor } from './tasks/shapes.ts'
import { unchangedOutput } from './tasks/unchanged.ts'
import { wholeRunOutput } from './tasks/whole-run.ts'

/** Profiles of the two sizes. */
export interface Sizes {
  readonly small: number
  readonly large: number
}

export interface BenchOptions extends Sizes {
  /** Tells as well where the CPU of a first run goes. */
  readonly profile: boolean
}

type Rows = AsyncGenerator<Measured>

/** 1000000 as `1 M`. */
const counted = (people: number): string => (people >= 1_000_000 ? `${people / 1_000_000} M` : `${people / 1000} k`)

const WHOLE_ROUTE = 'sendgrid put'

/** The benches share data folders, each made by the first that needs it. */
export class Benches {
  readonly #folder: string
  readonly #options: BenchOptions
  readonly #homes = new Map<number, Promise<SealedHome>>()
  readonly #filled = new Map<number, Promise<FilledHome>>()

  /** `folder` is empty, and is removed by the caller. */
  constructor(folder: string, options: BenchOptions) {
    this.#folder = folder
    this.#options = options
  }

  readonly byName: Readonly<Record<string, () => Rows>> = {
    ingest: () => this.#ingest(),
    seal: () => this.#seal(),
    segment: () => this.#segment(),
    'first-run': () => this.#firstRun(),
    rate: () => this.#rate(),
    memory: () => this.#memory(),
    plan: () => this.#plan(),
  }

  async *#ingest(): Rows {
    const people = this.#options.small
    const { ours, floor } = await inChild(
      'ingest',
      { folder: join(this.#folder, 'ingest'), people, rounds: 5 },
      besideFloor,
    )
    yield { name: `ingest ${counted(people)} rows of CSV`, value: ours, unit: 's', floor, reach: { ratioAtMost: 1.3 } }
  }

  async *#seal(): Rows {
    for (const people of [this.#options.small, this.#options.large]) {
      const { sealed } = await this.#home(people)
      const named = `seal ${counted(people)} profiles`
      const { ours, floor } = sealed.merge
      const reach = { everybody: { wanted: people, came: sealed.profiles } }
      yield { name: `${named}: keys and hashes`, value: ours, unit: 's', floor, reach: { ratioAtMost: 1.3 } }
      yield { name: `${named}: all of unification`, value: sealed.unify, unit: 's', reach }
      yield { name: `${named}: most memory`, value: sealed.peak, unit: 'MB', reach }
    }
  }

  async *#segment(): Rows {
    const people = this.#options.large
    const { folder } = await this.#home(people)
    const { times } = await inChild('segment', { folder, rounds: 7 }, segmentOutput)
    const name = `segment of 5 conditions over ${counted(people)}`
    yield { name, value: times.ours, unit: 's', floor: times.floor, reach: { ratioAtMost: 1.2 } }
  }

  async *#firstRun(): Rows {
    const { folder } = await this.#home(this.#options.small)
    for (const { name, large, rounds } of routes) {
      const input = { folder, route: name, rounds, profile: this.#options.profile }
      const { people, plan, deliver, floor } = await inChild('first-run', input, firstRunOutput)
      const unit = 'profiles/s'
      const everybody = { wanted: this.#options.small, came: people }
      const named = `first run of ${counted(people)}, ${name}`
      yield {
        name: `${named}: sent and settled`,
        value: people / deliver,
        unit,
        floor: people / floor,
        reach: { ratioAtLeast: 0.7, ...(large ? { atLeast: 150_000 } : {}) },
      }
      yield { name: `${named}: planned`, value: plan, unit: 's', reach: { everybody } }
    }
  }

  async *#rate(): Rows {
    const folder = join(this.#folder, 'rate')
    await inChild('seal', { folder, people: RATE_PEOPLE, rounds: 1 }, sealOutput)
    const { calls, seconds, used, most } = await inChild('rate', { folder, times: RATE_TIMES }, rateOutput)
    const unit = `look-ups in ${seconds} s`
    yield { name: 'rate, sendgrid look-ups: used', value: used, unit, floor: calls, reach: { ratioAtLeast: 0.95 } }
    yield { name: 'rate, sendgrid look-ups: beyond it', value: Math.max(0, most - calls), unit, reach: { atMost: 0 } }
  }

  async *#memory(): Rows {
    const { small, large } = this.#options
    const few = (await this.#filledHome(small)).run
    const many = (await this.#filledHome(large)).run
    for (const run of [few, many]) {
      const named = `first run of ${counted(run.people)}, ${WHOLE_ROUTE}`
      const everybody = { wanted: run.people, came: run.received }
      yield { name: `${named}: whole run`, value: run.seconds, unit: 's', reach: { everybody } }
      yield { name: `${named}: most memory`, value: run.peak, unit: 'MB', reach: { everybody } }
      yield { name: `${named}: memory while sending`, value: run.delivering, unit: 'MB', reach: { atMost: 600 } }
    }
    const difference = Math.abs(many.delivering - few.delivering)
    const name = `memory while sending, ${counted(large)} against ${counted(small)}`
    yield { name, value: difference, unit: 'MB', reach: { atMost: 100 } }
  }

  async *#plan(): Rows {
    for (const people of [this.#options.small, this.#options.large]) {
      const { folder, run } = await this.#filledHome(people)
      const input = { folder, exportId: run.exportId, rounds: 3 }
      const { times, requests, peak } = await inChild('unchanged', input, unchangedOutput)
      const named = `unchanged run of ${counted(people)}`
      const reach = { ratioAtMost: 10, atMost: Math.max(1, people / ONE_MILLION) * ABOUT_A_SECOND }
      yield { name: named, value: times.ours, unit: 's', floor: times.floor, reach }
      yield { name: `${named}: requests`, value: requests, unit: 'requests', reach: { atMost: 0 } }
      yield { name: `${named}: most memory`, value: peak, unit: 'MB', reach: { atMost: 2048 } }
    }
  }

  #home(people: number): Promise<SealedHome> {
    const known = this.#homes.get(people)
    if (known !== undefined) return known
    const folder = join(this.#folder, `home-${people}`)
    const rounds = people > ONE_MILLION ? 1 : 3
    const made = inChild('seal', { folder, people, rounds }, sealOutput).then((sealed) => ({ folder, sealed }))
    this.#homes.set(people, made)
    return made
  }

  #filledHome(people: number): Promise<FilledHome> {
    const known = this.#filled.get(people)
    if (known !== undefined) return known
    const filled = this.#fill(people)
    this.#filled.set(people, filled)
    return filled
  }

  async #fill(people: number): Promise<FilledHome> {
    const { folder } = await this.#home(people)
    return { folder, run: await inChild('whole-run', { folder, route: WHOLE_ROUTE }, wholeRunOutput) }
  }
}

interface SealedHome {
  readonly folder: string
  readonly sealed: ReturnType<typeof sealOutput.parse>
}

interface FilledHome {
  readonly folder: string
  readonly run: ReturnType<typeof wholeRunOutput.parse>
}

const ONE_MILLION = 1_000_000
/** For a million that did not change. */
const ABOUT_A_SECOND = 1.5
/** Five windows and a bit. */
const RATE_PEOPLE = 110_000
/** The minute of the definition becomes six seconds. */
const RATE_TIMES = 10
