/** Plans a run: pins what it works from, compares it with the ledger, asks the guard, binds lists, and seals the outbox. */
import { type OpenConnection, openConnection } from '../connections/open-connection.ts'
import type { Watch } from '../delivery/channel.ts'
import { SundError } from '../errors.ts'
import { compileSegment } from '../segments/compile.ts'
import { membersOf } from '../segments/members.ts'
import { type Connection, getConnection } from '../store/connection.ts'
import { type Export, getExport, listExports } from '../store/export.ts'
import { listsOfConnection } from '../store/list.ts'
import { type Run, updateRun } from '../store/run.ts'
import { removalsInLastDays } from '../store/run-settle.ts'
import { getSegment, type Segment } from '../store/segment.ts'
import { currentProfiles, type ProfilesVersion } from '../unify/profiles.ts'
import { type GuardInput, guard, REMOVAL_WINDOW_DAYS } from './guard.ts'
import { bind, type ListOfSegments, listsOfExport } from './lists.ts'
import { dropOldOutboxes, sealOutbox } from './outbox.ts'
import { countPeople, type Elsewhere } from './people.ts'
import type { Pinned } from './pinned.ts'
import { deltaHash, type ListDelta, plan } from './plan.ts'
import type { RunPorts } from './run-ports.ts'
import type { PlanInput } from './wanted.ts'

/** `sealed`: the outbox stands and may be sent. Otherwise the run ends here, with nothing sent to any list. */
export type Planned =
  | { readonly kind: 'sealed'; readonly pinned: Pinned; readonly connection: OpenConnection }
  | { readonly kind: 'held'; readonly error: SundError; readonly deltaHash: string; readonly pinned: Pinned }

interface Subject {
  readonly run: Run
  readonly wanted: Export
  readonly row: Connection
  readonly connection: OpenConnection
  readonly lists: readonly ListOfSegments[]
  readonly input: PlanInput
}

/** The newest profiles over which all the segments are sealed: while a refresh is under way, those before it. */
async function worldOf(ports: RunPorts, wanted: Export, segments: readonly Segment[]) {
  const { engine, clock } = ports
  const newest = await currentProfiles(engine)
  if (newest === undefined) throw new SundError('run.not_refreshed', { export: wanted.name, missing: 'the profiles' })
  // A segment that cannot be evaluated now must not go on with yesterday's members: throws what is wrong with it.
  const today = clock.now().toISOString().slice(0, 10)
  for (const segment of segments) compileSegment(segment, { fields: newest.fields, today })
  for (const version of [newest.version, newest.version - 1]) {
    const profiles = await currentProfiles(engine, version)
    const sealed = await Promise.all(segments.map(async ({ id }) => await membersOf(engine, id, version)))
    const members = new Map(sealed.flatMap((one) => (one === undefined ? [] : [[one.segmentId, one.table] as const])))
    if (profiles !== undefined && members.size === segments.length) return { profiles, members }
  }
  const names = segments.map(({ name }) => `“${name}”`).join(', ')
  throw new SundError('run.not_refreshed', { export: wanted.name, missing: names })
}

/** Said here in plain words: the engine would only say that it does not know the column. */
function checkMatching({ name, matching }: Export, { fields }: ProfilesVersion): void {
  for (const field of [matching.identifier, ...Object.values(matching.fields)]) {
    if (fields.some((known) => known.name === field)) continue
    const found = fields.map((known) => known.name).join(', ')
    throw new SundError('run.field_missing', { export: name, field, found })
  }
  if (fields.some((known) => known.name === matching.identifier && known.identifier !== undefined)) return
  throw new SundError('run.field_not_identifier', { export: name, field: matching.identifier })
}

async function subjectOf(ports: RunPorts, run: Run): Promise<Subject> {
  const { db, clock } = ports
  const wanted = await getExport(db, run.exportId)
  const row = await getConnection(db, wanted.connectionId)
  const connection = await openConnection(ports, row, wanted.settings)
  const segments = await Promise.all(wanted.segmentIds.map(async (id) => await getSegment(db, id)))
  const { profiles, members } = await worldOf(ports, wanted, segments)
  checkMatching(wanted, profiles)
  const lists = await listsOfExport(db, connection, wanted, segments, clock.now())
  const input: PlanInput = {
    runId: run.id,
    exportId: run.exportId,
    profiles,
    lists: lists.map(({ list, segmentIds }) => ({
      listId: list.id,
      members: segmentIds.flatMap((id) => members.get(id) ?? []),
    })),
    matching: wanted.matching,
    hashed: connection.destination.identifier.hash !== undefined,
    now: clock.now().getTime(),
  }
  return { run, wanted, row, connection, lists, input }
}

/** The limit that is nearest: the contract's own, else the destination's documented one unless an administrator lifted it. */
const limitOf = ({ row, connection }: Subject): GuardInput['peopleLimit'] => {
  const documented = row.limitLifted ? undefined : connection.destination.people
  if (row.peopleLimit !== undefined && row.peopleLimit <= (documented?.value ?? Number.POSITIVE_INFINITY)) {
    return { value: row.peopleLimit, over: 'contract' }
  }
  return documented
}

/** What the other exports of the connection hold and ask for, over the same profiles. */
async function elsewhere({ db, engine }: RunPorts, { input, lists, row, wanted }: Subject): Promise<Elsewhere> {
  const own = new Set(lists.map(({ list }) => list.id))
  const others = (await listsOfConnection(db, row.id)).filter(({ id }) => !own.has(id))
  const asked: { identifier: string; members: string[] }[] = []
  for (const { id, connectionId, matching, segmentIds } of await listExports(db)) {
    const isIdentifier = input.profiles.fields.some(
      (field) => field.name === matching.identifier && field.identifier !== undefined,
    )
    if (id === wanted.id || connectionId !== row.id || !isIdentifier) continue
    const sealed = await Promise.all(
      segmentIds.map(async (segment) => await membersOf(engine, segment, input.profiles.version)),
    )
    asked.push({ identifier: matching.identifier, members: sealed.flatMap((one) => one?.table ?? []) })
  }
  return { listIds: others.map(({ id }) => id), wanted: asked }
}

const nobodyElse: Elsewhere = { listIds: [], wanted: [] }

async function guardInput(ports: RunPorts, subject: Subject, deltas: readonly ListDelta[]): Promise<GuardInput> {
  const { input, lists } = subject
  const peopleLimit = ports.options?.guardOff === true ? undefined : limitOf(subject)
  const others =
    peopleLimit === undefined || peopleLimit.over === 'export' ? nobodyElse : await elsewhere(ports, subject)
  const recent = new Map<string, number>()
  for (const { listId } of deltas) {
    recent.set(listId, await removalsInLastDays(ports.db, listId, REMOVAL_WINDOW_DAYS, new Date(input.now)))
  }
  return {
    deltas,
    listNames: new Map(lists.map(({ list }) => [list.id, list.name])),
    people: peopleLimit === undefined ? 0 : await countPeople(ports.engine, input, deltas, others, peopleLimit.value),
    ...(peopleLimit === undefined ? {} : { peopleLimit }),
    recentRemovals: recent,
  }
}

const pinnedOf = (
  { input, row, connection, lists }: Subject,
  deltas: readonly ListDelta[],
  approved: boolean,
): Pinned => {
  const sum = (of: (delta: ListDelta) => number) => deltas.reduce((total, delta) => total + of(delta), 0)
  return {
    connectionId: row.id,
    destination: connection.destination.id,
    matching: input.matching,
    settings: connection.place.settings,
    found: connection.place.found,
    profilesVersion: input.profiles.version,
    invalid: sum(({ invalid }) => invalid),
    duplicates: sum(({ duplicates }) => duplicates),
    standing: sum(({ standing }) => standing),
    approved,
    lists: deltas.map(({ listId, expected }) => ({
      listId,
      expected,
      segmentIds: [...(lists.find(({ list }) => list.id === listId)?.segmentIds ?? [])],
    })),
  }
}

/** Every list is bound before the outbox is sealed; one that is bound and was never filled is looked at once more. */
async function bindLists(
  ports: RunPorts,
  subject: Subject,
  deltas: readonly ListDelta[],
  watch: Watch,
  signal: AbortSignal,
) {
  const { connection, wanted, lists } = subject
  for (const { list } of lists) {
    const delta = deltas.find(({ listId }) => listId === list.id)
    const first = delta?.first ?? true
    const fills = (delta?.added ?? 0) > 0
    if (list.remoteId !== undefined && !(first && fills)) continue
    await bind({ db: ports.db, connection, signal, watch }, list, wanted.listRemoteId, first)
  }
}

/**
 * Plans from the start, also when an earlier attempt got half way: nothing of it was sent. Throws SundError, and what
 * conversations with the vendor throw; then nothing is sealed.
 */
export async function planRun(ports: RunPorts, run: Run, watch: Watch, signal: AbortSignal): Promise<Planned> {
  const subject = await subjectOf(ports, run)
  await dropOldOutboxes(ports.engine, run.exportId, run.id)
  const deltas = await plan(ports.engine, subject.input)
  const verdict = guard(await guardInput(ports, subject, deltas))
  const hash = verdict.kind === 'held' ? await deltaHash(ports.engine, run.id) : undefined
  const approved = hash !== undefined && hash === run.approvedHash
  const pinned = pinnedOf(subject, deltas, approved)
  await updateRun(ports.db, run.id, { pinned, invalid: pinned.invalid, duplicates: pinned.duplicates })
  if (verdict.kind === 'refused') throw new SundError(verdict.code, verdict.details)
  if (verdict.kind === 'held' && hash !== undefined && !approved) {
    return { kind: 'held', error: new SundError(verdict.code, verdict.details), deltaHash: hash, pinned }
  }
  await bindLists(ports, subject, deltas, watch, signal)
  await sealOutbox(ports.engine, { id: run.id, exportId: run.exportId }, subject.input.now)
  return { kind: 'sealed', pinned, connection: subject.connection }
}
