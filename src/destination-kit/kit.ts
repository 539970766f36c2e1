/**
 * What a destination is written with: no I/O, no clock, no secrets. A talk says what to ask; the engine asks, and
 * feeds it the answer. Imports nothing of ours.
 */
import type { z } from 'zod'
import type { Host, OAuth, Values } from './access.ts'
import type { Blanks, Choice, Field, FieldKind, Limit, MatchField, Setting } from './fields.ts'
import type { Foretold } from './foretold.ts'
import type { Refusals } from './refusals.ts'

// ── people ──────────────────────────────────────────────────────────────────────────────────────────
/**
 * One record of a batch. `ref` is short, unique within a run and says nothing about the person: use it where a vendor
 * echoes an id. `identifier` is the normalised identifier as the vendor takes it (an address, or its hash).
 * A `null` field is a matched field for which this person has no value; a key that is absent is not matched.
 * `left` marks somebody whose removal from this list was sent by us earlier. Values may be made when they are asked for, so
 * take `fields` once, and name what you copy: spreading a person copies nobody.
 */
export interface Person {
  readonly ref: string
  readonly identifier: string
  readonly fields: Readonly<Record<string, string | null>>
  readonly remoteId?: string
  readonly left?: true
}

/** A person with the operation's `row` text: encoded once, so byte limits are exact and sending again costs nothing. */
export interface Row extends Person {
  readonly text: string
}

// ── asking ──────────────────────────────────────────────────────────────────────────────────────────
/**
 * Rows that are never in memory at once: they can be counted and written into a body, not looped over. `fields` are the
 * matched fields, which are the same for everybody of a run.
 */
export interface Crowd {
  readonly crowd: true
  readonly count: number
  readonly fields: readonly string[]
}

/**
 * A body of encoded rows: `head`, the row texts joined by `between`, `tail`. A small JSON call and a packed file of
 * millions are the same description; the engine writes it, and writes the same bytes again where it asks again.
 */
export interface Written {
  readonly rows: readonly Row[] | Crowd
  /** Content type of what is written; without it, none is said. */
  readonly type?: string
  readonly head: string
  readonly between: string
  readonly tail: string
  /** `zip` holds one file, named `file`. */
  readonly pack?: 'gzip' | { readonly zip: string }
  /** Sent as the only part of a multipart/form-data body, under this name and file name. */
  readonly part?: { readonly name: string; readonly file: string }
}

export type Body = { readonly json: unknown } | { readonly form: Readonly<Record<string, string>> } | Written

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path on the host, starting with `/`; for host `foreign` a whole URL taken from an answer. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Body
  /**
   * A name in `hosts`, the first by default; of a host that is known by `match`, `path` is a whole URL taken from an answer.
   * `foreign`: https, no credentials, no redirects, size capped.
   */
  readonly host?: string
  /** A name in `rates`, the first by default. */
  readonly rate?: string
  /** Refusals that this talk reads itself; no other status from 400 up ever reaches a talk. */
  readonly expect?: readonly number[]
  /** Cannot change the vendor's data although it is not a GET (a search sent by POST). */
  readonly reads?: true
  /** Not safe to send twice: after a lost answer the talk starts again from its first line. */
  readonly once?: true
  /** Seconds to wait before it is sent: the vendor does not know yet what it has made a moment ago. */
  readonly after?: number
}

export interface Reply {
  readonly status: number
  readonly text: string
  header(name: string): string | undefined
  /** Decodes the body; throws Stop('unreadable') when it is not JSON or not of this shape. */
  json<T>(shape: z.ZodType<T>): T
  /** What reading a successful answer to `scan` item by item came to; its `text` is empty. */
  readonly scanned?: Scanned
}

/** What one item of a report says of one record; undefined when it is about none. */
export type Mark = readonly [who: string, fate: Fate] | undefined

/**
 * Reads a report of any size item by item: lines of CSV keyed by column name in lower case, or the elements of the JSON
 * arrays under the root's members of these names (`''`: of an array at the root, or one value a line). With both, what
 * the report begins with decides. `lines`: plain text, a line each, trimmed; empty ones are left out. Marks are kept by the
 * engine, and count when the talk ends in `each`.
 */
export interface Reader {
  readonly by: By
  csv?(row: Readonly<Record<string, string>>): Mark
  lines?(line: string): Mark
  readonly arrays?: Readonly<Record<string, (item: unknown) => Mark>>
}

export interface Scanned {
  readonly items: number
  /** Distinct records of the batch that were marked; in all scans of this talk. */
  readonly marked: number
  /** Marks of somebody who is not of the batch. */
  readonly strangers: number
  /** False when the report was damaged, cut, or of no format that the reader takes: then more may stand in it. */
  readonly whole: boolean
}

export interface Asking {
  readonly request: Request
  readonly reader?: Reader
}
export interface Keeping {
  readonly keep: string
}
export interface Meeting {
  readonly met: readonly Member[]
}
export type Step = Asking | Keeping | Meeting

/** `unknown` as TNext makes a bare `yield` useless, so talks say `yield* send(...)`. */
export type Talk<T> = Generator<Step, T, unknown>

class Ask {
  static made = 0
  readonly step: Asking
  constructor(step: Asking) {
    this.step = step
    Ask.made++
  }
  *[Symbol.iterator](): Talk<Reply> {
    return (yield this.step) as Reply
  }
}

class Keep {
  readonly step: Keeping
  constructor(step: Keeping) {
    this.step = step
    Ask.made++
  }
  *[Symbol.iterator](): Talk<void> {
    yield this.step
  }
}

class Meet {
  readonly step: Meeting
  constructor(step: Meeting) {
    this.step = step
    Ask.made++
  }
  *[Symbol.iterator](): Talk<void> {
    yield this.step
  }
}

/** Asks the vendor: `const reply = yield* send({ ... })`. Without `yield*` nothing is sent, which the engine treats as an error. */
export const send = (request: Request): Ask => new Ask({ request })

/** Asks the vendor for a report that may be larger than memory: `yield* scan({ ... }, reader)`. */
export const scan = (request: Request, reader: Reader): Ask => new Ask({ request, reader })

/**
 * Writes down a job that the vendor made before it is given its people: `yield* keep(job)`. From then on it may work on
 * them, so a talk that starts again, in this process or the next, is given the job as `kept`.
 */
export const keep = (job: string): Keep => new Keep({ keep: job })

/**
 * Members whom an answer names, in a talk that reads who is on a list: `yield* met(members)`, a page at a time. A reader
 * that is scanned there says the same by marks: by identifier, `applied`, with the vendor's id.
 */
export const met = (members: readonly Member[]): Meet => new Meet({ met: members })

/** How many asks were made so far: the engine and the tests compare it with what was yielded. */
export const asksMade = (): number => Ask.made

// ── ending ──────────────────────────────────────────────────────────────────────────────────────────
/** Somebody whom the vendor names as being on a list: how it writes the identifier, and its own id of the person. */
export interface Member {
  readonly identifier: string
  readonly remoteId?: string
}

/**
 * Everybody on the list was named. `count`: how many there are by the vendor's own word, which is not what was counted
 * while reading; both must agree, `nameless` included: members without the identifier that this destination goes by.
 */
export interface Everybody {
  readonly kind: 'everybody'
  readonly count: number
  readonly nameless?: number
}

/** Which property of a person the fates of an ending are keyed by. */
export type By = 'ref' | 'identifier'

/**
 * What happened to one record. `absent`: a removal found nobody to remove, which counts as applied; the engine looks
 * again later where an earlier write could still be on its way. `final`: the vendor will never take this record.
 */
export type Fate =
  | { readonly kind: 'applied'; readonly remoteId?: string; readonly absent?: true }
  | { readonly kind: 'rejected'; readonly code: string; readonly reason: string; readonly final?: true }
  | { readonly kind: 'unknown'; readonly reason: string }

export type Fates = ReadonlyMap<string, Fate>

/** `each` is total: who is not named in `except` falls under `otherwise`. `split`: too large or poisoned; the engine halves. */
export type Now =
  | { readonly kind: 'each'; readonly otherwise: Fate; readonly by: By; readonly except: Fates }
  | { readonly kind: 'split'; readonly reason: string }

/** Checkpoint and wait in one: `job` and `known` are kept, and `confirm(job)` runs `after` seconds later, perhaps in another process. */
export interface Later {
  readonly kind: 'pending'
  readonly job: string
  readonly after?: number
  /** Fates already known when the job was accepted, keyed by `by`. */
  readonly known?: Fates
  readonly by?: By
}

export type Cause = 'auth' | 'permission' | 'list-missing' | 'quota' | 'terms' | 'bad-request' | 'unreadable'

/** Ends any talk, and with it the run: `throw new Stop('list-missing', 'why, in words a person can act on')`. */
export class Stop extends Error {
  readonly why: Cause
  /** The list drops people by itself and does not say whom: when it does so no more, everybody has to be sent again. */
  readonly loses: boolean
  constructor(why: Cause, reason: string, { loses = false }: { readonly loses?: boolean } = {}) {
    super(reason)
    this.name = 'Stop'
    this.why = why
    this.loses = loses
  }
}

/** What an answer means before a talk sees it. `pass`: the talk reads it; `refresh`: get a new access token once, then ask again. */
export type Verdict =
  | Stop
  | { readonly kind: 'pass' }
  | { readonly kind: 'refresh' }
  | { readonly kind: 'retry'; readonly after?: number }
  | { readonly kind: 'split'; readonly reason: string }

// ── the definition ──────────────────────────────────────────────────────────────────────────────────
/** What every talk may know: no credentials, only `hosts` and `oauth` see those. `found` is what `check` discovered. */
export interface Place<S extends string, F extends string> {
  readonly settings: Values<S>
  readonly found: Values<F>
}

export interface List {
  readonly id: string
  readonly name: string
  /** Members, where the vendor tells. */
  readonly size?: number
  /** What a person should know before people are sent there, in a sentence. */
  readonly notice?: string
}

export interface At<S extends string, F extends string> extends Place<S, F> {
  readonly list: List
  /** Kinds of the matched fields that are not text, by name. */
  readonly kinds?: Readonly<Record<string, FieldKind>>
}

/** What a list made by us must be: its name, and a mark by which we know it again after a lost answer. */
export interface WantedList {
  readonly name: string
  readonly mark: string
}

type Speak<P, S extends string, F extends string> =
  // `kept`: the job that an earlier start of this talk kept, if it did.
  | { talk(people: P, at: At<S, F>, kept?: string): Talk<Now>; confirm?: never }
  | {
      talk(people: P, at: At<S, F>, kept?: string): Talk<Now | Later>
      confirm(job: string, at: At<S, F>): Talk<Now | Later>
    }

/** One way of doing it. A destination may give several: the one with the highest `over` below the number of records is used for the whole run. */
export type Operation<S extends string, F extends string> = {
  readonly over?: number
  /** Takes only people with `left`, and takes all of them; a destination without such a route sends them like anybody else. */
  readonly for?: 'returners'
  /** False where it is not known that an empty value clears a field: such a route takes nobody whose field is to be cleared. */
  readonly clears?: false
  /** Records in one call. */
  readonly max: Limit
  /** Bytes of the row texts in one call, before they are packed. */
  readonly bytes?: Limit
  /** Batches in flight at once, per run. */
  readonly parallel: number
  /** Jobs accepted and not yet ended at once, per run; without it there is no such limit. */
  readonly jobs?: Limit
  /** Seconds after which a lost or accepted write of this route cannot work any more. */
  readonly settles: Limit
  /** May throw Stop, for a record that must not be sent. */
  row(person: Person, at: At<S, F>): string
} & Foretold &
  (({ readonly bulk?: never } & Speak<readonly Row[], S, F>) | ({ readonly bulk: true } & Speak<Crowd, S, F>))

/**
 * Reads who is on a list now. Who is not named here counts as nobody's and may one day be removed by us, so a talk ends
 * in `everybody` only where the vendor proves that none is missing; it throws Stop otherwise. A talk that ends `pending` has
 * met nobody yet, and `confirm` meets all. After a crash it is read again from the start.
 */
export interface ReadBack<S extends string, F extends string> {
  /** Seconds after which a job that does not end is given up. */
  readonly settles: Limit
  talk(at: At<S, F>): Talk<Everybody | Later>
  confirm?(job: string, at: At<S, F>): Talk<Everybody | Later>
}

export interface Destination<C extends string, S extends string, F extends string> {
  /** Slug; it is stored, so it never changes. */
  readonly id: string
  readonly name: string
  /** The vendor's own word for a list: "list", "audience", "address book". */
  readonly listWord: string
  readonly credentials: Readonly<Record<C, Field>>
  readonly settings: Readonly<Record<S, Setting>>
  /** The setting of the connection that names the list of every export which chooses none. */
  readonly defaultList?: S
  readonly found?: readonly F[]
  /** How a person is named to the vendor; with `hash` the value sent is the hex hash of the normalised address. */
  readonly identifier: { readonly label: string; readonly hash?: 'sha256' }
  readonly fields: readonly MatchField[]
  /** The account's own fields are of a list each; without it, all exports to the account write the same ones. */
  readonly fieldsPerList?: true
  /** Absent where nobody has found out: then no export may ask to clear a field. */
  readonly blanks?: Blanks
  /** The most people that may be sent, and over what it is counted. */
  readonly people?: Limit & { readonly over: 'export' | 'connection' }
  readonly hosts: Readonly<Record<string, Host<C, S>>>
  /** `calls` in any window of `per` seconds; rates belong to the vendor account and are shared by all its runs. */
  readonly rates: Readonly<Record<string, { readonly calls: Limit; readonly per: number }>>
  readonly oauth?: OAuth<C>
  /** For the documentation alone: nothing that is sent or decided depends on it. */
  readonly refusals?: Refusals
  /** Tells apart lists of equal id in different vendor accounts; a constant where the vendor's list ids are unique. */
  account(place: Place<S, F>): string
  /**
   * Names the vendor account that the rates belong to, where settings or findings tell it. Where it is left out, or they
   * do not (yet), connections with equal credentials share their rates.
   */
  rateAccount?(place: Place<S, F>): string | undefined
  /** Only what differs from the shared status mapping; undefined leaves the answer to it. */
  judge?(reply: Reply): Verdict | undefined
  /** Proves the credentials with the least right that an export needs. */
  check(settings: Values<S>): Talk<{ readonly found: Values<F> }>
  lists(place: Place<S, F>): Talk<readonly List[]>
  /** The list of this id, or undefined when the vendor has none. */
  list(id: string, place: Place<S, F>): Talk<List | undefined>
  /** As `list`, without what costs further requests, such as the size: before people are sent there again. Absent where `list` is one request. */
  glance?(id: string, place: Place<S, F>): Talk<List | undefined>
  /** As the vendor writes the id that a person gave, without asking: one list must not look like another. Absent where it has one spelling. */
  listId?(given: string): string
  /** Finds the list of exactly this name, else creates it. `ours`: it bears our mark, so nobody else filled it. Absent where lists are made at the vendor. */
  ensureList?(wanted: WantedList, place: Place<S, F>): Talk<{ readonly list: List; readonly ours: boolean }>
  /** Gives a list that we made another name; false where that name is taken or cannot be one there. Absent where lists keep their names. */
  renameList?(list: List, name: string, place: Place<S, F>): Talk<boolean>
  /** What a person may choose for a setting of the connection, before the connection was ever checked. */
  readonly choices?: Readonly<Partial<Record<S, (place: Place<S, F>) => Talk<readonly Choice[]>>>>
  /** What may be matched beyond `fields`: the fields that this account, or this list, has of its own now. */
  accountFields?(place: Place<S, F>, list: List | undefined): Talk<readonly MatchField[]>
  /**
   * Finds the matched fields of the account's own on the list, and makes those that are missing; before the first batch
   * of a run. Without it, a field that is there no more stops the run.
   */
  ensureFields?(wanted: readonly MatchField[], at: At<S, F>): Talk<void>
  /** Absent where the vendor does not tell who is on a list, or tells only hashes. */
  readonly members?: ReadBack<S, F>
  readonly add: readonly Operation<S, F>[]
  readonly remove: readonly Operation<S, F>[]
}

/** A destination as the engine sees it: the names of its credentials, settings and findings are plain strings. */
export type AnyDestination = Destination<string, string, string>

export const define = <const C extends string, const S extends string = never, const F extends string = never>(
  destination: Destination<C, S, F>,
): Destination<C, S, F> => destination
