/** One file's share of a table that is being loaded, and how a row's place in the table leads back to a line of the file. */
import type { SourceTable } from '../domain/source.ts'
import type { CsvRecords } from './csv-records.ts'
import { findRecords } from './csv-records.ts'
import type { SourceFile } from './find-files.ts'

/** A file, looked through: `simple` when every line is a record, so that there must be `expected` rows. */
export interface ExaminedFile extends SourceFile {
  readonly header: readonly string[]
  readonly simple: boolean
  readonly expected: number
}

/** The table's rows from `from` up to but without `to` came from this file; `malformed` are the records that gave none. */
export interface LoadedFile {
  readonly file: ExaminedFile
  readonly from: number
  readonly to: number
  readonly records?: CsvRecords
  /** Places of malformed records among the file's records, ascending. */
  readonly malformed: readonly number[]
}

export interface Line {
  readonly file: string
  readonly line: number
}

export const recordsOf = async (source: SourceTable, { path, header }: ExaminedFile): Promise<CsvRecords> =>
  await findRecords(path, source.delimiter, header.length)

/** The line of each place; places ascend. Reads a file again where its records are not known yet. */
export async function linesOf(
  source: SourceTable,
  loaded: readonly LoadedFile[],
  places: readonly number[],
): Promise<Line[]> {
  const lines: Line[] = []
  for (const part of loaded) {
    const own = places.filter((place) => place >= part.from && place < part.to)
    if (own.length === 0) continue
    const records = part.records ?? (await recordsOf(source, part.file))
    let passed = 0
    for (const place of own) {
      // Malformed records stand between the rows that were loaded.
      while ((part.malformed[passed] ?? Number.POSITIVE_INFINITY) <= place - part.from + passed) passed++
      lines.push({ file: part.file.shown, line: records.line(place - part.from + passed) })
    }
  }
  return lines
}
