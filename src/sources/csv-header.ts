/** Reads the header of a CSV file and says in plain words why a file is not the one that was declared. */
import type { SourceTable } from '../domain/source.ts'
import { SundError } from '../errors.ts'
import { beginningOf } from './file-kind.ts'
import type { PlainContent } from './plain-content.ts'

/** A header longer than this is no header. */
const LONGEST_HEADER = 1024 * 1024
const DELIMITERS = [',', ';', '\t', '|']

/** The values of the first record, or undefined where it does not end. */
const firstRecord = (text: string, delimiter: string): string[] | undefined => {
  const values: string[] = []
  let value = ''
  let quoted = false
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? ''
    if (quoted) {
      if (character !== '"') value += character
      else if (text[index + 1] === '"') value += text[++index]
      else quoted = false
    } else if (character === '"' && value.trim() === '') {
      value = ''
      quoted = true
    } else if (character === delimiter) {
      values.push(value)
      value = ''
    } else if (character === '\n') return [...values, value.replace(/\r$/, '')]
    else value += character
  }
  return quoted ? undefined : [...values, value.replace(/\r$/, '')]
}

const checkDeclared = (source: SourceTable, header: readonly string[], text: string, file: string): void => {
  const repeated = header.find((name, index) => name.trim() !== '' && header.indexOf(name) !== index)
  const missing = source.columns.find(({ name }) => !header.includes(name))
  if (missing !== undefined) {
    const fitting = DELIMITERS.find((delimiter) => firstRecord(text, delimiter)?.includes(missing.name) === true)
    if (fitting !== undefined) {
      throw new SundError('source.wrong_delimiter', { file, declared: word(source.delimiter), found: word(fitting) })
    }
    throw new SundError('source.column_missing', { file, column: missing.name, found: header.join(', ').slice(0, 300) })
  }
  if (repeated !== undefined) throw new SundError('source.duplicate_header', { file, column: repeated })
}

const word = (delimiter: string): string => (delimiter === '\t' ? 'tab' : delimiter)

/** The names of the file's columns, in order; every declared column is among them, once. `shown`: the file's name. */
export async function readHeader(source: SourceTable, content: PlainContent, shown: string): Promise<string[]> {
  const head = await beginningOf(content.path, LONGEST_HEADER)
  const text = new TextDecoder('utf-8').decode(head)
  if (text.trim() === '') throw new SundError('source.file_empty', { file: shown })
  const header = firstRecord(text, source.delimiter)
  if (header?.some((name) => name.includes('\0'))) throw new SundError('source.nul_byte', { file: shown, line: 1 })
  if (header === undefined || (head.length === LONGEST_HEADER && !head.includes(10))) {
    throw new SundError('source.open_quote', { file: shown, line: 1 })
  }
  checkDeclared(source, header, text, shown)
  return header
}
