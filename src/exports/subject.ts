/** What a run is planned from: its export, connection and lists, over the profiles and members that it is pinned to. */
import { checkedIfNeeded } from '../connections/connect.ts'
import { type OpenConnection, openConnection } from '../connections/open-connection.ts'
import type { Watch } from '../delivery/channel.ts'
import type { Clock } from '../delivery/ports.ts'
import type { Session } from '../engine/engine.ts'
import { SundError } from '../errors.ts'
import { compileSegment } from '../segments/compile.ts'
import { membersOf } from '../segments/members.ts'
import { type Connection, getConnection } from '../store/connection.ts'
import { type Export, getExport } from '../store/export.ts'
import type { Run } from '../store/run.ts'
import { getSegment, type Segment } from '../store/segment.ts'
import { currentProfiles } from '../unify/profiles.ts'
import { isAddOnly, type ListOfSegments, listsIfUnchanged } from './lists.ts'
import { checkProfileFields } from './matched-fields.ts'
import { returnersApart } from './routes.ts'
import type { RunPorts } from './run-ports.ts'
import type { PlanInput } from './wanted.ts'

/** All that is planned from; `input` is without what the account says of its fields until that is asked for. */
export interface Subject {
  readonly wanted: Export
  readonly row: Connection
  readonly connection: OpenConnection
  readonly lists: readonly ListOfSegments[]
  readonly input: PlanInput
}

/** Where profiles and members are. */
export interface WorldPorts {
  readonly engine: Session
  readonly clock: Pick<Clock, 'now'>
}

/** The newest profiles over which all the segments are sealed: while a refresh is under way, those before it. */
async function worldOf({ engine, clock }: WorldPorts, wanted: Export, segments: readonly Segment[]) {
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

/** What is known before the profiles are looked at. */
export interface Asked extends Omit<Subject, 'input'> {
  readonly runId: string
  readonly segments: readonly Segment[]
}

/** Throws SundError. */
export async function subjectOver(ports: WorldPorts, { runId, segments, ...asked }: Asked): Promise<Subject> {
  const { wanted, connection, lists } = asked
  const { profiles, members } = await worldOf(ports, wanted, segments)
  checkProfileFields(wanted, profiles.fields)
  const input: PlanInput = {
    runId,
    exportId: wanted.id,
    profiles,
    lists: lists.map(({ list, segmentIds }) => ({
      listId: list.id,
      members: segmentIds.flatMap((id) => members.get(id) ?? []),
      addOnly: isAddOnly(list),
    })),
    matching: wanted.matching,
    hashed: connection.destination.identifier.hash !== undefined,
    returnersApart: returnersApart(connection.destination),
    now: ports.clock.now().getTime(),
  }
  return { ...asked, input }
}

/** Throws SundError, and what the conversation of a check throws. */
export async function subjectOf(ports: RunPorts, run: Run, watch: Watch, signal: AbortSignal): Promise<Subject> {
  for (;;) {
    const asked = await askedOf(ports, run, watch, signal)
    if (asked !== undefined) return await subjectOver(ports, asked)
  }
}

/** Undefined where somebody changed the export meanwhile. */
async function askedOf(ports: RunPorts, run: Run, watch: Watch, signal: AbortSignal): Promise<Asked | undefined> {
  const { db, clock } = ports
  const wanted = await getExport(db, run.exportId)
  const row = await checkedIfNeeded(ports, await getConnection(db, wanted.connectionId), signal, watch)
  const connection = await openConnection(ports, row, wanted.settings)
  const segments = await Promise.all(wanted.segmentIds.map(async (id) => await getSegment(db, id)))
  const lists = await listsIfUnchanged(db, connection, wanted, segments, clock.now())
  return lists === undefined ? undefined : { runId: run.id, wanted, row, connection, segments, lists }
}
