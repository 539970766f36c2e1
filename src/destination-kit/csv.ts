/** Reads comma-separated reports of vendors, piece by piece or at once, and writes the lines of files for them. */
import { Malformed } from './malformed.ts'

/** A record that is longer, quotes and commas counted, is none: a quote that never closes must not fill the memory. */
const MAX_RECORD_CHARS = 1_000_000

export type CsvRecord = Readonly<Record<string, string>>

/** `quote`: a quote inside a quoted cell was read, which either ends it or is the first of a doubled one. */
type Place = 'start' | 'plain' | 'quoted' | 'quote'

/** The first place from `from` on where a plain cell can end, or something in it is left out. */
const endOfPlain = (text: string, from: number): number => {
  for (let at = from; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char === 0x2c || char === 0x0a || char === 0x0d) return at
  }
  return text.length
}

/**
 * A table by RFC 4180 in pieces of any size: quotes may hold commas, line breaks and doubled quotes; empty lines are left
 * out. Records are keyed by column name in lower case. Throws Malformed.
 */
export class CsvReader {
  #header: readonly string[] | undefined
  #line: string[] = []
  #cell = ''
  #place: Place = 'start'
  #begun = false
  /** Characters of the record so far. */
  #size = 0

  /** Records that end within this piece. */
  push(text: string): CsvRecord[] {
    const records: CsvRecord[] = []
    let at = 0
    if (!this.#begun && text !== '') {
      this.#begun = true
      if (text.startsWith('\uFEFF')) at = 1
    }
    while (at < text.length) {
      const next = this.#step(text, at, records)
      this.#size += next - at
      at = next
      if (this.#size > MAX_RECORD_CHARS) throw new Malformed('A line of the table is too long.')
    }
    return records
  }

  /** Records that end with the text. */
  end(): CsvRecord[] {
    if (this.#place === 'quoted') throw new Malformed('A quote in the table never closes.')
    const records: CsvRecord[] = []
    this.#endLine(records)
    if (this.#header === undefined) throw new Malformed('The table has no header.')
    return records
  }

  #step(text: string, at: number, records: CsvRecord[]): number {
    if (this.#place === 'quoted') {
      const quote = text.indexOf('"', at)
      this.#cell += quote === -1 ? text.slice(at) : text.slice(at, quote)
      if (quote === -1) return text.length
      this.#place = 'quote'
      return quote + 1
    }
    const char = text[at]
    if (char === '"' && this.#place === 'quote') {
      this.#cell += '"'
      this.#place = 'quoted'
      return at + 1
    }
    if (char === '"' && this.#place === 'start') {
      this.#place = 'quoted'
      return at + 1
    }
    if (char === ',') this.#endCell()
    else if (char === '\n') this.#endLine(records)
    else if (char !== '\r') {
      const end = endOfPlain(text, at)
      this.#cell += text.slice(at, end)
      this.#place = 'plain'
      return end
    }
    return at + 1
  }

  #endCell(): void {
    this.#line.push(this.#cell)
    this.#cell = ''
    this.#place = 'start'
  }

  #endLine(records: CsvRecord[]): void {
    this.#endCell()
    const line = this.#line
    this.#line = []
    this.#size = 0
    if (line.length === 1 && line[0] === '') return
    const header = this.#header
    if (header === undefined) {
      this.#header = line.map((name) => name.trim().toLowerCase())
      return
    }
    if (line.length > header.length) throw new Malformed('A line of the table has more cells than its header.')
    records.push(Object.fromEntries(line.map((cell, index) => [header[index] ?? '', cell])))
  }
}

/** Records of a whole table; undefined when it is none: no header, a quote that never closes, a line too long. */
export const readCsv = (text: string): CsvRecord[] | undefined => {
  try {
    const reader = new CsvReader()
    return [...reader.push(text), ...reader.end()]
  } catch (error) {
    if (error instanceof Malformed) return undefined
    throw error
  }
}

/**
 * One line for a machine, without its line break: quoted where a reader could take it otherwise. Nothing is put before
 * cells that a spreadsheet would read as formulas: the vendor would keep it as part of the value.
 */
export const csvLine = (cells: readonly string[]): string =>
  cells.map((cell) => (/[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')
