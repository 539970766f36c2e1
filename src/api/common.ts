/** Shapes that several resources share. */
import { z } from 'zod'
import { present } from '../store/columns.ts'

/** Ids are whole numbers, as text since they may be longer than numbers are exact. */
export const id = z.string().regex(/^[1-9]\d{0,17}$/, { error: 'An id is a whole number.' })

export const idParams = z.strictObject({ id })

export const moment = z.iso.datetime()

/** A name that people give to a thing. */
export const displayName = z
  .string()
  .min(1)
  .max(200)
  .refine((name) => name.isWellFormed() && !/\p{Cc}/u.test(name) && name.trim() === name, {
    error: 'A name has no control characters and no blanks at its ends.',
  })

/** Texts by name, as settings and data matching are kept. */
export const textValues = z.record(
  z.string().min(1).max(200),
  z
    .string()
    .max(10_000)
    .refine((text) => !text.includes('\0')),
)

// Loose: what is not named here must stay with the request.
export const onceHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .min(1)
    .max(255)
    .regex(/^[\x21-\x7e]+$/)
    .optional()
    .describe('The same key with the same body gets the same answer for a day, and is carried out once.'),
})

/** Dates of a row as text, where they are there. */
export const momentOf = <K extends string>(name: K, date: Date | undefined): { [P in K]?: string } =>
  present(name, date?.toISOString())
