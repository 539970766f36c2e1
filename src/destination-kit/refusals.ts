/** What a destination tells people of its vendor's refusals, so that each can be looked up. */
import type { Limit } from './fields.ts'

/** A refusal as the vendor writes it. What becomes of it is not said here: the destination's own judgement is asked. */
export interface KnownRefusal {
  readonly status: number
  /** The vendor's code, or the words by which it is known again. */
  readonly code?: string
  /** By name in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON; without it, there is no body. */
  readonly body?: unknown
  /** What the vendor means by it, where the judgement does not say so itself. */
  readonly means?: string
  /** What the conversation makes of it. Given exactly where the judgement leaves it to the conversation. */
  readonly outcome?: string
  /** How it is known; documented unless said. */
  readonly kind?: Limit['kind']
}

/** Why the vendor refuses single records, while others of the same call are taken. */
export interface KnownReject {
  readonly code: string
  readonly means: string
  /** The record is not tried again by itself. */
  readonly final?: true
}

export interface Refusals {
  /** Where the vendor lists its errors, and the day it was looked at. */
  readonly source: string
  readonly checked: string
  readonly answers: readonly KnownRefusal[]
  readonly records: readonly KnownReject[]
}
