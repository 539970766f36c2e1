/** A file of JSON lines: an object a line, turned into CSV of the declared columns, which the engine reads fast. */
import { defaultWords, type SourceColumn, type SourceTable } from '../domain/source.ts'
import type { Scratch } from '../engine/scratch.ts'
import { SundError } from '../errors.ts'
import { Positions } from './csv-records.ts'
import type { SourceFile } from './find-files.ts'
import { type JsonValue, readObject } from './json-object.ts'
import { type ExaminedFile, type Into, insertRows, type LoadedFile } from './loaded-file.ts'
import { type PlainContent, writeScratch } from './plain-content.ts'
import { rawColumns, typedRows } from './typed-columns.ts'
import { eachLine, wholeLines } from './whole-lines.ts'

/** Keys that an error names, so that a person sees what the file calls its columns. */
const KEYS_NAMED = 30

const textOf = (column: SourceColumn, value: JsonValue | undefined): string => {
  if (value === undefined || value.kind === 'null') return ''
  if (value.kind === 'text') return value.text
  const { yes, no } = (column.type === 'boolean' ? column.words : undefined) ?? defaultWords
  // A JSON true is a yes, whatever words the column has for it.
  if (column.type === 'boolean') return (value.value ? yes[0] : no[0]) ?? ''
  return String(value.value)
}

const quoted = (text: string): string => `"${text.includes('"') ? text.replaceAll('"', '""') : text}"`

class Converter {
  readonly #columns: readonly SourceColumn[]
  readonly #wanted: ReadonlyMap<string, number>
  readonly #seen = new Set<number>()
  readonly others = new Set<string>()
  /** The line of each record, whether malformed or not. */
  readonly lines = new Positions()
  readonly malformed: number[] = []
  /** No value goes on in the next line of the CSV. */
  simple = true
  #line = 0

  constructor(columns: readonly SourceColumn[]) {
    this.#columns = columns
    this.#wanted = new Map(columns.map(({ name }, index) => [name, index]))
  }

  get rows(): number {
    return this.lines.length - this.malformed.length
  }

  unseen(): ReadonlySet<string> {
    return new Set(this.#columns.filter((_, index) => !this.#seen.has(index)).map(({ name }) => name))
  }

  /** The record as a line of CSV; nothing for a blank line and for a malformed one. */
  convert(bytes: Buffer): string {
    this.#line++
    const text = bytes.toString('utf8')
    const line = this.#line === 1 ? text.replace(/^\ufeff/, '') : text
    if (line.trim() === '') return ''
    const values = readObject(line, this.#wanted, (key) => {
      if (this.others.size < KEYS_NAMED) this.others.add(key)
    })
    this.lines.push(this.#line)
    if (values === undefined) {
      this.malformed.push(this.lines.length - 1)
      return ''
    }
    const texts = this.#columns.map((column, index) => {
      const value = values[index]
      if (value !== undefined) this.#seen.add(index)
      return textOf(column, value)
    })
    if (this.simple && texts.some((one) => one.includes('\n') || one.includes('\r'))) this.simple = false
    return `${texts.map(quoted).join(',')}\n`
  }

  /** Whether the last record, which has no newline, breaks off. */
  isCut(): boolean {
    return this.malformed.at(-1) === this.lines.length - 1
  }
}

async function* converted(converter: Converter, content: PlainContent, shown: string): AsyncGenerator<string> {
  yield 'header\n'
  for await (const { bytes, ended } of wholeLines(content.path, shown)) {
    const rows: string[] = []
    for (const line of eachLine(bytes)) rows.push(converter.convert(line))
    yield rows.join('')
    const { lines } = converter
    if (!ended && lines.length > 0 && converter.isCut()) {
      throw new SundError('source.truncated', { file: shown, line: lines.at(lines.length - 1) })
    }
  }
}

interface Converted {
  readonly file: ExaminedFile
  readonly csv: PlainContent
  readonly converter: Converter
}

/** The engine's reader must find every record that we wrote. */
async function load(into: Into, { file, csv, converter }: Converted, from: number): Promise<LoadedFile> {
  const { dialect } = into.engine
  const names = into.source.columns.map(({ name }) => name)
  for (const statement of dialect.forgetCsvRejects()) await into.session.run(statement)
  const way = converter.simple ? 'fast' : 'careful'
  const scan = dialect.csv({ file: csv.path, columns: rawColumns(names), delimiter: ',', way })
  const rows = typedRows(dialect, into.source, names, scan, (text) => dialect.holdsNul(text))
  const to = await insertRows(into, rows, from).catch((error: unknown) => {
    throw error instanceof SundError ? error : new SundError('source.unreadable', { file: file.shown }, error)
  })
  if (to - from !== converter.rows) throw new SundError('source.unreadable', { file: file.shown })
  return { file, from, to, malformed: converter.malformed }
}

const checkOneDocument = async (content: PlainContent, shown: string): Promise<void> => {
  for await (const { bytes } of wholeLines(content.path, shown)) {
    const text = bytes
      .toString('utf8')
      .replace(/^\ufeff/, '')
      .trimStart()
    if (text.startsWith('[')) throw new SundError('source.json_document', { file: shown })
    if (text !== '') return
  }
  throw new SundError('source.file_empty', { file: shown })
}

/** Errors: no text, no lines, an array instead of lines, a last line that breaks off. */
export async function examineJsonLines(
  source: SourceTable,
  file: SourceFile,
  content: PlainContent,
  scratch: Scratch,
): Promise<ExaminedFile> {
  await checkOneDocument(content, file.shown)
  const converter = new Converter(source.columns)
  const csv = await writeScratch(scratch.path(), converted(converter, content, file.shown))
  const { lines } = converter
  if (converter.rows === 0) {
    throw new SundError('source.mostly_not_json', {
      file: file.shown,
      line: lines.at(0),
      count: lines.length,
      rows: lines.length,
    })
  }
  const examined: ExaminedFile = {
    ...file,
    unseen: { columns: converter.unseen(), found: [...converter.others] },
    records: async () => ({ count: lines.length, line: (index) => lines.at(index) }),
    load: async (into, from) => await load(into, { file: examined, csv, converter }, from),
  }
  return examined
}
