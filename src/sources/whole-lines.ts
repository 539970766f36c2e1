/** Reads a text file in pieces of whole lines, and refuses what is no UTF-8 text. */
import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { SundError } from '../errors.ts'

const NEWLINE = 10

/** Whole lines, each with its newline; `ended` is false where the file ended without one, which was then added. */
export interface Lines {
  readonly bytes: Buffer
  readonly ended: boolean
}

/** The longest line that is read, in MiB: a file without line breaks is not to fill the memory. */
const LONGEST_LINE = 32

/** The lines of `bytes`, without their newlines. */
export function* eachLine(bytes: Buffer): Generator<Buffer> {
  let start = 0
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
    yield bytes.subarray(start, end)
    start = end + 1
  }
}

const countLines = (bytes: Buffer): number => {
  let lines = 0
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, end + 1)) lines++
  return lines
}

class Joiner {
  readonly #file: string
  #rest: Buffer[] = []
  #restBytes = 0
  #lines = 0

  constructor(file: string) {
    this.#file = file
  }

  /** The whole lines that the chunk completes; the last, unfinished one is kept for the next. */
  join(chunk: Buffer): Buffer {
    const end = chunk.lastIndexOf(NEWLINE) + 1
    const whole = end === 0 ? Buffer.alloc(0) : Buffer.concat([...this.#rest, chunk.subarray(0, end)])
    if (end > 0) this.#rest = []
    this.#rest.push(Buffer.from(chunk.subarray(end)))
    this.#restBytes = (end > 0 ? 0 : this.#restBytes) + chunk.length - end
    this.#check(whole)
    this.#lines += countLines(whole)
    if (this.#restBytes > LONGEST_LINE * 1024 * 1024) {
      throw new SundError('source.line_too_long', { file: this.#file, line: this.#lines + 1, limit: LONGEST_LINE })
    }
    return whole
  }

  last(): Buffer {
    return this.#restBytes === 0 ? Buffer.alloc(0) : this.join(Buffer.of(NEWLINE))
  }

  /** Setting aside only the rows with letters beyond ASCII would make all those people vanish, so the file is refused. */
  #check(bytes: Buffer): void {
    if (bytes.includes(0)) throw this.#notText('source.nul_byte', bytes, (line) => line.includes(0))
    if (!isUtf8(bytes)) throw this.#notText('source.not_utf8', bytes, (line) => !isUtf8(line))
  }

  #notText(code: 'source.nul_byte' | 'source.not_utf8', bytes: Buffer, isBad: (line: Buffer) => boolean): SundError {
    const before = [...eachLine(bytes)].findIndex(isBad)
    return new SundError(code, { file: this.#file, line: this.#lines + Math.max(0, before) + 1 })
  }
}

/** Reads the file once, in constant memory. `shown`: its name for people. Refuses NUL bytes and what is not UTF-8. */
export async function* wholeLines(path: string, shown: string): AsyncGenerator<Lines> {
  const joiner = new Joiner(shown)
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    const bytes = joiner.join(chunk)
    if (bytes.length > 0) yield { bytes, ended: true }
  }
  const bytes = joiner.last()
  if (bytes.length > 0) yield { bytes, ended: false }
}
