/** One refresh: sources, unify, segments, then a run of every export, in that order. */
import { z } from 'zod'
import type { Clock } from '../delivery/ports.ts'
import { sourceTable } from '../domain/source.ts'
import { unification } from '../domain/unification.ts'
import type { DataEngine } from '../engine/engine.ts'
import { SundError } from '../errors.ts'
import { sealMembers } from '../segments/members.ts'
import { dropOldVersions } from '../segments/retention.ts'
import { ingest } from '../sources/ingest.ts'
import type { SealedTable } from '../sources/sealed-tables.ts'
import type { ControlPlane } from '../store/control-plane.ts'
import { listExports } from '../store/export.ts'
import { enterStep, findRefresh, finishRefresh, type Refresh } from '../store/refresh.ts'
import { createRun, type Run, runsOfRefresh } from '../store/run.ts'
import { settleRun } from '../store/run-settle.ts'
import { listSegments } from '../store/segment.ts'
import { readSetting } from '../store/setting.ts'
import { listSources } from '../store/source.ts'
import { readUnification } from '../store/unification.ts'
import { unify } from '../unify/unify.ts'

/** Setting: the folder in which the files of the sources lie. */
export const SOURCE_FOLDER = 'sources.folder'

export interface RefreshPorts {
  readonly db: ControlPlane['db']
  readonly engine: DataEngine
  readonly clock: Clock
  /** Secret of the identities, 32 bytes in hex. */
  readonly identityKey: string
  /** Has a run taken up by the worker. */
  readonly startRun: (run: Run) => Promise<void>
}

/** A declaration as it was saved, checked: an older Sund or another hand may have written it. */
function declared<T>(shape: z.ZodType<T>, definition: unknown, what: string): T {
  const parsed = shape.safeParse(definition)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const path = issue?.path.join('.') ?? ''
  throw new SundError('refresh.definition_invalid', { what, path, problem: issue?.message ?? '' }, parsed.error)
}

async function sources({ db, engine, clock }: Omit<RefreshPorts, 'startRun'>): Promise<SealedTable[]> {
  const folder = await readSetting(db, SOURCE_FOLDER, z.string())
  const tables: SealedTable[] = []
  for (const { name, definition } of await listSources(db)) {
    const source = declared(sourceTable, definition, `the table “${name}”`)
    if (folder === undefined) throw new SundError('refresh.no_folder', { table: source.name })
    tables.push(await ingest(engine, source, { folder, now: clock.now() }))
  }
  return tables
}

/**
 * Everything that comes before the exports; what fails leaves the versions before it current. `entered` is told each step
 * as it begins.
 */
export async function renew(
  ports: Omit<RefreshPorts, 'startRun'>,
  entered: (step: 'sources' | 'unify' | 'segments') => Promise<void>,
): Promise<void> {
  const { db, engine, clock, identityKey } = ports
  await entered('sources')
  const tables = await sources(ports)
  await entered('unify')
  const definition = await readUnification(db)
  if (definition === undefined) throw new SundError('refresh.no_unification', {})
  const wanted = declared(unification, definition, 'the unification')
  const profiles = await unify(engine, wanted, tables, { identityKey, now: clock.now() })
  await entered('segments')
  const now = clock.now()
  const today = now.toISOString().slice(0, 10)
  // A segment that cannot be evaluated is left unsealed: the exports that use it say so, the others go on.
  await sealMembers(engine, await listSegments(db), profiles, { now, today, onInvalid: () => undefined })
  // The version before stays for a run that is planning from it at this moment.
  await dropOldVersions(engine, { profiles: [profiles.version - 1] })
}

/**
 * An export that cannot be run because what it works from failed says so, instead of keeping silent. One that leaves works
 * from nothing of that, and its last run may wait for an approval.
 */
async function skipExports({ db, clock }: RefreshPorts, refreshId: string, why: SundError): Promise<void> {
  for (const { id, leaving } of await listExports(db)) {
    if (leaving) continue
    const { run, joined } = await createRun(db, { exportId: id, refreshId })
    if (joined) continue
    const counters = { added: 0, updated: 0, removed: 0, rejected: 0, unknown: 0, invalid: 0, duplicates: 0 }
    const at = clock.now()
    await settleRun(db, run.id, {
      status: 'Skipped',
      reasonCode: why.code,
      reason: why.message,
      counters,
      lists: [],
      at,
    })
  }
}

async function startExports(ports: RefreshPorts, refreshId: string): Promise<void> {
  const there = new Map((await runsOfRefresh(ports.db, refreshId)).map((run) => [run.exportId, run]))
  for (const { id } of await listExports(ports.db)) {
    const run = there.get(id) ?? (await createRun(ports.db, { exportId: id, refreshId })).run
    // Made before a crash, and perhaps never handed over.
    if (run.settledAt === undefined) await ports.startRun(run)
  }
}

/** An error that nobody foresaw is named by its kind alone: its words could hold values of people. */
const explained = (error: unknown): SundError =>
  error instanceof SundError
    ? error
    : new SundError('refresh.unexpected', { reason: error instanceof Error ? error.name : 'no error object' }, error)

/**
 * Does a refresh, or what is left of it after a crash: a refresh that had come to its exports starts only those that it
 * had not started. A failed one leaves the last good tables, profiles and members in place and says why; its exports
 * are Skipped. Throws when `halt` was raised or a store fails; the refresh is resumed by calling this again.
 */
export async function executeRefresh(ports: RefreshPorts, refreshId: string, halt: AbortSignal): Promise<Refresh> {
  const { db, clock } = ports
  const refresh = await findRefresh(db, refreshId)
  if (refresh === undefined) throw new SundError('refresh.missing', { id: refreshId })
  if (refresh.finishedAt !== undefined) return refresh
  try {
    if (refresh.step !== 'exports') await renew(ports, (step) => enterStep(db, refreshId, step))
  } catch (error) {
    if (halt.aborted) throw error
    const why = explained(error)
    await skipExports(ports, refreshId, why)
    await finishRefresh(db, refreshId, { status: 'Failed', reason: why.message, at: clock.now() })
    return (await findRefresh(db, refreshId)) ?? refresh
  }
  await enterStep(db, refreshId, 'exports')
  await startExports(ports, refreshId)
  await finishRefresh(db, refreshId, { status: 'Successful', at: clock.now() })
  return (await findRefresh(db, refreshId)) ?? refresh
}
