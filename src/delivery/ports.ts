/** What delivery needs from around it. It knows no vendor, no database and no clock but these. */
import type { FieldKind } from '../destination-kit/fields.ts'
import type { Fate, List, Person, Place } from '../destination-kit/kit.ts'

/** A record of the outbox: `seq` is its place there, also after halving; `ref` is `seq` in decimal. */
export interface OutboxRow extends Person {
  readonly seq: number
  /** What the route makes of the person; whoever reads the outbox leaves room for it. */
  text?: string
}

/** Outbox rows `from`..`to`, both included, that go to one list by one route. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** A batch as the control plane keeps it. See store/migrations/0001_control_plane.sql for the meaning of the states. */
export interface Batch extends Span {
  readonly number: number
  readonly listId: string
  readonly operation: 'add' | 'remove'
  readonly route: number
  readonly state: 'pending' | 'sending' | 'accepted'
  /** Accepted; while `sending`, kept by a talk before it gave the vendor people. */
  readonly job?: string
  /** Fates known when the job was accepted, by seq. */
  readonly known?: ReadonlyMap<number, Fate>
  readonly dueAt?: Date
  readonly sentAt?: Date
  readonly lostAt?: Date
}

/** Requests made since the last checkpoint; `writes` are those that can change the vendor's data. */
export interface Traffic {
  readonly requests: number
  readonly writes: number
}

/** Batch rows of one run. Each call is one control-plane transaction, and is on disk when it resolves. */
export interface Checkpoints {
  /** Every batch that is not done and not split, by number. */
  open(): Promise<Batch[]>
  /** Before the first request of an attempt. `at` is kept as sentAt. */
  sending(batch: number, at: Date): Promise<void>
  /** The attempt goes on with this job, which may be given people from `at` on: kept as job and sentAt. */
  kept(batch: number, job: { readonly job: string; readonly at: Date }, traffic: Traffic): Promise<void>
  /** An answer was never read to a request sent by `at`; the latest moment is kept, since that one may work until `settles` later. */
  lost(batch: number, at: Date): Promise<void>
  accepted(
    batch: number,
    job: { readonly job: string; readonly known: ReadonlyMap<number, Fate>; readonly dueAt: Date },
    traffic: Traffic,
  ): Promise<void>
  done(batch: number, traffic: Traffic): Promise<void>
  /** Replaces the batch by its parts (pending, same lostAt) and gives them back. */
  split(batch: number, parts: readonly Span[], traffic: Traffic): Promise<Batch[]>
  /** Traffic that belongs to no batch step (a retry before a stop, say). */
  traffic(traffic: Traffic): Promise<void>
}

export interface Outbox {
  /** Rows of the span, by seq, none left out. They belong to the caller, which writes the encoded text onto them. */
  read(span: Span): Promise<OutboxRow[]>
  /** Rows of the span with one of these identifiers, which are trimmed and in lower case. */
  find(span: Span, identifiers: readonly string[]): Promise<readonly Pick<OutboxRow, 'seq' | 'identifier'>[]>
}

/** The outcome of every record of a span: `otherwise`, save for the seqs in `except`. */
export interface Outcomes extends Span {
  readonly otherwise: Fate
  readonly except: ReadonlyMap<number, Fate>
  /** What was marked for the span stands too; what was marked twice and differently is unknown. */
  readonly marked?: true
  /** An earlier attempt at this batch was lost at this moment. */
  readonly lostAt?: Date
}

/** Outcomes in the data plane, by (run, seq). Staging a span again replaces what was staged for it. */
export interface Staging {
  stage(outcomes: Outcomes): Promise<void>
  /** Is every record of the span staged? */
  staged(span: Span): Promise<boolean>
  /** Keeps fates of single records, from a report that is read a slice at a time: they are no outcomes before `stage`. */
  mark(fates: ReadonlyMap<number, Fate>): Promise<void>
  /** Distinct records of the span that are marked. */
  marked(span: Span): Promise<number>
  /** Forgets the marks of the span; staging them does so too. */
  unmark(span: Span): Promise<void>
}

export interface Clock {
  now(): Date
  /** Milliseconds that never jump back. */
  monotonic(): number
  /** Rejects with the signal's reason when aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** Where a run delivers: the pinned settings and findings, and its lists by our own id. */
export interface Target {
  readonly place: Place<string, string>
  readonly lists: ReadonlyMap<string, List>
  /** Kinds of the matched fields that are not text. */
  readonly kinds?: Readonly<Record<string, FieldKind>>
}

/** Access tokens of one connection; absent for vendors that take a key. Renewal is done once for all who ask. */
export interface Tokens {
  current(): Promise<string>
  /** A newer token than `stale`; throws Stop('auth') when the grant is revoked. `count` is called for each request made. */
  renew(stale: string, count: () => void): Promise<string>
}
