/** What a definition says of the work that a run will be, so that a dry run can tell it before. */

export interface Range {
  readonly least: number
  readonly most: number
}

/** Requests, all of the first bucket of rates; or by bucket, with those that no rate limits under `''`. */
export type Requests = number | Readonly<Record<string, number>>

/** How a job that the vendor accepted goes on a usual day; the vendor's own time, so a range. */
export interface JobTime {
  /** Seconds until a job for `n` records has ended. */
  takes(n: number): Range
  /** Requests of a look that finds it still at work. */
  readonly look: number
  /** Requests of the look that finds it ended; more where it says who was refused. */
  readonly end: Range
  /** A name in `rates` for all of them, the first by default. */
  readonly rate?: string
}

/** What a route says for the dry run. */
export interface Foretold {
  /** What `n` records of one batch take where all goes well, looks apart; `nameless` of them have no `remoteId`. For the dry run. */
  requests(n: number, nameless: number): Requests
  /** Of a route whose batches become jobs. */
  readonly job?: JobTime
  /** Requests that a call takes more where its list was made a moment ago, and the vendor may not know it everywhere yet. */
  readonly newList?: Range
}
