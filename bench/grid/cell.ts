/** One cell of the grid: an export whose first and third run meet a fault, and what has to be true all the way. */
import { vendorSetUps } from '../../demo/at-vendor.ts'
import { createExport } from '../../src/store/export.ts'
import { listsOf } from '../../src/store/list.ts'
import type { Run } from '../../src/store/run.ts'
import type { Company } from './company.ts'
import type { Fault, Phase } from './faults.ts'
import { leaksOf } from './leaks.ts'
import { expectedOf, type Known, noOf, type RefreshName, theirsOf } from './people.ts'
import { type Counts, faultScript } from './script.ts'
import { gridVendors } from './vendors.ts'

export interface Cell {
  readonly fault: Fault
  readonly phase: Phase
  /** Names its people: short, and its own. */
  readonly code: string
}

/** What happened in a cell so far. */
export interface Story {
  readonly cell: Cell
  readonly exportId: string
  /** The list at the vendor, where it was there before us. */
  readonly list: string | undefined
  readonly known: Known
  /** What was not as it must be. */
  readonly problems: string[]
  /** What the runs came to, for people who look into a cell. */
  readonly told: string[]
  hits: number
  halves: number
  /** Who was on the list when it was last looked at. */
  there: readonly string[]
}

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
/** Plain runs, a day apart, in which everything has to be as it should. */
const MOST_PLAIN_RUNS = 5
/** Kinds of requests that a run may stop at, one after the other. */
const MOST_FAULTY_RUNS = 12
/** Of a run that fails as long as it lasts, whatever its size. */
const MOST_WHILE_DOWN = 150
const MOST_SIGN_INS = 2

export const nameOf = ({ fault, phase }: Cell): string => `${fault.name}/${phase}`

/** Whom the vendor has on the export's list; nobody where there is none yet. */
const membersOf = async (
  { ports, sandbox, vendor }: Company,
  { exportId, list }: Story,
): Promise<readonly string[]> => {
  const [bound] = await listsOf(ports.db, exportId)
  const id = bound?.remoteId ?? list
  return id === undefined ? [] : sandbox.members(vendor, id)
}

/** Makes the list with people of theirs on it, the segment, the connection and the export. */
export const setUpExport = async (company: Company, cell: Cell, segmentId: string): Promise<Story> => {
  const { vendor, ports, clock, ask, sandbox } = company
  const { fields, make, byName, put, say, hashed } = gridVendors[vendor]
  const name = nameOf(cell)
  const list = await make?.(ask, name)
  if (list !== undefined && put !== undefined) {
    // A new list, and who was put on it, are not known at once everywhere.
    clock.pass(MINUTE_MS)
    await put(ask, list, theirsOf(cell.code))
    clock.pass(MINUTE_MS)
    for (const address of noOf(cell.code)) await say?.(ask, list, address)
    clock.pass(MINUTE_MS)
  }
  const connection = await company.connection(name)
  const { id } = await createExport(ports.db, {
    name,
    connectionId: connection.id,
    settings: vendorSetUps[vendor].exportSettings,
    matching: { identifier: 'Email', fields },
    segmentIds: [segmentId],
    ...(list === undefined || byName === true ? {} : { listRemoteId: list }),
  })
  return {
    cell,
    exportId: id,
    list,
    known: { theirs: put !== undefined, no: say !== undefined, hashed: hashed === true },
    problems: [],
    told: [],
    hits: 0,
    halves: 0,
    there: list === undefined ? [] : sandbox.members(vendor, list),
  }
}

const missingIn = (list: readonly string[], those: readonly string[]): string[] =>
  those.filter((one) => !list.includes(one))

const isAsPlanned = (story: Story, { status, rejected, unknown }: Run): boolean =>
  status === 'Successful' ||
  // Who said no is refused, and stays out.
  (status === 'Partial' && story.known.no && unknown === 0 && rejected <= noOf(story.cell.code).length)

/** What must be true after any run, whatever it met. True where the run says that all is as it should be. */
const judge = async (company: Company, story: Story, refresh: RefreshName, run: Run): Promise<boolean> => {
  const { problems, cell, known, there } = story
  const say = (what: string): void => void problems.push(`${refresh} run (${run.status}): ${what}`)
  const wanted = expectedOf(cell.code, refresh, known)
  const list = await membersOf(company, story)
  const lost = missingIn(
    list,
    there.filter((one) => wanted.includes(one)),
  )
  if (lost.length > 0) say(`took off ${lost.join(', ')}`)
  const missing = missingIn(list, wanted)
  const extra = missingIn(wanted, list)
  const right = isAsPlanned(story, run)
  if (right && missing.length > 0) say(`says so, and ${missing.join(', ')} is missing`)
  if (right && extra.length > 0) say(`says so, and ${extra.join(', ')} is still there`)
  if (run.status === 'Failed' && !run.reason) say('gives no reason')
  if (run.settledAt === undefined) say('was not settled')
  for (const leak of await leaksOf(company, run)) say(`holds ${leak}`)
  story.there = list
  story.told.push(
    `${refresh}: ${run.status}, ${run.requests} requests, +${run.added} ~${run.updated} -${run.removed}, rejected ${run.rejected}, unknown ${run.unknown}${run.reason ? `; ${run.reason}` : ''}`,
  )
  return right
}

/** While it lasts, every run meets it alike. */
const isLasting = ({ hits }: Fault): boolean => hits === 'all' || typeof hits === 'object'

const since = (before: Counts, now: Counts): Counts => ({
  requests: now.requests - before.requests,
  signIns: now.signIns - before.signIns,
  hits: now.hits - before.hits,
  halves: now.halves - before.halves,
})

const judgeTraffic = (story: Story, refresh: RefreshName, counts: Counts, usual: number): void => {
  const { problems, cell } = story
  const most = isLasting(cell.fault) ? Math.max(MOST_WHILE_DOWN, 3 * usual) : 2 * usual + 4 * counts.hits + 10
  if (counts.requests > most) problems.push(`${refresh} run: ${counts.requests} requests, more than ${most}`)
  // A new token for each answer that said that the old one is no good, and one that had come of age; for ever refused, two.
  const mostSignIns = isLasting(cell.fault) ? MOST_SIGN_INS : counts.hits + 1
  if (cell.fault.name.startsWith('401') && counts.signIns > mostSignIns) {
    problems.push(`${refresh} run: ${counts.signIns} sign-ins, more than ${mostSignIns}`)
  }
}

/** Runs without faults, until everything is as it should be. */
const goOn = async (company: Company, story: Story, refresh: RefreshName): Promise<void> => {
  for (let runs = 0; runs < MOST_PLAIN_RUNS; runs++) {
    const { clock } = company
    clock.pass(DAY_MS)
    const run = await company.run(story.exportId, faultScript(company.vendor, undefined, clock.monotonic))
    if (await judge(company, story, refresh, run)) return
  }
  story.problems.push(`${refresh}: not as it should be after ${MOST_PLAIN_RUNS} runs without faults`)
}

/**
 * The run that meets the fault; where it stops at that, runs after it, which meet what is left of the fault. `usual`:
 * requests of the same run without one. Gives the requests of the first run.
 */
export const faultyRun = async (
  company: Company,
  story: Story,
  refresh: RefreshName,
  usual: number,
): Promise<number> => {
  const { vendor, clock } = company
  const script = faultScript(vendor, story.cell, clock.monotonic)
  let first: number | undefined
  for (let runs = 0; runs < MOST_FAULTY_RUNS; runs++) {
    const before = { ...script.counts }
    const run = await company.run(story.exportId, script)
    const isRight = await judge(company, story, refresh, run)
    const counts = since(before, script.counts)
    judgeTraffic(story, refresh, counts, usual)
    story.hits += counts.hits
    story.halves += counts.halves
    first ??= counts.requests
    if (isRight) return first
    if (counts.hits === 0 || isLasting(story.cell.fault)) break
    clock.pass(DAY_MS)
  }
  await goOn(company, story, refresh)
  return first ?? 0
}

/** A run that meets no fault, after a refresh. Gives its requests. */
export const plainRun = async (company: Company, story: Story, refresh: RefreshName): Promise<number> => {
  const script = faultScript(company.vendor, undefined, company.clock.monotonic)
  const run = await company.run(story.exportId, script)
  if (!(await judge(company, story, refresh, run))) await goOn(company, story, refresh)
  return script.counts.requests
}

/** The end of a cell: a run that finds nothing to do, and what the vendor says of everybody else. */
export const concluded = async (company: Company, story: Story): Promise<void> => {
  const { problems, cell, known } = story
  const { vendor, clock, ask, ports } = company
  const script = faultScript(vendor, undefined, clock.monotonic)
  const { status } = await company.run(story.exportId, script)
  if (script.counts.requests > 0)
    problems.push(`last run (${status}): asks ${script.counts.requests} times for nothing`)
  const { saysNo } = gridVendors[vendor]
  const [list] = await listsOf(ports.db, story.exportId)
  for (const address of known.no ? noOf(cell.code) : []) {
    if (saysNo !== undefined && !(await saysNo(ask, list?.remoteId ?? '', address))) {
      problems.push(`${address} had said no, and does not any more`)
    }
  }
}
