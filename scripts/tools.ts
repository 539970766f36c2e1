/** The checks that `npm test` and `npm run check` are made of, and how each is started. */
import { type SpawnOptions, spawn } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const module = (path: string): string => join(root, 'node_modules', path)

export interface Step {
  readonly name: string
  /** A JavaScript file and its arguments, run on the Node that runs us. */
  readonly args: readonly string[]
}

export const typeCheck: Step = { name: 'types', args: [module('typescript/bin/tsc'), '-p', root] }
export const formatAndLint: Step = {
  name: 'format and lint',
  args: [module('@biomejs/biome/bin/biome'), 'ci', '--colors=off', root],
}
export const vitest = (...args: string[]): Step => ({
  name: 'tests',
  args: [module('vitest/vitest.mjs'), 'run', ...args],
})
export const generatedFiles: Step = {
  name: 'generated files',
  args: [join(root, 'scripts/generate.ts'), '--check'],
}
export const dependencyRules: Step = { ...vitest('test/rules.test.ts'), name: 'dependency rules' }

/** Runs a step and resolves with whether it succeeded, and with what it printed where `shown` is false. */
export const runStep = (step: Step, shown: boolean): Promise<{ readonly ok: boolean; readonly output: string }> => {
  // Shown output goes to standard error: standard output carries the result only.
  const stdio: SpawnOptions['stdio'] = shown ? ['ignore', 2, 2] : ['ignore', 'pipe', 'pipe']
  const child = spawn(process.execPath, step.args, { cwd: root, stdio })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (part: string) => {
      output += part
    })
  }
  const stop = () => child.kill('SIGTERM')
  process.on('SIGTERM', stop)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      process.off('SIGTERM', stop)
      resolve({ ok: code === 0, output })
    })
  })
}
