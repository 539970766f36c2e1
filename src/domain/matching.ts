/** Data matching: which profile field fills which field of the destination. */
import { z } from 'zod'
import { fieldName } from './names.ts'

export const matching = z.strictObject({
  /** The profile field that names the person. */
  identifier: fieldName,
  /** Profile field by field of the destination. */
  fields: z.record(z.string().min(1), fieldName),
})

export type Matching = Readonly<z.infer<typeof matching>>
