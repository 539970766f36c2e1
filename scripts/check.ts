/** `npm run check`: what must hold before a commit, a line each; stops at the first that does not. */
import { dependencyRules, formatAndLint, generatedFiles, runStep, typeCheck } from './tools.ts'

for (const step of [formatAndLint, typeCheck, dependencyRules, generatedFiles]) {
  const { ok, output } = await runStep(step, false)
  process.stdout.write(`${ok ? 'ok    ' : 'failed'} ${step.name}\n`)
  if (!ok) {
    process.stderr.write(output)
    process.exitCode = 1
    break
  }
}
