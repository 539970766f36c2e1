/** Problem documents (RFC 9457): what went wrong, in the reader's language, without stacks, SQL or paths of the machine. */
import { z } from 'zod'
import { SundError } from '../errors.ts'
import { issuesIn, type Language } from './language.ts'

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

const fieldProblem = z
  .object({
    in: z.enum(['body', 'query', 'path', 'header']),
    pointer: z.string().describe('JSON Pointer (RFC 6901) to the value; empty for the whole.'),
    detail: z.string(),
  })
  .meta({ id: 'FieldProblem' })
export type FieldProblem = z.infer<typeof fieldProblem>

export const problem = z
  .object({
    type: z.string().describe('urn:sund:problem: followed by the code.'),
    title: z.string(),
    status: z.int(),
    code: z.string().describe('Stable; see docs/errors.md.'),
    detail: z.string().describe('What happened, on which thing.'),
    hint: z.string().describe('What to do next.'),
    errors: z.array(fieldProblem).optional().describe('The values that are wrong, each with its place.'),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof problem>

const titles: Readonly<Record<number, Readonly<Record<Language, string>>>> = {
  400: { en: 'Invalid request', nb: 'Ugyldig forespørsel' },
  401: { en: 'Not signed in', nb: 'Ikke logget på' },
  403: { en: 'Not allowed', nb: 'Ikke tillatt' },
  404: { en: 'Not found', nb: 'Ikke funnet' },
  405: { en: 'Method not allowed', nb: 'Metoden er ikke tillatt' },
  408: { en: 'Timed out', nb: 'Tidsavbrudd' },
  409: { en: 'Not possible now', nb: 'Ikke mulig nå' },
  410: { en: 'Gone', nb: 'Borte' },
  412: { en: 'Changed meanwhile', nb: 'Endret i mellomtiden' },
  413: { en: 'Too large', nb: 'For stor' },
  415: { en: 'Unsupported media type', nb: 'Medietypen støttes ikke' },
  422: { en: 'Unusable values', nb: 'Ubrukelige verdier' },
  428: { en: 'Precondition required', nb: 'Forutsetning kreves' },
  431: { en: 'Head too large', nb: 'For stort hode' },
  500: { en: 'Internal error', nb: 'Intern feil' },
  502: { en: 'The service refused', nb: 'Tjenesten avviste' },
  503: { en: 'Unavailable', nb: 'Utilgjengelig' },
}

/** The title of a status: the same for every problem of it. */
export const titleOf = (status: number, language: Language): string =>
  (titles[status] ?? titles[status < 500 ? 400 : 500])?.[language] ?? ''

type Part = FieldProblem['in']

/** The request as it was understood has values that are wrong: of another form (400), or not usable here (422). */
export class RefusedValues extends Error {
  readonly code: 'request.invalid' | 'request.unusable'
  readonly fields: (language: Language) => FieldProblem[]

  constructor(code: RefusedValues['code'], fields: (language: Language) => FieldProblem[]) {
    super('Some values of the request are refused.')
    this.code = code
    this.fields = fields
  }
}

const escaped = (part: PropertyKey): string => String(part).replaceAll('~', '~0').replaceAll('/', '~1')

export const pointerOf = (path: readonly PropertyKey[]): string => path.map((part) => `/${escaped(part)}`).join('')

const depthOf = (issues: readonly z.core.$ZodIssue[]): number => Math.max(...issues.map(({ path }) => path.length))

/** Of the forms that a value may have, the one that it comes nearest to: it went wrong deepest inside, or in the fewest places. */
const nearest = (branches: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] =>
  [...branches].sort((a, b) => depthOf(b) - depthOf(a) || a.length - b.length)[0] ?? []

const flatten = (
  issue: z.core.$ZodIssue,
  before: readonly PropertyKey[],
): { path: PropertyKey[]; issue: z.core.$ZodIssue }[] => {
  const path = [...before, ...issue.path]
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    return nearest(issue.errors).flatMap((inner) => flatten(inner, path))
  }
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ path: [...path, key], issue }))
  return [{ path, issue }]
}

/** One part of the request, which its shape refuses. */
export const refusedForm = (part: Part, shape: z.ZodType, given: unknown): RefusedValues =>
  new RefusedValues('request.invalid', (language) =>
    issuesIn(shape, given, language)
      .flatMap((issue) => flatten(issue, []))
      .map(({ path, issue }) => ({ in: part, pointer: pointerOf(path), detail: issue.message })),
  )

/** A value of the body that has the right form and yet cannot be used, with what is wrong in both languages. */
export interface Unusable {
  readonly path: readonly PropertyKey[]
  readonly in?: Part
  readonly en: string
  readonly nb: string
}

/** Throws RefusedValues where there is one. */
export const refuseUnusable = (found: readonly Unusable[]): void => {
  if (found.length === 0) return
  throw new RefusedValues('request.unusable', (language) =>
    found.map((one) => ({ in: one.in ?? 'body', pointer: pointerOf(one.path), detail: one[language] })),
  )
}

/** The problem document of an error that a person may see. */
export const problemOf = (error: SundError | RefusedValues, language: Language): Problem => {
  const told = error instanceof SundError ? error : new SundError(error.code)
  const { what, next } = told.in(language)
  return {
    type: `urn:sund:problem:${told.code}`,
    title: titleOf(told.status, language),
    status: told.status,
    code: told.code,
    detail: what,
    hint: next,
    ...(error instanceof RefusedValues ? { errors: error.fields(language) } : {}),
  }
}
