/** `npm run check`: what must hold before a commit, a line each; stops at the first that does not. */
import { dependencyRules, formatAndLint, runStep, typeCheck } from './tools.ts'

for (const step of [formatAndLint, typeCheck, dependencyRules]) {
  const { ok, output } = await runStep(step, false)
  process.stdout.write(`${ok ? 'ok    ' : 'failed'} ${step.name}\n`)
  if (!ok) {
    process.stderr.write(output)
    process.exitCode = 1
    break
  }
}
