/** What the simulator of one vendor gives to the frame, and what the frame gives to it. */
import type { Database } from './database.ts'

/** One request, its body whole and unpacked. */
export interface Call {
  readonly id: number
  readonly method: string
  /** Path without the query. */
  readonly path: string
  /** Path and query as they were sent. */
  readonly target: string
  readonly query: URLSearchParams
  readonly params: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Milliseconds since the epoch. */
  readonly now: number
  header(name: string): string | undefined
}

/** Records of one accepted write, for one list: what deliveries() gives back. */
export interface Delivered {
  readonly listId: string
  readonly operation: 'add' | 'remove'
  readonly identifiers: readonly string[]
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON; left out with `text`. */
  readonly json?: unknown
  readonly text?: string
  /** Records in the request, for the request log. */
  readonly records?: number
  readonly delivered?: readonly Delivered[]
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** `/v3/lists/{id}`: a part in braces is given in `params`. */
  readonly path: string
  /** It can change the data that the vendor keeps for its customer (tokens are not such data). */
  readonly write?: true
  /** Bytes of body, unpacked; 1 MB unless it says otherwise. */
  readonly maxBytes?: number
  /** Called inside a transaction that also holds the request's log row. */
  answer(call: Call): Answer
}

/** Refusals that the frame meets before or outside any route, in the vendor's own style. */
export interface Refusals {
  notFound(call: Call): Answer
  wrongMethod(call: Call): Answer
  tooLarge(call: Call): Answer
  unreadable(call: Call): Answer
  forbidden(call: Call, what: string): Answer
  crashed(call: Call): Answer
}

export interface VendorList {
  readonly id: string
  readonly name: string
  readonly members: number
}

export interface Simulation {
  readonly routes: readonly Route[]
  readonly refusals: Refusals
  /** Applies what has become due, in the order it was accepted. The frame calls it before every look at the state. */
  settle(): void
  /** Names the forbidden switch that this request uses. */
  forbids(call: Call): string | undefined
  lists(): readonly VendorList[]
  /** Identifiers on the list, sorted. */
  members(listId: string): Iterable<string>
}

/** What a simulator may know of the world around it. */
export interface World {
  readonly db: Database
  /** Rate limits are kept. */
  readonly limits: boolean
  now(): number
  /** Milliseconds that `seconds` of the vendor's own time take at the chosen pace. */
  wait(seconds: number): number
  /** Where this simulator is reached, without a trailing slash. */
  origin(): string
}

export interface VendorDefinition {
  /** The port it is found at unless another is chosen. */
  readonly port: number
  /** SQL that makes its tables where they are missing. */
  readonly schema: string
  start(world: World): Simulation
}

export const parseJson = (body: Buffer): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(body.toString('utf8')) }
  } catch {
    return undefined
  }
}
