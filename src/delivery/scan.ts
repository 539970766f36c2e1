/** Reads a spooled report item by item and passes on what it says of single records. */
import { type Mark, type Reader, type Scanned, Stop } from '../destination-kit/kit.ts'
import { Malformed } from '../destination-kit/malformed.ts'
import { openReading } from '../destination-kit/reading.ts'
import type { Spool } from '../outbound/spool.ts'
import { Damaged, unpacked } from '../outbound/unpack.ts'
import { BrokenTalk } from './failures.ts'
import type { Marked, MarkSink } from './report-marks.ts'

/** Marks that are passed on at once: to look a slice's people up, the outbox is read through once. */
const SLICE = 20_000
/** A line of some hundred bytes for each of ten million records. */
const MOST_BYTES = 4 * 1024 ** 3

/** A reader's own mistake must not pass for a report that is malformed. Its message is left out: it may quote the report. */
const guarded = (read: () => Mark): Mark => {
  try {
    return read()
  } catch (error) {
    if (error instanceof Stop) throw error
    throw new BrokenTalk(
      `A reader failed with ${error instanceof Error ? error.name : 'something that is not an error'}.`,
    )
  }
}

const guardedReader = (reader: Reader): Reader => {
  const { csv, arrays, lines } = reader
  return {
    by: reader.by,
    ...(csv === undefined ? {} : { csv: (row) => guarded(() => csv.call(reader, row)) }),
    ...(lines === undefined ? {} : { lines: (line) => guarded(() => lines.call(reader, line)) }),
    ...(arrays === undefined
      ? {}
      : {
          arrays: Object.fromEntries(
            Object.entries(arrays).map(([member, read]) => [member, (item: unknown) => guarded(() => read(item))]),
          ),
        }),
  }
}

/** Rejects with what the reader or the sink throws, and the reason of `signal`; a damaged report is `whole: false`. */
export const scanReport = async (
  spool: Spool,
  reader: Reader,
  sink: MarkSink,
  signal: AbortSignal,
): Promise<Scanned> => {
  const reading = openReading(guardedReader(reader))
  const text = new TextDecoder()
  const marks: Marked[] = []
  const passOn = async (least: number): Promise<void> => {
    while (marks.length >= least) await sink.take(reader.by, marks.splice(0, SLICE))
  }
  let whole = true
  await sink.begin()
  try {
    for await (const piece of unpacked(spool, MOST_BYTES)) {
      signal.throwIfAborted()
      marks.push(...reading.push(text.decode(piece, { stream: true })))
      await passOn(SLICE)
    }
    marks.push(...reading.push(text.decode()), ...reading.end())
  } catch (error) {
    if (!(error instanceof Malformed || error instanceof Damaged)) throw error
    whole = false
  }
  await passOn(1)
  return { items: reading.items(), whole, ...(await sink.figures()) }
}
