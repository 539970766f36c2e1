/** Plans as a run plans, with nothing in reach that could write: the ledger is rehearsed, the vendor only asked. */
import { z } from 'zod'
import type { ReadingConnection } from '../connections/reading.ts'
import type { Watch } from '../delivery/channel.ts'
import type { Clock } from '../delivery/ports.ts'
import { WouldWrite } from '../delivery/reading-channel.ts'
import type { MatchField } from '../destination-kit/fields.ts'
import type { Range } from '../destination-kit/foretold.ts'
import type { At, List } from '../destination-kit/kit.ts'
import type { DataEngine } from '../engine/engine.ts'
import type { SundError } from '../errors.ts'
import type { Spool } from '../outbound/spool.ts'
import type { ExportList } from '../store/list.ts'
import type { Reads } from '../store/reads.ts'
import { type SampledPerson, samplePeople } from './dry-sample.ts'
import { type Forecast, forecastOf } from './forecast.ts'
import { type GuardInput, type GuardVerdict, guard } from './guard.ts'
import { ensureFields, ownFields } from './list-fields.ts'
import { chosenList, type ListOfSegments, type LookedAt, listUndecided, lookAtList, readBackOf } from './lists.ts'
import { glanceAt, renamed } from './looked-at.ts'
import { askAccountFields, keptField } from './matched-fields.ts'
import { kindsOf } from './matching-id.ts'
import { readInto } from './member-reading.ts'
import { outboxParts, sealOutbox } from './outbox.ts'
import { outboxOf } from './outbox-rows.ts'
import { type ListDelta, plan } from './plan.ts'
import { type PlannedDelta, planned } from './planned-fields.ts'
import { guardInput, stepOf } from './planning.ts'
import { batchesOf, returnersApart } from './routes.ts'
import type { RunPorts } from './run-ports.ts'
import { SpooledMembers } from './spooled-members.ts'
import { type Asked, type Subject, subjectOver } from './subject.ts'
import { listReadingOf } from './theirs.ts'
import type { PlanInput } from './wanted.ts'

/** Nothing here writes: rows are only read, and what the engine does is taken back. */
export interface DryPorts {
  readonly db: Reads
  readonly engine: Pick<DataEngine, 'rehearse'>
  readonly clock: Clock
  /** See `RunPorts`. */
  readonly identityKey: string
  readonly options?: RunPorts['options']
  spool(): Promise<Spool>
}

/** Runs are numbered from 1. */
export const DRY_RUN_ID = '0'

export type DryAsked = Omit<Asked, 'runId' | 'connection'> & { readonly connection: ReadingConnection }

/** What the vendor showed of a list that a run would look at. */
export interface DryList {
  /** Undefined where the run would make it. */
  readonly there?: List
  /** Requests of the run that were not made here, since they write. */
  readonly unmade: number
}

export interface DryPlan {
  readonly deltas: readonly ListDelta[]
  readonly lists: ReadonlyMap<string, DryList>
  readonly guarded: GuardInput
  readonly verdict: GuardVerdict
  /** A person has to say something first: the run would fail. */
  readonly undecided?: SundError
  readonly forecast: Forecast
  readonly sample: readonly SampledPerson[]
}

const none: Range = { least: 0, most: 0 }
const noForecast: Forecast = { routes: [], requests: 0, looks: none, seconds: none }

/** One plan, from its first look to its forecast; what it reads of lists goes with `close`. */
class DryPlanning {
  readonly #ports: DryPorts
  readonly #asked: DryAsked
  readonly #watch: Watch
  readonly #signal: AbortSignal
  readonly #readings = new Map<string, SpooledMembers>()

  constructor(ports: DryPorts, asked: DryAsked, watch: Watch, signal: AbortSignal) {
    this.#ports = ports
    this.#asked = asked
    this.#watch = watch
    this.#signal = signal
  }

  async subject(): Promise<Subject> {
    const { engine, clock } = this.#ports
    const asked = { ...this.#asked, runId: DRY_RUN_ID }
    return await engine.rehearse(async (rehearsed) => await subjectOver({ engine: rehearsed, clock }, asked))
  }

  async planned(subject: Subject): Promise<PlannedDelta> {
    const planPorts = {
      db: this.#ports.db,
      plan: async (input: PlanInput) => await this.#rehearse(input, async (_engine, deltas) => deltas),
    }
    return await planned(planPorts, subject, this.#watch, this.#signal)
  }

  async guarded({ subject, deltas }: PlannedDelta): Promise<GuardInput> {
    const { engine, db, options = {} } = this.#ports
    return await engine.rehearse(
      async (rehearsed) => await guardInput({ db, engine: rehearsed, options }, subject, deltas),
    )
  }

  /** Every list that the run would bind, or look at once more. */
  async looked({ subject, deltas }: PlannedDelta): Promise<{ lists: Map<string, DryList>; undecided?: SundError }> {
    const { connection } = this.#asked
    const lists = new Map<string, DryList>()
    let undecided: SundError | undefined
    const talking = { connection, signal: this.#signal, watch: this.#watch }
    for (const one of subject.lists) {
      const { list } = one
      const { first, writes, binds, looks, theirs } = stepOf({ connection }, one, deltas)
      const shown = binds ? await this.#lookAt(list, first) : undefined
      if (binds && shown === undefined) {
        lists.set(list.id, { unmade: 1 })
        continue
      }
      const glanced = looks ? await glanceAt(talking, one) : undefined
      const there = shown?.list ?? glanced ?? { id: list.remoteId ?? '', name: list.name }
      if (shown?.undecided === true) {
        undecided ??= listUndecided(connection, list, there)
        continue
      }
      const mayHold = shown !== undefined && (shown.mayHoldTheirs || (first && theirs > 0))
      if (mayHold && readBackOf(connection.destination) !== undefined) await this.#read(list.id, there)
      const renames = glanced === undefined ? 0 : await this.#unmadeRenaming(one, glanced)
      lists.set(list.id, { there, unmade: renames + (writes ? await this.#unmadeFields(subject, there) : 0) })
    }
    return { lists, ...(undecided === undefined ? {} : { undecided }) }
  }

  get hasRead(): boolean {
    return this.#readings.size > 0
  }

  /** Seals the outbox of the rehearsal as a run seals its own, and looks through it. */
  async foretold(
    { subject }: PlannedDelta,
    lists: ReadonlyMap<string, DryList>,
    sampled: number,
  ): Promise<Pick<DryPlan, 'forecast' | 'sample'>> {
    const { connection, wanted } = this.#asked
    const { destination, place } = connection
    const { input } = subject
    const fields = Object.keys(input.matching.fields)
    const kinds = kindsOf(z.array(keptField).parse(input.fields ?? []))
    const options = this.#ports.options ?? {}
    const at = (listId: string): At<string, string> => {
      const row = subject.lists.find(({ list }) => list.id === listId)?.list
      if (row === undefined) throw new Error(`The dry run has no list ${listId}.`)
      // One that has no id yet gets one of its kind.
      const list = lists.get(listId)?.there ?? { id: row.remoteId ?? '1', name: row.name }
      return { ...place, list, kinds }
    }
    return await this.#rehearse(input, async (engine) => {
      const known = { profiles: input.profiles, field: input.matching.identifier }
      const sample = await samplePeople(engine, DRY_RUN_ID, sampled, known)
      await sealOutbox(engine, { id: DRY_RUN_ID, exportId: wanted.id }, input.now)
      const parts = await outboxParts(engine, DRY_RUN_ID, { fields, returnersApart: returnersApart(destination) })
      const forecast = await forecastOf({
        destination,
        batches: batchesOf(destination, parts, options),
        outbox: outboxOf(engine, DRY_RUN_ID, fields),
        made: (listId) => lists.get(listId)?.there === undefined && lists.has(listId),
        maxRecords: options.maxRecords ?? Number.POSITIVE_INFINITY,
        at,
      })
      return { forecast, sample }
    })
  }

  async close(): Promise<void> {
    for (const reading of this.#readings.values()) await reading.clear()
  }

  /** Plans over the ledger as it would be: with whom the readings found. */
  async #rehearse<T>(input: PlanInput, work: (engine: DataEngine, deltas: ListDelta[]) => Promise<T>): Promise<T> {
    const { engine, identityKey } = this.#ports
    return await engine.rehearse(async (rehearsed) => {
      for (const [listId, members] of this.#readings) {
        const reading = listReadingOf(rehearsed, { listId, runId: DRY_RUN_ID, identityKey, now: input.now })
        await reading.clear()
        for await (const slice of members.read()) await reading.take(slice)
        await reading.keep()
      }
      return await work(rehearsed, await plan(rehearsed, input))
    })
  }

  /** Undefined where the run would make the list. */
  async #lookAt(list: ExportList, first: boolean): Promise<LookedAt | undefined> {
    const { connection, wanted } = this.#asked
    const looking = { db: this.#ports.db, connection, signal: this.#signal, watch: this.#watch }
    try {
      return await lookAtList(looking, list, chosenList(connection, wanted), first)
    } catch (error) {
      if (error instanceof WouldWrite) return undefined
      throw error
    }
  }

  /** Into a file, since the ledger must not learn of it. */
  async #read(listId: string, there: List): Promise<void> {
    const members = new SpooledMembers(() => this.#ports.spool())
    this.#readings.set(listId, members)
    const talking = { connection: this.#asked.connection, signal: this.#signal, watch: this.#watch }
    await readInto(talking, this.#ports.clock, there, members)
  }

  /** Requests that give the list the new name of its segment: none where the vendor could not take it. */
  async #unmadeRenaming(one: ListOfSegments, there: List): Promise<0 | 1> {
    const talking = { connection: this.#asked.connection, signal: this.#signal, watch: this.#watch }
    try {
      await renamed(talking, one, there)
      return 0
    } catch (error) {
      if (error instanceof WouldWrite) return 1
      throw error
    }
  }

  /** Requests that make the fields which the list lacks. */
  async #unmadeFields({ input }: Subject, there: List): Promise<number> {
    const { connection } = this.#asked
    const matched = input.fields ?? []
    try {
      await ensureFields({ connection, signal: this.#signal, watch: this.#watch }, there, matched)
      return 0
    } catch (error) {
      if (error instanceof WouldWrite) return await this.#missingFields(there, matched)
      throw error
    }
  }

  /** One that the list lacks is made by a request of its own. Asked beside what a run asks, so it does not count. */
  async #missingFields(list: List, matched: readonly MatchField[]): Promise<number> {
    const { connection } = this.#asked
    const there = await askAccountFields({ connection, list, signal: this.#signal })
    const own = ownFields(connection.destination.fields, matched)
    const missing = own.filter(({ name }) => !there.some((field) => field.name === name)).length
    return Math.max(1, missing)
  }
}

const changes = ({ added, updated, removed }: ListDelta): boolean => added + updated + removed > 0

/**
 * In the order of a run: compare, ask the guard, look at the lists, compare again where that told something. `sampled`:
 * people of a kind and list. Throws what planning a run throws, and what conversations throw.
 */
export async function planDry(
  ports: DryPorts,
  asked: DryAsked,
  watch: Watch,
  signal: AbortSignal,
  sampled: number,
): Promise<DryPlan> {
  const planning = new DryPlanning(ports, asked, watch, signal)
  try {
    let delta = await planning.planned(await planning.subject())
    let guarded = await planning.guarded(delta)
    let verdict = guard(guarded)
    const ends = (lists: ReadonlyMap<string, DryList>, undecided?: SundError): DryPlan => ({
      ...{ deltas: delta.deltas, lists, guarded, verdict, forecast: noForecast, sample: [] },
      ...(undecided === undefined ? {} : { undecided }),
    })
    if (verdict.kind === 'refused') return ends(new Map())
    const { lists, undecided } = await planning.looked(delta)
    if (undecided !== undefined) return ends(lists, undecided)
    if (planning.hasRead) {
      delta = await planning.planned(delta.subject)
      guarded = await planning.guarded(delta)
      verdict = guard(guarded)
    }
    if (verdict.kind === 'refused' || !delta.deltas.some(changes)) return ends(lists)
    return { ...ends(lists), ...(await planning.foretold(delta, lists, sampled)) }
  } finally {
    await planning.close()
  }
}
