/** Vendors that fail in every way, and repeat in their refusals what they were sent: nothing of it comes to light. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { connectionTo } from '../../demo/set-up.ts'
import { exampleCredentials } from '../../sandbox/credentials.ts'
import { readCredentials } from '../../src/store/connection.ts'
import type { Export } from '../../src/store/export.ts'
import { csvOf, openRig, type Person, type Rig, sha256 } from './rig.ts'

const RUNS = 6
const said: string[] = []
let rig: Rig

const tries = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let left = 40; ; left--) {
    try {
      return await work()
    } catch (error) {
      said.push(String(error))
      if (left === 0) throw error
    }
  }
}

/** Some of them are refused: by the call, and by the job. */
const people: Person[] = Array.from({ length: 80 }, (_, index) => ({
  id: String(index),
  email:
    index % 20 === 7
      ? `kanari..fugl${index}@canary.example`
      : `kanari${index}@${index % 20 === 3 ? 'errored.sandbox.invalid' : 'canary.example'}`,
  name: `Kanarina${index}`,
}))

const secrets = Object.values(exampleCredentials).flatMap((credentials) =>
  Object.entries(credentials).flatMap(([name, value]) => (/key|secret|token/i.test(name) ? [value] : [])),
)

/** Every form in which a value could have been written down. */
const formsOf = (value: string): string[] => [
  value,
  encodeURIComponent(value),
  Buffer.from(value).toString('base64').replaceAll('=', ''),
  Buffer.from(value).toString('hex'),
]

beforeAll(async () => {
  const log = (message: string) => void said.push(message)
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => said.push(String(text)) > 0)
  }
  rig = await openRig({ faults: { share: 0.3, seed: 4 }, log: { info: log, warn: log }, run: { maxRecords: 10 } })
})
afterAll(async () => {
  await rig.close()
  vi.restoreAllMocks()
})

const exportAll = async (): Promise<Export[]> => {
  const segmentIds = [await rig.segment('Everybody')]
  const list = await tries(() => rig.sendgridList('Canaries'))
  return [
    await tries(() => rig.sendgridExport('Canaries', { segmentIds, list })),
    await tries(() => rig.microsoftExport('Hashed canaries', segmentIds)),
  ]
}

/** What the control plane keeps of runs, in the clear. */
const keptOfRuns = async (): Promise<string> => {
  const tables = ['run', 'batch', 'run_list', 'refresh'] as const
  const rows = await Promise.all(
    tables.map(
      async (table) => (await sql`select row_to_json(t)::text as row from ${sql.table(table)} t`.execute(rig.db)).rows,
    ),
  )
  return JSON.stringify(rows)
}

const reasonsInEngine = async (): Promise<string> => {
  const text = z.object({ code: z.string(), reason: z.string() })
  return JSON.stringify(await rig.server.ports.engine.rows(sql`select code, reason from reject`, text))
}

test('no secret and no person is in what is logged, told as a reason, or kept of a run', async () => {
  await rig.writeFile(csvOf(people))
  const exports = await exportAll()
  await rig.refresh()
  for (let number = 0; number < RUNS; number++) {
    await rig.writeFile(csvOf(people.map((person) => ({ ...person, name: `${person.name}x${number}` }))))
    await rig.refresh()
  }
  const runs = await Promise.all(exports.map((wanted) => rig.lastRun(wanted)))
  const faults = [...rig.sandbox.requests('sendgrid'), ...rig.sandbox.requests('microsoft-advertising')]
  expect(faults.filter(({ fault }) => fault !== undefined).length).toBeGreaterThan(50)
  const reasons = await reasonsInEngine()
  // The vendor's words are there, so what is looked for could be in them.
  expect(reasons).toContain('not valid')

  const all = [...said, JSON.stringify(runs), await keptOfRuns(), reasons].join('\n')
  const tokens = await Promise.all(
    (['sendgrid', 'microsoft-advertising'] as const).map(async (vendor) => {
      const { id } = await connectionTo(rig.server.ports, vendor)
      return Object.values(await readCredentials(rig.db, rig.server.ports.vault, id))
    }),
  )
  const values = [
    ...secrets,
    ...tokens.flat().filter((value) => value.length > 8),
    ...people.flatMap(({ email, name = '' }) => [email, name, sha256(email)]),
  ]
  const found = values.filter((value) => formsOf(value).some((form) => all.includes(form)))
  expect(found).toEqual([])
  for (const file of await readdir(join(rig.home), { withFileTypes: true })) {
    if (!file.isFile() || !file.name.endsWith('.log')) continue
    const text = await readFile(join(rig.home, file.name), 'utf8')
    expect(values.filter((value) => text.includes(value))).toEqual([])
  }
})
