/** `npm test`: types, format and lint, and every test. The last line is `N passed, N failed`. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tally } from './tally.ts'
import { formatAndLint, runStep, typeCheck, vitest } from './tools.ts'

const say = (text: string): void => {
  process.stderr.write(`${text}\n`)
}

const folder = mkdtempSync(join(tmpdir(), 'sund-test-'))
const reportFile = join(folder, 'report.json')
const complaints: string[] = []
try {
  for (const step of [typeCheck, formatAndLint]) {
    say(`${step.name} ...`)
    if (!(await runStep(step, true)).ok) complaints.push(`failed: ${step.name}`)
  }
  const chosen = process.argv.slice(2)
  const { ok } = await runStep(
    vitest('--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`, ...chosen),
    true,
  )
  const counted = tally(existsSync(reportFile) ? readFileSync(reportFile, 'utf8') : undefined, ok)
  const failed = complaints.length + counted.failed
  for (const complaint of [...complaints, ...counted.complaints]) say(complaint)
  process.exitCode = failed === 0 ? 0 : 1
  process.stdout.write(`${counted.passed} passed, ${failed} failed\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
