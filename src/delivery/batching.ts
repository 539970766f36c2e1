/** Encodes the rows of a batch once, and cuts them into parts that fit a call. */
import type { Row } from '../destination-kit/kit.ts'
import type { OutboxRow, Span } from './ports.ts'

/** An outbox row with its text. */
export type EncodedRow = OutboxRow & Row

const isEncoded = (row: OutboxRow): row is EncodedRow => row.text !== undefined

/**
 * Writes the text of every row onto the row itself: copying people costs more than encoding them.
 * Throws when the rows are not exactly those of the span, since a row that is missing would pass for delivered.
 */
export const encodeRows = (
  rows: readonly OutboxRow[],
  span: Span,
  text: (row: OutboxRow) => string,
): readonly EncodedRow[] => {
  const encoded: EncodedRow[] = []
  for (const row of rows) {
    if (row.seq !== span.from + encoded.length) throw new Error(`The outbox gave row ${row.seq} out of place.`)
    row.text = text(row)
    if (isEncoded(row)) encoded.push(row)
  }
  if (encoded.length !== span.to - span.from + 1) {
    throw new Error(`The outbox gave ${encoded.length} rows of ${span.from} to ${span.to}.`)
  }
  return encoded
}

export interface CallLimits {
  readonly records: number
  /** Of the row texts, with a byte each for what stands between them. */
  readonly bytes: number
}

export interface Part {
  readonly rows: readonly EncodedRow[]
  /** A single record that alone is larger than a call may be. */
  readonly oversize: boolean
}

/** Cuts rows, in order, into the fewest parts that keep the limits. */
export const cut = (rows: readonly EncodedRow[], limits: CallLimits): readonly Part[] => {
  const parts: Part[] = []
  let start = 0
  let bytes = 0
  const close = (end: number): void => {
    if (end > start)
      parts.push({
        rows: start === 0 && end === rows.length ? rows : rows.slice(start, end),
        oversize: bytes > limits.bytes,
      })
    start = end
    bytes = 0
  }
  for (let i = 0; i < rows.length; i++) {
    // Measuring is skipped where no limit asks for it.
    const size = Number.isFinite(limits.bytes) ? Buffer.byteLength(rows[i]?.text ?? '') + 1 : 0
    if (i - start === limits.records || (i > start && bytes + size > limits.bytes)) close(i)
    bytes += size
  }
  close(rows.length)
  return parts
}

/** Two halves of a batch of several rows. */
export const halves = (rows: readonly EncodedRow[]): readonly [readonly EncodedRow[], readonly EncodedRow[]] => {
  const middle = Math.ceil(rows.length / 2)
  return [rows.slice(0, middle), rows.slice(middle)]
}

/** The span of consecutive rows; undefined of none. */
export const spanOf = (rows: readonly OutboxRow[]): Span | undefined => {
  const first = rows[0]
  const last = rows[rows.length - 1]
  return first === undefined || last === undefined ? undefined : { from: first.seq, to: last.seq }
}
