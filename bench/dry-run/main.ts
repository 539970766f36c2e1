/**
 * `npm run dry-run`: what a dry run tells of each of the five services, beside what the run after it did: a first run, an
 * unchanged one and a changed one. On the tables in `--data`, else on as many generated people as `--people` says.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { generateTables } from '../../demo/generate.ts'
import { changedCopy } from './changed-copy.ts'
import { foretell } from './foretell.ts'
import { compared, head, told } from './verdict.ts'

const CHANGES = { added: 0.05, removed: 0.02, changed: 0.1 }
const SAMPLE_SEED = 1
/** From so many people on, requests may be told wrong by a twentieth. */
const MANY = 100_000

const { values } = parseArgs({
  options: {
    people: { type: 'string', default: '5000' },
    /** Folders of tables in place of generated ones: at first, and as they are changed. */
    data: { type: 'string' },
    changed: { type: 'string' },
    /** How much faster than the services the simulators are. */
    pace: { type: 'string', default: '20' },
  },
})
const tell = (line: string) => process.stdout.write(`${line}\n`)

const tablesIn = async (folder: string): Promise<Record<'first' | 'changed', string>> => {
  const [first, changed] = [join(folder, 'first'), join(folder, 'changed')]
  if (values.data !== undefined) {
    const given = resolve(values.data)
    if (values.changed !== undefined) return { first: given, changed: resolve(values.changed) }
    await changedCopy(given, changed)
    return { first: given, changed }
  }
  const generation = { people: Number(values.people), seed: SAMPLE_SEED }
  await generateTables({ folder: first, ...generation })
  await generateTables({ folder: changed, ...generation, changes: CHANGES })
  return { first, changed }
}

const folder = await mkdtemp(join(tmpdir(), 'sund-dry-run-'))
try {
  const tolerance = values.data === undefined && Number(values.people) >= MANY ? 0.05 : 0
  const tables = await tablesIn(folder)
  let passed = 0
  let failed = 0
  tell(head)
  for await (const pair of foretell({ home: join(folder, 'home'), tables, pace: Number(values.pace) })) {
    const problems = compared(pair, tolerance)
    if (problems.length === 0) passed++
    else failed++
    tell(told(pair, problems))
  }
  tell(`${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
}
