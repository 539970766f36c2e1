/** Plans a run: pins what it works from, compares it with the ledger, asks the guard, binds lists, and seals the outbox. */
import { z } from 'zod'
import type { OpenConnection } from '../connections/open-connection.ts'
import type { Watch } from '../delivery/channel.ts'
import type { List } from '../destination-kit/kit.ts'
import type { DataEngine } from '../engine/engine.ts'
import { SundError } from '../errors.ts'
import { membersOf } from '../segments/members.ts'
import { listExports } from '../store/export.ts'
import { listsOfConnection } from '../store/list.ts'
import type { Reads } from '../store/reads.ts'
import { type Run, updateRun } from '../store/run.ts'
import { removalsInLastDays } from '../store/run-settle.ts'
import { type GuardInput, guard, REMOVAL_WINDOW_DAYS } from './guard.ts'
import { ensureFields } from './list-fields.ts'
import { type Binding, bind, chosenList, type ListOfSegments } from './lists.ts'
import { isRenameDue, lookAgain } from './looked-at.ts'
import { keptField } from './matched-fields.ts'
import { readList } from './member-reading.ts'
import { dropOldOutboxes, sealOutbox } from './outbox.ts'
import { countPeople, type Elsewhere } from './people.ts'
import type { Pinned } from './pinned.ts'
import { deltaHash, type ListDelta, plan } from './plan.ts'
import { type PlannedDelta, planned } from './planned-fields.ts'
import type { RunPorts } from './run-ports.ts'
import { type Subject, subjectOf } from './subject.ts'
import type { PlanInput } from './wanted.ts'

/** `sealed`: the outbox stands and may be sent. Otherwise the run ends here, with nothing sent to any list. */
export type Planned =
  | { readonly kind: 'sealed'; readonly pinned: Pinned; readonly connection: OpenConnection }
  | { readonly kind: 'held'; readonly error: SundError; readonly deltaHash: string; readonly pinned: Pinned }

/** The limit that is nearest: the contract's own, else the destination's documented one unless an administrator lifted it. */
export const limitOf = ({ row, connection }: Pick<Subject, 'row' | 'connection'>): GuardInput['peopleLimit'] => {
  const documented = row.limitLifted ? undefined : connection.destination.people
  if (row.peopleLimit !== undefined && row.peopleLimit <= (documented?.value ?? Number.POSITIVE_INFINITY)) {
    return { value: row.peopleLimit, over: 'contract' }
  }
  return documented
}

/** What the guard's question is put together from, without changing it. */
export interface GuardPorts {
  readonly db: Reads
  readonly engine: DataEngine
  readonly options?: RunPorts['options']
}

/** What the other exports of the connection hold and ask for, over the same profiles. */
async function elsewhere({ db, engine }: GuardPorts, { input, lists, row, wanted }: Subject): Promise<Elsewhere> {
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

/** What the guard is asked about a planned delta. */
export async function guardInput(
  ports: GuardPorts,
  subject: Subject,
  deltas: readonly ListDelta[],
): Promise<GuardInput> {
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
    fields: z.array(keptField).parse(input.fields ?? []),
    settings: connection.place.settings,
    found: connection.place.found,
    profilesVersion: input.profiles.version,
    invalid: sum(({ invalid }) => invalid),
    duplicates: sum(({ duplicates }) => duplicates),
    standing: sum(({ standing }) => standing),
    approved,
    nobodyFits: deltas
      .filter(({ nobodyFits }) => nobodyFits)
      .map(({ listId }) => lists.find(({ list }) => list.id === listId)?.list.name ?? listId),
    lists: deltas.map(({ listId, expected, theirs, kept }) => ({
      ...{ listId, expected, theirs, kept },
      segmentIds: [...(lists.find(({ list }) => list.id === listId)?.segmentIds ?? [])],
    })),
  }
}

/** Every list is asked about in one run, not one in each. */
const ifUndecided = (error: unknown): SundError => {
  if (error instanceof SundError && error.code === 'run.list_undecided') return error
  throw error
}

/**
 * What a delta asks for one of its lists. `binds`: it is bound, or looked at once more since nobody was ever sent there.
 * `looks`: it is bound, and the vendor is asked about it before people are sent.
 */
export const stepOf = (looking: Pick<Binding, 'connection'>, wanted: ListOfSegments, deltas: readonly ListDelta[]) => {
  const { list } = wanted
  const delta = deltas.find(({ listId }) => listId === list.id)
  const first = delta?.first ?? true
  const writes = (delta?.added ?? 0) + (delta?.updated ?? 0) > 0
  const binds = list.remoteId === undefined || (first && writes)
  const looks = !binds && (writes || (delta?.removed ?? 0) > 0 || isRenameDue(looking, wanted))
  return { first, writes, binds, looks, theirs: delta?.theirs ?? 0 }
}

/**
 * Every list is bound before the outbox is sealed; one that is bound and was never filled is looked at once more. Who is on
 * a list that is filled for the first time is read into the ledger. True when the ledger knows more than the plan did.
 */
async function bindLists(
  ports: RunPorts,
  { subject: { connection, wanted, lists, input }, deltas }: PlannedDelta,
  watch: Watch,
  signal: AbortSignal,
): Promise<boolean> {
  let hasRead = false
  let undecided: SundError | undefined
  const talking = { connection, signal, watch }
  const ensure = async (list: List) => await ensureFields(talking, list, input.fields ?? [])
  const binding = { db: ports.db, ...talking }
  for (const one of lists) {
    const { list } = one
    const { first, writes, binds, looks, theirs } = stepOf(binding, one, deltas)
    if (!binds) {
      if (!looks) continue
      const there = await lookAgain(ports, binding, one)
      if (writes) await ensure(there)
      continue
    }
    const bound = await bind(binding, list, chosenList(connection, wanted), first).catch(ifUndecided)
    if (bound instanceof SundError) {
      undecided ??= bound
      continue
    }
    const { list: there, mayHoldTheirs } = bound
    // Whom an earlier reading found may be gone by now, all of them: that has to be read too.
    if (mayHoldTheirs || (first && theirs > 0)) {
      hasRead = (await readList(ports, talking, { runId: input.runId, listId: list.id, there })) || hasRead
    }
    if (writes) await ensure(there)
  }
  if (undecided !== undefined) throw undecided
  return hasRead
}

interface Drafted extends PlannedDelta {
  readonly pinned: Pinned
  /** Why it may not be sent unless a person approves exactly this delta. */
  readonly held?: { readonly error: SundError; readonly deltaHash: string }
}

/** Writes the draft and asks the guard. Throws what it refuses. `approved`: a person approved the removals in it. */
async function draft(ports: RunPorts, run: Run, delta: PlannedDelta, approved: boolean): Promise<Drafted> {
  const { subject, deltas } = delta
  const verdict = guard(await guardInput(ports, subject, deltas))
  const hash = verdict.kind === 'held' && !approved ? await deltaHash(ports.engine, run.id) : undefined
  const isApproved = approved || (hash !== undefined && hash === run.approvedHash)
  const pinned = pinnedOf(subject, deltas, isApproved)
  await updateRun(ports.db, run.id, { pinned, invalid: pinned.invalid, duplicates: pinned.duplicates })
  if (verdict.kind === 'refused') throw new SundError(verdict.code, verdict.details)
  if (verdict.kind === 'pass' || hash === undefined || isApproved) return { ...delta, pinned }
  return { ...delta, pinned, held: { error: new SundError(verdict.code, verdict.details), deltaHash: hash } }
}

/**
 * Plans from the start, also when an earlier attempt got half way: nothing of it was sent. Throws SundError, and what
 * conversations with the vendor throw; then nothing is sealed.
 */
export async function planRun(ports: RunPorts, run: Run, watch: Watch, signal: AbortSignal): Promise<Planned> {
  const unasked = await subjectOf(ports, run, watch, signal)
  await dropOldOutboxes(ports.engine, run.exportId, run.id)
  const planPorts = { db: ports.db, plan: async (input: PlanInput) => await plan(ports.engine, input) }
  const planOver = async (subject: Subject, approved: boolean) =>
    await draft(ports, run, await planned(planPorts, subject, watch, signal), approved)
  let drafted = await planOver(unasked, false)
  if (drafted.held === undefined && (await bindLists(ports, drafted, watch, signal))) {
    // People who were found there are updates now. Removals are the same, and so is what was approved of them.
    drafted = await planOver(drafted.subject, drafted.pinned.approved)
  }
  const { subject, pinned, held } = drafted
  if (held !== undefined) return { kind: 'held', ...held, pinned }
  await sealOutbox(ports.engine, { id: run.id, exportId: run.exportId }, subject.input.now)
  return { kind: 'sealed', pinned, connection: subject.connection }
}
