/** Executes a run, from whatever point it had reached: plan, seal, deliver, settle. */
import { type OpenConnection, openConnection } from '../connections/open-connection.ts'
import type { Watch } from '../delivery/channel.ts'
import { deliver, type End } from '../delivery/deliver.ts'
import { leftoverOf } from '../delivery/leftovers.ts'
import { type DeliverPlan, Meter } from '../delivery/run-progress.ts'
import type { List, Operation } from '../destination-kit/kit.ts'
import { destinationOf } from '../destinations/index.ts'
import { printable } from '../domain/printable.ts'
import { SundError } from '../errors.ts'
import { createBatches, hasBatches } from '../store/batch.ts'
import { checkpointsOf } from '../store/checkpoints.ts'
import { getConnection } from '../store/connection.ts'
import { isOutage } from '../store/error-codes.ts'
import { getExport } from '../store/export.ts'
import { listsOf } from '../store/list.ts'
import { findRun, type Run, updateRun } from '../store/run.ts'
import { type RunList, settleRun } from '../store/run-settle.ts'
import { reasonOf, settlementOf } from './ending.ts'
import { planLast } from './last-plan.ts'
import { concludePartings } from './leaving.ts'
import { kindsOf, matchingId } from './matching-id.ts'
import { isSealed, outboxParts } from './outbox.ts'
import { outboxOf } from './outbox-rows.ts'
import { type Pinned, type PinnedEnd, pinnedShape } from './pinned.ts'
import { planRun } from './planning.ts'
import { batchesOf, returnersApart } from './routes.ts'
import type { RunPorts } from './run-ports.ts'
import { type ListFigures, settle } from './settle.ts'
import { stagingOf } from './staging.ts'

export interface RunSignals {
  /** No new batch is sent, accepted jobs are followed to their end, the run is settled. */
  readonly cancel: AbortSignal
  /** The process ends, or the kill switch: everything stops at once, to be resumed. */
  readonly halt: AbortSignal
}

/** Counts the requests made while lists are looked up and made. */
const metered = (meter: Meter, signal: AbortSignal): Watch => ({
  sent: (writes) => meter.add(writes),
  written: () => undefined,
  lost: () => undefined,
  waits: () => signal,
})

const zero = { added: 0, updated: 0, removed: 0, rejected: 0, unknown: 0 }

const runLists = (pinned: Pinned | undefined, figures: readonly ListFigures[]): RunList[] =>
  (pinned?.lists ?? []).map(({ listId, expected, theirs, kept }) => {
    const list = figures.find((figure) => figure.listId === listId)
    return {
      listId,
      expected,
      added: list?.added ?? 0,
      updated: list?.updated ?? 0,
      removed: list?.removed ?? 0,
      theirs,
      kept,
      approved: pinned?.approved ?? false,
    }
  })

const longest = (operations: readonly Operation<string, string>[]): number =>
  Math.max(0, ...operations.map(({ settles }) => settles.value))

async function targetLists(ports: RunPorts, run: Run): Promise<Map<string, List>> {
  const lists = await listsOf(ports.db, run.exportId)
  return new Map(
    lists.flatMap(({ id, remoteId, name }) => (remoteId === undefined ? [] : [[id, { id: remoteId, name }]])),
  )
}

async function deliverRun(
  ports: RunPorts,
  run: Run,
  pinned: Pinned,
  connection: OpenConnection,
  signals: RunSignals,
): Promise<End> {
  const { db, engine, clock } = ports
  const { destination } = connection
  const maxRecords = ports.options?.maxRecords ?? Number.POSITIVE_INFINITY
  const fields = Object.keys(pinned.matching.fields)
  const parts = await outboxParts(engine, run.id, { fields, returnersApart: returnersApart(destination) })
  await createBatches(db, run.id, batchesOf(destination, parts, ports.options ?? {}))
  const plan: DeliverPlan = {
    destination,
    target: {
      place: { settings: pinned.settings, found: pinned.found },
      lists: await targetLists(ports, run),
      kinds: kindsOf(pinned.fields),
    },
    channel: connection.channel,
    outbox: outboxOf(engine, run.id, Object.keys(pinned.matching.fields)),
    staging: stagingOf(engine, run.id, () => clock.now()),
    checkpoints: checkpointsOf(db, run.id),
    clock,
    signal: signals.cancel,
    halt: signals.halt,
    options: { maxRecords },
  }
  return await engine.sparing(async () => {
    await updateRun(db, run.id, { phase: 'delivering' })
    return await deliver(plan)
  })
}

/** What was sent without a readable answer is staged as unknown; what was never sent is left without an outcome. */
async function stageLeftovers(ports: RunPorts, run: Run): Promise<void> {
  const staging = stagingOf(ports.engine, run.id, () => ports.clock.now())
  for (const batch of await checkpointsOf(ports.db, run.id).open()) {
    const leftover = leftoverOf(batch)
    if (leftover.kind !== 'unknown' || (await staging.staged(batch))) continue
    await staging.stage({
      from: batch.from,
      to: batch.to,
      otherwise: { kind: 'unknown', reason: leftover.reason },
      except: leftover.known,
      ...(batch.lostAt === undefined ? {} : { lostAt: batch.lostAt }),
    })
  }
}

/** A vendor's words may be cut within a character, which the database takes as text and not within JSON. */
const storable = (end: PinnedEnd): PinnedEnd =>
  end.kind === 'stopped' || end.kind === 'broken' ? { ...end, reason: printable(end.reason) } : end

async function finish(ports: RunPorts, run: Run, pinned: Pinned, ended: PinnedEnd): Promise<Run> {
  const { db, engine, clock } = ports
  const end = storable(ended)
  const destination = destinationOf(pinned.destination)
  await stageLeftovers(ports, run)
  await updateRun(db, run.id, { phase: 'settling', pinned: { ...pinned, end } })
  const at = clock.now()
  const figures = await settle(engine, {
    runId: run.id,
    matching: matchingId(pinned.matching, kindsOf(pinned.fields)),
    settles: { add: longest(destination.add), remove: longest(destination.remove) },
    now: at.getTime(),
  })
  const { standing, invalid, duplicates, nobodyFits } = pinned
  const settlement = settlementOf({
    ...{ end, figures, standing, invalid, duplicates, nobodyFits },
    destination: destination.name,
  })
  return await settleRun(db, run.id, { ...settlement, lists: runLists(pinned, figures), at })
}

/** Ends a run that sends nothing: refused, held, or stopped before its outbox was sealed. */
async function endUnsent(
  ports: RunPorts,
  run: Run,
  status: 'Failed' | 'Held' | 'Canceled',
  why: { readonly reasonCode?: string; readonly reason?: string },
  pinned?: Pinned,
): Promise<Run> {
  const counters = { ...zero, invalid: pinned?.invalid ?? 0, duplicates: pinned?.duplicates ?? 0 }
  return await settleRun(ports.db, run.id, {
    status,
    ...why,
    counters,
    lists: runLists(pinned, []),
    at: ports.clock.now(),
  })
}

const vendorOf = async (ports: RunPorts, run: Run): Promise<string> => {
  const { connectionId } = await getExport(ports.db, run.exportId)
  return destinationOf((await getConnection(ports.db, connectionId)).destination).name
}

type Prepared = { readonly kind: 'ended'; readonly run: Run } | { readonly kind: 'sealed'; readonly pinned: Pinned }

/** Plans and seals, from the start. */
async function prepare(ports: RunPorts, run: Run, signals: RunSignals): Promise<Prepared> {
  const meter = new Meter()
  const signal = AbortSignal.any([signals.cancel, signals.halt])
  const count = async () => await checkpointsOf(ports.db, run.id).traffic(meter.take())
  const ended = (end: Run): Prepared => ({ kind: 'ended', run: end })
  try {
    signals.cancel.throwIfAborted()
    const planned = await (run.last ? planLast : planRun)(ports, run, metered(meter, signal), signal)
    await count()
    if (planned.kind === 'sealed') return planned
    await updateRun(ports.db, run.id, { deltaHash: planned.deltaHash })
    return ended(await endUnsent(ports, run, 'Held', reasonOf(planned.error, ''), planned.pinned))
  } catch (error) {
    // Sealed although something failed after: it is taken up from there, since its intents stand.
    if (signals.halt.aborted || (await isSealed(ports.engine, run.id))) throw error
    await count()
    if (signals.cancel.aborted) return ended(await endUnsent(ports, run, 'Canceled', {}))
    return ended(await endUnsent(ports, run, 'Failed', reasonOf(error, await vendorOf(ports, run))))
  }
}

/** Delivers what is sealed. An error that would come again at every attempt ends the run, with its reason, not in a loop. */
async function deliverSealed(
  ports: RunPorts,
  run: Run,
  pinned: Pinned,
  signals: RunSignals,
): Promise<PinnedEnd | 'halted'> {
  try {
    await updateRun(ports.db, run.id, { phase: 'sealed' })
    const connection = await openConnection(ports, await getConnection(ports.db, pinned.connectionId), pinned.settings)
    const end = await deliverRun(ports, run, pinned, connection, signals)
    return end.kind === 'halted' ? 'halted' : end
  } catch (error) {
    // What our own stores lack now they may have later, and then the run goes on.
    if (signals.halt.aborted || isOutage(error)) throw error
    return { kind: 'broken', ...reasonOf(error, destinationOf(pinned.destination).name) }
  }
}

/**
 * Takes a run to its end, from its start or from where another process left it, and gives it back as it is then: ended,
 * or still live when `halt` was raised. Throws when a store fails; the run is resumed by calling this again.
 */
export async function executeRun(ports: RunPorts, runId: string, signals: RunSignals): Promise<Run> {
  const found = await findRun(ports.db, runId)
  if (found === undefined) throw new SundError('run.missing', { id: runId })
  const run = found.settledAt === undefined ? await carriedOn(ports, found, signals) : found
  if (run.last && run.settledAt !== undefined && run.status !== 'Held') await concludePartings(ports, run.exportId)
  return run
}

async function carriedOn(ports: RunPorts, run: Run, signals: RunSignals): Promise<Run> {
  const { db, engine, clock } = ports
  const runId = run.id
  const sealed = await isSealed(engine, runId)
  if (!sealed && (await hasBatches(db, runId))) {
    // What was sent stands in the outbox that is gone: planning anew would give its batches other people.
    return await endUnsent(ports, run, 'Failed', reasonOf(new SundError('run.planes_disagree', { run: runId }), ''))
  }
  if (!sealed) {
    await updateRun(db, runId, { phase: 'planning', status: 'Processing', startedAt: run.startedAt ?? clock.now() })
  }
  const prepared: Prepared = sealed
    ? { kind: 'sealed', pinned: pinnedShape.parse(run.pinned) }
    : await prepare(ports, run, signals)
  if (prepared.kind === 'ended') return prepared.run
  const { pinned } = prepared
  const end = pinned.end ?? (await deliverSealed(ports, run, pinned, signals))
  return end === 'halted' ? ((await findRun(db, runId)) ?? run) : await finish(ports, run, pinned, end)
}
