/**
 * `npm run crash -- --large`: a million people by CSV import to SendGrid and by Bulk to Microsoft Advertising, from
 * servers of 256 MB of heap: first without a kill, then a third more, some changed and some gone, with 20 kills at the
 * moments of both conversations. Limits of people and rates are off; what is refused by the vendors is known beforehand.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { generateTables, PROFILE_FILES } from '../../demo/generate.ts'
import type { Generation } from '../../demo/generations.ts'
import { random } from '../../demo/random.ts'
import { type RequestEvent, type Sandbox, type SandboxVendor, startSandbox } from '../../sandbox/sandbox.ts'
import { destinationOf } from '../../src/destinations/index.ts'
import { attach, open, shut, waiting } from './gates.ts'
import { Life, Peaks } from './life.ts'
import type { EndedRun } from './messages.ts'
import { type Moment, momentsFor } from './moments.ts'
import { examine, type Finding, lastRequest, membersOf, refusedIn } from './oracle.ts'
import { allAt, startSilence } from './silence.ts'

const vendors = ['sendgrid', 'microsoft-advertising'] as const
/** Another stream of chance than the people's, and than that of the bench of small calls. */
const STREAM_OF_DELAYS = 101
const HEAP_MEGABYTES = 256
/** A third joins; fewer than a fifth leave, since a run that removes more is held. */
const MORE = { added: 0.34, removed: 0.18, changed: 0.14 }
const PACE = 60
const LATENCY_MS = 10
/** From so many people on, files are as large as the vendors take them; fewer are cut, so that there are some files. */
const WHOLE_FILES_FROM = 500_000
const FILES_OF_FEW = 10
/** Longer than any accepted job may still work. */
const LATER_MS = 8 * 24 * 3_600_000
/** Far more than a body that is no file has. */
const MIDWAY_BYTES = 5_000
/** A moment that has not come by then does not come. */
const LONGEST_LIFE_MS = 600_000

export interface LargeOptions {
  readonly folder: string
  readonly people: number
  readonly seed: number
  /** 0: only the run without kills. */
  readonly kills: number
  readonly refusedPercent: number
  tell(line: string): void
}

/** Refuses so many of a hundred identifiers, always the same. */
const refusing =
  (percent: number) =>
  (identifier: string): boolean =>
    createHash('sha256').update(`refused ${identifier}`).digest().readUInt32BE(0) % 100 < percent

const megabytes = (bytes: number): string => `${Math.round(bytes / 1_000_000)} MB`

/** The vendors' clocks, which stand still until they are released. */
class Clocks {
  ahead = 0
  readonly #frozen = new Map<SandboxVendor, number>()

  readonly now = (vendor: SandboxVendor): number => this.#frozen.get(vendor) ?? Date.now() + this.ahead

  freeze(): void {
    for (const vendor of vendors) this.#frozen.set(vendor, this.now(vendor))
  }

  release(vendor: SandboxVendor): void {
    this.#frozen.delete(vendor)
  }
}

class LargeBench {
  readonly #clocks: Clocks
  readonly #sandbox: Sandbox
  readonly #options: LargeOptions
  readonly #draw: (below: number) => number
  #onRequest: (event: RequestEvent) => void = () => undefined
  readonly peaks: Peaks[] = []

  constructor(sandbox: Sandbox, clocks: Clocks, options: LargeOptions) {
    this.#clocks = clocks
    this.#sandbox = sandbox
    this.#options = options
    const chance = random(options.seed, STREAM_OF_DELAYS, 0)
    this.#draw = (below) => chance.below(below)
  }

  readonly onRequest = (event: RequestEvent): void => this.#onRequest(event)

  /** True where the moment came and the server was killed at it; the other vendor does not answer meanwhile. */
  async #killAt(moment: Moment, start: (vendor?: SandboxVendor) => Life): Promise<boolean> {
    if (moment.kind === 'gate') return await this.#killAtGate(moment.point, start)
    const { vendor } = moment
    const before = this.#sandbox.received(vendor).bytes
    const life = start(vendor)
    const late = setTimeout(() => life.giveUp(), LONGEST_LIFE_MS)
    if (moment.kind === 'request') {
      this.#onRequest = ({ vendor: at, phase, method, path }) => {
        if (at !== vendor || phase !== moment.phase || method !== moment.method || !moment.path.test(path)) return
        this.#onRequest = () => undefined
        if (moment.within === undefined) life.kill()
        else setTimeout(() => life.kill(), this.#draw(moment.within))
      }
    } else {
      while (!life.over && !life.killed) {
        if (this.#sandbox.received(vendor).bytes > before + MIDWAY_BYTES) life.kill()
        await pause(1)
      }
    }
    await life.ends()
    clearTimeout(late)
    this.#onRequest = () => undefined
    return life.killed
  }

  async #killAtGate(point: Extract<Moment, { kind: 'gate' }>['point'], start: () => Life): Promise<boolean> {
    const client = await attach(join(this.#options.folder, 'data'))
    try {
      await shut(client, point)
      const life = start()
      while (!life.over && (await waiting(client)).length === 0) await pause(5)
      life.kill()
      await life.ends()
      await open(client, point)
      return life.killed
    } finally {
      await client.end()
    }
  }

  /** One refresh to its end, with a kill at each moment; gives what the runs say and how many kills landed. */
  async refresh(
    index: number,
    tables: string,
    moments: readonly Moment[],
  ): Promise<{ runs: EndedRun[]; kills: number }> {
    const { folder, people, tell } = this.#options
    const peaks = new Peaks()
    this.peaks.push(peaks)
    const silence = await startSilence()
    const { urls } = this.#sandbox
    const live = (vendor?: SandboxVendor): Life => {
      const endpoints = vendor === undefined ? urls : { ...allAt(silence.url), [vendor]: urls[vendor] }
      const large = people >= WHOLE_FILES_FROM ? {} : { maxRecords: Math.ceil(people / FILES_OF_FEW) }
      const orders = { home: join(folder, 'data'), tables, endpoints, refreshes: index + 1, large }
      return new Life({ orders, heapMegabytes: HEAP_MEGABYTES, peaks })
    }
    let kills = 0
    if (moments.length > 0) this.#clocks.freeze()
    for (const moment of moments) {
      if (moment.releases !== undefined) this.#clocks.release(moment.releases)
      const landed = await this.#killAt(moment, live)
      tell(`run ${index + 1}: ${landed ? 'killed' : 'NOT KILLED, the moment never came'}: ${moment.name}`)
      if (!landed) break
      kills++
    }
    for (const vendor of vendors) this.#clocks.release(vendor)
    silence.close()
    const last = live()
    await last.ends()
    return { runs: last.runs, kills }
  }
}

/** A kill may cost every file that is on its way to be sent again. */
const mostTwice = (kills: number): number =>
  kills *
  vendors
    .flatMap((vendor) => [destinationOf(vendor).add.at(-1), destinationOf(vendor).remove.at(-1)])
    .reduce((sum, route) => sum + (route?.parallel ?? 0) * (route?.max.value ?? 0), 0)

/** Does a run say exactly what became of its people? */
const isTold = (run: EndedRun | undefined, refused: number): boolean =>
  run !== undefined &&
  run.unknown === 0 &&
  run.rejected === refused &&
  run.status === (refused > 0 ? 'Partial' : 'Successful')

const differences = (before: ReadonlySet<string>, after: ReadonlySet<string>): number =>
  [...before].filter((one) => !after.has(one)).length + [...after].filter((one) => !before.has(one)).length

/** True where nobody was lost or wrongly removed, nothing forbidden was asked, and every kill landed. */
export async function largeCrash(options: LargeOptions): Promise<boolean> {
  const { folder, people, seed, kills, refusedPercent, tell } = options
  const refuses = refusing(refusedPercent)
  const clocks = new Clocks()
  let watch: (event: RequestEvent) => void = () => undefined
  const sandbox = await startSandbox({
    home: join(folder, 'sandbox'),
    pace: PACE,
    limits: false,
    latencyMs: LATENCY_MS,
    ports: { sendgrid: 0, 'microsoft-advertising': 0 },
    now: clocks.now,
    settings: { sendgrid: { refuses }, 'microsoft-advertising': { refuses } },
    onRequest: (event) => watch(event),
  })
  try {
    const bench = new LargeBench(sandbox, clocks, options)
    watch = bench.onRequest
    const findings: Finding[] = []
    let ok = true
    let landed = 0
    const generations: Generation[] = [{ people, seed }, ...(kills === 0 ? [] : [{ people, seed, changes: MORE }])]
    for (const [index, generation] of generations.entries()) {
      const tables = join(folder, `tables-${index}`)
      await generateTables({ folder: tables, files: PROFILE_FILES, ...generation })
      const before = new Map(vendors.map((vendor) => [vendor, lastRequest(sandbox, vendor)]))
      const began = performance.now()
      const moments = index === 0 ? [] : momentsFor(kills)
      const { runs, kills: done } = await bench.refresh(index, tables, moments)
      landed += done
      ok &&= done === moments.length
      const { resident = 0, heap = 0, exporting = 0 } = bench.peaks.at(-1) ?? {}
      tell(
        `run ${index + 1}: ${done} kills, ${((performance.now() - began) / 1000).toFixed(0)} s, most resident ${megabytes(resident)} (while exporting ${megabytes(exporting)}), JavaScript heap ${megabytes(heap)}`,
      )
      for (const vendor of vendors) {
        const finding = examine(sandbox, vendor, generation, before.get(vendor) ?? 0, refuses)
        findings.push(finding)
        const run = runs.find(({ destination }) => destination === vendor)
        const refused = refusedIn(vendor, generation, refuses)
        const told = isTold(run, refused)
        ok &&= told
        tell(
          `run ${index + 1}, ${vendor}: ${run?.status} in ${run?.seconds.toFixed(0)} s, ${run?.requests} requests, ${run?.writes} writes; added ${run?.added}, updated ${run?.updated}, removed ${run?.removed}, rejected ${run?.rejected} of ${refused}, unknown ${run?.unknown}${told ? '' : ' (NOT AS IT WAS)'} ${run?.reason}`,
        )
        tell(
          `run ${index + 1}, ${vendor}: ${sandbox.lists(vendor)[0]?.members ?? 0} members, lost ${finding.lost}, wrongly removed ${finding.wronglyRemoved}, still there ${finding.stayed}, sent twice ${finding.sentTwice}`,
        )
      }
    }
    const then = vendors.map((vendor: SandboxVendor) => membersOf(sandbox, vendor))
    clocks.ahead = LATER_MS
    const later = vendors.reduce(
      (sum, vendor, index) => sum + differences(then[index] ?? new Set(), membersOf(sandbox, vendor)),
      0,
    )
    for (const use of sandbox.forbidden()) tell(`forbidden: ${use}`)
    const sum = (of: (finding: Finding) => number): number =>
      findings.reduce((total, finding) => total + of(finding), 0)
    const [lost, wrong, stayed, twice] = [
      sum((one) => one.lost),
      sum((one) => one.wronglyRemoved),
      sum((one) => one.stayed),
      sum((one) => one.sentTwice),
    ]
    const most = mostTwice(landed)
    tell(
      `lost ${lost}, wrongly removed ${wrong}, still there ${stayed}, changed later ${later}, forbidden ${sandbox.forbidden().length}, kills ${landed}, sent twice ${twice} (at most ${most})`,
    )
    return ok && [lost, wrong, stayed, later, sandbox.forbidden().length].every((n) => n === 0) && twice <= most
  } finally {
    await sandbox.close()
  }
}
