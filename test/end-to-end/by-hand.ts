/** Executes runs without the queue, so that a test decides where one is cut off and what it finds when it goes on. */
import { sql } from 'kysely'
import { z } from 'zod'
import type { DataEngine } from '../../src/engine/engine.ts'
import { executeRun } from '../../src/exports/run.ts'
import type { RunPorts } from '../../src/exports/run-ports.ts'
import type { Door, OutboundAnswer } from '../../src/outbound/door.ts'
import type { OutboundRequest } from '../../src/outbound/exchange.ts'
import type { Export } from '../../src/store/export.ts'
import { createRun, type Run } from '../../src/store/run.ts'
import type { Rig } from './rig.ts'

/** What happens before the engine reads an outbox, runs a statement by itself or begins a transaction; what it throws ends that in its place. */
export interface Before {
  readonly read?: () => void | Promise<void>
  readonly transaction?: () => void | Promise<void>
  readonly run?: () => void | Promise<void>
  /** Before a request leaves, as it was asked for. */
  readonly request?: (request: OutboundRequest) => void | Promise<void>
}

const interposed = (engine: DataEngine, before: Before): DataEngine => ({
  dialect: engine.dialect,
  spillFolder: engine.spillFolder,
  run: async (query) => {
    await before.run?.()
    return await engine.run(query)
  },
  rows: (query, shape) => engine.rows(query, shape),
  close: () => engine.close(),
  sparing: (work) => engine.sparing(work),
  rehearse: (work) => engine.rehearse(work),
  columns: async (query) => {
    await before.read?.()
    return await engine.columns(query)
  },
  async *stream(query) {
    await before.read?.()
    yield* engine.stream(query)
  },
  transaction: async (work) => {
    await before.transaction?.()
    return await engine.transaction(work)
  },
})

/** A run that waits, and that no worker knows of. */
export const runOf = async (rig: Rig, { id }: Export): Promise<string> =>
  (await createRun(rig.db, { exportId: id })).run.id

export interface Execution {
  readonly before?: Before
  readonly halt?: AbortSignal
  readonly maxRecords?: number
  /** What a request is answered with, in place of the vendor's answer; `given` is that one. */
  readonly answer?: OutboundAnswer | ((given: OutboundAnswer, request: OutboundRequest) => OutboundAnswer)
}

export const execute = async (rig: Rig, runId: string, execution: Execution = {}): Promise<Run> => {
  const { before = {}, maxRecords, answer, halt = new AbortController().signal } = execution
  const { ports } = rig.server
  const exchange: Door['exchange'] = async (request, signal) => {
    await before.request?.(request)
    if (typeof answer === 'object') return answer
    const given = await ports.door.exchange(request, signal)
    return answer === undefined ? given : answer(given, request)
  }
  const door = { ...ports.door, exchange }
  const options = maxRecords === undefined ? {} : { options: { maxRecords } }
  const signals = { cancel: new AbortController().signal, halt }
  return await executeRun({ ...ports, door, engine: interposed(ports.engine, before), ...options }, runId, signals)
}

/** Seals, and goes on until the `times`th time of what is to be halted at; the run is left live there. */
const halted = async (
  rig: Rig,
  wanted: Export,
  at: 'read' | 'request',
  times: number,
  maxRecords?: number,
): Promise<string> => {
  const id = await runOf(rig, wanted)
  const halt = new AbortController()
  let seen = 0
  const count = () => {
    if (++seen < times) return
    halt.abort(new Error('The process ends.'))
    throw halt.signal.reason
  }
  const run = await execute(rig, id, {
    before: { [at]: count },
    halt: halt.signal,
    ...(maxRecords === undefined ? {} : { maxRecords }),
  })
  if (run.settledAt !== undefined || !halt.signal.aborted) throw new Error(`The run was not halted: ${run.status}.`)
  return id
}

/** Halted before the outbox is read for the `reads`th time. */
export const haltedAt = async (rig: Rig, wanted: Export, reads: number): Promise<string> =>
  await halted(rig, wanted, 'read', reads)

/** Halted before the run's `requests`th request; a batch holds at most `maxRecords`. */
export const haltedInMidst = async (rig: Rig, wanted: Export, requests: number, maxRecords: number): Promise<string> =>
  await halted(rig, wanted, 'request', requests, maxRecords)

/** Names of the engine's tables that match. */
export const tablesLike = async ({ engine }: RunPorts, pattern: string): Promise<string[]> =>
  (
    await engine.rows(
      sql`select table_name as name from information_schema.tables where table_name like ${pattern} order by 1`,
      z.object({ name: z.string() }),
    )
  ).map(({ name }) => name)

/** The data folder's outbox of a run, lost as it is when an older copy of it was put back. */
export const loseOutbox = async ({ server }: Rig, runId: string): Promise<void> => {
  const { engine } = server.ports
  await engine.run(sql`drop table ${sql.table(`outbox_${runId}`)}`)
  await engine.run(sql`delete from sealed_outbox where run_id = ${runId}::bigint`)
}
