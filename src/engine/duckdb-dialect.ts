/** DuckDB's way of writing the expressions in which engines differ. */
import { sql } from 'kysely'
import type { CsvScan, DateForm, Dialect, Expression } from './dialect.ts'

const DATE_FORMS: Readonly<Record<DateForm, string>> = {
  iso: '%Y-%m-%d',
  'month-first': '%m/%d/%Y',
  'day-first': '%d/%m/%Y',
}

// Whitespace, quotes, brackets and control characters never stand in an address that a list takes; what is finer than
// this (two dots in a row, say) each vendor judges by its own rules and answers for.
const ADDRESS = String.raw`[^\s@"(),:;<>\[\]\\\x00-\x1f\x7f]+@[^\s@"(),:;<>\[\]\\\x00-\x1f\x7f]+\.[^\s@."(),:;<>\[\]\\\x00-\x1f\x7f]+`
const BLANKS = ' \t\r\n\v\f\u00a0\u200b\ufeff'

// SMTP's longest path is 256 octets with its brackets (RFC 5321 4.5.3.1.3), the local part 64.
const LONGEST_ADDRESS = 254
const LONGEST_LOCAL_PART = 64

const csv = ({ file, columns, delimiter }: CsvScan): Expression =>
  sql`read_csv(${file}, header = true, all_varchar = true, auto_detect = false, delim = ${delimiter}, quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = true, null_padding = false, strict_mode = true, columns = ${sql.lit(JSON.stringify(columns))})`

export const duckdbDialect: Dialect = {
  name: 'duckdb',
  csv,
  date: (text, forms) =>
    sql`cast(try_strptime(${text}, [${sql.join(forms.map((form) => sql.lit(DATE_FORMS[form])))}]) as date)`,
  number: (text) => sql`try_cast(${text} as double)`,
  normalisedEmail: (text) => {
    const address = sql`lower(trim(${text}, ${BLANKS}))`
    return sql`case when length(${address}) <= ${sql.lit(LONGEST_ADDRESS)} and strpos(${address}, '@') <= ${sql.lit(LONGEST_LOCAL_PART + 1)} and regexp_full_match(${address}, ${ADDRESS}) then ${address} end`
  },
  identity: (key, normalised) => sql`cast(substr(sha256(${key} || ${normalised}), 1, 32) as uuid)`,
  hash: (values) => {
    const texts = values.map((value) => sql`coalesce(cast(${value} as varchar), chr(30))`)
    return sql`cast(md5(concat_ws(chr(31), ${sql.join(texts)})) as uuid)`
  },
  setHash: (values) => {
    const texts = values.map((value) => sql`coalesce(cast(${value} as varchar), chr(30))`)
    return sql`cast(bit_xor(md5_number(concat_ws(chr(31), ${sql.join(texts)}))) as varchar)`
  },
  sha256: (text) => sql`sha256(${text})`,
  json: (entries) =>
    sql`cast(json_object(${sql.join(entries.flatMap(([name, value]) => [sql`${name}::varchar`, value]))}) as varchar)`,
}
