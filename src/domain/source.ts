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

export const fileFormats = ['csv', 'parquet', 'jsonl'] as const
export type FileFormat = (typeof fileFormats)[number]

export const encodings = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'latin1'] as const
/** `latin1` is read as `windows-1252`, which has the same letters and more: what calls itself Latin-1 is mostly that. */
export type Encoding = (typeof encodings)[number]

interface Named {
  readonly file: string
  readonly format?: FileFormat | undefined
}

/** JSON lines end in .jsonl, .ndjson or .json; what has no known ending is CSV. */
export const formatOf = ({ file, format }: Named): FileFormat => {
  if (format !== undefined) return format
  const ending = file.replace(/\.gz$/i, '').toLowerCase()
  if (ending.endsWith('.parquet')) return 'parquet'
  return /\.(?:jsonl|ndjson|json)$/.test(ending) ? 'jsonl' : 'csv'
}

/**
 * `file`: a path within the data folder, where `*` in the last part stands for any characters; all files that fit are one
 * table. `key` is unique per row. `format` and `compression` follow from the file's ending where they are not declared,
 * `encoding` from its byte order mark, else UTF-8.
 */
export const sourceTable = z
  .strictObject({
    name: tableName,
    file: z.string().min(1).max(500),
    format: z.enum(fileFormats).optional(),
    encoding: z.enum(encodings).optional(),
    compression: z.enum(['gzip', 'none']).optional(),
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
  .refine((source) => source.encoding === undefined || formatOf(source) === 'csv', {
    path: ['encoding'],
    error: 'Only CSV files have a declared encoding: JSON lines and Parquet are UTF-8.',
  })

export type SourceTable = z.infer<typeof sourceTable>

const isGzipName = (file: string): boolean => /\.gz$/i.test(file)

/** `name`: of one file of the source. */
export const isGzip = ({ compression }: Pick<SourceTable, 'compression'>, name: string): boolean =>
  compression === undefined ? isGzipName(name) : compression === 'gzip'
