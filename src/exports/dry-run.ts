/** Tells what a run of an export would do, without doing it. */
import { openForReading } from '../connections/reading.ts'
import type { Watch } from '../delivery/channel.ts'
import { VendorDown } from '../delivery/failures.ts'
import { Meter } from '../delivery/run-progress.ts'
import type { Range } from '../destination-kit/foretold.ts'
import { Stop } from '../destination-kit/kit.ts'
import { destinationOf } from '../destinations/index.ts'
import { type ErrorCode, SundError } from '../errors.ts'
import { getConnection } from '../store/connection.ts'
import { type Export, getExport } from '../store/export.ts'
import { type Run, runsOf } from '../store/run.ts'
import { getSegment } from '../store/segment.ts'
import { type DryPlan, planDry } from './dry-planning.ts'
import type { SampledPerson } from './dry-sample.ts'
import { explain } from './ending.ts'
import type { RouteForecast } from './forecast.ts'
import { type GuardStop, removalVerdict } from './guard.ts'
import { foreseenLists, type ListOfSegments } from './lists.ts'
import type { ListDelta } from './plan.ts'
import { limitOf } from './planning.ts'
import type { RunPorts } from './run-ports.ts'

/** Why a run would not go through, in words a person can act on. */
export interface DryStop {
  readonly code: string
  readonly reason: string
}

/** `held`: it would wait for a person's approval. `refused`: it would end Failed. Of the others, nothing is against it. */
export type DryVerdict = { readonly kind: 'pass' } | ({ readonly kind: 'held' | 'refused' } & DryStop)

export interface DryRunList {
  /** Absent where the list has no row yet. */
  readonly id?: string
  readonly name: string
  /** The run would make it at the vendor. */
  readonly made: boolean
  readonly segmentIds: readonly string[]
  readonly expected: number
  readonly added: number
  readonly updated: number
  readonly removed: number
  readonly invalid: number
  readonly duplicates: number
  /** Rejects that stand and would not be tried again yet. */
  readonly standing: number
  /** Of our people, who is there now. */
  readonly present: number
  readonly theirs: number
  readonly kept: number
  /** Why its removals would have to be approved by a person. */
  readonly gate?: DryStop
}

export interface DryRun {
  readonly exportId: string
  readonly verdict: DryVerdict
  readonly added: number
  readonly updated: number
  readonly removed: number
  readonly invalid: number
  readonly duplicates: number
  readonly lists: readonly DryRunList[]
  readonly routes: readonly (Omit<RouteForecast, 'listId'> & { readonly list: string })[]
  /** HTTP requests of the run, as it counts them; of a held one, once it is approved. */
  readonly requests: Range
  /** Of them, looks at jobs and the like: the vendor's own time decides how many. */
  readonly looks: Range
  /** Seconds that sending takes at least and, under the rates of the definition, at most. */
  readonly seconds: Range
  /** The nearest limit of people, and how many it counts. */
  readonly limit?: {
    readonly people: number
    readonly value: number
    readonly over: 'export' | 'connection' | 'contract'
  }
  readonly sample: readonly (Omit<SampledPerson, 'listId'> & { readonly list: string })[]
}

/** People of a kind and list in the sample. */
const SAMPLED = 3

const toldStop = ({ code, details }: { code: ErrorCode; details: GuardStop['details'] }): DryStop => ({
  code,
  reason: new SundError(code, details).message,
})

const verdictOf = ({ verdict, undecided }: DryPlan): DryVerdict => {
  if (undecided !== undefined) return { kind: 'refused', code: undecided.code, reason: undecided.message }
  return verdict.kind === 'pass' ? verdict : { kind: verdict.kind, ...toldStop(verdict) }
}

const toldLists = (lists: readonly ListOfSegments[], { deltas, lists: seen, guarded }: DryPlan): DryRunList[] =>
  lists.flatMap(({ list, segmentIds }) => {
    const delta = deltas.find(({ listId }) => listId === list.id)
    if (delta === undefined) return []
    const { expected, added, updated, removed, invalid, duplicates, standing, present, theirs, kept } = delta
    const gate = removalVerdict(guarded, delta)
    const shown = seen.get(list.id)
    return [
      {
        ...(list.id.startsWith('-') ? {} : { id: list.id }),
        ...{ name: shown?.there?.name ?? list.name, segmentIds },
        made: shown !== undefined && shown.there === undefined,
        ...{ expected, added, updated, removed, invalid, duplicates, standing, present, theirs, kept },
        ...(gate === undefined ? {} : { gate: toldStop(gate) }),
      },
    ]
  })

const isRunning = (name: string, run: Run): SundError =>
  new SundError('dryrun.export_running', { export: name, run: run.id })

/** The export's newest run, which is over. Throws SundError dryrun.export_running, export.leaving. */
export const assertForeseeable = async (
  { db }: Pick<RunPorts, 'db'>,
  { id, name, leaving }: Pick<Export, 'id' | 'name' | 'leaving'>,
): Promise<Run | undefined> => {
  // Its next run is a last run, and nothing that its segments ask for is done any more.
  if (leaving) throw new SundError('export.leaving', { name })
  const [run] = await runsOf(db, id, 1)
  if (run !== undefined && run.settledAt === undefined) throw isRunning(name, run)
  return run
}

/** Opens what is needed and hands on only what reads: see `DryPorts`. */
async function toldRun(ports: RunPorts, exportId: string, signal: AbortSignal): Promise<DryRun> {
  const { db, engine, clock, identityKey, options, door } = ports
  const meter = new Meter()
  const watch: Watch = {
    sent: (writes) => meter.add(writes),
    written: () => undefined,
    lost: () => undefined,
    waits: () => signal,
  }
  const wanted = await getExport(db, exportId)
  const before = await assertForeseeable(ports, wanted)
  const row = await getConnection(db, wanted.connectionId)
  const connection = await openForReading(ports, row, wanted.settings, watch, signal)
  const segments = await Promise.all(wanted.segmentIds.map(async (id) => await getSegment(db, id)))
  const lists = await foreseenLists(db, connection, wanted, segments)
  const dry = {
    ...{ db, engine, clock, identityKey, spool: () => door.spool() },
    ...(options === undefined ? {} : { options }),
  }
  const planned = await planDry(dry, { wanted, row, connection, segments, lists }, watch, signal, SAMPLED)
  // A run that began meanwhile has changed what this was told from, also when it is over.
  const after = await assertForeseeable(ports, await getExport(db, exportId))
  if (after !== undefined && after.id !== before?.id) throw isRunning(wanted.name, after)
  const { requests: asked } = meter.take()
  const { deltas, forecast, sample, guarded } = planned
  const total = (of: (delta: ListDelta) => number) => deltas.reduce((all, delta) => all + of(delta), 0)
  const made = [...planned.lists.values()].reduce((all, { unmade }) => all + unmade, 0)
  const certain = asked + made + forecast.requests
  const told = toldLists(lists, planned)
  const nameOf = (listId: string) =>
    planned.lists.get(listId)?.there?.name ?? lists.find(({ list }) => list.id === listId)?.list.name ?? ''
  const limit = options?.guardOff === true ? undefined : limitOf({ row, connection })
  return {
    exportId,
    verdict: verdictOf(planned),
    added: total(({ added }) => added),
    updated: total(({ updated }) => updated),
    removed: total(({ removed }) => removed),
    invalid: total(({ invalid }) => invalid),
    duplicates: total(({ duplicates }) => duplicates),
    lists: told,
    routes: forecast.routes.map(({ listId, ...route }) => ({ list: nameOf(listId), ...route })),
    requests: { least: certain + forecast.looks.least, most: certain + forecast.looks.most },
    looks: forecast.looks,
    seconds: forecast.seconds,
    ...(limit === undefined ? {} : { limit: { people: guarded.people, value: limit.value, over: limit.over } }),
    sample: sample.map(({ listId, ...person }) => ({ list: nameOf(listId), ...person })),
  }
}

/**
 * What the next run of the export would do, if nothing changed until then. It asks the vendor what the run would ask, lists
 * that it has to read included, and writes nowhere: neither at the vendor nor into ledger, outbox or runs. Throws SundError
 * dryrun.export_running, export.leaving, and that for which a run would end Failed before it sends anything.
 */
export async function dryRun(ports: RunPorts, exportId: string, signal: AbortSignal): Promise<DryRun> {
  const { connectionId } = await getExport(ports.db, exportId)
  const { destination } = await getConnection(ports.db, connectionId)
  try {
    return await toldRun(ports, exportId, signal)
  } catch (error) {
    if (error instanceof Stop || error instanceof VendorDown) throw explain(error, destinationOf(destination).name)
    throw error
  }
}
