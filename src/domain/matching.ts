/** Data matching: which profile field fills which field of the destination. */
import { z } from 'zod'
import { fieldsIn, matchedField } from './matched-value.ts'
import { fieldName } from './names.ts'
import { areDistinct } from './source.ts'

export const matching = z.strictObject({
  /** The profile field that names the person. */
  identifier: fieldName,
  /** What fills it, by field of the destination. */
  fields: z.record(z.string().min(1), matchedField).refine((fields) => areDistinct(Object.keys(fields)), {
    error: 'Two fields have names that differ in upper and lower case only.',
  }),
})

export type Matching = Readonly<z.infer<typeof matching>>

/** The profile fields that a matching is made of, each once. */
export const profileFieldsOf = ({ identifier, fields }: Matching): string[] => [
  ...new Set([identifier, ...Object.values(fields).flatMap(fieldsIn)]),
]
