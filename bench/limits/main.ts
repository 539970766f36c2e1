/**
 * `npm run limits [-- vendor...] [--json] [--scale n]`: lists as long as they may be, and one person longer, from a CSV
 * file over a server of its own to the simulated vendors. docs/performance.md says what the lines mean.
 */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts'
import { anyPorts, sandboxVendors } from '../../sandbox/vendors.ts'
import { stopPostgres } from '../crash/gates.ts'
import { lastRequest } from '../crash/oracle.ts'
import { type Case, casesOf, FEW_PEOPLE, FULL_SPEED, type Speed } from './cases.ts'
import { prepareServer, runServer } from './life.ts'
import { compared, FILE, type Span, writePeople } from './people.ts'
import { type Outcome, outcomeOf, type Seen, shown } from './verdict.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    /** All sizes and limits times this: to try the bench, not to judge by it. */
    scale: { type: 'string', default: '1' },
  },
})
const tell = (line: string): void => void process.stdout.write(`${line}\n`)

/** Data folders, by who is in them. */
type Home = 'many' | 'few'
const homeOf = ({ kind }: Case): Home => (kind === 'read back' ? 'few' : 'many')

const open = async (folder: string, speed: Speed): Promise<Sandbox> =>
  await startSandbox({
    home: join(folder, 'sandbox'),
    ports: anyPorts,
    pace: speed.kind === 'full' ? FULL_SPEED : speed.pace,
    limits: speed.kind === 'vendor',
  })

/** Of everybody on the case's lists; over the limit nobody shall be there. */
const seenAt = (sandbox: Sandbox, kase: Case, from: number): Seen => {
  const { vendor, exports } = kase
  const lists = sandbox.lists(vendor).filter(({ name }) => exports.some((one) => one.name === name))
  const members = lists.flatMap(({ id }) => sandbox.members(vendor, id))
  const writes = sandbox.requests(vendor).filter(({ id, write }) => write && id > from).length
  if (kase.kind === 'over') return { members: members.length, writes, missing: 0, extra: members.length }
  if (lists.length !== 1) throw new Error(`${vendor} has ${lists.length} lists for ${kase.name}.`)
  const wanted: Span = kase.kind === 'read back' ? kase.there : (exports[0]?.people ?? { from: 1, to: 0 })
  return { members: members.length, writes, ...compared(vendor, members, wanted) }
}

async function tryCase(folder: string, kase: Case): Promise<Outcome> {
  const sandbox = await open(folder, kase.speed)
  try {
    const { vendor, name, exports, speed, contractLimit } = kase
    const home = join(folder, homeOf(kase))
    let from = 0
    const orders = { kind: 'run', home, endpoints: sandbox.urls, vendor, name, exports, speed } as const
    const ended = await runServer({ ...orders, ...(contractLimit === undefined ? {} : { contractLimit }) }, () => {
      from = lastRequest(sandbox, vendor)
    })
    for (const use of sandbox.forbidden()) process.stderr.write(`  forbidden: ${use}\n`)
    const outcome = outcomeOf(kase, ended, seenAt(sandbox, kase, from))
    return { ...outcome, ok: outcome.ok && sandbox.forbidden().length === 0 }
  } finally {
    await sandbox.close()
  }
}

async function prepare(folder: string, cases: readonly Case[], home: Home): Promise<void> {
  const own = cases.filter((kase) => homeOf(kase) === home)
  if (own.length === 0) return
  const tables = join(folder, `tables-${home}`)
  await mkdir(tables)
  const segments = own.flatMap(({ exports }) => exports)
  const most = Math.max(...segments.map(({ people }) => people.to))
  await writePeople(join(tables, FILE), home === 'few' ? FEW_PEOPLE : most)
  await prepareServer({ kind: 'prepare', home: join(folder, home), tables, segments })
}

async function limits(folder: string): Promise<boolean> {
  const unknown = positionals.find((name) => !sandboxVendors.some((vendor) => vendor === name))
  if (unknown !== undefined) {
    process.stderr.write(`There is no vendor ${unknown}. There are: ${sandboxVendors.join(', ')}.\n`)
    return false
  }
  const all = casesOf(Number(values.scale))
  const cases = positionals.length === 0 ? all : all.filter(({ vendor }) => positionals.includes(vendor))
  await prepare(folder, cases, 'many')
  await prepare(folder, cases, 'few')
  let passed = 0
  for (const kase of cases) {
    const outcome = await tryCase(folder, kase)
    if (outcome.ok) passed++
    tell(values.json ? JSON.stringify(outcome) : shown(kase, outcome))
  }
  const failed = cases.length - passed
  tell(values.json ? JSON.stringify({ passed, failed }) : `${passed} passed, ${failed} failed`)
  return failed === 0 && passed > 0
}

const folder = await mkdtemp(join(tmpdir(), 'sund-limits-'))
try {
  process.exitCode = (await limits(folder)) ? 0 : 1
} finally {
  for (const home of ['many', 'few']) {
    // A server that failed may have left its database running.
    if (existsSync(join(folder, home, 'postgres', 'cluster', 'postmaster.pid'))) await stopPostgres(join(folder, home))
  }
  await rm(folder, { recursive: true, force: true })
}
