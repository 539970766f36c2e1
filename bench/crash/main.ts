/**
 * `npm run crash`: a first run of 100,000 people to each vendor, then one that adds, updates and removes a tenth; in
 * each the server is killed six times with a request open at each vendor, and once at each of three points between the two planes. `npm run crash -- --large` does it with large files: large.ts.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { generateTables } from '../../demo/generate.ts'
import type { Generation } from '../../demo/generations.ts'
import { random } from '../../demo/random.ts'
import { type RequestEvent, startSandbox } from '../../sandbox/sandbox.ts'
import { anyPorts } from '../../sandbox/vendors.ts'
import { destinationOf } from '../../src/destinations/index.ts'
import { exports, MAX_RECORDS } from './definitions.ts'
import { stopPostgres } from './gates.ts'
import { largeCrash } from './large.ts'
import { allPoints, type Draw, KILLS_WITH_REQUEST_OPEN, type Kills, Nemesis } from './nemesis.ts'
import { examine, type Finding, lastRequest } from './oracle.ts'

/** A stream of chance that the sample people do not use. */
const STREAM_OF_KILLS = 100
const MORE = { added: 0.1, removed: 0.1, changed: 0.1 }
/** Those that the bench exports to. */
const vendors = exports.map(({ destination }) => destination)
/** The simulators' jobs take half a second instead of half a minute; the server's clock is as fast. */
const PACE = 60
// Long enough that a request is open for a moment, as at a real vendor.
const LATENCY_MS = 10

const { values } = parseArgs({
  options: {
    people: { type: 'string' },
    seed: { type: 'string', default: '1' },
    /** By the routes for large files. */
    large: { type: 'boolean', default: false },
    kills: { type: 'string', default: '20' },
    /** Of a hundred people, those whom the vendors refuse. */
    refused: { type: 'string', default: '2' },
  },
})
const people = Number(values.people ?? (values.large ? '1000000' : '100000'))
const seed = Number(values.seed)
const tell = (line: string) => process.stdout.write(`${line}\n`)

/** The largest batch that a route sends, in each of its slots, at each kill; over all exports, whose runs go on at the same time. */
const mostTwice = (kills: number): number => {
  const inFlight = vendors.map((vendor) => {
    const { add, remove } = destinationOf(vendor)
    return Math.max(...[...add, ...remove].map(({ parallel, max }) => parallel * Math.min(max.value, MAX_RECORDS)))
  })
  return kills * inFlight.reduce((sum, records) => sum + records, 0)
}

const withRequestOpen = (kills: Kills): number =>
  vendors.reduce((sum, vendor) => sum + kills.withRequestOpen[vendor], 0)
const killsOf = (kills: Kills): number => withRequestOpen(kills) + kills.atPoints.length

const sum = (findings: readonly Finding[], of: (finding: Finding) => number): number =>
  findings.reduce((total, finding) => total + of(finding), 0)

async function crash(folder: string): Promise<boolean> {
  const chance = random(seed, STREAM_OF_KILLS, 0)
  const draw: Draw = (most) => 1 + chance.below(most)
  let watch: (event: RequestEvent) => void = () => undefined
  const sandbox = await startSandbox({
    home: join(folder, 'sandbox'),
    pace: PACE,
    latencyMs: LATENCY_MS,
    ports: anyPorts,
    onRequest: (event) => watch(event),
  })
  try {
    const findings: Finding[] = []
    let kills = 0
    let complete = true
    const generations: Generation[] = [
      { people, seed },
      { people, seed, changes: MORE },
    ]
    for (const [index, generation] of generations.entries()) {
      const tables = join(folder, `tables-${index}`)
      await generateTables({ folder: tables, ...generation })
      const before = new Map(vendors.map((vendor) => [vendor, lastRequest(sandbox, vendor)]))
      const orders = { home: join(folder, 'data'), tables, endpoints: sandbox.urls, refreshes: index + 1, pace: PACE }
      const nemesis = new Nemesis(orders, sandbox, draw)
      watch = nemesis.onRequest
      if (index === 0) await nemesis.prepare()
      const done = await nemesis.run()
      const killed = killsOf(done)
      kills += killed
      complete &&=
        vendors.every((vendor) => done.withRequestOpen[vendor] >= KILLS_WITH_REQUEST_OPEN) &&
        done.atPoints.length === allPoints.length
      tell(
        `run ${index + 1}: ${withRequestOpen(done)} kills with a request open (${vendors.map((vendor) => `${vendor} ${done.withRequestOpen[vendor]}`).join(', ')}), and one ${done.atPoints.join(', one ')}`,
      )
      for (const vendor of vendors) {
        const finding = examine(sandbox, vendor, generation, before.get(vendor) ?? 0)
        findings.push(finding)
        tell(
          `run ${index + 1}, ${vendor}: ${sandbox.lists(vendor)[0]?.members ?? 0} members, lost ${finding.lost}, wrongly removed ${finding.wronglyRemoved}, still there ${finding.stayed}, sent twice ${finding.sentTwice}`,
        )
      }
    }
    for (const use of sandbox.forbidden()) tell(`forbidden: ${use}`)
    const [lost, wrong, twice] = [
      sum(findings, (one) => one.lost),
      sum(findings, (one) => one.wronglyRemoved),
      sum(findings, (one) => one.sentTwice),
    ]
    const most = mostTwice(kills)
    if (!complete) tell('Not every kill landed: the run has too few requests for them.')
    tell(`lost ${lost}, wrongly removed ${wrong}, sent twice ${twice} (at most ${most})`)
    const stayed = sum(findings, (one) => one.stayed)
    return complete && lost === 0 && wrong === 0 && stayed === 0 && twice <= most && sandbox.forbidden().length === 0
  } finally {
    await sandbox.close()
  }
}

const folder = await mkdtemp(join(tmpdir(), 'sund-crash-'))
try {
  const large = { folder, people, seed, kills: Number(values.kills), refusedPercent: Number(values.refused), tell }
  process.exitCode = (await (values.large ? largeCrash(large) : crash(folder))) ? 0 : 1
} finally {
  await stopPostgres(join(folder, 'data'))
  await rm(folder, { recursive: true, force: true })
}
