/** What may be the name of a table, a column or a field: anything that people write, save what would be ambiguous in SQL. */
import { z } from 'zod'

// Names become quoted identifiers. A dot would split one in two, and a leading underscore marks columns of our own.
// Control characters and lone surrogates cannot be shown or stored faithfully.
const isPlain = (name: string): boolean => name.isWellFormed() && !/[\p{Cc}.]/u.test(name) && name.trim() === name

// Names that the engine or our own queries give a meaning to, beside a table's columns.
const RESERVED: ReadonlySet<string> = new Set(['rowid', '_unfit', '_record', '_label'])

const isFree = (name: string): boolean => !RESERVED.has(name.toLowerCase())

/** The name of a column of a file. */
export const attributeName = z
  .string()
  .min(1)
  .max(200)
  .refine((name) => name.isWellFormed() && !/\p{Cc}/u.test(name), { error: 'The name holds control characters.' })
  .refine(isFree, { error: 'This name is kept for a column of Sund’s own: rename the column in the file.' })

/** The name of a field of the unified profile. */
export const fieldName = z
  .string()
  .min(1)
  .max(200)
  .refine(isPlain, { error: 'A field name has no dots, control characters or blanks at its ends.' })
  .refine((name) => isFree(name) && !name.startsWith('_') && name.toLowerCase() !== 'customer_id', {
    error: 'This name is kept for a column of Sund’s own.',
  })

/** The name of a source table. */
export const tableName = z
  .string()
  .max(100)
  .refine(isPlain, {
    error: 'A table name has no dots, control characters or blanks at its ends.',
  })
  .min(1)
