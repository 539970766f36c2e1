/** What the suite must be told of a destination beyond its definition: its simulator, and how the vendor says things. */
import type { VendorDefinition } from '../../sandbox/frame/vendor.ts'
import type { Values } from '../../src/destination-kit/access.ts'
import type { Cause } from '../../src/destination-kit/kit.ts'
import type { WireAnswer } from './wire.ts'

/** Somebody who works at the vendor: asks the simulator with the connection's own right, and gets its answer decoded. */
export type AtVendor = (method: string, path: string, body?: unknown) => Promise<unknown>

/**
 * What an answer of the vendor comes to, when every write is answered with it. `waits`: asked again until it is over.
 * `renews`: a new token is got once, then it stops for want of one. `refused`: each record by itself, after halving.
 * `doubted`: nobody is known to be there. Otherwise the cause of the stop.
 */
export type Meaning = Cause | 'waits' | 'renews' | 'refused' | 'doubted'

/** A line of the vendor's table of statuses and codes. */
export interface AnswerMeaning {
  readonly what: string
  readonly answer: WireAnswer
  readonly means: Meaning
  /** To adds and removals alike unless said. */
  readonly to?: 'add' | 'remove'
}

/** Of any success, or of one status; whatever the body is unless said. */
export interface Done {
  readonly to: 'add' | 'remove'
  readonly status: number | 'success'
  readonly body?: string
  readonly why: string
}

export interface Fixtures {
  readonly simulator: VendorDefinition
  readonly credentials: Values<string>
  /** Of connection and export together; those that have no default. */
  readonly settings?: (vendor: AtVendor) => Promise<Values<string>>
  /** The id of a new list, as a person makes it there; for destinations that make none themselves. */
  readonly makeList?: (vendor: AtVendor, name: string) => Promise<string>
  /** Takes a list away, as a person does there. */
  readonly removeList?: (vendor: AtVendor, id: string) => Promise<unknown>
  /** Names of matched fields that take any text, the first ones that people fill; none where the vendor takes none. */
  readonly fields: readonly string[]
  /** An address that is well formed, and that the vendor refuses alone in a call that it takes. */
  readonly refused: (number: number) => string
  /** A call refused for one of its people, whom it does not name. */
  readonly callRefused: WireAnswer
  /** An error in the vendor's own words, of a code that nobody knows. */
  readonly unknownError: string
  /** What no request may hold: the switches that delete people, bring them back or mail them. */
  readonly never: readonly RegExp[]
  /** Every status and code that the definition tells apart. */
  readonly answers: readonly AnswerMeaning[]
  /** Answers that do say that it is done, although nothing in them shows it. */
  readonly done?: readonly Done[]
}

export const jsonAnswer = (
  status: number,
  json: unknown,
  headers: Readonly<Record<string, string>> = {},
): WireAnswer => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(json),
})

/** Does the vendor itself say by this answer that it did as asked? */
export const saysDone = ({ done = [] }: Fixtures, to: 'add' | 'remove', answer: WireAnswer): boolean =>
  done.some(
    (one) =>
      one.to === to &&
      (one.status === 'success' ? answer.status < 300 : one.status === answer.status) &&
      (one.body === undefined || one.body === answer.body),
  )
