/** A CSV file: fast where every line is a record, else with care. */
import { sql } from 'kysely'
import { z } from 'zod'
import type { SourceTable } from '../domain/source.ts'
import type { CsvScan } from '../engine/dialect.ts'
import { SundError } from '../errors.ts'
import { readHeader } from './csv-header.ts'
import { type CsvRecords, findRecords } from './csv-records.ts'
import type { SourceFile } from './find-files.ts'
import { type ExaminedFile, type Into, insertRows, type LoadedFile, NotSimple } from './loaded-file.ts'
import type { PlainContent } from './plain-content.ts'
import { survey } from './survey.ts'
import { rawColumns, typedRows } from './typed-columns.ts'

/** CSV text, looked through. Where every line is a record there must be `expected` rows. */
interface CsvText {
  readonly file: ExaminedFile
  readonly content: PlainContent
  readonly header: readonly string[]
  readonly expected: number
  /** The last line ends in a newline. */
  readonly ended: boolean
  readonly records: () => Promise<CsvRecords>
}

const insert = async (into: Into, { content, header }: CsvText, from: number, way: CsvScan['way']): Promise<number> => {
  const { dialect } = into.engine
  const { source } = into
  const scan = dialect.csv({ file: content.path, columns: rawColumns(header), delimiter: source.delimiter, way })
  return await insertRows(into, typedRows(dialect, source, header, scan), from)
}

/** Throws NotSimple when the reader fails, or finds another number of rows than the file has lines. */
async function loadFast(into: Into, csv: CsvText, from: number): Promise<LoadedFile> {
  try {
    const to = await insert(into, csv, from, 'fast')
    if (to - from === csv.expected) return { file: csv.file, from, to, malformed: [] }
  } catch (error) {
    if (error instanceof SundError) throw error
    throw new NotSimple('The reader met a malformed record.', { cause: error })
  }
  throw new NotSimple('Lines and rows do not agree.')
}

const checkRecords = ({ openQuoteLine, mixedEndingLine }: CsvRecords, file: string): void => {
  if (openQuoteLine !== undefined) throw new SundError('source.open_quote', { file, line: openQuoteLine })
  if (mixedEndingLine !== undefined) throw new SundError('source.line_endings', { file, line: mixedEndingLine })
}

/**
 * Reads record by record and finds the malformed ones. The engine's reader and ours must have found the same records:
 * a row that one of them missed is a person lost. Errors name the line of a quote that is never closed, of a line that
 * ends another way than those before it, or of a last record that breaks off.
 */
async function loadCarefully(into: Into, csv: CsvText, from: number): Promise<LoadedFile> {
  const { file } = csv
  const { dialect } = into.engine
  const records = await csv.records()
  checkRecords(records, file.shown)
  for (const statement of dialect.forgetCsvRejects()) await into.session.run(statement)
  const to = await insert(into, csv, from, 'careful').catch((error: unknown) => {
    throw error instanceof SundError ? error : new SundError('source.unreadable', { file: file.shown }, error)
  })
  const rejects = await into.session.rows(sql`select byte from ${dialect.csvRejects()}`, z.object({ byte: z.number() }))
  const malformed = [...new Set(rejects.map(({ byte }) => records.at(byte)))].sort((a, b) => a - b)
  if (to - from + malformed.length !== records.count) throw new SundError('source.unreadable', { file: file.shown })
  if (!csv.ended && malformed.at(-1) === records.count - 1) {
    throw new SundError('source.truncated', { file: file.shown, line: records.line(records.count - 1) })
  }
  return { file, from, to, malformed }
}

/** A CSV file with a header. */
export async function examineCsv(source: SourceTable, file: SourceFile, content: PlainContent): Promise<ExaminedFile> {
  const header = await readHeader(source, content, file.shown)
  const { lines, emptyLines, oddQuotes, ended } = await survey(content.path, file.shown)
  // In a file of one column an empty line is a row whose only value is missing.
  const expected = lines - 1 - (header.length === 1 ? 0 : emptyLines)
  if (expected < 1) throw new SundError('source.no_rows', { file: file.shown })
  let found: Promise<CsvRecords> | undefined
  const records = async (): Promise<CsvRecords> => {
    found ??= findRecords(content.path, source.delimiter, header.length)
    return await found
  }
  const examined: ExaminedFile = {
    ...file,
    records,
    load: async (into, from, careful) => {
      const csv = { file: examined, content, header, expected, ended, records }
      return await (careful || oddQuotes ? loadCarefully : loadFast)(into, csv, from)
    },
  }
  return examined
}
