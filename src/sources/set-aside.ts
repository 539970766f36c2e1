/** Rows that do not fit: finds them, refuses a file of which most do not, and keeps where each stood and why. */
import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import { formatOf, type SourceTable } from '../domain/source.ts'
import { SundError } from '../errors.ts'
import { type Into, type LoadedFile, linesOf } from './loaded-file.ts'
import type { SetAsideReason, SetAsideRow } from './sealed-tables.ts'

/** The mark of a row whose key an earlier row has. */
const REPEATED = -1

/**
 * A file of which more than this share does not fit is the wrong file or wrongly declared, and is refused. What stays
 * below may still take many people out of their lists: that is for the removal gate, which knows the lists.
 */
const MOST = 0.5

/** Rows that one statement takes. */
const ROWS_AT_ONCE = 10_000

/** The table as it was loaded. */
export interface Loading extends Into {
  readonly loaded: readonly LoadedFile[]
}

const unfitColumn = sql.id('_unfit')

const tallied = z.object({ rows: z.number(), unfit: z.number(), keys: z.number() })

interface Tally {
  readonly rows: number
  readonly setAside: number
}

/** Marks every row whose key stood in an earlier one: the first stays, so that nobody vanishes for being listed twice. */
async function markRepeated({ engine, session, source, table }: Loading): Promise<void> {
  const order = engine.dialect.rowOrder()
  await session.run(sql`update ${table} set ${unfitColumn} = ${sql.lit(REPEATED)} where ${order} in (
    select place from (
      select ${order} as place, row_number() over (partition by ${sql.id(source.key)} order by ${order}) as nth
      from ${table} where ${unfitColumn} is null) where nth > 1)`)
}

async function tally(loading: Loading): Promise<Tally> {
  const { session, source, table, loaded } = loading
  const [found] = await session.rows(
    sql`select count(*) as rows, count(${unfitColumn}) as unfit,
      count(distinct case when ${unfitColumn} is null then ${sql.id(source.key)} end) as keys from ${table}`,
    tallied,
  )
  if (found === undefined) throw new TypeError('A count gave no row.')
  if (found.keys < found.rows - found.unfit) await markRepeated(loading)
  const malformed = loaded.reduce((sum, part) => sum + part.malformed.length, 0)
  return { rows: found.rows + malformed, setAside: found.rows - found.keys + malformed }
}

const misfit = z.object({ place: z.number(), column: z.number() })

const fromFirst = ({ engine, table }: Loading): RawBuilder<unknown> =>
  sql`${engine.dialect.rowOrder()} - (select min(${engine.dialect.rowOrder()}) from ${table})`

const reasonOf = (source: SourceTable, column: number): { reason: SetAsideReason; column: string } => {
  if (column === REPEATED) return { reason: 'key_repeated', column: source.key }
  const name = source.columns[column]?.name ?? source.key
  return { reason: name === source.key ? 'key_missing' : 'not_of_type', column: name }
}

const refusals = {
  key_missing: 'source.key_missing',
  key_repeated: 'source.key_repeated',
  not_of_type: 'source.mostly_not_of_type',
} as const

/** Says what is wrong with most rows, by the commonest cause and the first line that has it. */
async function refuse(loading: Loading, { rows, setAside }: Tally): Promise<never> {
  const { source, session, table, loaded } = loading
  const [commonest] = await session.rows(
    sql`select ${unfitColumn} as "column", count(*) as n, min(place) as place
      from (select ${unfitColumn}, ${fromFirst(loading)} as place from ${table}) where ${unfitColumn} is not null
      group by ${unfitColumn} order by n desc limit 1`,
    misfit.extend({ n: z.number() }),
  )
  const malformed = loaded.find((part) => part.malformed.length > 0)
  const malformedCount = loaded.reduce((sum, part) => sum + part.malformed.length, 0)
  const counts = { count: setAside, rows }
  if (malformed !== undefined && malformedCount >= (commonest?.n ?? 0)) {
    const line = (await malformed.file.records()).line(malformed.malformed[0] ?? 0)
    const code = formatOf(source) === 'jsonl' ? 'source.mostly_not_json' : 'source.mostly_malformed'
    throw new SundError(code, { file: malformed.file.shown, line, ...counts })
  }
  if (commonest === undefined) throw new TypeError('Rows were set aside without a cause.')
  const [at] = await linesOf(loaded, [commonest.place])
  const { reason, column } = reasonOf(source, commonest.column)
  if (reason === 'malformed' || at === undefined) throw new TypeError('A row has no line.')
  throw new SundError(refusals[reason], { ...at, column, ...counts })
}

async function malformedRows(loaded: readonly LoadedFile[]): Promise<SetAsideRow[]> {
  const rows: SetAsideRow[] = []
  for (const { file, malformed } of loaded.filter((part) => part.malformed.length > 0)) {
    const records = await file.records()
    for (const place of malformed) {
      rows.push({ file: file.shown, line: records.line(place), column: null, reason: 'malformed' })
    }
  }
  return rows
}

async function misfitRows(loading: Loading): Promise<SetAsideRow[]> {
  const { source, session, table, loaded } = loading
  const misfits = await session.rows(
    sql`select ${fromFirst(loading)} as place, ${unfitColumn} as "column"
      from ${table} where ${unfitColumn} is not null order by 1`,
    misfit,
  )
  const lines = await linesOf(
    loaded,
    misfits.map(({ place }) => place),
  )
  return lines.map((line, index) => ({ ...line, ...reasonOf(source, misfits[index]?.column ?? REPEATED) }))
}

async function insert({ engine, session }: Loading, into: RawBuilder<unknown>, rows: readonly SetAsideRow[]) {
  const shape = [
    { name: 'file', type: 'varchar' },
    { name: 'line', type: 'bigint' },
    { name: 'column', type: 'varchar' },
    { name: 'reason', type: 'varchar' },
  ] as const
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    const json = JSON.stringify(rows.slice(from, from + ROWS_AT_ONCE))
    await session.run(
      sql`insert into ${into} select file, line, "column", reason from ${engine.dialect.records(json, shape)}`,
    )
  }
}

/**
 * Moves every row that does not fit out of the table and into `into`. Gives the counts of all rows and of those set
 * aside; throws when most do not fit.
 */
export async function setAside(loading: Loading, into: RawBuilder<unknown>): Promise<Tally> {
  const counts = await tally(loading)
  if (counts.setAside === 0) return counts
  if (counts.setAside > counts.rows * MOST) return await refuse(loading, counts)
  await insert(loading, into, [...(await malformedRows(loading.loaded)), ...(await misfitRows(loading))])
  await loading.session.run(sql`delete from ${loading.table} where ${unfitColumn} is not null`)
  return counts
}
