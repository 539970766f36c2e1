/** Compares what was told with what was done, and writes both in one line. */
import type { Foretold } from './foretell.ts'

const kinds = ['added', 'updated', 'removed', 'invalid', 'duplicates'] as const

/** Where the run did something else than was told. `tolerance`: the share by which requests may differ. */
export const compared = ({ dry, run }: Foretold, tolerance: number): string[] => {
  const problems = kinds.flatMap((kind) =>
    dry[kind] === run[kind] ? [] : [`${kind}: ${dry[kind]} told, ${run[kind]} done`],
  )
  const { least, most } = dry.requests
  if (run.requests < least * (1 - tolerance) || run.requests > most * (1 + tolerance)) {
    problems.push(`requests: ${least} to ${most} told, ${run.requests} made`)
  }
  if (dry.verdict.kind !== 'pass') problems.push(`told to be ${dry.verdict.kind}: ${dry.verdict.reason}`)
  if (run.status !== 'Successful') problems.push(`${run.status}: ${run.reason ?? ''}`)
  return problems
}

const widths = [34, 11, 38, 38, 16, 10, 12, 10]
const row = (cells: readonly (string | number)[]): string =>
  cells
    .map((cell, at) => String(cell).padEnd(widths[at] ?? 0))
    .join(' ')
    .trimEnd()

const figures = (of: Readonly<Record<(typeof kinds)[number], number>>): string =>
  `+${of.added} ~${of.updated} -${of.removed} invalid ${of.invalid} double ${of.duplicates}`

const range = ({ least, most }: { readonly least: number; readonly most: number }): string => {
  const [from, to] = [Math.round(least), Math.round(most)]
  return from === to ? String(from) : `${from} to ${to}`
}

export const head = row(['EXPORT', 'STAGE', 'DRY RUN', 'RUN', 'REQUESTS TOLD', 'MADE', 'SECONDS TOLD', 'DRY RUN TOOK'])

export const told = ({ name, stage, dry, run, drySeconds }: Foretold, problems: readonly string[]): string =>
  row([
    ...[name, stage, figures(dry), figures(run), range(dry.requests), run.requests, range(dry.seconds)],
    `${drySeconds.toFixed(1)} s`,
    problems.length === 0 ? 'as told' : `NOT AS TOLD: ${problems.join('; ')}`,
  ])
