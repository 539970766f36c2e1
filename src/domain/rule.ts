/** The rule of a segment: conditions on profile fields, joined by all or any. */
import { z } from 'zod'

/** A field, an operator of its type, and what to compare with: see segments/operators.ts for the table of operators. */
export interface Condition {
  readonly field: string
  readonly op: string
  readonly value?: Value | undefined
  readonly values?: readonly Value[] | undefined
  readonly ignoreCase?: boolean | undefined
}

export type Value = string | number | boolean
export type Rule = { readonly all: readonly Rule[] } | { readonly any: readonly Rule[] } | Condition

export const MAX_DEPTH = 20
export const MAX_NODES = 1000

/** PostgreSQL and vendors take no NUL, and a lone surrogate has no UTF-8 form: neither can equal a stored value. */
const text = z
  .string()
  .min(1)
  .max(10_000)
  .refine((value) => value.isWellFormed() && !value.includes('\0'), {
    error: 'The value holds characters that no stored text can hold.',
  })
const value = z.union([text, z.number(), z.boolean()])

const condition = z.strictObject({
  field: z.string().min(1),
  op: z.string().min(1),
  value: value.optional(),
  values: z.array(value).min(1).max(1000).optional(),
  ignoreCase: z.boolean().optional(),
})

/** A rule of whatever size: for describing it. Untrusted input is for `rule`. */
export const ruleNode: z.ZodType<Rule> = z.lazy(() =>
  z.union([
    z.strictObject({ all: z.array(ruleNode).min(1) }),
    z.strictObject({ any: z.array(ruleNode).min(1) }),
    condition,
  ]),
)

const isGroup = (input: unknown): input is { all?: unknown; any?: unknown } =>
  typeof input === 'object' && input !== null

const childrenOf = (input: unknown): readonly unknown[] => {
  if (!isGroup(input)) return []
  return [input.all, input.any].flatMap((children) => (Array.isArray(children) ? children : []))
}

/** Walks level by level, so that a rule nested far too deep is refused before anything recurses into it. */
const isWithinBounds = (input: unknown): boolean => {
  let level: readonly unknown[] = [input]
  let nodes = 0
  for (let depth = 1; level.length > 0; depth++) {
    nodes += level.length
    if (depth > MAX_DEPTH || nodes > MAX_NODES) return false
    level = level.flatMap(childrenOf)
  }
  return true
}

/** An empty group or value is invalid: it means neither everybody nor nobody. */
export const rule: z.ZodType<Rule> = z
  .unknown()
  .refine(isWithinBounds, {
    error: `A rule is at most ${MAX_DEPTH} deep and has at most ${MAX_NODES} parts.`,
    abort: true,
  })
  .pipe(ruleNode)
