/** How things look to a person: tables, and YAML for what has parts. */
import { stringify } from 'yaml'

/** Text of others on our terminal: what would move the cursor or turn the line round is replaced. */
export const plain = (text: string): string =>
  text.replaceAll(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')

export type Cell = string | number | boolean | null | undefined

const shown = (cell: Cell): string => {
  if (cell === undefined || cell === null) return '–'
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no'
  return typeof cell === 'number' ? cell.toLocaleString('en') : plain(cell)
}

const lengthOf = (text: string): number => [...text].length

/** Columns as wide as their widest cell; numbers to the right. */
export const table = (head: readonly string[], rows: readonly (readonly Cell[])[]): string => {
  if (rows.length === 0) return 'There are none.\n'
  const texts = [head, ...rows.map((row) => row.map(shown))]
  const widths = head.map((_name, at) => Math.max(...texts.map((row) => lengthOf(row[at] ?? ''))))
  const isNumber = head.map((_name, at) => rows.every((row) => typeof row[at] === 'number'))
  const lines = texts.map((row) =>
    row
      .map((text, at) => {
        const gap = ' '.repeat((widths[at] ?? 0) - lengthOf(text))
        return isNumber[at] === true ? gap + text : text + gap
      })
      .join('  ')
      .trimEnd(),
  )
  return `${lines.join('\n')}\n`
}

/** A thing with parts, as YAML. */
export const parts = (value: unknown): string => `${stringify(value).trimEnd().split('\n').map(plain).join('\n')}\n`

/** What follows the table of a page that is not all. */
export const pageLine = ({ items, page, size, total }: PageOfItems): string =>
  items.length === total ? '' : `\nPage ${page} of ${Math.max(1, Math.ceil(total / size))}; ${total} in all.\n`

export interface PageOfItems {
  readonly items: readonly unknown[]
  readonly page: number
  readonly size: number
  readonly total: number
}
