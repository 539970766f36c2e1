/** Turns text of other encodings into UTF-8, in constant memory; what cannot be text in that encoding refuses the file. */
import type { Encoding } from '../domain/source.ts'
import { SundError } from '../errors.ts'

const MARKS: readonly (readonly [Encoding, readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
]

/** The encoding of a file that begins with `head`: its byte order mark's, else what is declared, else UTF-8. */
export const encodingOf = (head: Buffer, declared: Encoding | undefined, shown: string): Encoding => {
  const marked = MARKS.find(([, mark]) => mark.every((byte, index) => head[index] === byte))?.[0]
  if (marked !== undefined && declared !== undefined && marked !== declared) {
    throw new SundError('source.encoding_differs', { file: shown, declared, found: marked })
  }
  return marked ?? declared ?? 'utf-8'
}

interface Decoder {
  decode(chunk: Buffer): string
  /** Throws when the file cannot end here. */
  end(): void
  /** What is wrong: a character that this encoding cannot mean. */
  readonly bad: RegExp
}

/** Two bytes a unit; a pair of units that a chunk splits is kept together, so a surrogate that stands alone is an error. */
const utf16 = (swapped: boolean, refuse: (line?: number) => never): Decoder => {
  let rest = Buffer.alloc(0)
  return {
    bad: /\p{Surrogate}/u,
    decode(chunk) {
      const bytes = Buffer.concat([rest, chunk])
      let whole = bytes.length - (bytes.length % 2)
      const lastUnit = whole === 0 ? 0 : swapped ? bytes.readUInt16BE(whole - 2) : bytes.readUInt16LE(whole - 2)
      if (lastUnit >= 0xd800 && lastUnit < 0xdc00) whole -= 2
      rest = Buffer.from(bytes.subarray(whole))
      const units = Buffer.from(bytes.subarray(0, whole))
      return (swapped ? units.swap16() : units).toString('utf16le')
    },
    end() {
      if (rest.length > 0) refuse()
    },
  }
}

/**
 * Every byte means something in windows-1252, so that a wrong declaration would turn letters into others: text that is
 * UTF-8 to its end, with letters beyond ASCII, is that.
 */
const windows1252 = (declared: Encoding, shown: string): Decoder => {
  const decoder = new TextDecoder('windows-1252')
  const other = new TextDecoder('utf-8', { fatal: true })
  let isUtf8 = true
  let beyondAscii = false
  const asUtf8 = (chunk?: Buffer): void => {
    try {
      if (isUtf8) other.decode(chunk, { stream: chunk !== undefined })
    } catch {
      isUtf8 = false
    }
  }
  return {
    // The five bytes that windows-1252 leaves undefined.
    bad: /[\u0081\u008d\u008f\u0090\u009d]/,
    decode(chunk) {
      asUtf8(chunk)
      const text = decoder.decode(chunk)
      beyondAscii ||= /[^\0-\x7f]/.test(text)
      return text
    },
    end() {
      asUtf8()
      if (isUtf8 && beyondAscii)
        throw new SundError('source.encoding_differs', { file: shown, declared, found: 'utf-8' })
    },
  }
}

const countNewlines = (text: string): number => text.split('\n').length - 1

/** UTF-8 of the chunks' text, without a byte order mark. */
export async function* toUtf8(
  chunks: AsyncIterable<Buffer>,
  encoding: Encoding,
  shown: string,
): AsyncGenerator<Buffer> {
  if (encoding === 'utf-8') {
    yield* chunks
    return
  }
  let lines = 0
  const refuse = (line = lines + 1): never => {
    throw new SundError('source.not_encoded', { file: shown, encoding, line })
  }
  const isWide = encoding === 'utf-16le' || encoding === 'utf-16be'
  const decoder = isWide ? utf16(encoding === 'utf-16be', refuse) : windows1252(encoding, shown)
  let isFirst = true
  for await (const chunk of chunks) {
    const decoded = decoder.decode(chunk)
    const text = isFirst && isWide ? decoded.replace(/^\ufeff/, '') : decoded
    if (decoded !== '') isFirst = false
    const bad = text.search(decoder.bad)
    if (bad !== -1) refuse(lines + countNewlines(text.slice(0, bad)) + 1)
    lines += countNewlines(text)
    yield Buffer.from(text, 'utf8')
  }
  decoder.end()
}
