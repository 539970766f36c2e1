/** Reads a sealed outbox for delivery: in slices of many batches, column by column, a little ahead of the sending. */
import { sql } from 'kysely'
import { z } from 'zod'
import type { Outbox, OutboxRow, Span } from '../delivery/ports.ts'
import type { Columns, DataEngine } from '../engine/engine.ts'
import { fieldColumn, outboxTable } from './tables.ts'

/** Records that one query reads: what fits a large batch, and enough that a query costs little beside small ones. */
const SLICE = 30_000

/** Slices that are kept: those of the batches in flight, and the one after. */
const KEPT = 3

interface Slice extends Span {
  readonly read: Promise<Read>
}

const text = (value: unknown): string => {
  if (typeof value !== 'string') throw new TypeError('The outbox holds a row without an identifier.')
  return value
}

/** Where each row of the slice stands in the columns, which are in no order that can be relied on. */
const placesOf = ({ from, to }: Span, columns: Columns): Int32Array => {
  const places = new Int32Array(to - from + 1).fill(-1)
  const offsets = columns.at(0)
  for (let place = 0; place < columns.count; place++) places[Number(offsets[place])] = place
  return places
}

/** Values of a column that are looked at to see whether it repeats a few. */
const SAMPLE = 500
const FEW = 100

/** Text or null at each place. Of a column that repeats a few values one string each is kept: the rest need not be held until the batch has ended. */
const textsOf = (values: readonly unknown[]): readonly (string | null)[] => {
  const known = new Map<string, string>()
  let repeats = true
  return values.map((value, index) => {
    if (typeof value !== 'string') return null
    if (!repeats) return value
    const kept = known.get(value)
    if (kept !== undefined) return kept
    known.set(value, value)
    if (index < SAMPLE && known.size > FEW) repeats = false
    return value
  })
}

/** A slice as it was read. */
interface Read {
  readonly places: Int32Array
  readonly identifiers: readonly unknown[]
  readonly remoteIds: readonly unknown[]
  readonly left: readonly unknown[]
  readonly values: readonly (readonly (string | null)[])[]
}

const readOf = (span: Span, columns: Columns, fields: readonly string[]): Read => ({
  places: placesOf(span, columns),
  identifiers: columns.at(1),
  remoteIds: columns.at(2),
  left: columns.at(3),
  values: fields.map((_, index) => textsOf(columns.at(4 + index))),
})

const rowsOf = (span: Span, from: number, read: Read, fields: readonly string[]): OutboxRow[] => {
  const { places, identifiers, remoteIds, left, values } = read
  const rows: OutboxRow[] = []
  for (let seq = span.from; seq <= span.to; seq++) {
    const place = places[seq - from] ?? -1
    // A row that is not there is found missing by whoever counts.
    if (place < 0) continue
    const person: Record<string, string | null> = {}
    for (let field = 0; field < fields.length; field++) person[fields[field] ?? ''] = values[field]?.[place] ?? null
    // With its text from the start: an object that grows later costs another one.
    const row = { seq, ref: String(seq), identifier: text(identifiers[place]), fields: person, text: '' }
    const remoteId = remoteIds[place]
    if (typeof remoteId === 'string') Object.assign(row, { remoteId })
    if (left[place] === true) Object.assign(row, { left: true })
    rows.push(row)
  }
  return rows
}

const LINE = '\n'

const found = z.object({ seq: z.number(), identifier: z.string() })
type Found = z.infer<typeof found>

class SlicedOutbox implements Outbox {
  readonly #engine: DataEngine
  readonly #runId: string
  readonly #fields: readonly string[]
  #slices: Slice[] = []

  constructor(engine: DataEngine, runId: string, fields: readonly string[]) {
    this.#engine = engine
    this.#runId = runId
    this.#fields = fields
  }

  async read(span: Span): Promise<OutboxRow[]> {
    const slice = this.#sliceWith(span)
    return rowsOf(span, slice.from, await slice.read, this.#fields)
  }

  /** One bound text holds all identifiers; one with a line break in it is nobody's. */
  async find(span: Span, identifiers: readonly string[]): Promise<readonly Found[]> {
    const lines = identifiers.filter((identifier) => !identifier.includes(LINE)).join(LINE)
    return await this.#engine.rows(
      sql`select seq, identifier from ${outboxTable(this.#runId)} where seq between ${span.from} and ${span.to}
        and lower(trim(identifier)) in (select unnest(string_to_array(${lines}, ${LINE})))`,
      found,
    )
  }

  #sliceWith(span: Span): Slice {
    const known = this.#slices.find(({ from, to }) => from <= span.from && to >= span.to)
    const slice = known ?? this.#load(span.from, Math.max(span.to, span.from + SLICE - 1))
    // Small batches come one after the other: the next ones are read while these are sent.
    const isSmall = (span.to - span.from + 1) * 2 <= SLICE
    if (isSmall && !this.#slices.some(({ from }) => from === slice.to + 1)) {
      if (known === undefined || span.to * 2 > slice.from + slice.to) this.#load(slice.to + 1, slice.to + SLICE)
    }
    return slice
  }

  #load(from: number, to: number): Slice {
    const extra = this.#fields.length > 0 ? sql`, ${sql.join(this.#fields.map(fieldColumn))}` : sql``
    // The place is counted from the slice's first row, since a small number is read sooner than a large one.
    const columns =
      this.#engine.columns(sql`select cast(seq - ${from}::bigint as integer), identifier, remote_id, was_left${extra}
      from ${outboxTable(this.#runId)} where seq between ${from} and ${to}`)
    const read = columns.then((found) => readOf({ from, to }, found, this.#fields))
    const slice = { from, to, read }
    this.#slices = [...this.#slices.slice(1 - KEPT), slice]
    // Whoever waits for it is told; a slice that could not be read is not kept.
    read.catch(() => {
      this.#slices = this.#slices.filter((one) => one !== slice)
    })
    return slice
  }
}

/** The outbox of a run as delivery reads it; `fields` are the destination's names of the matched fields. */
export const outboxOf = (engine: DataEngine, runId: string, fields: readonly string[]): Outbox =>
  new SlicedOutbox(engine, runId, fields)
