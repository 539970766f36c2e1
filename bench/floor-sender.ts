/** The floor of a first run: reads a sealed outbox, encodes and posts. No checkpoint, no outcome, no ledger, no second try. */
import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { sql } from 'kysely'
import { Pool } from 'undici'
import { z } from 'zod'
import type { Columns, DataEngine } from '../src/engine/engine.ts'
import { fieldColumn, outboxTable } from '../src/exports/tables.ts'
import type { Bare, BareCall, BareFile, BenchRoute } from './routes.ts'

/** Requests at a time, as the routes have it too. */
const PARALLEL = 4
/** Records that one query reads. */
const READ_AT_ONCE = 30_000
/** The quickest, as our files have it too. */
const GZIP_LEVEL = 1

interface Span {
  readonly from: number
  readonly to: number
}

const textsOf = (columns: Columns, { text }: Bare, fields: number): string[] => {
  const identifiers = columns.at(0)
  const values = Array.from({ length: fields }, (_, field) => columns.at(field + 1))
  return identifiers.map((identifier, row) =>
    text(
      String(identifier),
      values.map((column) => {
        const value = column[row]
        return typeof value === 'string' ? value : null
      }),
    ),
  )
}

type Read = (span: Span) => Promise<string[]>

const reader = (engine: DataEngine, runId: string, { bare, matching }: BenchRoute): Read => {
  const fields = Object.keys(matching.fields).map(fieldColumn)
  return async ({ from, to }) => {
    const columns = await engine.columns(sql`select ${sql.join([sql`identifier`, ...fields])}
      from ${outboxTable(runId)} where seq between ${from} and ${to}`)
    return textsOf(columns, bare, fields.length)
  }
}

const cut = ({ from, to }: Span, size: number): Span[] => {
  const spans: Span[] = []
  for (let start = from; start <= to; start += size) spans.push({ from: start, to: Math.min(to, start + size - 1) })
  return spans
}

const posting = async (pool: Pool, { method, path }: Bare, type: string, body: Buffer | Readable): Promise<void> => {
  const answer = await pool.request({ method, path, headers: { 'content-type': type }, body })
  await answer.body.dump()
  if (answer.statusCode >= 300) throw new Error(`The receiver answered ${answer.statusCode}.`)
}

const sendCalls = async (pool: Pool, bare: BareCall, read: Read, span: Span): Promise<void> => {
  const texts = await read(span)
  for (let start = 0; start < texts.length; start += bare.records) {
    const body = Buffer.from(bare.head + texts.slice(start, start + bare.records).join(',') + bare.tail)
    await posting(pool, bare, 'application/json', body)
  }
}

/** The next slice is read while one is packed. */
async function* pieces(bare: BareFile, read: Read, span: Span): AsyncIterable<string> {
  yield `${bare.head}\n`
  const spans = cut(span, READ_AT_ONCE)
  let next = spans[0] === undefined ? undefined : read(spans[0])
  for (let index = 1; next !== undefined; index++) {
    const texts: string[] = await next
    const following = spans[index]
    next = following === undefined ? undefined : read(following)
    yield `${texts.join('\n')}\n`
  }
}

const sendFile = async (pool: Pool, bare: BareFile, read: Read, span: Span): Promise<void> => {
  const packed = Readable.from(pieces(bare, read, span)).pipe(createGzip({ level: GZIP_LEVEL }))
  await posting(pool, bare, 'application/gzip', packed)
}

/** Sends the outbox of a sealed run. */
export async function sendBare(engine: DataEngine, runId: string, route: BenchRoute, to: URL): Promise<void> {
  const { bare } = route
  const [last] = await engine.rows(
    sql`select max(seq) as seq from ${outboxTable(runId)}`,
    z.object({ seq: z.number() }),
  )
  const read = reader(engine, runId, route)
  const waiting = cut({ from: 1, to: last?.seq ?? 0 }, bare.kind === 'file' ? bare.records : READ_AT_ONCE)
  const pool = new Pool(to.origin, { connections: PARALLEL })
  const sender = async (): Promise<void> => {
    for (let span = waiting.shift(); span !== undefined; span = waiting.shift()) {
      if (bare.kind === 'file') await sendFile(pool, bare, read, span)
      else await sendCalls(pool, bare, read, span)
    }
  }
  try {
    await Promise.all(Array.from({ length: PARALLEL }, sender))
  } finally {
    await pool.close()
  }
}
