/** The files of Microsoft Advertising's Bulk service: what is uploaded, and what comes back about it. */
import { csvLine } from '../../destination-kit/csv.ts'
import {
  type At,
  type Crowd,
  type Mark,
  type Person,
  type Reader,
  Stop,
  type Written,
} from '../../destination-kit/kit.ts'
import { vendorWords } from '../../destination-kit/words.ts'
import type { VendorError } from './answers.ts'
import type { ExportSettings } from './audiences.ts'
import { assertHashed, fateOf } from './members.ts'

type Place = At<ExportSettings, never>
/** What is there is never replaced. */
export type Action = 'Add' | 'Remove'

/** Columns are known by their names, so those that stay empty are left out. */
const columns = [
  'Type',
  'Id',
  'Parent Id',
  'Client Id',
  'Name',
  'Action Type',
  'Accept Customer Match Term',
  'Sub Type',
  'Text',
] as const
type Column = (typeof columns)[number]

const line = (cells: Partial<Record<Column, string>>): string => csvLine(columns.map((column) => cells[column] ?? ''))

/** A negative id would make a new list. */
const listId = ({ list }: Place): string => {
  if (!/^\d+$/.test(list.id)) throw new Stop('list-missing', 'This is not the ID of an audience.')
  return list.id
}

/** A list member; `Client Id` comes back with what is said about it. */
export const itemLine = (person: Person, at: Place): string => {
  assertHashed(person.identifier)
  return line({
    Type: 'Customer List Item',
    'Parent Id': listId(at),
    'Client Id': person.ref,
    'Sub Type': 'Email',
    Text: person.identifier,
  })
}

/**
 * One list and its items; the action holds for all of them. Whether the terms are accepted goes with every file; left
 * out, what was accepted at Microsoft Advertising counts.
 * https://learn.microsoft.com/en-us/advertising/bulk-service/customer-list-item (checked 2026-11-21).
 */
export const customerListFile = (action: Action, crowd: Crowd, at: Place): Written => {
  const list = line({
    Type: 'Customer List',
    Id: listId(at),
    'Action Type': action,
    ...(at.settings.terms === 'yes' ? { 'Accept Customer Match Term': 'True' } : {}),
  })
  const head = [columns.join(','), line({ Type: 'Format Version', Name: '6.0' }), list]
  return {
    rows: crowd,
    type: 'application/zip',
    // The file must begin with a byte order mark.
    head: `\uFEFF${head.map((text) => `${text}\r\n`).join('')}`,
    between: '\r\n',
    tail: '\r\n',
    pack: { zip: 'customer-list.csv' },
    part: { name: 'file', file: 'customer-list.zip' },
  }
}

type Row = Readonly<Record<string, string>>

const errorOf = (row: Row): VendorError => {
  const code = /^\d+$/.test(row['error number'] ?? '') ? Number(row['error number']) : -1
  const name = vendorWords(row.error ?? '') || 'error'
  return { code, name, words: `${name} (${row['error number'] || 'no number'})` }
}

/** One reading of a result file: items are marked by the ref that was sent with them. */
export class ResultFile {
  /** The list itself was refused, and with it all its items. */
  listError: VendorError | undefined
  /** Errors that belong to no item that we could name. */
  nameless = 0
  readonly reader: Reader = { by: 'ref', csv: (row) => this.#mark(row) }

  #mark(row: Row): Mark {
    const type = row.type ?? ''
    if (type === 'Customer List Error') {
      this.listError ??= errorOf(row)
      return undefined
    }
    if (type !== 'Customer List Item Error') {
      // Anything that is no error says nothing; an error of another kind may be about anybody.
      if (row.type === undefined || /error$/i.test(type)) this.nameless++
      return undefined
    }
    const ref = row['client id'] ?? ''
    if (ref === '') {
      this.nameless++
      return undefined
    }
    const error = errorOf(row)
    return [ref, fateOf(error, error.words)]
  }
}
