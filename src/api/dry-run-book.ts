/** Dry runs that were asked for, in this process: none of them is a run, so none is kept where runs are. */
import { SundError } from '../errors.ts'
import { assertForeseeable, type DryRun, dryRun } from '../exports/dry-run.ts'
import { reasonOf } from '../exports/ending.ts'
import type { RunPorts } from '../exports/run-ports.ts'
import { getExport } from '../store/export.ts'

export interface BookedDryRun {
  readonly id: string
  readonly exportId: string
  readonly createdAt: Date
  readonly end?:
    | { readonly kind: 'ready'; readonly at: Date; readonly result: DryRun }
    | { readonly kind: 'failed'; readonly at: Date; readonly code: string; readonly reason: string }
}

export interface DryRunBook {
  /** Starts one, or joins the export's own that is under way. Throws SundError export.missing, export.leaving, dryrun.export_running. */
  start(exportId: string): Promise<BookedDryRun>
  /** Throws SundError dryrun.missing. */
  get(id: string): BookedDryRun
}

/** They hold a few people each, so only the last ones are kept. */
const KEPT = 50

/** `stopping` ends those under way. */
export const openDryRunBook = (ports: RunPorts, stopping: AbortSignal): DryRunBook => {
  const booked = new Map<string, BookedDryRun>()
  let last = 0

  /** Numbers go on where those of an earlier process ended, so an old one never finds another dry run. */
  const nextId = (): string => {
    last = Math.max(last + 1, ports.clock.now().getTime())
    return String(last)
  }

  const end = (begun: BookedDryRun, how: NonNullable<BookedDryRun['end']>): void => {
    booked.set(begun.id, { ...begun, end: how })
    const ended = [...booked.values()].filter((one) => one.end !== undefined)
    for (const { id } of ended.slice(0, Math.max(0, ended.length - KEPT))) booked.delete(id)
  }

  const run = async (begun: BookedDryRun): Promise<void> => {
    try {
      const result = await dryRun(ports, begun.exportId, stopping)
      end(begun, { kind: 'ready', at: ports.clock.now(), result })
    } catch (error) {
      const { reasonCode: code, reason } = reasonOf(error, '')
      end(begun, { kind: 'failed', at: ports.clock.now(), code, reason })
    }
  }

  return {
    async start(exportId) {
      await assertForeseeable(ports, await getExport(ports.db, exportId))
      const live = [...booked.values()].find((one) => one.exportId === exportId && one.end === undefined)
      if (live !== undefined) return live
      const begun = { id: nextId(), exportId, createdAt: ports.clock.now() }
      booked.set(begun.id, begun)
      void run(begun)
      return begun
    },
    get(id) {
      const found = booked.get(id)
      if (found === undefined) throw new SundError('dryrun.missing', { id })
      return found
    },
  }
}
