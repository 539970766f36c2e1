/** What the demo prints: the state of one refresh and its runs, with the lists as the simulators hold them. */
import type { Sandbox, SandboxVendor } from '../sandbox/sandbox.ts'
import { membersOf } from '../src/segments/members.ts'
import type { Server } from '../src/server.ts'
import { getConnection } from '../src/store/connection.ts'
import { type Export, listExports } from '../src/store/export.ts'
import { type ExportList, listsOf } from '../src/store/list.ts'
import { type Run, runsOf } from '../src/store/run.ts'
import { listsOfRun } from '../src/store/run-settle.ts'
import { listSegments } from '../src/store/segment.ts'
import { currentProfiles } from '../src/unify/profiles.ts'
import { exports as demoExports } from './definitions.ts'

export interface ListReport {
  readonly list: string
  readonly segments: readonly string[]
  /** Members that the segments ask for, and those that the simulator holds. */
  readonly expected: number
  readonly members: number
}

export interface ExportReport {
  readonly name: string
  readonly destination: string
  readonly status: string
  readonly reason?: string
  readonly added: number
  readonly updated: number
  readonly removed: number
  readonly rejected: number
  readonly unknown: number
  readonly invalid: number
  readonly duplicates: number
  readonly requests: number
  readonly writes: number
  readonly seconds: number
  readonly lists: readonly ListReport[]
}

export interface Report {
  readonly profiles: number
  readonly segments: readonly { readonly name: string; readonly members: number }[]
  readonly exports: readonly ExportReport[]
}

const membersThere = (sandbox: Sandbox, vendor: SandboxVendor | undefined, list: ExportList): number =>
  vendor === undefined || list.remoteId === undefined ? 0 : sandbox.members(vendor, list.remoteId).length

const secondsOf = ({ startedAt, settledAt }: Run): number =>
  startedAt === undefined || settledAt === undefined ? 0 : (settledAt.getTime() - startedAt.getTime()) / 1000

async function exportReport(
  { ports: { db } }: Server,
  sandbox: Sandbox,
  wanted: Export,
  names: ReadonlyMap<string, string>,
): Promise<ExportReport[]> {
  const [run] = await runsOf(db, wanted.id, 1)
  if (run === undefined) return []
  const vendor = demoExports.find(({ name }) => name === wanted.name)?.destination
  const figures = new Map((await listsOfRun(db, run.id)).map((list) => [list.listId, list]))
  const nameOf = (id: string) => names.get(id) ?? id
  const lists = (await listsOf(db, wanted.id)).map((list) => ({
    list: list.name,
    segments: list.segmentId === undefined ? wanted.segmentIds.map(nameOf) : [nameOf(list.segmentId)],
    expected: figures.get(list.id)?.expected ?? 0,
    members: membersThere(sandbox, vendor, list),
  }))
  const { status, reason, added, updated, removed, rejected, unknown, invalid, duplicates, requests, writes } = run
  const { destination } = await getConnection(db, wanted.connectionId)
  return [
    {
      ...{ name: wanted.name, destination, status, ...(reason === undefined ? {} : { reason }) },
      ...{ added, updated, removed, rejected, unknown, invalid, duplicates, requests, writes },
      ...{ seconds: secondsOf(run), lists },
    },
  ]
}

/** The newest run of every export, and what it worked from. */
export async function reportOf(server: Server, sandbox: Sandbox): Promise<Report> {
  const { db, engine } = server.ports
  const profiles = await currentProfiles(engine)
  const all = await listSegments(db)
  const segments: { name: string; members: number }[] = []
  for (const { id, name } of all) {
    const sealed = profiles === undefined ? undefined : await membersOf(engine, id, profiles.version)
    segments.push({ name, members: sealed?.rows ?? 0 })
  }
  const names = new Map(all.map(({ id, name }) => [id, name]))
  const reports: ExportReport[] = []
  for (const wanted of await listExports(db)) reports.push(...(await exportReport(server, sandbox, wanted, names)))
  return { profiles: profiles?.rows ?? 0, segments, exports: reports }
}

const row = (cells: readonly (string | number)[], widths: readonly number[]): string =>
  cells
    .map((cell, index) => String(cell).padEnd(widths[index] ?? 0))
    .join('  ')
    .trimEnd()

const listRow = ({ list, expected, members }: ListReport): string =>
  `    ${list}: ${members} members, ${expected} in the segments${members === expected ? '' : '  ← differs'}`

/** The report for people. */
export function tellReport({ profiles, segments, exports }: Report): string {
  const widths = [34, 12, 8, 8, 8, 9, 8, 8]
  const head = ['Export', 'Status', 'added', 'updated', 'removed', 'rejected', 'requests', 'seconds']
  const lines = exports.flatMap((one) => [
    row(
      [one.name, one.status, one.added, one.updated, one.removed, one.rejected, one.requests, one.seconds.toFixed(1)],
      widths,
    ),
    ...(one.reason === undefined ? [] : [`    ${one.reason}`]),
    ...one.lists.map(listRow),
  ])
  return [
    `${profiles} unified profiles`,
    ...segments.map(({ name, members }) => `  ${name}: ${members}`),
    '',
    row(head, widths),
    ...lines,
  ].join('\n')
}
