/** Finds the items of a JSON report in pieces of any size, so that only one item is in memory at a time. */
import { Malformed } from './malformed.ts'

/** A report whose single items are larger is not one. */
const MAX_ITEM_CHARS = 1_000_000
/** Deeper than any report: brackets that only open must not fill the memory. */
const MAX_DEPTH = 100
/** Longer names are none that anybody asked for. */
const MAX_NAME_CHARS = 200

export interface JsonItem {
  /** The root's member whose array it stands in; `''` at the root. */
  readonly member: string
  readonly value: unknown
}

/** What is collected: the elements of an array that is open at `depth`, or a whole object at the root (depth 0). */
interface Capture {
  readonly member: string
  readonly depth: number
}

const closing: Readonly<Record<string, string>> = { '[': ']', '{': '}' }
const notJson = (): Malformed => new Malformed('A part of the report is not JSON.')

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw notJson()
  }
}

const isSpace = (char: string): boolean => char === ' ' || char === '\n' || char === '\r' || char === '\t'

/** Items of the arrays of these members. What stands elsewhere is skipped, not checked. Throws Malformed. */
export class JsonItems {
  readonly #members: ReadonlySet<string>
  /** The brackets that would close what is open. */
  readonly #open: string[] = []
  #inText = false
  #escaped = false
  #root: 'none' | 'objects' | 'array' = 'none'
  #capture: Capture | undefined
  /** Of the item that is being collected: what stood in earlier pieces. */
  #held = ''
  #afterComma = false
  /** Of an object at the root: its last text, which is a name when a colon follows. */
  #name = ''
  #member: string | undefined

  constructor(members: Iterable<string>) {
    this.#members = new Set(members)
  }

  /** Items that end within this piece. */
  push(text: string): JsonItem[] {
    const items: JsonItem[] = []
    // Where the part of the piece begins that belongs to the item being collected.
    let kept = 0
    for (let at = 0; at < text.length; at++) {
      if (this.#inText) {
        at = this.#skipText(text, at)
        continue
      }
      const char = text.charAt(at)
      if (char === '"') this.#startText()
      else if (char === '[' || char === '{') kept = this.#opens(char, at, kept)
      else if (char === ']' || char === '}') kept = this.#closes(char, text, at, kept, items)
      else if (char === ',') kept = this.#comma(text, at, kept, items)
      else if (this.#open.length === 0 && !isSpace(char)) throw notJson()
      else if (char === ':' && this.#open.length === 1) this.#member = this.#name
    }
    if (this.#capture !== undefined) this.#hold(text.slice(kept))
    return items
  }

  end(): void {
    if (this.#open.length > 0 || this.#inText) throw new Malformed('The report ends too early.')
    if (this.#root === 'none') throw new Malformed('The report is empty.')
  }

  #startText(): void {
    if (this.#open.length === 0) throw notJson()
    this.#inText = true
    this.#name = ''
  }

  /** The place of the quote that ends the text, or of the piece's last character. */
  #skipText(text: string, from: number): number {
    let at = from
    for (; at < text.length; at++) {
      const char = text.charCodeAt(at)
      if (this.#escaped) this.#escaped = false
      else if (char === 0x5c) this.#escaped = true
      else if (char === 0x22) {
        this.#inText = false
        break
      }
    }
    if (this.#open.length === 1 && this.#name.length < MAX_NAME_CHARS) this.#name += text.slice(from, at)
    return at
  }

  #hold(text: string): void {
    this.#held += text
    if (this.#held.length > MAX_ITEM_CHARS) throw new Malformed('An item of the report is too large.')
  }

  #endItem(capture: Capture, text: string, items: JsonItem[], comma: boolean): void {
    this.#hold(text)
    const whole = this.#held.trim()
    this.#held = ''
    if (whole !== '') items.push({ member: capture.member, value: parsed(whole) })
    // `[]` has no items; `[1,]` and `[,1]` are not JSON.
    else if (comma || this.#afterComma) throw notJson()
    this.#afterComma = comma
  }

  #comma(text: string, at: number, kept: number, items: JsonItem[]): number {
    const depth = this.#open.length
    if (depth === 0) throw notJson()
    if (depth === 1) this.#member = undefined
    if (this.#capture?.depth !== depth) return kept
    this.#endItem(this.#capture, text.slice(kept, at), items, true)
    return at + 1
  }

  #opens(char: '[' | '{', at: number, kept: number): number {
    this.#open.push(closing[char] ?? '')
    const depth = this.#open.length
    if (depth > MAX_DEPTH) throw new Malformed('The report is nested too deep.')
    if (depth === 1) return this.#opensRoot(char, at)
    const member = this.#member
    if (depth !== 2 || char === '{' || this.#capture !== undefined) return kept
    if (member === undefined || !this.#members.has(member)) return kept
    this.#capture = { member, depth }
    return at + 1
  }

  #opensRoot(char: '[' | '{', at: number): number {
    const wantsRoot = this.#members.has('')
    const wantsMembers = this.#members.size > (wantsRoot ? 1 : 0)
    const first = this.#root === 'none'
    if (char === '[') {
      if (!wantsRoot || !first) throw new Malformed('The report holds an array where none was expected.')
      this.#root = 'array'
      this.#capture = { member: '', depth: 1 }
      return at + 1
    }
    if (this.#root === 'array' || (wantsMembers && !first)) throw new Malformed('The report holds several values.')
    this.#root = 'objects'
    if (!wantsMembers) this.#capture = { member: '', depth: 0 }
    return at
  }

  #closes(char: string, text: string, at: number, kept: number, items: JsonItem[]): number {
    const capture = this.#capture
    const endsArray = capture !== undefined && capture.depth > 0 && capture.depth === this.#open.length
    if (this.#open.pop() !== char) throw notJson()
    if (endsArray) this.#endItem(capture, text.slice(kept, at), items, false)
    else if (capture?.depth === 0 && this.#open.length === 0) {
      this.#endItem(capture, text.slice(kept, at + 1), items, false)
    } else return kept
    this.#capture = undefined
    return at + 1
  }
}
