/** Reads one line of JSON lines: an object, of which only the wanted keys are kept, with numbers as they are written. */

/** Stands for a value that no column can have: text that is not whole characters, or an object or array. */
export const UNFIT = '\0'

/** A value as text; `flag` is true or false, which each column writes in its own words. */
export type JsonValue =
  | { readonly kind: 'null' }
  | { readonly kind: 'flag'; readonly value: boolean }
  | { readonly kind: 'text'; readonly text: string }

const SPACE = 32
const BLANK = /[ \t\r\n]*/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const MARK = /["[\]{}]/g
const NEEDS_READING = /[\\\p{Cc}]/u

class NotJson extends Error {}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new NotJson('Not JSON.', { cause: error })
  }
}

class LineReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /** Passes blanks, then the character where it is next. */
  passes(character: string): boolean {
    this.#blanks()
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  expect(character: string): void {
    if (!this.passes(character)) throw new NotJson(`Expected ${character}.`)
  }

  isAtEnd(): boolean {
    this.#blanks()
    return this.#at === this.#text.length
  }

  key(): string {
    this.#blanks()
    if (this.#text[this.#at] !== '"') throw new NotJson('A key is a text.')
    return this.#string()
  }

  value(): JsonValue {
    this.#blanks()
    const first = this.#text[this.#at]
    if (first === '"') {
      const text = this.#string()
      return { kind: 'text', text: text.isWellFormed() ? text : UNFIT }
    }
    if (first === '{' || first === '[') {
      this.#nested()
      return { kind: 'text', text: UNFIT }
    }
    if (this.#word('null')) return { kind: 'null' }
    if (this.#word('true')) return { kind: 'flag', value: true }
    if (this.#word('false')) return { kind: 'flag', value: false }
    return { kind: 'text', text: this.#number() }
  }

  #blanks(): void {
    // Mostly there are none.
    if (this.#text.charCodeAt(this.#at) > SPACE) return
    BLANK.lastIndex = this.#at
    BLANK.test(this.#text)
    this.#at = BLANK.lastIndex
  }

  #word(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false
    this.#at += word.length
    return true
  }

  #number(): string {
    NUMBER.lastIndex = this.#at
    const [number] = NUMBER.exec(this.#text) ?? []
    if (number === undefined) throw new NotJson('Not a value.')
    this.#at += number.length
    return number
  }

  /** The place behind the closing quote of the text that begins at `start`. */
  #endOfString(start: number): number {
    for (let end = this.#text.indexOf('"', start + 1); end !== -1; end = this.#text.indexOf('"', end + 1)) {
      let slashes = 0
      while (this.#text[end - 1 - slashes] === '\\') slashes++
      if (slashes % 2 === 0) return end + 1
    }
    throw new NotJson('A text has no end.')
  }

  #string(): string {
    const end = this.#endOfString(this.#at)
    const inner = this.#text.slice(this.#at + 1, end - 1)
    const read = NEEDS_READING.test(inner) ? parsed(`"${inner}"`) : inner
    this.#at = end
    if (typeof read !== 'string') throw new NotJson('Not a text.')
    return read
  }

  #nested(): void {
    const start = this.#at
    let depth = 0
    MARK.lastIndex = start
    for (let found = MARK.exec(this.#text); found !== null; found = MARK.exec(this.#text)) {
      const [mark] = found
      if (mark === '"') MARK.lastIndex = this.#endOfString(found.index)
      else depth += mark === '{' || mark === '[' ? 1 : -1
      if (depth === 0) break
    }
    if (depth !== 0) throw new NotJson('An object or array has no end.')
    this.#at = MARK.lastIndex
    parsed(this.#text.slice(start, this.#at))
  }
}

/**
 * The values of the wanted keys, by the place that `wanted` gives them; undefined where the key is missing. Undefined as
 * a whole when the line is not one JSON object (RFC 8259), or names a wanted key twice: which one counts is not known.
 */
export function readObject(
  line: string,
  wanted: ReadonlyMap<string, number>,
  onOther: (key: string) => void,
): readonly (JsonValue | undefined)[] | undefined {
  const reader = new LineReader(line)
  const values: (JsonValue | undefined)[] = new Array(wanted.size).fill(undefined)
  try {
    reader.expect('{')
    if (!reader.passes('}')) {
      do {
        const key = reader.key()
        reader.expect(':')
        const value = reader.value()
        const place = wanted.get(key)
        if (place === undefined) onOther(key)
        else if (values[place] !== undefined) return undefined
        else values[place] = value
      } while (reader.passes(','))
      reader.expect('}')
    }
    return reader.isAtEnd() ? values : undefined
  } catch (error) {
    if (error instanceof NotJson) return undefined
    throw error
  }
}
