/** Reads a patch that breaks Sund on purpose: what it breaks, whom it changes, and which tests are asked first. */
import { basename } from 'node:path'

export interface Mutant {
  /** The file's name without its ending. */
  readonly name: string
  /** One sentence: what is wrong once it is applied. */
  readonly what: string
  /** Test files or folders that are run first, since they are the ones to find it. */
  readonly suites: readonly string[]
  /** Paths below the project's folder. */
  readonly touches: readonly string[]
}

const isTest = (path: string): boolean =>
  /^(?:test|sandbox|scripts|bench)\/|\.test\.ts$|(?:^|\/)fixtures\//.test(path) || !path.endsWith('.ts')

const field = (text: string, name: string, file: string): string => {
  const found = new RegExp(`^${name}: (.+)$`, 'm').exec(text)?.[1]
  if (found === undefined) throw new Error(`${file} has no line “${name}: ...”.`)
  return found
}

/** Throws an Error where a patch says too little, or changes a test or anything that a test stands on. */
export const readMutant = (file: string, text: string): Mutant => {
  const touches = [...text.matchAll(/^\+\+\+ b\/(.+)$/gm)].map(([, path = '']) => path)
  if (touches.length === 0) throw new Error(`${file} changes nothing.`)
  const test = touches.find(isTest)
  if (test !== undefined)
    throw new Error(`${file} changes ${test}: a mutant breaks the product and leaves its tests alone.`)
  return {
    name: basename(file, '.patch'),
    what: field(text, 'What', file),
    suites: field(text, 'Suites', file).split(' '),
    touches,
  }
}

/** What stands where a hunk begins, and what it puts there; lines keep their ends. */
interface Hunk {
  readonly before: string
  readonly after: string
}

const hunksOf = (diff: string): Hunk[] =>
  diff
    .split(/^@@ .*\n/m)
    .slice(1)
    .map((body) => {
      const lines = body.split(/(?<=\n)/)
      const of = (signs: string) =>
        lines.flatMap((line) => (signs.includes(line.charAt(0)) ? [line.slice(1)] : [])).join('')
      return { before: of(' -'), after: of(' +') }
    })

/** The text of one file with the patch applied. Throws an Error where it does not fit exactly once. */
export const broken = (file: string, patch: string, path: string, text: string): string => {
  const [, diff] = patch.split(`+++ b/${path}\n`)
  const own = (diff ?? '').split(/^--- a\//m)[0] ?? ''
  return hunksOf(own).reduce((changed, { before, after }) => {
    const parts = changed.split(before)
    const [head, tail] = parts
    if (parts.length !== 2 || head === undefined || tail === undefined) {
      throw new Error(`${file} does not fit ${path} any more: what it changes stands there ${parts.length - 1} times.`)
    }
    return `${head}${after}${tail}`
  }, text)
}
