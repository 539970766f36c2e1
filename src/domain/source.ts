/** A source: which file holds a table of customer data, and how each of its columns is typed. */
import { z } from 'zod'
import { attributeName, tableName } from './names.ts'

export const columnTypes = ['text', 'number', 'date', 'boolean'] as const
export type ColumnType = (typeof columnTypes)[number]

/** The words that say yes and no where a column declares none of its own; compared without regard to case. */
export const defaultWords = { yes: ['true', 'yes', 'y', '1', 'ja'], no: ['false', 'no', 'n', '0', 'nei'] } as const

const words = z.array(z.string().trim().min(1).max(40)).min(1).max(20)

const column = z.discriminatedUnion('type', [
  z.strictObject({ name: attributeName, type: z.literal('text'), semantic: z.literal('email').optional() }),
  z.strictObject({ name: attributeName, type: z.literal('number') }),
  z.strictObject({
    name: attributeName,
    type: z.literal('date'),
    /** How dates are written, tried in this order; ISO where nothing is declared. */
    dateForms: z
      .array(z.enum(['iso', 'month-first', 'day-first']))
      .min(1)
      .refine((forms) => !(forms.includes('month-first') && forms.includes('day-first')), {
        error: 'Month first and day first cannot be told apart: declare one of them.',
      })
      .optional(),
  }),
  z.strictObject({
    name: attributeName,
    type: z.literal('boolean'),
    words: z.strictObject({ yes: words, no: words }).optional(),
  }),
])

/** A declared column. Columns of the file that are not declared are never read into Sund. */
export type SourceColumn = z.infer<typeof column>

/** Names that differ in case only are the same column to the data engine. */
export const areDistinct = (names: readonly string[]): boolean =>
  new Set(names.map((name) => name.toLowerCase())).size === names.length

/** `file`: a path within the data folder, where `*` in the last part stands for any characters. `key` is unique per row. */
export const sourceTable = z
  .strictObject({
    name: tableName,
    file: z.string().min(1).max(500),
    delimiter: z.enum([',', ';', '\t', '|']).default(','),
    key: attributeName,
    columns: z.array(column).min(1).max(5000),
  })
  .refine(({ columns }) => areDistinct(columns.map(({ name }) => name)), {
    path: ['columns'],
    error: 'Two columns have the same name.',
  })
  .refine(({ key, columns }) => columns.some(({ name, type }) => name === key && type === 'text'), {
    path: ['key'],
    error: 'The key must be one of the declared columns, of type text.',
  })

export type SourceTable = z.infer<typeof sourceTable>
