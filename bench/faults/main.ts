/**
 * `npm run faults`: the demo's main job on vendors that fail, from nothing, for one seed after another. A first refresh,
 * an unchanged one and a changed one; after each, every list must hold who it holds when nothing fails.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { generateTables } from '../../demo/generate.ts'
import { type Journey, type Stage, travel } from './journey.ts'
import { differencesOf, faultsTold } from './verdict.ts'

const CHANGES = { added: 0.05, removed: 0.02, changed: 0.1 }
const SAMPLE_SEED = 1

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1-10' },
    faults: { type: 'string', default: '0.1' },
    people: { type: 'string', default: '3000' },
    /** Folders of tables in place of generated ones: at first, and as they are changed. */
    data: { type: 'string' },
    changed: { type: 'string' },
    /** Records in one call, so that there are many requests to fail. */
    batch: { type: 'string', default: '50' },
    pace: { type: 'string', default: '20' },
    keep: { type: 'boolean', default: false },
  },
})
const tell = (line: string) => process.stdout.write(`${line}\n`)

const seedsOf = (text: string): number[] => {
  const [from = 1, to = from] = text.split('-').map(Number)
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

const tablesIn = async (folder: string): Promise<Record<'first' | 'changed', string>> => {
  if (values.data !== undefined && values.changed !== undefined) {
    return { first: resolve(values.data), changed: resolve(values.changed) }
  }
  const tables = { first: join(folder, 'first'), changed: join(folder, 'changed') }
  const generation = { people: Number(values.people), seed: SAMPLE_SEED }
  await generateTables({ folder: tables.first, ...generation })
  await generateTables({ folder: tables.changed, ...generation, changes: CHANGES })
  return tables
}

const stageTold = ({ name, statuses, again }: Stage): string =>
  `${name} ${statuses.join('/')}${again === 0 ? '' : ` after ${again} more`}`

const judge = (seed: number, { stages, requests, faults, forbidden }: Journey, wanted: Journey): boolean => {
  const problems = [
    ...differencesOf(stages, wanted.stages),
    ...stages.filter(({ done }) => !done).map(({ name, reasons }) => `${name} did not end well: ${reasons.join('; ')}`),
    ...forbidden.map((what) => `forbidden: ${what}`),
  ]
  const end = problems.length === 0 ? 'sets equal' : `NOT EQUAL: ${problems.join(', ')}`
  tell(`seed ${seed}: ${stages.map(stageTold).join(', ')}; ${requests} requests, ${faultsTold(faults)}; ${end}`)
  return problems.length === 0
}

const folder = await mkdtemp(join(tmpdir(), 'sund-faults-'))
try {
  const share = Number(values.faults)
  const how = { tables: await tablesIn(folder), maxRecords: Number(values.batch), pace: Number(values.pace) }
  const wanted = await travel({ ...how, home: join(folder, 'without'), faults: { share: 0, seed: 0 } })
  let failed = 0
  const seeds = seedsOf(values.seeds)
  for (const seed of seeds) {
    const home = join(folder, `seed-${seed}`)
    const journey = await travel({ ...how, home, faults: { share, seed } })
    if (!judge(seed, journey, wanted)) failed++
    if (!values.keep) await rm(home, { recursive: true, force: true })
  }
  tell(`${seeds.length - failed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
} finally {
  if (values.keep) tell(`Everything is kept in ${folder}.`)
  else await rm(folder, { recursive: true, force: true })
}
