/**
 * The rows of a bulk file of customer lists, read in pieces of constant size.
 * https://learn.microsoft.com/en-us/advertising/bulk-service/customer-list and .../customer-list-item (checked 2026-11-21).
 * Assumed: a list's row comes before its items; a file without byte order mark or Type column has no supported format.
 */
import { readRows } from '../frame/csv.ts'
import { decoded } from '../frame/unpack.ts'
import { hashShape } from './customer-list.ts'
import type { Code } from './faults.ts'

const formatVersion = '6.0'
const rowsPerPiece = 10_000
const byteOrderMark = '\uFEFF'

/** A `Customer List` row. */
export interface ListRow {
  /** As in the file: of an existing list, negative for a new one, or empty. */
  readonly id: string
  readonly clientId: string
  readonly name: string
  readonly description: string
  readonly scope: string
  readonly parentId: string
  readonly duration: string
  readonly action: 'add' | 'remove'
  /** What is wrong with it; 0: nothing. */
  readonly code: Code
}

/** What is kept of a row until it is done: a list by its place among the lists, -1 for none; an item with its own fault. */
export type Entry =
  | { readonly kind: 'list'; readonly list: number }
  | {
      readonly kind: 'item'
      readonly list: number
      readonly parentId: string
      readonly clientId: string
      readonly subType: string
      readonly text: string
      readonly code: Code
    }
  | { readonly kind: 'other'; readonly type: string; readonly clientId: string }

export type Verdict = 'taken' | 'no version' | 'format' | 'rows'

export interface BulkReading {
  readonly lists: ListRow[]
  verdict: Verdict
  rows: number
  /** The row that would throw away who is on a list. */
  replaces: boolean
}

type Cell = (column: string) => string

const listRow = (cell: Cell): ListRow => {
  const isNew = cell('Id') === '' || cell('Id').startsWith('-')
  const action = cell('Action Type')
  const accepted = cell('Accept Customer Match Term').toLowerCase() === 'true'
  const known = isNew || action === 'Add' || action === 'Remove'
  return {
    id: cell('Id'),
    clientId: cell('Client Id'),
    name: cell('Audience'),
    description: cell('Description'),
    scope: cell('Scope'),
    parentId: cell('Parent Id'),
    duration: cell('Membership Duration'),
    action: !isNew && action === 'Remove' ? 'remove' : 'add',
    code: !known ? 8001 : accepted ? 0 : 8003,
  }
}

const itemCode = (subType: string, text: string): Code => {
  if (subType !== 'Email') return 8002
  return hashShape.test(text) ? 0 : 8004
}

/** Where the columns are; undefined where this is no header of a bulk file. */
const columnsOf = (header: readonly string[]): ReadonlyMap<string, number> | undefined => {
  const [first = '', ...others] = header
  if (!first.startsWith(byteOrderMark)) return undefined
  const names = [first.slice(byteOrderMark.length), ...others]
  return names.includes('Type') ? new Map(names.map((name, index) => [name, index])) : undefined
}

/** Gives the rows in pieces and fills `reading`; ends early where the file cannot be used. */
export async function* readBulkFile(
  bytes: AsyncIterable<Uint8Array>,
  separator: string,
  mostRows: number,
  reading: BulkReading,
): AsyncGenerator<readonly Entry[]> {
  let columns: ReadonlyMap<string, number> | undefined
  let piece: Entry[] = []
  const byKey = new Map<string, number>()
  reading.verdict = 'no version'

  const entryOf = (cell: Cell): Entry => {
    const type = cell('Type')
    if (type === 'Customer List Item') {
      const [parentId, subType, text] = [cell('Parent Id'), cell('Sub Type'), cell('Text')]
      const list = byKey.get(parentId === '' ? `name ${cell('Audience')}` : parentId) ?? -1
      const code = itemCode(subType, text)
      return { kind: 'item', list, parentId, clientId: cell('Client Id'), subType, text, code }
    }
    if (type !== 'Customer List') return { kind: 'other', type, clientId: cell('Client Id') }
    const row = listRow(cell)
    const list = reading.lists.push(row) - 1
    byKey.set(row.id, list)
    byKey.set(`name ${row.name}`, list)
    return { kind: 'list', list }
  }

  for await (const rows of readRows(decoded(bytes), separator)) {
    for (const row of rows) {
      if (columns === undefined) {
        columns = columnsOf(row)
        if (columns !== undefined) continue
        reading.verdict = 'format'
        return
      }
      const places = columns
      const cell: Cell = (column) => row[places.get(column) ?? -1] ?? ''
      if (cell('Type') === 'Format Version') {
        reading.verdict = cell('Name') === formatVersion ? 'taken' : 'format'
        if (reading.verdict === 'format') return
        continue
      }
      reading.rows++
      if (reading.rows > mostRows) {
        reading.verdict = 'rows'
        return
      }
      if (cell('Type') === 'Customer List' && cell('Action Type').toLowerCase() === 'replace') {
        reading.replaces = true
        return
      }
      piece.push(entryOf(cell))
      if (piece.length < rowsPerPiece) continue
      yield piece
      piece = []
    }
  }
  if (columns === undefined) reading.verdict = 'format'
  if (piece.length > 0) yield piece
}

const itemType = Buffer.from('Customer List Item')

/** How many items there are, by their type alone. */
export const countItems = async (bytes: AsyncIterable<Uint8Array>): Promise<number> => {
  let count = 0
  let tail: Buffer = Buffer.alloc(0)
  for await (const chunk of bytes) {
    const text = Buffer.concat([tail, chunk])
    let after = 0
    for (let at = text.indexOf(itemType); at !== -1; at = text.indexOf(itemType, after)) {
      count++
      after = at + itemType.length
    }
    tail = text.subarray(Math.max(after, text.length - itemType.length + 1))
  }
  return count
}
