/** Writes a data matching as expressions of the engine: what is sent in each field, and where a value cannot be read. */
import { sql } from 'kysely'
import type { FieldKind, MatchField } from '../destination-kit/fields.ts'
import { type countries, countryByName } from '../domain/countries.ts'
import type { CountryForm, MatchedField, MatchedValue, WrittenDate } from '../domain/matched-value.ts'
import type { Matching } from '../domain/matching.ts'
import { type ColumnType, defaultWords } from '../domain/source.ts'
import type { Dialect, Expression } from '../engine/dialect.ts'
import type { SealedField } from '../unify/profiles.ts'

/** `unread`: true where there is something that cannot be read as what the transform or the destination wants. */
interface Read {
  readonly value: Expression
  readonly unread?: Expression
}

/** One field of the destination. `value` is text or null, over a profile under the alias `p`; so is `unread`, a boolean. */
export interface MatchedColumn extends Read {
  readonly name: string
}

export interface Compiling {
  readonly dialect: Dialect
  readonly fields: readonly SealedField[]
}

const none = sql`cast(null as varchar)`
const either = (conditions: readonly Expression[]): Expression => sql`(${sql.join([...conditions], sql` or `)})`

/** Whole numbers without a point. */
const numberText = (value: Expression): Expression =>
  sql`case when ${value} = floor(${value}) and abs(${value}) < 1e15 then cast(cast(${value} as bigint) as varchar) else cast(${value} as varchar) end`

const typeOf = (fields: readonly SealedField[], name: string): ColumnType =>
  fields.find((field) => field.name === name)?.type ?? 'text'

/** A profile value, under the alias `p`, as the text that is sent: dates in ISO form, whole numbers without a point. */
export const fieldText = ({ fields }: Compiling, name: string): Expression => {
  const value = sql`p.${sql.id(name)}`
  return typeOf(fields, name) === 'number' ? numberText(value) : sql`cast(${value} as varchar)`
}

/** `made` of what could be read: of a value that there is and that makes nothing, nobody knows what to send. */
const readAs = (dialect: Dialect, of: Read, made: Expression): Read => {
  const lost = sql`(${dialect.trimmed(of.value)} is not null and ${made} is null)`
  return { value: made, unread: of.unread === undefined ? lost : either([of.unread, lost]) }
}

const keyAndName = [
  { name: 'known', type: 'varchar' },
  { name: 'form', type: 'varchar' },
] as const

const codeOf: Readonly<Record<CountryForm, (country: (typeof countries)[number]) => string>> = {
  name: ({ name }) => name,
  'alpha-2': ({ alpha2 }) => alpha2,
  'alpha-3': ({ alpha3 }) => alpha3,
}

const countryText = (dialect: Dialect, form: CountryForm, value: Expression): Expression => {
  const rows = [...countryByName].map(([known, country]) => ({ known, form: codeOf[form](country) }))
  return sql`(select t.form from ${dialect.records(JSON.stringify(rows), keyAndName)} t where t.known = lower(${dialect.trimmed(value)}))`
}

/** The day that the text begins with, in ISO form; what may stand behind it is a time. */
const dayOf = (dialect: Dialect, text: Expression): Expression =>
  sql`case when length(${text}) = 10 or substr(${text}, 11, 1) in ('T', ' ') then cast(${dialect.date(sql`substr(${text}, 1, 10)`, ['iso'])} as varchar) end`

const dateText = (dialect: Dialect, form: WrittenDate, value: Expression): Expression => {
  const day = dayOf(dialect, dialect.trimmed(value))
  const [year, month, date] = [sql`substr(${day}, 1, 4)`, sql`substr(${day}, 6, 2)`, sql`substr(${day}, 9, 2)`]
  const written: Readonly<Record<WrittenDate, Expression>> = {
    'YYYY-MM-DD': day,
    'DD/MM/YYYY': sql`${date} || '/' || ${month} || '/' || ${year}`,
    'MM/DD/YYYY': sql`${month} || '/' || ${date} || '/' || ${year}`,
    'DD.MM.YYYY': sql`${date} || '.' || ${month} || '.' || ${year}`,
    YYYYMMDD: sql`${year} || ${month} || ${date}`,
    YYYY: year,
  }
  return written[form]
}

const cased = (dialect: Dialect, to: 'upper' | 'lower' | 'title', value: Expression): Expression => {
  if (to === 'title') return dialect.titled(value)
  return to === 'upper' ? sql`upper(${value})` : sql`lower(${value})`
}

/** The first that has a value; one that cannot be read has none. */
const firstOf = (dialect: Dialect, parts: readonly Read[]): Read => {
  const usable = parts.map(({ value, unread }) => {
    const some = dialect.trimmed(value)
    return unread === undefined
      ? sql`case when ${some} is not null then ${value} end`
      : sql`case when ${some} is not null and not ${unread} then ${value} end`
  })
  const value = sql`coalesce(${sql.join(usable)})`
  const unread = parts.flatMap((part) => part.unread ?? [])
  return unread.length === 0 ? { value } : { value, unread: sql`(${value} is null and ${either(unread)})` }
}

const compile = (given: Compiling, value: MatchedValue): Read => {
  const { dialect } = given
  if (typeof value === 'string') return { value: fieldText(given, value) }
  if ('constant' in value) return { value: sql`cast(${value.constant} as varchar)` }
  if ('firstOf' in value)
    return firstOf(
      dialect,
      value.firstOf.map((part) => compile(given, part)),
    )
  if ('trim' in value) {
    const of = compile(given, value.trim)
    return { ...of, value: dialect.trimmed(of.value) }
  }
  const of = compile(given, value.of)
  if ('country' in value) return readAs(dialect, of, countryText(dialect, value.country, of.value))
  if ('date' in value) return readAs(dialect, of, dateText(dialect, value.date, of.value))
  if ('hash' in value) return { ...of, value: dialect.sha256(sql`lower(${dialect.trimmed(of.value)})`) }
  return { ...of, value: cased(dialect, value.case, of.value) }
}

const words = (list: readonly string[]): Expression => sql`(${sql.join(list.map((word) => sql.lit(word)))})`

/** As `Person.fields` hold it: an empty text is no number, boolean or date, and no value. */
const ofKind: Readonly<Record<Exclude<FieldKind, 'text'>, (dialect: Dialect, text: Expression) => Expression>> = {
  number: (dialect, text) => numberText(dialect.number(text)),
  boolean: (dialect, text) => {
    const word = sql`lower(${dialect.trimmed(text)})`
    return sql`case when ${word} in ${words(defaultWords.yes)} then 'true' when ${word} in ${words(defaultWords.no)} then 'false' end`
  },
  date: (dialect, text) => {
    const trimmed = dialect.trimmed(text)
    return sql`case when ${dayOf(dialect, trimmed)} is not null then ${trimmed} end`
  },
}

const compileField = (given: Compiling, matched: MatchedField, kind: FieldKind): Read => {
  if (typeof matched === 'object' && 'clear' in matched) return { value: none }
  const read = compile(given, matched)
  const isOfKind = typeof matched === 'string' && typeOf(given.fields, matched) === kind
  return kind === 'text' || isOfKind ? read : readAs(given.dialect, read, ofKind[kind](given.dialect, read.value))
}

/** The names of the matched fields, in the order in which their values are hashed. */
export const matchedNames = ({ fields }: Pick<Matching, 'fields'>): string[] => Object.keys(fields).sort()

/** One column for each matched field; `known` says what the destination takes. */
export const matchedColumns = (
  given: Compiling,
  { fields }: Pick<Matching, 'fields'>,
  known: readonly MatchField[] = [],
): MatchedColumn[] =>
  Object.entries(fields).map(([name, matched]) => {
    const kind = known.find((field) => field.name === name)?.kind ?? 'text'
    return { name, ...compileField(given, matched, kind) }
  })
