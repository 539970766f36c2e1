/** What is true of the records of a batch that no outcome was staged for, when its run is settled. */
import type { Fate } from '../destination-kit/kit.ts'

export interface EndedBatch {
  readonly state: 'pending' | 'sending' | 'accepted' | 'done' | 'split'
  readonly lostAt?: Date
  readonly known?: ReadonlyMap<number, Fate>
}

/** `never-sent`: no request about these records left. `unknown`: it may have; `known` holds what the vendor said of some. */
export type Leftover =
  | { readonly kind: 'none' }
  | { readonly kind: 'never-sent' }
  | { readonly kind: 'unknown'; readonly reason: string; readonly known: ReadonlyMap<number, Fate> }

const nothing: ReadonlyMap<number, Fate> = new Map()

/** Reads the state of one batch row at the end of a run. Total over the states; anything doubtful is unknown. */
export const leftoverOf = (batch: EndedBatch): Leftover => {
  switch (batch.state) {
    case 'split':
      // Its parts stand for it.
      return { kind: 'none' }
    case 'pending':
      if (batch.lostAt === undefined) return { kind: 'never-sent' }
      return { kind: 'unknown', reason: 'An earlier answer was lost, and it was not sent again.', known: nothing }
    case 'sending':
      return { kind: 'unknown', reason: 'It was sent, and the answer was not read.', known: nothing }
    case 'accepted':
      return {
        kind: 'unknown',
        reason: 'The service accepted the job, and its result was not read.',
        known: batch.known ?? nothing,
      }
    case 'done':
      return { kind: 'unknown', reason: 'No outcome is stored for a batch that counts as done.', known: nothing }
  }
}
