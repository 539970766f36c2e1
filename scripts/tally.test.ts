/** The count of a test run, from reports that the real vitest writes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tally } from './tally.ts'
import { runStep, vitest } from './tools.ts'

describe('a real run', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tally-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const counted = async (source: string) => {
    writeFileSync(join(folder, 'a.test.js'), source)
    writeFileSync(join(folder, 'vitest.config.js'), 'export default { test: { globals: true } }')
    const file = join(folder, 'report.json')
    const { ok } = await runStep(
      vitest('--root', folder, '--allowOnly', '--reporter=json', `--outputFile=${file}`),
      false,
    )
    return tally(readFileSync(file, 'utf8'), ok)
  }

  it.each([
    { what: 'all passed', source: `test('a', () => {}); test('b', () => {})`, passed: 2, complaints: [] },
    {
      what: 'one failed',
      source: `test('a', () => {}); test('b', () => { throw 1 })`,
      passed: 1,
      complaints: [],
      failed: 1,
    },
    {
      what: 'one skipped',
      source: `test('a', () => {}); test.skip('b', () => {})`,
      passed: 1,
      complaints: ['skipped: '],
    },
    { what: 'one left for later', source: `test('a', () => {}); test.todo('b')`, passed: 1, complaints: ['todo: '] },
    {
      what: 'one alone',
      source: `test.only('a', () => {}); test('b', () => {})`,
      passed: 1,
      complaints: ['skipped: '],
    },
    {
      what: 'a file that throws',
      source: `throw new Error('no')`,
      passed: 0,
      complaints: ['could not be run: ', 'no test'],
    },
    { what: 'no test', source: '', passed: 0, complaints: ['could not be run: ', 'no test'] },
    {
      what: 'an error outside of the tests',
      source: `test('a', () => { Promise.reject(new Error('lost')) })`,
      passed: 1,
      complaints: ['vitest failed outside'],
    },
  ])('counts $what', async ({ source, passed, complaints, failed = 0 }) => {
    const result = await counted(source)
    expect(result).toMatchObject({ passed, failed: failed + complaints.length })
    expect(result.complaints).toEqual(complaints.map((text) => expect.stringContaining(text)))
  })
})

it('counts a run without a report as failed', () => {
  expect(tally(undefined, true)).toMatchObject({ passed: 0, failed: 1 })
})

it('refuses a report that it cannot read', () => {
  expect(() => tally('{"numPassedTests": 3}', true)).toThrow()
})
