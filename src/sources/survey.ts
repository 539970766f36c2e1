/** A first, fast look through a CSV file: how many lines it has, whether each is a record, and whether it is text at all. */
import { wholeLines } from './whole-lines.ts'

const NEWLINE = 10
const RETURN = 13
const QUOTE = 34

export interface Survey {
  readonly lines: number
  readonly emptyLines: number
  /** Some line has an odd number of quotes: a value may go on in the next line. */
  readonly oddQuotes: boolean
  /** The last line ends in a newline. */
  readonly ended: boolean
}

class Surveyor {
  lines = 0
  emptyLines = 0
  oddQuotes = false

  read(bytes: Buffer): void {
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
}

/** Reads the file once. A NUL byte or bytes that are not UTF-8 refuse the whole file. */
export async function survey(path: string, shown: string): Promise<Survey> {
  const surveyor = new Surveyor()
  let ended = true
  for await (const part of wholeLines(path, shown)) {
    surveyor.read(part.bytes)
    ended = part.ended
  }
  const { lines, emptyLines, oddQuotes } = surveyor
  return { lines, emptyLines, oddQuotes, ended }
}
