/** Reads a small comma-separated report of a vendor, held in memory, into records keyed by its column names. */

/** Cells of every line, by RFC 4180: quotes may hold commas, line breaks and doubled quotes. Undefined when a quote never closes. */
const linesOf = (text: string): string[][] | undefined => {
  const lines: string[][] = []
  let line: string[] = []
  let cell = ''
  let quoted = false
  const endLine = () => {
    line.push(cell)
    if (line.length > 1 || cell !== '') lines.push(line)
    line = []
    cell = ''
  }
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (quoted) {
      if (char !== '"') cell += char
      else if (text[at + 1] === '"') {
        cell += '"'
        at++
      } else quoted = false
    } else if (char === '"' && cell === '') quoted = true
    else if (char === ',') {
      line.push(cell)
      cell = ''
    } else if (char === '\n') endLine()
    else if (char !== '\r') cell += char
  }
  if (quoted) return undefined
  endLine()
  return lines
}

/**
 * Records of a report with a header line, keyed by column name in lower case. Undefined when it is not such a report:
 * no header, a quote that never closes, or a line with more cells than the header.
 */
export const readCsv = (text: string): Readonly<Record<string, string>>[] | undefined => {
  const lines = linesOf(text.replace(/^\uFEFF/, ''))
  const header = lines?.[0]?.map((name) => name.trim().toLowerCase())
  if (lines === undefined || header === undefined) return undefined
  const records: Record<string, string>[] = []
  for (const line of lines.slice(1)) {
    if (line.length > header.length) return undefined
    records.push(Object.fromEntries(line.map((cell, index) => [header[index] ?? '', cell])))
  }
  return records
}
