/** What a person, or a script, is told when a command fails: what happened, what to do next, and the code. */
import { CommanderError } from 'commander'
import { SundError } from '../errors.ts'
import type { Problem } from './client.gen.ts'
import { type Exit, exitOfStatus } from './exit-codes.ts'
import { plain } from './output.ts'

/** An answer of the API that is a problem document. */
export class ApiProblem extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.name = 'ApiProblem'
    this.problem = problem
  }
}

/** The part before was carried out and stands; `cause` is what kept the rest from it. */
export class PartlyDone extends Error {
  readonly done: readonly unknown[]
  readonly lines: readonly string[]

  constructor(done: readonly unknown[], lines: readonly string[], cause: unknown) {
    super('Only a part was carried out.', { cause })
    this.name = 'PartlyDone'
    this.done = done
    this.lines = lines
  }
}

/** A place in a file that is wrong. Lines and columns count from 1. */
export interface Place {
  readonly line: number
  readonly column: number
  /** As in `segments[0].rule`; empty for the whole file. */
  readonly path: string
  readonly problem: string
}

/** A file that cannot be used, with every place that is wrong. What stands there is never shown: it may be a secret. */
export class WrongFile extends SundError {
  readonly file: string
  readonly places: readonly Place[]

  constructor(file: string, places: readonly Place[]) {
    super('file.invalid', { file })
    this.name = 'WrongFile'
    this.file = file
    this.places = places
  }
}

interface Wrong {
  readonly at: string
  readonly problem: string
}

export interface Told {
  readonly exit: Exit
  readonly code: string
  readonly what: string
  readonly next: string
  readonly errors?: readonly Wrong[]
  readonly done?: readonly unknown[]
  readonly doneLines?: readonly string[]
}

const ofProblem = ({ status, code, detail, hint, errors }: Problem): Told => ({
  exit: exitOfStatus(status),
  code,
  what: detail,
  next: hint,
  ...(errors === undefined
    ? {}
    : { errors: errors.map((one) => ({ at: `${one.in} ${one.pointer}`.trim(), problem: one.detail })) }),
})

const ofSundError = (error: SundError): Told => {
  const { what, next } = error.in('en')
  const { code, status } = error
  // 503: the address; other causes of it are answers of the API, which come as problem documents.
  const told = { exit: status === 503 ? ('noAccess' as const) : exitOfStatus(status), code, what, next }
  if (!(error instanceof WrongFile)) return told
  const { file, places } = error
  return {
    ...told,
    errors: places.map(({ line, column, path, problem }) => ({
      at: `${file}:${line}:${column}${path === '' ? '' : ` ${path}`}`,
      problem,
    })),
  }
}

/** What to tell of whatever a command ran into. */
export const toldOf = (error: unknown): Told => {
  if (error instanceof ApiProblem) return ofProblem(error.problem)
  if (error instanceof SundError) return ofSundError(error)
  if (error instanceof PartlyDone) return { ...toldOf(error.cause), done: error.done, doneLines: error.lines }
  if (error instanceof CommanderError) {
    return {
      exit: 'usage',
      code: 'cli.usage',
      what: error.message.replace(/^error: /, ''),
      next: 'See the same command with --help.',
    }
  }
  return {
    exit: 'failed',
    code: 'cli.unexpected',
    what: error instanceof Error ? error.message : String(error),
    next: 'Try again; if it stays, report it with what you did.',
  }
}

/** As lines for a person. */
export const failureText = ({ what, next, code, errors = [], doneLines = [] }: Told): string => {
  const lines = [
    ...(doneLines.length === 0 ? [] : ['Carried out before it failed:', ...doneLines.map((line) => `  ${line}`), '']),
    what,
    ...errors.map(({ at, problem }) => `  ${at}: ${problem}`),
    `Next: ${next}`,
    `Code: ${code}`,
  ]
  return `${lines.map(plain).join('\n')}\n`
}

/** As the one JSON document of a command that failed. */
export const failureJson = ({ what, next, code, errors, done }: Told): unknown => ({
  error: { code, what, next, ...(errors === undefined ? {} : { errors }) },
  ...(done === undefined ? {} : { applied: done }),
})
