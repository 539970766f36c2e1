/** The CSV file of an import, packed or not: its rows as contacts, in pieces of constant size. */
import { readRows } from '../frame/csv.ts'
import { decoded, gunzipped, peek } from '../frame/unpack.ts'
import { readContact, type Upsert } from './contact.ts'
import type { FieldType } from './fields.ts'
import type { Refused } from './jobs.ts'

const rowsPerPiece = 10_000
const gzipMagic = Buffer.from([0x1f, 0x8b])

/** Where a column goes. */
export type Target =
  | { readonly kind: 'skipped' }
  | { readonly kind: 'reserved'; readonly name: string }
  | { readonly kind: 'custom'; readonly id: string }

export interface ImportedPiece {
  readonly contacts: Upsert[]
  readonly refused: Refused[]
}
export type ImportedRows = AsyncIterable<ImportedPiece>

/** The file unpacked, where it is packed. */
export const plainBytes = async (chunks: AsyncIterable<Buffer>): Promise<AsyncIterable<Buffer>> => {
  const { head, all } = await peek(chunks, gzipMagic.length)
  return head.subarray(0, gzipMagic.length).equals(gzipMagic) ? gunzipped(all) : all
}

/**
 * A row as the contact that an upsert would have. That an empty cell clears its field, as an empty text does in an
 * upsert, is assumed.
 */
const contactOf = (row: readonly string[], targets: readonly Target[]): Record<string, unknown> => {
  const contact: Record<string, unknown> = {}
  const custom: Record<string, string> = {}
  for (const [index, target] of targets.entries()) {
    const value = row[index] ?? ''
    if (target.kind === 'custom') custom[target.id] = value
    else if (target.kind === 'reserved') contact[target.name] = value
  }
  const alternates = contact.alternate_emails
  if (typeof alternates === 'string') {
    contact.alternate_emails = alternates.split(',').filter((email) => email !== '')
  }
  return { ...contact, custom_fields: custom }
}

/** The rows after the header, of a file that is unpacked. Throws Unpackable or UnreadableCsv where there are none to be read. */
export async function* importedRows(
  bytes: AsyncIterable<Buffer>,
  targets: readonly Target[],
  customFields: ReadonlyMap<string, FieldType>,
): AsyncGenerator<ImportedPiece> {
  let piece: ImportedPiece = { contacts: [], refused: [] }
  let header = true
  for await (const rows of readRows(decoded(bytes))) {
    for (const row of header ? rows.slice(1) : rows) {
      const contact = contactOf(row, targets)
      const reading = readContact(contact, 'row', customFields)
      if (reading.kind === 'contact') piece.contacts.push(reading.contact)
      else piece.refused.push([String(contact.email ?? ''), reading.errors.map(({ message }) => message).join('; ')])
      if (piece.contacts.length + piece.refused.length < rowsPerPiece) continue
      yield piece
      piece = { contacts: [], refused: [] }
    }
    header = false
  }
  if (piece.contacts.length + piece.refused.length > 0) yield piece
}

/** How many rows follow the header, by their line feeds alone. */
export const countRows = async (bytes: AsyncIterable<Buffer>): Promise<number> => {
  let lines = 0
  let last = 0x0a
  for await (const chunk of bytes) {
    for (let at = chunk.indexOf(0x0a); at !== -1; at = chunk.indexOf(0x0a, at + 1)) lines++
    last = chunk.at(-1) ?? last
  }
  return Math.max(0, lines + (last === 0x0a ? 0 : 1) - 1)
}
