/** Unification: which tables make the profiles, how their rows are matched, and which column fills which field. */
import { z } from 'zod'
import { attributeName, fieldName, tableName } from './names.ts'
import { areDistinct, columnTypes } from './source.ts'

const columnOfTable = z.strictObject({ table: tableName, column: attributeName })

/**
 * Rows of two tables match where these columns hold the same value: `exact` as it stands, `email` as normalised
 * addresses. A table without a column takes no part in the rule.
 */
const matchRule = z.strictObject({
  by: z.enum(['exact', 'email']),
  columns: z
    .array(columnOfTable)
    .min(2)
    .refine((columns) => new Set(columns.map(({ table }) => table)).size === columns.length, {
      error: 'A table is named twice in one rule.',
    }),
})

const profileField = z.strictObject({
  name: fieldName,
  type: z.enum(columnTypes),
  /** The field names the person to a destination. */
  identifier: z.literal('email').optional(),
  /** In order of importance: the first that has a value fills the field. */
  from: z.array(columnOfTable).min(1),
})

export const unification = z.strictObject({
  /** In order of importance. Rows of the first table are never matched with each other. */
  tables: z
    .array(z.strictObject({ table: tableName, key: attributeName }))
    .min(1)
    .max(50)
    .refine((tables) => areDistinct(tables.map(({ table }) => table)), { error: 'A table is named twice.' }),
  /** In order: a later rule looks only at rows for which the earlier ones found nothing. */
  match: z.array(matchRule),
  fields: z
    .array(profileField)
    .min(1)
    .max(5000)
    .refine((fields) => areDistinct(fields.map(({ name }) => name)), { error: 'Two fields have the same name.' }),
})

export type MatchRule = z.infer<typeof matchRule>
export type ProfileField = z.infer<typeof profileField>
export type Unification = z.infer<typeof unification>
