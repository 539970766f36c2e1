import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { destinations } from '../../src/destinations/index.ts'
import { caseIds } from './case.ts'
import { elsewhere, reliabilityPage, shown, suiteFile } from './reliability-page.ts'
import { casesOf } from './suites.ts'
import { subjects } from './vendors/all.ts'

const read = async (path: string): Promise<string> => await readFile(join(import.meta.dirname, '../..', path), 'utf8')

it('every destination is put through the suite', async () => {
  expect(subjects.map(({ definition }) => definition.id)).toEqual(destinations.map(({ id }) => id))
  for (const { definition } of subjects) {
    expect(await read(suiteFile(definition))).toMatch(/^describeDestination\(/m)
  }
})

describe.each(subjects)('at $definition.id', (subject) => {
  it.each(caseIds)('%s is shown, or cannot be for a reason', (id) => {
    expect(shown(subject, id)).toBeDefined()
  })

  it('the titles of cases begin with their ids, and no two are alike', () => {
    const cases = casesOf(subject)
    const titles = cases.map(({ title }) => title)
    expect(new Set(titles).size).toBe(titles.length)
    for (const { id, title } of cases) if (id !== undefined) expect(title).toMatch(new RegExp(`^${id} `))
    expect(cases.filter(({ id, title }) => id === undefined && /^[A-Z]\d+ /.test(title))).toEqual([])
  })
})

it.each(elsewhere)('the test of $id in $file is there', async ({ id, file, title }) => {
  expect(title).toMatch(new RegExp(`^${id} `))
  expect(await read(file)).toContain(`'${title}'`)
})

it('the page about it is fresh', async () => {
  await expect(reliabilityPage(subjects)).toMatchFileSnapshot('../../docs/reliability.md')
})
