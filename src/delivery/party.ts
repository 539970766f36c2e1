/** Whom one attempt is about: rows in memory, or a crowd that is read from the outbox while its body is written. */
import { type At, type Crowd, type Later, type Now, Stop, type Talk } from '../destination-kit/kit.ts'
import { type EncodedRow, encodeRows } from './batching.ts'
import type { CrowdTexts } from './body.ts'
import { BrokenTalk } from './failures.ts'
import type { Find } from './fates.ts'
import type { Batch, OutboxRow, Span } from './ports.ts'
import type { Route, RunProgress } from './run-progress.ts'

/** Rows of a crowd in memory at once, and as many again while they are packed. */
const SLICE = 10_000

export interface Party {
  readonly size: number
  /** Starts the route's talk; `kept` is the job that an earlier start of it kept. */
  talk(at: At<string, string>, kept: string | undefined): Talk<Now | Later>
  readonly find: Find
  readonly crowd?: CrowdTexts
}

export type BulkRoute = Extract<Route, { readonly bulk: true }>
export type RowRoute = Exclude<Route, BulkRoute>

export const rowParty = (route: RowRoute, rows: readonly EncodedRow[]): Party => ({
  size: rows.length,
  talk: (at, kept) => route.talk(rows, at, kept),
  find: () => rows,
})

/** Finds rows of a batch that are not in memory. */
export const findIn =
  (progress: RunProgress, span: Span): Find =>
  (identifiers) =>
    progress.plan.outbox.find(span, identifiers)

const slices = (span: Span): Span[] => {
  const all: Span[] = []
  for (let from = span.from; from <= span.to; from += SLICE) {
    all.push({ from, to: Math.min(span.to, from + SLICE - 1) })
  }
  return all
}

/** What a definition throws must not pass for a failure of the outbox, which would end the run in the middle. */
const textOf =
  (route: Route, at: At<string, string>) =>
  (row: OutboxRow): string => {
    try {
      return route.row(row, at)
    } catch (error) {
      if (error instanceof Stop) throw error
      throw new BrokenTalk(`A row could not be written: ${error instanceof Error ? error.name : 'no error object'}.`)
    }
  }

async function* texts(progress: RunProgress, route: Route, batch: Batch): AsyncIterable<readonly string[]> {
  const { outbox } = progress.plan
  const text = textOf(route, progress.placeOf(batch))
  const read = (span: Span) => {
    const rows = outbox.read(span)
    // It is awaited a slice later; until then its failure is nobody's.
    rows.catch(() => undefined)
    return { span, rows }
  }
  const waiting = slices(batch)
  const next = () => {
    const span = waiting.shift()
    return span === undefined ? undefined : read(span)
  }
  let ahead = next()
  while (ahead !== undefined) {
    const { span, rows } = ahead
    const slice = await rows
    progress.hard.throwIfAborted()
    ahead = next()
    yield encodeRows(slice, span, text).map((row) => row.text)
  }
}

/** Reads only the first row, to know which fields are matched: they are the same for everybody of a run. */
export const crowdParty = async (progress: RunProgress, route: BulkRoute, batch: Batch): Promise<Party> => {
  const [first] = await progress.plan.outbox.read({ from: batch.from, to: batch.from })
  if (first === undefined) throw new Error(`The outbox has no row ${batch.from}.`)
  const count = batch.to - batch.from + 1
  const crowd: Crowd = { crowd: true, count, fields: Object.keys(first.fields) }
  return {
    size: count,
    talk: (at, kept) => route.talk(crowd, at, kept),
    find: findIn(progress, batch),
    crowd: {
      read: () => texts(progress, route, batch),
      ...(route.bytes === undefined ? {} : { mostBytes: route.bytes.value }),
    },
  }
}
