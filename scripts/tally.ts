/** Counts a vitest run from its JSON report; whatever is not plainly a passed test counts as failed. */
import { z } from 'zod'

const report = z.object({
  numTotalTests: z.int(),
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ status: z.string(), fullName: z.string() })),
    }),
  ),
})

export interface Tally {
  readonly passed: number
  readonly failed: number
  /** What was counted as failed although vitest does not list it as a failed test. */
  readonly complaints: readonly string[]
}

/**
 * `text` is the report, or undefined when vitest wrote none; `ok` is whether vitest ended with 0. Failed are: failed
 * tests, tests that did not run (skipped, todo), files that could not be loaded, a run without any test, and an ending
 * that nothing of these explains, such as an error outside of all tests.
 */
export const tally = (text: string | undefined, ok: boolean): Tally => {
  if (text === undefined) return { passed: 0, failed: 1, complaints: ['vitest wrote no report'] }
  const { numTotalTests, numPassedTests, numFailedTests, testResults } = report.parse(JSON.parse(text))
  const complaints = testResults.flatMap((file) => {
    const notRun = file.assertionResults.filter(({ status }) => status !== 'passed' && status !== 'failed')
    const unloaded = file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed')
    return [
      ...notRun.map(({ status, fullName }) => `${status}: ${file.name}: ${fullName}`),
      ...(unloaded ? [`could not be run: ${file.name}`] : []),
    ]
  })
  if (numTotalTests === 0) complaints.push('no test ran')
  if (!ok && numFailedTests + complaints.length === 0) complaints.push('vitest failed outside of the tests')
  return { passed: numPassedTests, failed: numFailedTests + complaints.length, complaints }
}
