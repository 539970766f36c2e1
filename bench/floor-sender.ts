/** The floor of a first run: reads a sealed outbox, encodes and posts. No checkpoint, no outcome, no ledger, no second try. */
import { sql } from 'kysely'
import { Pool } from 'undici'
import { z } from 'zod'
import type { Columns, DataEngine } from '../src/engine/engine.ts'
import { fieldColumn, outboxTable } from '../src/exports/tables.ts'
import type { BareCall, BenchRoute } from './routes.ts'

/** Requests at a time, as the routes have it too. */
const PARALLEL = 4
/** Records that one query reads. */
const READ_AT_ONCE = 30_000

const textsOf = (columns: Columns, { text }: BareCall, fields: number): string[] => {
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

const post = async (pool: Pool, { method, path, head, tail }: BareCall, texts: readonly string[]): Promise<void> => {
  const body = Buffer.from(head + texts.join(',') + tail)
  const answer = await pool.request({ method, path, headers: { 'content-type': 'application/json' }, body })
  await answer.body.dump()
  if (answer.statusCode >= 300) throw new Error(`The receiver answered ${answer.statusCode}.`)
}

/** Sends the outbox of a sealed run. */
export async function sendBare(engine: DataEngine, runId: string, { bare, matching }: BenchRoute, to: URL) {
  const fields = Object.keys(matching.fields).map(fieldColumn)
  const [last] = await engine.rows(
    sql`select max(seq) as seq from ${outboxTable(runId)}`,
    z.object({ seq: z.number() }),
  )
  const pool = new Pool(to.origin, { connections: PARALLEL })
  let next = 1
  const sender = async (): Promise<void> => {
    for (let from = next; from <= (last?.seq ?? 0); from = next) {
      next = from + READ_AT_ONCE
      const columns = await engine.columns(sql`select ${sql.join([sql`identifier`, ...fields])}
        from ${outboxTable(runId)} where seq between ${from} and ${from + READ_AT_ONCE - 1}`)
      const texts = textsOf(columns, bare, fields.length)
      for (let start = 0; start < texts.length; start += bare.records) {
        await post(pool, bare, texts.slice(start, start + bare.records))
      }
    }
  }
  try {
    await Promise.all(Array.from({ length: PARALLEL }, sender))
  } finally {
    await pool.close()
  }
}
