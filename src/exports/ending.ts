/** Says how a run ended: status, reason and counters, from what delivery and the ledger say. */
import { VendorDown } from '../delivery/failures.ts'
import { Stop } from '../destination-kit/kit.ts'
import { printable } from '../domain/printable.ts'
import { SundError } from '../errors.ts'
import type { Settlement } from '../store/run-settle.ts'
import type { PinnedEnd } from './pinned.ts'
import type { ListFigures } from './settle.ts'

export interface Reason {
  readonly reasonCode: string
  readonly reason: string
}

/** A reason that people read, of whatever stopped a run. */
export function reasonOf(error: unknown, destination: string): Reason {
  const explained = explain(error, destination)
  return { reasonCode: explained.code, reason: printable(explained.message) }
}

/** The error that people read, of whatever a conversation with a vendor ended in. */
export const explain = (error: unknown, destination: string): SundError => {
  if (error instanceof SundError) return error
  if (error instanceof Stop) {
    return new SundError('run.destination_refused', { destination, cause: error.why, reason: error.message }, error)
  }
  if (error instanceof VendorDown) {
    return new SundError('run.destination_unreachable', { destination, reason: error.message }, error)
  }
  return new SundError('run.unexpected', { reason: error instanceof Error ? error.name : 'no error object' }, error)
}

const reasonOfEnd = (end: PinnedEnd, destination: string): Reason | undefined => {
  if (end.kind === 'broken') return { reasonCode: end.reasonCode, reason: end.reason }
  if (end.kind !== 'stopped') return undefined
  const { cause, reason } = end
  return reasonOf(cause === 'vendor-down' ? new VendorDown(reason) : new Stop(cause, reason), destination)
}

export interface Ending {
  readonly end: PinnedEnd
  readonly figures: readonly ListFigures[]
  /** Rejects of earlier runs that stand: people who are in the segment and not, or not as they should be, in the list. */
  readonly standing: number
  readonly invalid: number
  readonly duplicates: number
  /** Names of lists that have members of whom nobody can be sent. */
  readonly nobodyFits: readonly string[]
  /** The vendor's name, for reasons. */
  readonly destination: string
}

const statusOf = (
  { end, standing, nobodyFits }: Ending,
  rejected: number,
  unknown: number,
  unsent: number,
): Settlement['status'] => {
  if (end.kind === 'stopped' || end.kind === 'broken') return 'Failed'
  if (end.kind === 'canceled') return 'Canceled'
  // A record that nobody sent although delivery calls itself complete is a state that we do not understand.
  if (unsent > 0) return 'Failed'
  return rejected + standing + unknown + nobodyFits.length > 0 ? 'Partial' : 'Successful'
}

const reasonOfNobody = (status: Settlement['status'], { nobodyFits, destination }: Ending): Reason | undefined => {
  if (status !== 'Partial' || nobodyFits.length === 0) return undefined
  const list = nobodyFits.map((name) => `“${name}”`).join(', ')
  return reasonOf(new SundError('run.nobody_fits', { destination, list }), destination)
}

/** Successful means that every record was acknowledged; anything rejected or unknown makes it Partial. */
export function settlementOf(ending: Ending): Omit<Settlement, 'lists' | 'at'> {
  const sum = (of: (figures: ListFigures) => number) => ending.figures.reduce((total, list) => total + of(list), 0)
  const rejected = sum((list) => list.rejected)
  const unknown = sum((list) => list.unknown)
  const unsent = sum((list) => list.unsent)
  const status = statusOf(ending, rejected, unknown, unsent)
  const reason =
    reasonOfEnd(ending.end, ending.destination) ??
    reasonOfNobody(status, ending) ??
    (status === 'Failed' ? reasonOf(new Error(`${unsent} records were left unsent`), ending.destination) : undefined)
  return {
    status,
    ...(reason ?? {}),
    counters: {
      added: sum((list) => list.added),
      updated: sum((list) => list.updated),
      removed: sum((list) => list.removed),
      rejected: rejected + ending.standing,
      unknown,
      invalid: ending.invalid,
      duplicates: ending.duplicates,
    },
  }
}
