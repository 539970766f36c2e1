/** A first, fast look through a file: how many lines it has, whether each is a record, and whether it is text at all. */
import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { SundError } from '../errors.ts'
import type { SourceFile } from './find-files.ts'

const NEWLINE = 10
const RETURN = 13
const QUOTE = 34

export interface Survey {
  readonly lines: number
  readonly emptyLines: number
  /** Some line has an odd number of quotes: a value may go on in the next line. */
  readonly oddQuotes: boolean
}

class Surveyor {
  lines = 0
  emptyLines = 0
  oddQuotes = false
  #rest = Buffer.alloc(0)
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  /** Looks at the whole lines of the chunk and keeps the last, unfinished one for the next. */
  read(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const end = bytes.lastIndexOf(NEWLINE) + 1
    this.#wholeLines(bytes.subarray(0, end))
    this.#rest = Buffer.from(bytes.subarray(end))
  }

  end(): void {
    if (this.#rest.length > 0) this.#wholeLines(Buffer.concat([this.#rest, Buffer.of(NEWLINE)]))
    this.#rest = Buffer.alloc(0)
  }

  #wholeLines(bytes: Buffer): void {
    if (bytes.includes(0)) throw this.#notText('source.nul_byte', bytes, (line) => line.includes(0))
    if (!isUtf8(bytes)) throw this.#notText('source.not_utf8', bytes, (line) => !isUtf8(line))
    let quote = bytes.indexOf(QUOTE)
    let start = 0
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      let quotes = 0
      for (; quote !== -1 && quote < end; quote = bytes.indexOf(QUOTE, quote + 1)) quotes++
      if (quotes % 2 === 1) this.oddQuotes = true
      if (end === start || (end === start + 1 && bytes[start] === RETURN)) this.emptyLines++
      this.lines++
      start = end + 1
    }
  }

  #notText(code: 'source.nul_byte' | 'source.not_utf8', bytes: Buffer, isBad: (line: Buffer) => boolean): SundError {
    let line = this.lines + 1
    let start = 0
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      if (isBad(bytes.subarray(start, end))) break
      line++
      start = end + 1
    }
    return new SundError(code, { file: this.#file, line })
  }
}

/**
 * Reads the file once. A NUL byte or bytes that are not UTF-8 refuse the whole file: setting aside only the rows with
 * letters beyond ASCII would make all those people vanish.
 */
export async function survey(file: SourceFile): Promise<Survey> {
  const surveyor = new Surveyor(file.shown)
  for await (const chunk of createReadStream(file.path, { highWaterMark: 1024 * 1024 })) surveyor.read(chunk)
  surveyor.end()
  const { lines, emptyLines, oddQuotes } = surveyor
  return { lines, emptyLines, oddQuotes }
}
