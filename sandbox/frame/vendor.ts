/** What the simulator of one vendor gives to the frame, and what the frame gives to it. */
import type { Database } from './database.ts'

/** One request. Its body is whole and unpacked, or empty where the route reads it as it comes. */
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
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>
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
  /** The upload whose records, staged while they came, this answer accepts; with `listIds` only those of these lists. */
  readonly staged?: { readonly upload: string; readonly listIds?: Readonly<Record<string, string>> }
  /** The forbidden switch that was met only while the body was read. */
  readonly forbidden?: string
  /** Sent as it is made, in place of `json` and `text`. */
  readonly pieces?: AsyncIterable<Uint8Array>
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

/**
 * Reads a body as it comes, the sender being held up meanwhile, and gives what is then done in the request's
 * transaction. Throws where the body is cut, having thrown away what it kept.
 */
export type BodyReader = (body: AsyncIterable<Buffer>) => Promise<(call: Call) => Answer>

/** For bodies that are too large to hold. */
export interface StreamedRoute extends Pick<Route, 'method' | 'path' | 'write'> {
  /** Called once the headers are there: refuses at once, or reads the body. */
  receive(call: Call): Answer | BodyReader
}

/** Refusals that the frame meets before or outside any route, in the vendor's own style. */
export interface Refusals {
  notFound(call: Call): Answer
  wrongMethod(call: Call): Answer
  tooLarge(call: Call): Answer
  unreadable(call: Call): Answer
  forbidden(call: Call, what: string): Answer
  crashed(call: Call): Answer
  /** Asks to come later, in the vendor's own way. Met only as a fault; a plain 429 where it is absent. */
  busy?(call: Call): Answer
}

export interface VendorList {
  readonly id: string
  readonly name: string
  readonly members: number
}

/** One origin of a vendor. */
export interface Host {
  readonly routes: readonly (Route | StreamedRoute)[]
  readonly refusals: Refusals
  /** Names the forbidden switch that this request uses. */
  forbids(call: Call): string | undefined
}

export interface Simulation extends Host {
  /** Where files are sent and fetched, on an origin of its own. */
  readonly storage?: Host
  /** Applies what has become due, in the order it was accepted. The frame calls it before every look at the state. */
  settle(): void
  lists(): readonly VendorList[]
  /** Identifiers on the list, sorted. */
  members(listId: string): Iterable<string>
}

/** What a simulator may know of the world around it. */
export interface World {
  readonly db: Database
  /** Rate limits are kept. */
  readonly limits: boolean
  /** Records are counted and thrown away. */
  readonly discard: boolean
  now(): number
  /** Milliseconds that `seconds` of the vendor's own time take at the chosen pace. */
  wait(seconds: number): number
  /** Where this simulator is reached, without a trailing slash. */
  origin(): string
  /** The same, for the storage host. */
  storageOrigin(): string
  /** Keeps records of an upload for the request log, until an answer accepts them. */
  stageDelivery(upload: string, delivered: Delivered): void
  /** Throws away what was staged of an upload. */
  dropDelivery(upload: string): void
}

export interface VendorDefinition {
  /** The port it is found at unless another is chosen; its storage host is at the next. */
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
