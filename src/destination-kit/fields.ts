/** What a destination declares of its limits, and of what people fill in: settings, and fields of its people. */

/** A vendor's number: where it is written, the day it was checked, and how sure it is. */
export interface Limit {
  readonly value: number
  readonly source: string
  readonly checked: string
  readonly kind: 'documented' | 'measured' | 'assumed'
}

export interface Field {
  readonly label: string
  readonly help?: string
  readonly oneOf?: readonly string[]
}

/** A setting belongs to the connection or to the export; `required` unless it says a default. */
export interface Setting extends Field {
  readonly of: 'connection' | 'export'
  readonly default?: string
}

/**
 * What the vendor takes for a field. `Person.fields` hold text all the same: a number as `12.5`, a boolean as `true` or
 * `false`, a date as `2026-11-22` or with a time behind it in ISO 8601.
 */
export type FieldKind = 'text' | 'number' | 'boolean' | 'date'

export interface MatchField extends Field {
  /** What the destination calls the field in its requests; it is stored, so it stays the same while the label changes. */
  readonly name: string
  /** Text where it is not said. */
  readonly kind?: FieldKind
  /** The longest value that the vendor takes, in characters. */
  readonly max?: Limit
  /** An export must fill it, and a person without a value is not sent. */
  readonly required?: true
}

/** What a field holds afterwards: nothing, what it held before, or an empty text. */
export type Blank = 'cleared' | 'kept' | 'empty'

/**
 * What sending a field without a value does: `none` where a person has none (`null`), `empty` where it is an empty text.
 * A field that is not matched is never sent, and keeps what it holds.
 */
export interface Blanks {
  readonly none: Blank
  readonly empty: Blank
}

/** Something at the vendor that a setting names: its id is the value. */
export interface Choice {
  readonly id: string
  readonly name: string
}
