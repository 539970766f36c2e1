/** DuckDB's way of writing the expressions in which engines differ. */
import { sql } from 'kysely'
import type { CsvScan, DateForm, Dialect, Expression, ParquetKind } from './dialect.ts'

interface WrittenDate {
  readonly format: string
  /** DuckDB's %Y also takes two digits (`5/8/86` as the year 86): the text must look like this as well. */
  readonly like: string
  readonly notLike: string
}

const DATE_FORMS: Readonly<Record<DateForm, WrittenDate>> = {
  iso: { format: '%Y-%m-%d', like: '____-%', notLike: '0000%' },
  'month-first': { format: '%m/%d/%Y', like: '%/%/____', notLike: '%/0000' },
  'day-first': { format: '%d/%m/%Y', like: '%/%/____', notLike: '%/0000' },
}

// Whitespace, quotes, brackets, control and invisible characters never stand in an address that a list takes; what is
// finer than this (two dots in a row, say) each vendor judges by its own rules and answers for.
const NEVER = String.raw`\s\pZ\p{Cc}\p{Cf}"(),:;<>\[\]\\`
const ADDRESS = `[^@${NEVER}]+@[^@${NEVER}]+\\.[^@.${NEVER}]+`
const BLANKS =
  '\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u2028\u2029\u202f\u205f\u3000\ufeff'

/**
 * In no address: the Kelvin sign and the dotted capital I, whose small letters are the plain k and i of somebody else's;
 * and the sign that stands where one was lost.
 */
const SOMEBODY_ELSES = '[\u0130\u212a\ufffd]'

// SMTP's longest path is 256 octets with its brackets (RFC 5321 4.5.3.1.3), the local part 64.
const LONGEST_ADDRESS = 254
const LONGEST_LOCAL_PART = 64

/** The longest record that is read, in bytes. */
const LONGEST_RECORD = 32 * 1024 * 1024

// The parallel reader takes lines inside a quoted value for records where its parts of the file meet (seen with 1.5.5),
// which is why `fast` may be used only on files whose count of lines and of records agree.
const csv = ({ file, columns, delimiter, way }: CsvScan): Expression => {
  const types = sql.join(columns.map((name) => sql`${sql.lit(name)}: 'VARCHAR'`))
  const more =
    way === 'fast' ? sql`` : sql`, store_rejects = true, parallel = false, max_line_size = ${sql.lit(LONGEST_RECORD)}`
  return sql`read_csv(${file}, header = true, auto_detect = false, compression = 'none', delim = ${delimiter}, quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = true, null_padding = false, strict_mode = true, columns = {${types}}${more})`
}

// A path with `a=1` in it would give a column `a` that the file does not have.
const parquet = (file: string): Expression =>
  sql`read_parquet(${file}, hive_partitioning = false, union_by_name = false, filename = false)`

const PARQUET_KINDS: readonly (readonly [RegExp, ParquetKind])[] = [
  [/^(?:VARCHAR|UUID|JSON)$/, 'text'],
  [/^U?(?:TINY|SMALL|BIG|HUGE)INT$|^U?INTEGER$/, 'whole'],
  [/^DECIMAL\(\d+,\d+\)$/, 'decimal'],
  [/^(?:FLOAT|DOUBLE)$/, 'floating'],
  [/^DATE$/, 'date'],
  [/^TIMESTAMP(?:_S|_MS|_NS)?$/, 'timestamp'],
  [/^TIMESTAMP.* WITH TIME ZONE$/, 'instant'],
  [/^BOOLEAN$/, 'boolean'],
]

const date = (text: Expression, forms: readonly DateForm[]): Expression => {
  const tried = forms.map((form) => {
    const { format, like, notLike } = DATE_FORMS[form]
    return sql`try_strptime(case when trim(${text}) like ${sql.lit(like)} and trim(${text}) not like ${sql.lit(notLike)} then ${text} end, ${sql.lit(format)})`
  })
  return sql`cast(coalesce(${sql.join(tried)}) as date)`
}

// DuckDB reads 1_000 as a thousand, and `nan` and `inf` as numbers. Adding zero turns -0 into 0.
const number = (text: Expression): Expression =>
  sql`case when abs(try_cast(${text} as double)) < 9007199254740992 and strpos(${text}, '_') = 0 then try_cast(${text} as double) + 0 end`

/**
 * Nearly every address: ASCII letters, digits and signs, with nothing that the full rule would look at twice. What is
 * taken by this is taken by the full rule with the same result, which is far slower: its classes know all of Unicode.
 */
const PLAIN_ADDRESS = String.raw`^[A-Za-z0-9!#$%&'*+\-/=?^_{|}~.\x60]+@[A-Za-z0-9.\-]+\.[A-Za-z0-9\-]+$`

const anyEmail = (text: Expression): Expression => {
  const address = sql`lower(trim(${text}, ${sql.lit(BLANKS)}))`
  const found = sql`nullif(regexp_extract(${address}, ${sql.lit(`^${ADDRESS}$`)}), '')`
  return sql`case when strlen(${address}) <= ${sql.lit(LONGEST_ADDRESS)} and strlen(split_part(${address}, '@', 1)) <= ${sql.lit(LONGEST_LOCAL_PART)} and not regexp_matches(${text}, ${sql.lit(SOMEBODY_ELSES)}) then ${found} end`
}

// An address no longer than its local part may be is within both limits.
const normalisedEmail = (text: Expression): Expression =>
  sql`case when strlen(${text}) <= ${sql.lit(LONGEST_LOCAL_PART)} and regexp_full_match(trim(${text}), ${sql.lit(PLAIN_ADDRESS)}) then lower(trim(${text}))
    else ${anyEmail(text)} end`

// Nearly all text is plain and has no blanks at its ends: seeing that costs a fraction of trimming by a list of blanks.
const PLAIN_ENDS = '[!-~]([ -~]*[!-~])?'

const trimmed = (text: Expression): Expression =>
  sql`case when regexp_full_match(${text}, ${sql.lit(PLAIN_ENDS)}) then ${text} else nullif(trim(${text}, ${sql.lit(BLANKS)}), '') end`

const WORDS = String.raw`[^\s\pZ-]+|[\s\pZ-]+`

const titled = (text: Expression): Expression =>
  sql`array_to_string(list_transform(regexp_extract_all(lower(${text}), ${sql.lit(WORDS)}), lambda word: upper(substr(word, 1, 1)) || substr(word, 2)), '')`

export const duckdbDialect: Dialect = {
  name: 'duckdb',
  uniqueText: () => sql`varchar using compression uncompressed`,
  oneOf: (words) => sql`enum(${sql.join(words.map((word) => sql.lit(word)))})`,
  csv,
  forgetCsvRejects: () => [sql`drop table if exists reject_errors`, sql`drop table if exists reject_scans`],
  csvRejects: () => sql`(select byte_position - 1 as byte from reject_errors)`,
  parquet,
  parquetSize: (file) => sql`(select (select num_rows from parquet_file_metadata(${file})) as rows,
    cast((select coalesce(sum(total_uncompressed_size), 0) from parquet_metadata(${file})) as bigint) as bytes)`,
  parquetColumns: (file) =>
    // Of names that differ in case only, DuckDB renames all but one.
    sql`(select column_name as name, column_type as type,
      column_name in (select name from parquet_schema(${file})) as own from (describe select * from ${parquet(file)}))`,
  parquetKind: (type) => PARQUET_KINDS.find(([shape]) => shape.test(type))?.[1] ?? 'other',
  parquetText: (value, kind) =>
    kind === 'instant'
      ? sql`replace(cast(${value} at time zone 'UTC' as varchar), ' ', 'T') || 'Z'`
      : sql`cast(${value} as varchar)`,
  parquetDay: (value) => sql`cast(cast(${value} as date) as varchar)`,
  holdsNul: (text) => sql`contains(${text}, chr(0))`,
  rowOrder: () => sql`rowid`,
  records: (json, columns) => {
    const shape = JSON.stringify([Object.fromEntries(columns.map(({ name, type }) => [name, type.toUpperCase()]))])
    return sql`(select unnest(from_json(${json}, ${sql.lit(shape)}), recursive := true))`
  },
  date,
  number,
  normalisedEmail,
  trimmed,
  titled,
  identity: (key, normalised) => sql`cast(substr(sha256(${key} || ${normalised}), 1, 32) as uuid)`,
  hash: (values) => sql`cast(md5(cast(json_array(${sql.join([...values])}) as varchar)) as uuid)`,
  sha256: (text) => sql`sha256(${text})`,
  json: (entries) =>
    sql`cast(json_object(${sql.join(entries.flatMap(([name, value]) => [sql`${name}::varchar`, value]))}) as varchar)`,
}
