/** Reads separated values as they come, row by row; writes a row. */

/** A row that is longer than this is no row: somewhere a quote was never closed. */
const longestRow = 1_000_000

export class UnreadableCsv extends Error {}

const quote = '"'

const quotesIn = (text: string): number => {
  let count = 0
  for (let at = text.indexOf(quote); at !== -1; at = text.indexOf(quote, at + 1)) count++
  return count
}

/** Fields of a line that has quotes; inside of them two stand for one. */
const quotedFields = (line: string, separator: string): string[] => {
  const fields: string[] = []
  let field = ''
  let inside = false
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at)
    if (character === quote) {
      if (inside && line.charAt(at + 1) === quote) {
        field += quote
        at++
      } else inside = !inside
    } else if (character === separator && !inside) {
      fields.push(field)
      field = ''
    } else field += character
  }
  return [...fields, field]
}

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line)

/** Where the row ends that begins at `start`: its line feed outside of quotes, or -1 where it is not there yet. */
const endOfRow = (text: string, start: number): number => {
  let end = text.indexOf('\n', start)
  if (end === -1 || !text.slice(start, end).includes(quote)) return end
  while (end !== -1 && quotesIn(text.slice(start, end)) % 2 === 1) end = text.indexOf('\n', end + 1)
  return end
}

/**
 * Rows of a text that comes in chunks; empty lines are left out. Line feeds may stand inside quotes. Throws
 * UnreadableCsv where a row does not end.
 */
export async function* readRows(chunks: AsyncIterable<string>, separator = ','): AsyncGenerator<readonly string[][]> {
  let rest = ''
  const fieldsOf = (line: string): string[] =>
    line.includes(quote) ? quotedFields(line, separator) : line.split(separator)
  for await (const chunk of chunks) {
    const text = rest + chunk
    const rows: string[][] = []
    let start = 0
    for (let end = endOfRow(text, start); end !== -1; end = endOfRow(text, start)) {
      const line = withoutReturn(text.slice(start, end))
      if (line !== '') rows.push(fieldsOf(line))
      start = end + 1
    }
    rest = text.slice(start)
    if (rest.length > longestRow) throw new UnreadableCsv()
    if (rows.length > 0) yield rows
  }
  if (quotesIn(rest) % 2 === 1) throw new UnreadableCsv()
  const line = withoutReturn(rest)
  if (line !== '') yield [fieldsOf(line)]
}

/** One row, quoted where it must be. */
export const csvRow = (fields: readonly string[], separator = ','): string =>
  `${fields.map((field) => (/[",\t\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(separator)}\n`
