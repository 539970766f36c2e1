/** The expressions that engines write differently. What is the same everywhere is written where it is used. */
import type { RawBuilder } from 'kysely'

export type Expression<T = unknown> = RawBuilder<T>

/** How a date is written in a source: an order of its parts, tried in the order given. */
export type DateForm = 'iso' | 'month-first' | 'day-first'

/** How a CSV file is read: every column as text, with the line where each row starts. */
export interface CsvScan {
  readonly file: string
  readonly columns: readonly string[]
  readonly delimiter: string
}

export interface Dialect {
  readonly name: string
  /** A relation of the file's rows, every column as text, in the file's order. */
  csv(scan: CsvScan): Expression
  /** The date that the text says in the first form that fits, else null. */
  date(text: Expression, forms: readonly DateForm[]): Expression
  /** The number that the text says, else null. */
  number(text: Expression): Expression
  /** Trimmed and lower-cased address, or null when it cannot be one. */
  normalisedEmail(text: Expression): Expression
  /** Keyed 128-bit hash of a normalised identifier, as UUID. `key` is a secret in hex. Null stays null. */
  identity(key: string, normalised: Expression): Expression
  /** 128-bit hash over values in their order, as UUID; a null differs from every text. */
  hash(values: readonly Expression[]): Expression
  /** Aggregate: a hash over all rows' values, whatever the rows' order, as text; null over no rows. */
  setHash(values: readonly Expression[]): Expression
  /** SHA-256 in lower-case hex. */
  sha256(text: Expression): Expression
  /** JSON object text of the named values; a null value stays as JSON null. */
  json(entries: readonly (readonly [name: string, value: Expression])[]): Expression
}
