/** What a field of a destination is filled with: a field of the profile, or a small tree of transforms over fields. */
import { z } from 'zod'
import { fieldName } from './names.ts'

export const letterCases = ['upper', 'lower', 'title'] as const
export const countryForms = ['name', 'alpha-2', 'alpha-3'] as const
export const writtenDates = ['YYYY-MM-DD', 'DD/MM/YYYY', 'MM/DD/YYYY', 'DD.MM.YYYY', 'YYYYMMDD', 'YYYY'] as const
export type LetterCase = (typeof letterCases)[number]
export type CountryForm = (typeof countryForms)[number]
export type WrittenDate = (typeof writtenDates)[number]

/** A text is the name of a profile field. Every transform works on the text that would be sent without it. */
export type MatchedValue =
  | string
  | { readonly trim: MatchedValue }
  | { readonly case: LetterCase; readonly of: MatchedValue }
  | { readonly country: CountryForm; readonly of: MatchedValue }
  | { readonly date: WrittenDate; readonly of: MatchedValue }
  | { readonly hash: 'sha256'; readonly of: MatchedValue }
  | { readonly constant: string }
  | { readonly firstOf: readonly MatchedValue[] }

/** `clear`: nobody has a value here any more, so the service is asked to empty the field. */
export type MatchedField = MatchedValue | { readonly clear: true }

export const MAX_DEPTH = 6
export const MAX_NODES = 30

/** No service takes a NUL, and a lone surrogate has no UTF-8 form. */
const constant = z
  .string()
  .min(1)
  .max(1000)
  .refine((text) => text.isWellFormed() && !text.includes('\0'), {
    error: 'The value holds characters that cannot be sent.',
  })

/** Of whatever size: for describing it. Untrusted input is for `matchedField`. */
export const matchedValueNode: z.ZodType<MatchedValue> = z.lazy(() =>
  z.union([
    fieldName,
    z.strictObject({ trim: matchedValueNode }),
    z.strictObject({ case: z.enum(letterCases), of: matchedValueNode }),
    z.strictObject({ country: z.enum(countryForms), of: matchedValueNode }),
    z.strictObject({ date: z.enum(writtenDates), of: matchedValueNode }),
    z.strictObject({ hash: z.literal('sha256'), of: matchedValueNode }),
    z.strictObject({ constant }),
    z.strictObject({ firstOf: z.array(matchedValueNode).min(2) }),
  ]),
)

const isGroup = (input: unknown): input is { of?: unknown; trim?: unknown; firstOf?: unknown } =>
  typeof input === 'object' && input !== null

const partsOf = (input: unknown): readonly unknown[] => {
  if (!isGroup(input)) return []
  const one = [input.of, input.trim].filter((part) => part !== undefined)
  return Array.isArray(input.firstOf) ? [...one, ...input.firstOf] : one
}

/** Walks level by level, so that a tree nested far too deep is refused before anything recurses into it. */
const isWithinBounds = (input: unknown): boolean => {
  let level: readonly unknown[] = [input]
  let nodes = 0
  for (let depth = 1; level.length > 0; depth++) {
    nodes += level.length
    if (depth > MAX_DEPTH || nodes > MAX_NODES) return false
    level = level.flatMap(partsOf)
  }
  return true
}

export const matchedFieldNode: z.ZodType<MatchedField> = z.union([
  matchedValueNode,
  z.strictObject({ clear: z.literal(true) }),
])

export const matchedField: z.ZodType<MatchedField> = z
  .unknown()
  .refine(isWithinBounds, {
    error: `A value is at most ${MAX_DEPTH} transforms deep and has at most ${MAX_NODES} parts.`,
    abort: true,
  })
  .pipe(matchedFieldNode)

const within = (value: MatchedField): readonly MatchedValue[] => {
  if (typeof value === 'string' || 'constant' in value || 'clear' in value) return []
  if ('trim' in value) return [value.trim]
  return 'firstOf' in value ? value.firstOf : [value.of]
}

/** The profile fields that a value is made of, each once. */
export const fieldsIn = (value: MatchedField): string[] =>
  typeof value === 'string' ? [value] : [...new Set(within(value).flatMap(fieldsIn))]
