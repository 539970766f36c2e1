/** The data plane as the rest of Sund sees it: sets of rows, changed in transactions, read in columns. */
import type { RawBuilder } from 'kysely'
import type { z } from 'zod'
import type { Dialect } from './dialect.ts'

/** A statement built with Kysely's `sql` tag: values are bound, identifiers are nodes. */
export type Query = RawBuilder<unknown>

/** One column of some rows; an array is one. */
export interface Column {
  /** The value in the row with this number, from 0. */
  at(row: number): unknown
}

/** Some rows of a result, column by column in the order of the select list. Integers are bigint, text is string. */
export interface Columns {
  readonly count: number
  /** Values of the column at `index`, `count` long. */
  at(index: number): readonly unknown[]
  /** The same, each value made when it is asked for: of text, millions of small values cost the collector more than anything. */
  column(index: number): Column
}

export interface Session {
  /** Runs a statement and gives the number of rows it changed. */
  run(query: Query): Promise<number>
  /** A small result, each row checked against `shape`; integers that fit come as numbers. */
  rows<T>(query: Query, shape: z.ZodType<T>): Promise<T[]>
  /**
   * A result of up to some ten thousand rows at once, in no order that can be relied on; whatever is neither a number
   * nor a boolean comes as text. Several times as fast as `rows` and `stream` where there is text.
   */
  columns(query: Query): Promise<Columns>
}

/**
 * Holds tables, profiles, members, outbox, outcomes and ledger. One process owns it. Writes are serialised and a
 * transaction is all or nothing, also across `kill -9`; what was committed is on disk. Reads see committed rows only.
 */
export interface DataEngine extends Session {
  readonly dialect: Dialect
  /** A folder for files that live no longer than one task; only Sund's own process works in it. */
  readonly spillFolder: string
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T>
  /**
   * Lets the work change whatever it likes, in one transaction, and takes all of it back, whatever its end. Writes of
   * others wait meanwhile, so nothing slow, such as a conversation with a vendor, belongs in it.
   */
  rehearse<T>(work: (engine: DataEngine) => Promise<T>): Promise<T>
  /** A result of any size, in constant memory. */
  stream(query: Query): AsyncIterable<Columns>
  /**
   * While the work goes on the engine keeps little in memory, for as long as nothing but `columns` and `stream` is asked
   * of it: what is read once need not be kept.
   */
  sparing<T>(work: () => Promise<T>): Promise<T>
  close(): Promise<void>
}
