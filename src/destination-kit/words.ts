/** Words that destinations share: the endings of a talk, bodies of rows, and a vendor's own words made fit to show. */
import type { z } from 'zod'
import type { By, Fate, Fates, Later, Now, Row, Written } from './kit.ts'

export const applied: Fate = { kind: 'applied' }

/** A removal that found nobody to remove. */
export const absent: Fate = { kind: 'applied', absent: true }

/** The vendor refused this record. `reason` is shown and logged: pass vendor text through `vendorWords` first. */
export const rejected = (code: string, reason: string): Fate => ({ kind: 'rejected', code, reason })

export const unknown = (reason: string): Fate => ({ kind: 'unknown', reason })

/** Everybody ends as `otherwise`, save those in `except`, keyed by `by` (the identifier unless said). */
export const each = (otherwise: Fate, except: Fates = new Map(), by: By = 'identifier'): Now => ({
  kind: 'each',
  otherwise,
  by,
  except,
})

export const split = (reason: string): { readonly kind: 'split'; readonly reason: string } => ({
  kind: 'split',
  reason,
})

/** The vendor works on `job`. `after`: seconds until the next look, where the vendor says; else the engine's pauses, which grow. */
export const pending = (
  job: string,
  { after, known = new Map(), by = 'identifier' }: { after?: number; known?: Fates; by?: By } = {},
): Later => ({ kind: 'pending', job, ...(after === undefined ? {} : { after }), known, by })

/** A JSON body whose rows stand, comma separated, between `head` and `tail`. */
export const jsonRows = (head: string, rows: readonly Row[], tail: string): Written => ({
  rows,
  type: 'application/json',
  head,
  between: ',',
  tail,
})

/** Decodes JSON text that may be anything; undefined when it is not JSON or not of this shape. */
export const readJson = <T>(text: string, shape: z.ZodType<T>): T | undefined => {
  try {
    return shape.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

const longest = 200
/** Also as it stands in a path or a query. */
const address = /[^\s'"<>()[\]{},;:]+(?:@|%40)[^\s'"<>()[\]{},;]+/gi
const hexHash = /\b[0-9a-f]{64}\b/gi
const controls = /\p{Cc}+/gu

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

const endsInWord = /[\p{L}\p{N}]$/u
const startsWithWord = /^[\p{L}\p{N}]/u

/** Could the value stand in the text, in whatever case? Quick: most reasons repeat nothing. */
const mayHold = (text: string, value: string): boolean =>
  text.toLowerCase().includes(value.toLowerCase()) || text.toUpperCase().includes(value.toUpperCase())

/** The text without the value where that stands as a word of its own. A pattern with the letters around it takes a millisecond to make. */
const without = (text: string, value: string): string => {
  if (!mayHold(text, value)) return text
  const pattern = new RegExp(escaped(value), 'giu')
  let kept = ''
  let from = 0
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    const start = found.index
    const end = start + found[0].length
    if (endsInWord.test(text.slice(Math.max(0, start - 2), start)) || startsWithWord.test(text.slice(end, end + 2))) {
      pattern.lastIndex = start + 1
    } else {
      kept += `${text.slice(from, start)}…`
      from = end
    }
  }
  return kept + text.slice(from)
}

/** The value as it stands in a path or a query; half a sign cannot stand there. */
const inAddress = (value: string): string => encodeURIComponent(value.toWellFormed())

/**
 * A vendor's own words without the person they are about: the given values, anything that looks like an address and
 * anything that looks like a hash become "…". At most 200 characters; what is said of a record is shown and logged.
 */
export const vendorWords = (text: string, personal: Iterable<string> = []): string => {
  let words = text
  const given = [...personal].filter((value) => value.trim() !== '')
  const values = [...new Set([...given, ...given.map(inAddress)])].sort((a, b) => b.length - a.length)
  for (const value of values) words = without(words, value)
  words = words.replace(address, '…').replace(hexHash, '…').replace(controls, ' ').trim()
  return words.length > longest ? `${words.slice(0, longest - 1)}…` : words
}

/** What of a person may not be repeated in a reason: the identifier and every matched value. */
export const personalValues = (row: Row): string[] => [
  row.identifier,
  ...Object.values(row.fields).filter((value) => value !== null),
]
