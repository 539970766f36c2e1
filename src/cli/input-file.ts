/** Reads a YAML or JSON file against a shape, and says where it is wrong: never what stands there, which may be a secret. */
import { readFile } from 'node:fs/promises'
import { isMap, isPair, isScalar, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { SundError } from '../errors.ts'
import { type Place, WrongFile } from './failure.ts'
import type { Io } from './session.ts'

type Path = readonly PropertyKey[]

export interface ReadFile<T> {
  readonly file: string
  readonly value: T
  /** The place of a value in the file; that of what holds it, where it is not there itself. */
  place(path: Path, problem: string): Place
}

/** The most that a file of definitions holds. */
const MAX_CHARACTERS = 8 * 1024 * 1024

const textOf = async (io: Io, file: string): Promise<string> => {
  if (file === '-') return await io.input()
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new SundError('file.unreadable', { file }, error)
  }
}

/** `segments[0].rule` */
export const pathText = (path: Path): string =>
  path.map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at === 0 ? '' : '.'}${String(part)}`)).join('')

/** Where a node begins, as an offset into the text. */
const startOf = (document: ReturnType<typeof parseDocument>, path: Path): number => {
  for (let depth = path.length; depth > 0; depth--) {
    const parent: unknown = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true)
    const last = path[depth - 1]
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(last))
      : undefined
    const own: unknown = isPair(pair) ? pair.key : document.getIn(path.slice(0, depth), true)
    if (typeof own === 'object' && own !== null && 'range' in own && Array.isArray(own.range)) {
      const start: unknown = own.range[0]
      if (typeof start === 'number') return start
    }
  }
  return document.contents?.range?.[0] ?? 0
}

const depthOf = (issues: readonly z.core.$ZodIssue[]): number => Math.max(0, ...issues.map(({ path }) => path.length))

/** Of the forms that a value may have, the one that it comes nearest to. */
const nearest = (branches: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] =>
  [...branches].sort((a, b) => depthOf(b) - depthOf(a) || a.length - b.length)[0] ?? []

const flat = (issue: z.core.$ZodIssue, before: Path): { readonly path: Path; readonly problem: string }[] => {
  const path = [...before, ...issue.path]
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    return nearest(issue.errors).flatMap((inner) => flat(inner, path))
  }
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], problem: 'There is nothing of this name here.' }))
  }
  return [{ path, problem: issue.message }]
}

/** The parser's own words may quote the file. */
const syntaxProblem = (code: string): string =>
  `This is not YAML (${code.toLowerCase().replaceAll('_', ' ')}).${code === 'BAD_ALIAS' ? ' A text that begins with * stands in quotes.' : ''}`

/** Throws SundError file.unreadable, and WrongFile with every place that is wrong. `-` is standard input. */
export const readShaped = async <T>(io: Io, file: string, shape: z.ZodType<T>): Promise<ReadFile<T>> => {
  const text = await textOf(io, file)
  const name = file === '-' ? 'standard input' : file
  if (text.length > MAX_CHARACTERS) throw new SundError('file.unreadable', { file: name })
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, schema: 'core', merge: false })
  const placeAt = (offset: number, path: Path, problem: string): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col), path: pathText(path), problem }
  }
  const place = (path: Path, problem: string) => placeAt(startOf(document, path), path, problem)
  if (document.errors.length > 0) {
    throw new WrongFile(
      name,
      document.errors.map(({ pos, code }) => placeAt(pos[0], [], syntaxProblem(code))),
    )
  }
  const parsed = shape.safeParse(document.toJS({ maxAliasCount: 100 }))
  if (parsed.success) return { file: name, value: parsed.data, place }
  throw new WrongFile(
    name,
    parsed.error.issues.flatMap((issue) => flat(issue, [])).map(({ path, problem }) => place(path, problem)),
  )
}
