/** A Parquet file: its columns checked against the declared ones, its values read as text and typed like all others. */
import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import { defaultWords, type SourceColumn, type SourceTable } from '../domain/source.ts'
import type { Dialect, Expression, ParquetKind } from '../engine/dialect.ts'
import type { DataEngine } from '../engine/engine.ts'
import { SundError } from '../errors.ts'
import type { SourceFile } from './find-files.ts'
import { type ExaminedFile, type Into, insertRows, type LoadedFile } from './loaded-file.ts'
import type { PlainContent } from './plain-content.ts'
import { typedRows } from './typed-columns.ts'
import type { UnpackLimits } from './unpack.ts'

/**
 * What may be read as what. A floating-point number has no one way to be written (12 or 12.0), so it is no text, and
 * no key; the day of an instant depends on whose it is, so it is no date.
 */
const readable: Readonly<Record<SourceColumn['type'], readonly ParquetKind[]>> = {
  text: ['text', 'whole', 'decimal', 'date', 'timestamp', 'instant', 'boolean'],
  number: ['text', 'whole', 'decimal', 'floating'],
  date: ['text', 'date', 'timestamp'],
  boolean: ['text', 'whole', 'boolean'],
}

interface FileColumn {
  readonly declared: SourceColumn
  readonly kind: ParquetKind
}

interface Parquet {
  readonly file: ExaminedFile
  readonly content: PlainContent
  readonly columns: readonly FileColumn[]
  readonly rows: number
}

/** The engine says by its message only that the file, and not the engine, is at fault. */
const explained = (error: unknown, shown: string): unknown => {
  if (error instanceof SundError) return error
  const isOurs =
    error instanceof Error && /^(?:Out of Memory|INTERNAL|INTERRUPT|Binder|Catalog|Parser)/i.test(error.message)
  return isOurs ? error : new SundError('source.parquet_damaged', { file: shown }, error)
}

const sizeRow = z.object({ rows: z.number(), bytes: z.number() })
const columnRow = z.object({ name: z.string(), type: z.string(), own: z.boolean() })

async function footerOf(engine: DataEngine, path: string, shown: string) {
  const { dialect } = engine
  try {
    const [size] = await engine.rows(sql`select rows, bytes from ${dialect.parquetSize(path)}`, sizeRow)
    const columns = await engine.rows(sql`select name, type, own from ${dialect.parquetColumns(path)}`, columnRow)
    if (size === undefined) throw new TypeError('A Parquet file gave no size.')
    return { ...size, columns }
  } catch (error) {
    throw explained(error, shown)
  }
}

type Footer = Awaited<ReturnType<typeof footerOf>>

const declaredColumns = (source: SourceTable, dialect: Dialect, footer: Footer, shown: string): FileColumn[] => {
  const found = footer.columns.map(({ name }) => name)
  return source.columns.map((declared) => {
    const { name } = declared
    const column = footer.columns.find((one) => one.name === name)
    if (column === undefined) {
      throw new SundError('source.column_missing', { file: shown, column: name, found: found.join(', ').slice(0, 300) })
    }
    const twin = footer.columns.find((one) => !one.own && one.name.toLowerCase().startsWith(`${name.toLowerCase()}_`))
    if (twin !== undefined || !column.own) throw new SundError('source.duplicate_header', { file: shown, column: name })
    const kind = dialect.parquetKind(column.type)
    if (!readable[declared.type].includes(kind)) {
      const details = { file: shown, column: name, found: column.type.slice(0, 100), declared: declared.type }
      throw new SundError('source.parquet_type', details)
    }
    return { declared, kind }
  })
}

const textOf = (dialect: Dialect, { declared, kind }: FileColumn): Expression => {
  const value = sql.id(declared.name)
  if (declared.type === 'date' && kind === 'timestamp') return dialect.parquetDay(value)
  if (declared.type === 'boolean' && kind === 'boolean') {
    const { yes, no } = declared.words ?? defaultWords
    return sql`case when ${value} then ${yes[0]} when not ${value} then ${no[0]} end`
  }
  // As in every other format, empty text is a value that is missing.
  return sql`nullif(${dialect.parquetText(value, kind)}, '')`
}

/** A date of the file is ISO text by now, however dates are declared to be written. */
const asWritten = ({ declared, kind }: FileColumn): SourceColumn =>
  declared.type === 'date' && kind !== 'text' ? { ...declared, dateForms: ['iso'] } : declared

const scanOf = (dialect: Dialect, { content, columns }: Parquet): RawBuilder<unknown> => {
  const texts = columns.map((column, index) => sql`${textOf(dialect, column)} as ${sql.id(`c${index}`)}`)
  return sql`(select ${sql.join(texts)} from ${dialect.parquet(content.path)})`
}

async function load(into: Into, parquet: Parquet, from: number): Promise<LoadedFile> {
  const { dialect } = into.engine
  const { file, columns } = parquet
  const source = { ...into.source, columns: columns.map(asWritten) }
  const names = columns.map(({ declared }) => declared.name)
  const rows = typedRows(dialect, source, names, scanOf(dialect, parquet), (text) => dialect.holdsNul(text))
  const to = await insertRows(into, rows, from).catch((error: unknown) => {
    throw explained(error, file.shown)
  })
  if (to - from !== parquet.rows) throw new SundError('source.parquet_damaged', { file: file.shown })
  return { file, from, to, malformed: [] }
}

/** Errors: damaged, no rows, larger than `limits` once unpacked, a declared column missing or of a type it cannot be read from. */
export async function examineParquet(
  engine: DataEngine,
  source: SourceTable,
  file: SourceFile,
  content: PlainContent,
  limits: UnpackLimits,
): Promise<ExaminedFile> {
  const footer = await footerOf(engine, content.path, file.shown)
  if (footer.rows < 1) throw new SundError('source.no_rows', { file: file.shown })
  if (footer.bytes > limits.bytes || footer.rows > limits.bytes) {
    throw new SundError('source.too_large', { file: file.shown })
  }
  const columns = declaredColumns(source, engine.dialect, footer, file.shown)
  const { rows } = footer
  const examined: ExaminedFile = {
    ...file,
    records: async () => ({ count: rows, line: (index) => index + 1 }),
    load: async (into, from) => await load(into, { file: examined, content, columns, rows }, from),
  }
  return examined
}
