/** Reads a sealed outbox for delivery: in slices of many batches, column by column, a little ahead of the sending. */
import { sql } from 'kysely'
import { z } from 'zod'
import type { Outbox, OutboxRow, Span } from '../delivery/ports.ts'
import type { Column, Columns, DataEngine } from '../engine/engine.ts'
import { fieldColumn, outboxTable } from './tables.ts'

/** Records that one query reads: what fits a large batch, and enough that a query costs little beside small ones. */
const SLICE = 30_000

/** Slices that are kept until their last rows are read: of each that is read from, the one after as well. */
const KEPT = 6

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
  const offsets = columns.column(0)
  for (let place = 0; place < columns.count; place++) places[Number(offsets.at(place))] = place
  return places
}

/** A slice as it was read. */
interface Read {
  readonly places: Int32Array
  readonly identifiers: Column
  readonly remoteIds: Column
  readonly left: Column
  readonly names: readonly string[]
  /** In the order of the names. */
  readonly values: readonly Column[]
}

const readOf = (span: Span, columns: Columns, names: readonly string[]): Read => ({
  places: placesOf(span, columns),
  identifiers: columns.column(1),
  remoteIds: columns.column(2),
  left: columns.column(3),
  names,
  values: names.map((_, index) => columns.column(4 + index)),
})

/**
 * A row that makes its values when it is asked for them. They are asked for once, when the row is encoded: kept until the
 * batch has ended, those of everybody in flight would be moved again and again by the collector.
 */
class SliceRow implements Omit<OutboxRow, 'remoteId' | 'left'> {
  readonly seq: number
  text = ''
  readonly #read: Read
  readonly #place: number

  constructor(read: Read, place: number, seq: number) {
    this.seq = seq
    this.#read = read
    this.#place = place
  }

  get ref(): string {
    return String(this.seq)
  }

  get identifier(): string {
    return text(this.#read.identifiers.at(this.#place))
  }

  get fields(): Record<string, string | null> {
    const { names, values } = this.#read
    const fields: Record<string, string | null> = {}
    for (let index = 0; index < names.length; index++) {
      const value = values[index]?.at(this.#place)
      fields[names[index] ?? ''] = typeof value === 'string' ? value : null
    }
    return fields
  }
}

const rowsOf = (span: Span, from: number, read: Read): OutboxRow[] => {
  const rows: OutboxRow[] = []
  for (let seq = span.from; seq <= span.to; seq++) {
    const place = read.places[seq - from] ?? -1
    // A row that is not there is found missing by whoever counts.
    if (place < 0) continue
    const row: OutboxRow = new SliceRow(read, place, seq)
    const remoteId = read.remoteIds.at(place)
    if (typeof remoteId === 'string') Object.assign(row, { remoteId })
    if (read.left.at(place) !== null) Object.assign(row, { left: true })
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
    return rowsOf(span, slice.from, await slice.read)
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
    // Whoever asked for a part of it holds it; nobody asks twice but after a failure.
    if (span.to === slice.to) this.#slices = this.#slices.filter((one) => one !== slice)
    // Small batches come one after the other: the next ones are read while these are sent.
    const isSmall = (span.to - span.from + 1) * 2 <= SLICE
    if (isSmall && !this.#slices.some(({ from }) => from === slice.to + 1)) {
      if (known === undefined || span.to * 2 > slice.from + slice.to) this.#load(slice.to + 1, slice.to + SLICE)
    }
    return slice
  }

  #load(from: number, to: number): Slice {
    const extra = this.#fields.length > 0 ? sql`, ${sql.join(this.#fields.map(fieldColumn))}` : sql``
    // The place is counted from the slice's first row, since a small number is read sooner than a large one; what is null
    // for everybody costs nothing at all.
    const columns =
      this.#engine.columns(sql`select cast(seq - ${from}::bigint as integer), identifier, remote_id, case when was_left then '' end${extra}
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
