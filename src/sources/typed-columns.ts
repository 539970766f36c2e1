/** The expressions that turn a file's text into the declared types, and find the rows that do not fit. */
import { type RawBuilder, sql } from 'kysely'
import { defaultWords, type SourceColumn, type SourceTable } from '../domain/source.ts'
import type { Dialect, Expression } from '../engine/dialect.ts'
import type { Query } from '../engine/engine.ts'

/** Names of ours for the file's columns, since a header may hold anything. */
export const rawColumns = (header: readonly string[]): string[] => header.map((_, index) => `c${index}`)

const oneOf = (text: Expression, words: readonly string[]): RawBuilder<unknown> =>
  sql`lower(trim(${text})) in (${sql.join(words.map((word) => sql`lower(${word})`))})`

const typed = (dialect: Dialect, column: SourceColumn, text: Expression): Expression => {
  if (column.type === 'date') return dialect.date(text, column.dateForms ?? ['iso'])
  if (column.type === 'number') return dialect.number(text)
  if (column.type === 'text') return text
  const { yes, no } = column.words ?? defaultWords
  return sql`case when ${oneOf(text, yes)} then true when ${oneOf(text, no)} then false end`
}

interface TypedColumn {
  readonly column: SourceColumn
  readonly raw: Expression
  readonly value: Expression
}

const BLANKS = ' \t\r\n\u00a0\ufeff'

const isBlank = (text: Expression): Expression => sql`${text} is null or trim(${text}, ${sql.lit(BLANKS)}) = ''`

/**
 * `_unfit`: the place (from 0) of the first declared column that does not fit, else null. A row with one value that
 * cannot be read is set aside whole: a person whose "no" was misspelt must not be taken for one who said nothing.
 */
const unfit = (columns: readonly TypedColumn[], key: string, isBad: (text: Expression) => Expression): Expression => {
  const cases = columns.map(({ column, raw, value }, index) => {
    if (column.name === key) return sql`when ${isBlank(raw)} or ${isBad(raw)} then ${sql.lit(index)}`
    if (column.type === 'text') return sql`when ${isBad(raw)} then ${sql.lit(index)}`
    return sql`when ${value} is null and not (${isBlank(raw)}) then ${sql.lit(index)}`
  })
  return sql`case ${sql.join(cases, sql` `)} end`
}

/**
 * The rows of one file, typed, with `_unfit`: one pass over `scan`, a relation with the columns of `rawColumns`.
 * `isBad`: text that a text column cannot have, for formats in which it can stand.
 */
export const typedRows = (
  dialect: Dialect,
  source: SourceTable,
  header: readonly string[],
  scan: Expression,
  isBad: (text: Expression) => Expression = () => sql`false`,
): Query => {
  const columns = source.columns.map((column, index): TypedColumn & { readonly inner: Expression } => {
    const raw = sql.id(`c${header.indexOf(column.name)}`)
    const value = column.type === 'text' ? raw : sql.id(`v${index}`)
    return { column, raw, value, inner: sql`${typed(dialect, column, raw)} as ${sql.id(`v${index}`)}` }
  })
  const values = columns.filter(({ column }) => column.type !== 'text').map(({ inner }) => inner)
  const raws = [...new Set(columns.map(({ column }) => `c${header.indexOf(column.name)}`))].map((name) => sql.id(name))
  const named = columns.map(({ column, value }) => sql`${value} as ${sql.id(column.name)}`)
  return sql`select ${sql.join(named)}, cast(${unfit(columns, source.key, isBad)} as smallint) as ${sql.id('_unfit')}
    from (select ${sql.join([...raws, ...values])} from ${scan})`
}
