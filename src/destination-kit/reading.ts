/** Runs a reader over the text of a report, in pieces of any size. */
import { CsvReader } from './csv.ts'
import { JsonItems } from './json-items.ts'
import type { Mark, Reader } from './kit.ts'
import { Malformed } from './malformed.ts'

export type Marked = NonNullable<Mark>

export interface Reading {
  /** Marks of the items that end within this piece. Throws Malformed, and what the reader throws. */
  push(text: string): Marked[]
  /** Marks of the items that end with the report. Throws as `push`, also when the report ends too early. */
  end(): Marked[]
  /** Items read so far. */
  items(): number
}

const isMark = (mark: Mark): mark is Marked => mark !== undefined

/** What is done with each piece once it is known what the report is. */
interface Format {
  push(text: string): readonly Mark[]
  end(): readonly Mark[]
}

const csvFormat = (read: NonNullable<Reader['csv']>): Format => {
  const reader = new CsvReader()
  return {
    push: (text) => reader.push(text).map((row) => read(row)),
    end: () => reader.end().map((row) => read(row)),
  }
}

const jsonFormat = (arrays: NonNullable<Reader['arrays']>): Format => {
  const reader = new JsonItems(Object.keys(arrays))
  return {
    push: (text) => reader.push(text).map(({ member, value }) => arrays[member]?.(value)),
    end: () => {
      reader.end()
      return []
    },
  }
}

const lineFormat = (read: NonNullable<Reader['lines']>): Format => {
  let rest = ''
  const marks = (lines: readonly string[]): Mark[] =>
    lines.flatMap((line) => (line.trim() === '' ? [] : [read(line.trim())]))
  return {
    push(text) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      return marks(lines)
    },
    end: () => marks([rest]),
  }
}

const formatOf = (reader: Reader, first: string): Format => {
  const { arrays, csv, lines } = reader
  if (arrays !== undefined && (first === '[' || first === '{')) return jsonFormat(arrays)
  if (lines !== undefined) return lineFormat((line) => lines.call(reader, line))
  if (csv !== undefined) return csvFormat((row) => csv.call(reader, row))
  throw new Malformed('The report is of another format than expected.')
}

export const openReading = (reader: Reader): Reading => {
  let format: Format | undefined
  let items = 0
  const counted = (marks: readonly Mark[]): Marked[] => {
    items += marks.length
    return marks.filter(isMark)
  }
  return {
    push(text) {
      let rest = text
      if (format === undefined) {
        rest = text.replace(/^[\uFEFF\s]+/, '')
        if (rest === '') return []
        format = formatOf(reader, rest.charAt(0))
      }
      return counted(format.push(rest))
    },
    end() {
      // No lines are a report of nobody; a table or JSON of nobody still has its frame.
      if (format === undefined && reader.lines !== undefined) return []
      if (format === undefined) throw new Malformed('The report is empty.')
      return counted(format.end())
    },
    items: () => items,
  }
}
