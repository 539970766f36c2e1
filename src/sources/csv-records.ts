/** Where the records of a CSV file lie: found by reading its bytes, apart from the engine's reader, so that each checks the other. */
import { createReadStream } from 'node:fs'

const NEWLINE = 10
const RETURN = 13
const QUOTE = 34
const SPACE = 32

/** An array of whole numbers up to 2^53 that grows without boxing. */
export class Positions {
  #values = new Float64Array(1024)
  length = 0

  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new Float64Array(this.length * 2)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.length++] = value
  }

  at(index: number): number {
    return this.#values[index] ?? Number.NaN
  }
}

/** Where the records of a file lie. */
export interface Records {
  /** Records after the header, empty lines not counted. */
  readonly count: number
  /** Line of the file, from 1, on which the record at `index` (from 0) begins; in Parquet, which has none, its row. */
  line(index: number): number
}

export interface CsvRecords extends Records {
  /** The record that holds the byte at this place of the file. */
  at(byte: number): number
  /** The line whose quote is never closed. */
  readonly openQuoteLine?: number
  /** The line that first ends another way than the lines before it. */
  readonly mixedEndingLine?: number
}

type State = 'line' | 'field' | 'plain' | 'quoted' | 'closed'

class Scanner {
  readonly #delimiter: number
  readonly #lines = new Positions()
  readonly #starts = new Positions()
  #state: State = 'line'
  #line = 1
  #lineOffset = 0
  #quoteLine = 0
  #offset = 0
  #previous = 0
  #ending: 'lf' | 'crlf' | undefined
  #mixedEndingLine: number | undefined
  readonly #blankCounts: boolean

  /** `blankCounts`: in a file of one column an empty line is a record whose value is missing. */
  constructor(delimiter: number, blankCounts: boolean) {
    this.#delimiter = delimiter
    this.#blankCounts = blankCounts
  }

  read(chunk: Buffer): void {
    for (const byte of chunk) {
      if (this.#state === 'quoted') this.#inQuotes(byte)
      else if (byte === NEWLINE) this.#endLine()
      else this.#outsideQuotes(byte)
      this.#previous = byte
      this.#offset++
    }
  }

  #inQuotes(byte: number): void {
    if (byte === QUOTE) this.#state = 'closed'
    else if (byte === NEWLINE) this.#line++
  }

  #outsideQuotes(byte: number): void {
    if (this.#state === 'line' && byte !== RETURN) this.#begin()
    if (byte === this.#delimiter) this.#state = 'field'
    else if (byte === QUOTE && this.#state !== 'plain') this.#open()
    else if (byte !== RETURN && !(byte === SPACE && this.#state === 'field')) this.#state = 'plain'
  }

  #begin(): void {
    this.#lines.push(this.#line)
    this.#starts.push(this.#lineOffset)
    this.#state = 'field'
  }

  /** A quote opens a value at its beginning; right after a closing one it stands for a quote in the value. */
  #open(): void {
    if (this.#state === 'field') this.#quoteLine = this.#line
    this.#state = 'quoted'
  }

  #endLine(): void {
    if (this.#state === 'line' && this.#blankCounts) this.#begin()
    const ending = this.#previous === RETURN ? 'crlf' : 'lf'
    this.#ending ??= ending
    if (ending !== this.#ending) this.#mixedEndingLine ??= this.#line
    this.#state = 'line'
    this.#line++
    this.#lineOffset = this.#offset + 1
  }

  records(): CsvRecords {
    const [lines, starts] = [this.#lines, this.#starts]
    return {
      count: Math.max(0, lines.length - 1),
      line: (index) => lines.at(index + 1),
      at: (byte) => {
        let [low, high] = [1, lines.length - 1]
        while (low < high) {
          const middle = (low + high + 1) >>> 1
          if (starts.at(middle) <= byte) low = middle
          else high = middle - 1
        }
        return low - 1
      },
      ...(this.#state === 'quoted' ? { openQuoteLine: this.#quoteLine } : {}),
      ...(this.#mixedEndingLine === undefined ? {} : { mixedEndingLine: this.#mixedEndingLine }),
    }
  }
}

/** Reads the whole file once, in constant memory but for 16 bytes a record. */
export async function findRecords(file: string, delimiter: string, columns: number): Promise<CsvRecords> {
  const scanner = new Scanner(delimiter.charCodeAt(0), columns === 1)
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) scanner.read(chunk)
  return scanner.records()
}
