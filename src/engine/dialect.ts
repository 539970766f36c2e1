/** The expressions that engines write differently. What is the same everywhere is written where it is used. */
import type { RawBuilder } from 'kysely'

export type Expression<T = unknown> = RawBuilder<T>

/** How a date is written in a source: an order of its parts, tried in the order given. */
export type DateForm = 'iso' | 'month-first' | 'day-first'

/** How a CSV file is read: every column as text, in the file's order, named as `columns` says; the first record is skipped. */
export interface CsvScan {
  readonly file: string
  readonly columns: readonly string[]
  readonly delimiter: string
  /**
   * `fast`: in parallel; right only if no record spans several lines, and an error at the first malformed record.
   * `careful`: one record after the other; malformed ones are left out and found in `csvRejects`.
   */
  readonly way: 'fast' | 'careful'
}

/** What values of a Parquet file are. A `timestamp` has no time zone, an `instant` has; `other`: bytes, nested, and so on. */
export type ParquetKind =
  | 'text'
  | 'whole'
  | 'decimal'
  | 'floating'
  | 'date'
  | 'timestamp'
  | 'instant'
  | 'boolean'
  | 'other'

/** A column of rows that come from outside as JSON. */
export interface RecordColumn {
  readonly name: string
  readonly type: 'bigint' | 'varchar'
}

export interface Dialect {
  readonly name: string
  /** Type of a column of text in which hardly any value repeats: kept as it is, since packing it costs more than it saves. */
  uniqueText(): Expression
  /** Type of a column whose values are a few words. Any other word is an error. */
  oneOf(words: readonly string[]): Expression
  /** A relation of the file's records. Empty text is null, quoted or not. */
  csv(scan: CsvScan): Expression
  /** Statements that make the session forget what earlier careful scans left out. */
  forgetCsvRejects(): readonly Expression[]
  /** A relation with the column `byte`: where in the file (from 0) the records lie that careful scans left out. */
  csvRejects(): Expression
  /** A relation of a Parquet file's rows in the file's order; its columns are named as in the file. */
  parquet(file: string): Expression
  /** A relation of one row about a Parquet file, from its footer alone: `rows` and `bytes` (unpacked). */
  parquetSize(file: string): Expression
  /** A relation of a Parquet file's columns in their order: `name`, `type`, and whether the name is the file's `own`. */
  parquetColumns(file: string): Expression
  parquetKind(type: string): ParquetKind
  /** A value of a Parquet file as text: dates and times as ISO, an instant in UTC. */
  parquetText(value: Expression, kind: ParquetKind): Expression
  /** The day of a timestamp, as ISO text. */
  parquetDay(value: Expression): Expression
  /** Whether the text holds a NUL, which nothing that text goes to takes. */
  holdsNul(text: Expression): Expression
  /** The place of a row in its table, counting up in the order of insertion, also while the table is being made. */
  rowOrder(): Expression
  /** A relation of the rows in `json`: an array of objects with these columns. */
  records(json: string, columns: readonly RecordColumn[]): Expression
  /** The date that the text says in the first form that fits, else null. Years are 0001 to 9999, of four digits. */
  date(text: Expression, forms: readonly DateForm[]): Expression
  /** The number that the text says, else null; null also beyond 2^53, where numbers are no longer exact. */
  number(text: Expression): Expression
  /** Trimmed and lower-cased address, or null when it cannot be one. */
  normalisedEmail(text: Expression): Expression
  /** Without the blanks at its ends, invisible ones too; null where nothing is left. */
  trimmed(text: Expression): Expression
  /** Words begin with a capital, and go on in lower case; a word begins after a blank or a hyphen. */
  titled(text: Expression): Expression
  /** Keyed 128-bit hash of a normalised identifier, as UUID. `key` is a secret in hex. Null stays null. */
  identity(key: string, normalised: Expression): Expression
  /** 128-bit hash over values in their order, as UUID; a null differs from every text, and no two lists of values are written alike. */
  hash(values: readonly Expression[]): Expression
  /** SHA-256 in lower-case hex. */
  sha256(text: Expression): Expression
  /** JSON object text of the named values; a null value stays as JSON null. */
  json(entries: readonly (readonly [name: string, value: Expression])[]): Expression
}
