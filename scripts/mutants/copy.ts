/** A copy of the project's files in a folder of its own, in which they can be broken and tested. */
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const report = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ status: z.string(), fullName: z.string() })),
    }),
  ),
})

/** A test that failed, and the file it stands in, below the project's folder. */
export interface Failed {
  readonly test: string
  readonly file: string
}

export interface Outcome {
  readonly failed: readonly Failed[]
  /** Files of tests that could not be run at all. */
  readonly unloaded: readonly string[]
}

export interface Copy {
  readonly folder: string
  /** Runs these test files or folders, all where none is named, up to the first failure. Throws where nothing was run. */
  test(suites: readonly string[]): Promise<Outcome>
  /** Puts files back as the project has them. */
  restore(paths: readonly string[]): void
}

/** Not the project's own, or of no use to its tests. */
const LEFT_OUT = new Set(['.git', 'node_modules', 'tmp'])

const outcomeOf = (text: string, folder: string): Outcome => {
  const { testResults } = report.parse(JSON.parse(text))
  const failed = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName }) => ({ test: fullName, file: name.slice(folder.length + 1) })),
  )
  const unloaded = testResults
    .filter(
      ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((one) => one.status === 'failed'),
    )
    .map(({ name }) => name.slice(folder.length + 1))
  if (testResults.length === 0) throw new Error('No test was run.')
  return { failed, unloaded }
}

export const copyOfProject = (root: string, folder: string): Copy => {
  mkdirSync(folder, { recursive: true })
  for (const name of readdirSync(root)) {
    if (!LEFT_OUT.has(name)) cpSync(join(root, name), join(folder, name), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir')
  const file = join(folder, 'mutants-report.json')
  return {
    folder,
    restore: (paths) => {
      for (const path of paths) cpSync(join(root, path), join(folder, path))
    },
    test: async (suites) => {
      rmSync(file, { force: true })
      // The test of the patches themselves would find every one: none fits where it was applied.
      const args = [
        '--bail=1',
        '--exclude=scripts/mutants/**',
        '--maxWorkers=1',
        '--reporter=json',
        `--outputFile=${file}`,
      ]
      const child = spawn(
        process.execPath,
        [join(folder, 'node_modules/vitest/vitest.mjs'), 'run', ...args, ...suites],
        {
          cwd: folder,
          stdio: 'ignore',
        },
      )
      await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
      if (!existsSync(file)) throw new Error(`The tests of ${suites.join(', ') || 'the project'} left no report.`)
      return outcomeOf(readFileSync(file, 'utf8'), folder)
    },
  }
}
