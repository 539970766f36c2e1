/**
 * `npm run mutants`: breaks Sund in twenty ways, one at a time, in copies of its files, and runs the tests on each. A
 * break that no test notices is a hole in the tests. The last line is `N caught, N missed`; exit 1 where one is missed.
 *
 * `npm run mutants -- partial unknown` runs those whose names hold one of the words.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Copy, copyOfProject, type Failed } from './copy.ts'
import { broken, type Mutant, readMutant } from './patch.ts'

/** Copies that are worked on at the same time. */
const AT_ONCE = 2

const root = join(import.meta.dirname, '../..')
const folder = join(import.meta.dirname, 'patches')
const words = process.argv.slice(2)
const tell = (line: string) => process.stdout.write(`${line}\n`)

interface Verdict {
  readonly caught: boolean
  readonly told: string
}

const fileOf = ({ name }: Mutant): string => join(folder, `${name}.patch`)

const breakIn = (copy: Copy, mutant: Mutant): void => {
  const patch = readFileSync(fileOf(mutant), 'utf8')
  for (const path of mutant.touches) {
    const file = join(copy.folder, path)
    writeFileSync(file, broken(mutant.name, patch, path, readFileSync(file, 'utf8')))
  }
}

/** A test that fails by chance proves nothing: the same one fails with the patch again, and its file passes without. */
const isProof = async (copy: Copy, mutant: Mutant, { test, file }: Failed): Promise<boolean> => {
  copy.restore(mutant.touches)
  if ((await copy.test([file])).failed.length > 0) return false
  breakIn(copy, mutant)
  return (await copy.test([file])).failed.some((again) => again.test === test)
}

/** The tests that should find it are asked first; only where they do not, all are. */
const judge = async (copy: Copy, mutant: Mutant): Promise<Verdict> => {
  const missed: string[] = []
  for (const suites of [mutant.suites, []]) {
    copy.restore(mutant.touches)
    breakIn(copy, mutant)
    const { failed, unloaded } = await copy.test(suites)
    const [first] = failed
    if (first !== undefined) {
      const named = `“${first.test}” (${first.file})`
      if (await isProof(copy, mutant, first)) return { caught: true, told: `caught by ${named}` }
      missed.push(`${named} fails by chance`)
    }
    // A patch that leaves nothing to be run proves nothing.
    missed.push(...unloaded.map((file) => `${file} could not be loaded`))
  }
  return { caught: false, told: ['MISSED by every test', ...missed].join('; ') }
}

/** Tests that fail without any patch would catch everything. */
const assertSound = async (copy: Copy, mutants: readonly Mutant[]): Promise<void> => {
  const { failed, unloaded } = await copy.test([...new Set(mutants.flatMap(({ suites }) => suites))])
  const wrong = [...failed.map(({ test, file }) => `${test} (${file})`), ...unloaded]
  if (wrong.length > 0) throw new Error(`These tests fail before anything is broken: ${wrong.join('; ')}`)
}

const work = async (copies: readonly Copy[], mutants: readonly Mutant[]): Promise<number> => {
  const waiting = [...mutants]
  let caught = 0
  await Promise.all(
    copies.map(async (copy) => {
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        const verdict = await judge(copy, mutant)
        copy.restore(mutant.touches)
        if (verdict.caught) caught++
        tell(`${mutant.name}: ${mutant.what} ${verdict.told}`)
      }
    }),
  )
  return caught
}

const chosen = readdirSync(folder)
  .sort()
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .map((name) => readMutant(name, readFileSync(join(folder, name), 'utf8')))
const base = mkdtempSync(join(tmpdir(), 'sund-mutants-'))
try {
  const copies = Array.from({ length: AT_ONCE }, (_, index) => copyOfProject(root, join(base, String(index))))
  const [first] = copies
  if (first === undefined || chosen.length === 0) throw new Error('There is nothing to break by these names.')
  await assertSound(first, chosen)
  const caught = await work(copies, chosen)
  tell(`${caught} caught, ${chosen.length - caught} missed`)
  process.exitCode = caught === chosen.length ? 0 : 1
} finally {
  rmSync(base, { recursive: true, force: true })
}
