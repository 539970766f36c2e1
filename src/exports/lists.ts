/** Binds an export's lists to the vendor's: found by the id that a person gave, or made with the segment's name. */
import { isDeepStrictEqual } from 'node:util'
import type { OpenConnection } from '../connections/open-connection.ts'
import type { Watch } from '../delivery/channel.ts'
import { converse } from '../delivery/conversation.ts'
import type { AnyDestination, List } from '../destination-kit/kit.ts'
import { printable } from '../domain/printable.ts'
import { SundError } from '../errors.ts'
import type { ControlPlane } from '../store/control-plane.ts'
import { type Export, lockExport } from '../store/export.ts'
import { letGo } from '../store/leaving.ts'
import {
  bindList,
  closeList,
  createList,
  type ExportList,
  filledBefore,
  fillerOf,
  findList,
  type NewExportList,
  reopenList,
} from '../store/list.ts'
import { askOwnership } from '../store/list-ownership.ts'
import type { Reads } from '../store/reads.ts'
import type { Segment } from '../store/segment.ts'

/** A list and the segments whose union it shall equal. */
export interface ListOfSegments {
  readonly list: ExportList
  readonly segmentIds: readonly string[]
  /** What the segment is called now, where the list is that of one. */
  readonly wantedName?: string
}

/** Said of the very list that the export fills. */
export const isAddOnly = ({ ownership, remoteId }: Pick<ExportList, 'ownership' | 'remoteId'>): boolean =>
  ownership?.is === 'add-only' && ownership.of === remoteId

type Wanted = Omit<NewExportList, 'remoteId'> & { readonly remoteId: string | undefined }

/** What has to be done for the wanted list to have its row: nothing, or the one there is closed and another taken. */
interface CurrentRow {
  readonly keeps?: ExportList
  readonly closes?: ExportList
  readonly reopens?: ExportList
}

/**
 * The row of the list that is wanted now. One that the export filled until now and that is another list, at the vendor or
 * by account, is closed: its people stay known there, and the wanted list is a first run or one taken up again.
 */
async function currentRow(db: Reads, { remoteId, ...wanted }: Wanted): Promise<CurrentRow> {
  const there = await findList(db, wanted.exportId, wanted.segmentId)
  const before = await filledBefore(db, { ...wanted, ...(remoteId === undefined ? {} : { remoteId }) })
  const reopens = before === undefined ? {} : { reopens: before }
  if (there === undefined) return reopens
  const sameId = remoteId === undefined || there.remoteId === undefined || there.remoteId === remoteId
  // A row that was never bound, since its id was wrong, does not stand in the way of the list that was filled before.
  const returns = remoteId !== undefined && there.remoteId === undefined && before !== undefined
  const same = sameId && there.destination === wanted.destination && there.account === wanted.account
  // The segment may have been renamed since; nobody gave the list its name yet.
  if (same && !returns) return { keeps: there.remoteId === undefined ? { ...there, name: wanted.name } : there }
  return { closes: there, ...reopens }
}

async function currentList(db: ControlPlane['db'], wanted: Wanted, now: Date): Promise<ExportList> {
  const { keeps, closes, reopens } = await currentRow(db, wanted)
  if (keeps !== undefined) return keeps
  if (closes !== undefined) await closeList(db, closes.id, now)
  const again = reopens === undefined ? undefined : await reopenList(db, reopens.id)
  if (again !== undefined) return again
  // Bound when it is found at the vendor: the id may be wrong.
  const { remoteId: _unbound, ...made } = wanted
  return await createList(db, made)
}

/** The id of the one list that all segments go into: the export's own choice, else the connection's default; spelled as the vendor does. */
export const chosenList = (
  { destination, place }: Pick<OpenConnection, 'destination' | 'place'>,
  { listRemoteId }: Export,
): string | undefined => {
  const given = listRemoteId ?? (destination.defaultList && place.settings[destination.defaultList])
  return given === undefined || given === '' ? undefined : (destination.listId?.(given) ?? given)
}

/**
 * Which lists the export, as it is now, does not fill: another list was chosen, or their segment was taken off. Of a list in
 * another account only a run can tell.
 */
export const unwantedBy = (
  connection: Pick<OpenConnection, 'destination' | 'place'>,
  wanted: Export,
): ((list: ExportList) => boolean) => {
  const chosen = chosenList(connection, wanted)
  return ({ segmentId, remoteId }) => {
    if (chosen !== undefined) return segmentId !== undefined || (remoteId !== undefined && remoteId !== chosen)
    return segmentId === undefined || !wanted.segmentIds.includes(segmentId)
  }
}

/** One list for all segments where a person chose it, else a list per segment, named exactly as the segment. */
const wantedLists = (
  connection: OpenConnection,
  wanted: Export,
  segments: readonly Segment[],
): (Omit<ListOfSegments, 'list'> & { readonly list: Wanted })[] => {
  const { destination, place } = connection
  const common = { exportId: wanted.id, destination: destination.id, account: destination.account(place) }
  const remoteId = chosenList(connection, wanted)
  return remoteId === undefined
    ? segments.map(({ id, name }) => ({
        list: { ...common, segmentId: id, name, remoteId: undefined },
        segmentIds: [id],
        wantedName: name,
      }))
    : [{ list: { ...common, name: remoteId, remoteId }, segmentIds: segments.map(({ id }) => id) }]
}

/** The control plane's rows of an export's lists, made where they are missing. */
export async function listsOfExport(
  db: ControlPlane['db'],
  connection: OpenConnection,
  wanted: Export,
  segments: readonly Segment[],
  now: Date,
): Promise<ListOfSegments[]> {
  await letGo(db, wanted.id, unwantedBy(connection, wanted), { people: 'leave', at: now })
  const lists: ListOfSegments[] = []
  for (const { list, ...same } of wantedLists(connection, wanted, segments)) {
    lists.push({ list: await currentList(db, list, now), ...same })
  }
  return lists
}

/**
 * As `listsOfExport`; undefined where the export was changed since it was read. A list that was let go meanwhile would be
 * taken up again for it, and the wish that our people be taken off it lost.
 */
export const listsIfUnchanged = async (
  db: ControlPlane['db'],
  connection: OpenConnection,
  wanted: Export,
  segments: readonly Segment[],
  now: Date,
): Promise<ListOfSegments[] | undefined> =>
  await db.transaction().execute(async (tx) => {
    const there = await lockExport(tx, wanted.id)
    return isDeepStrictEqual(there, wanted) ? await listsOfExport(tx, connection, wanted, segments, now) : undefined
  })

/** Nothing at a vendor bears it: it was never given to a list. */
const NO_MARK = '00000000-0000-0000-0000-000000000000'

/** The same lists, without a row made: one that has none yet gets an id that no row has. */
export async function foreseenLists(
  db: Reads,
  connection: OpenConnection,
  wanted: Export,
  segments: readonly Segment[],
): Promise<ListOfSegments[]> {
  const lists: ListOfSegments[] = []
  for (const [index, { list, ...same }] of wantedLists(connection, wanted, segments).entries()) {
    const { keeps, reopens } = await currentRow(db, list)
    const { remoteId: _unbound, ...made } = list
    lists.push({
      list: keeps ??
        reopens ?? { ...made, id: `-${index + 1}`, mark: NO_MARK, madeByUs: false, closed: false, emptying: false },
      ...same,
    })
  }
  return lists
}

export interface Binding {
  readonly db: ControlPlane['db']
  readonly connection: OpenConnection
  readonly signal: AbortSignal
  readonly watch: Watch
}

/** The list of this id as the vendor shows it now. Throws SundError run.list_missing, and what the conversation throws. */
export const findAtVendor = async (
  { connection, signal, watch }: Omit<Binding, 'db'>,
  remoteId: string,
): Promise<List> => {
  const { destination, place, channel } = connection
  const list = await converse(() => destination.list(remoteId, place), channel, signal, watch)
  if (list === undefined) throw new SundError('run.list_missing', { destination: destination.name, list: remoteId })
  return list
}

interface Made {
  readonly list: List
  readonly ours: boolean
}

const made = async ({ connection, signal, watch }: Omit<Binding, 'db'>, { name, mark }: ExportList): Promise<Made> => {
  const { destination, place, channel } = connection
  const { ensureList } = destination
  if (ensureList === undefined) throw new SundError('run.list_missing', { destination: destination.name, list: name })
  return await converse(() => ensureList({ name, mark }, place), channel, signal, watch)
}

/** How a destination tells who is on a list, by something that our people can be known by: its hashes are not ours. */
export const readBackOf = ({ identifier, members }: AnyDestination): AnyDestination['members'] =>
  identifier.hash === undefined ? members : undefined

/** What the vendor shows of a list that is bound now, or looked at once more. */
export interface LookedAt {
  readonly list: List
  readonly ours: boolean
  /** Nothing of ours ever reached it, and somebody may be on it who is not ours. */
  readonly mayHoldTheirs: boolean
  /** Such people may be on it, nobody can tell who they are, and no administrator has said whose the list is. */
  readonly undecided: boolean
}

/** The list is there by the id that a person gave or that it was bound by; else it is found by name, or made. */
export async function lookAtList(
  looking: Omit<Binding, 'db'> & { readonly db: Reads },
  list: ExportList,
  chosen: string | undefined,
  first: boolean,
): Promise<LookedAt> {
  const { destination, place } = looking.connection
  const remoteId = list.remoteId ?? chosen
  const { list: there, ours } =
    remoteId === undefined
      ? await made(looking, list)
      : { list: await findAtVendor(looking, remoteId), ours: list.madeByUs }
  const account = destination.account(place)
  // Before its members are looked at: they are the other export's, and that is what a person has to know.
  const filler = await fillerOf(looking.db, { destination: destination.id, account, remoteId: there.id }, list.id)
  if (filler !== undefined) throw new SundError('list.taken', { list: printable(there.name), export: filler })
  // Nobody is on a list of size 0, so everybody who will be is ours.
  const mayHoldTheirs = first && !ours && there.size !== 0
  const { ownership } = list
  const decided = ownership !== undefined && ownership.of === there.id && ownership.is !== 'undecided'
  const undecided = mayHoldTheirs && readBackOf(destination) === undefined && !decided
  return { list: { ...there, name: printable(there.name) }, ours, mayHoldTheirs, undecided }
}

/** Members on it may be somebody else's, and nobody can tell: an administrator has to say whose it is. */
export const listUndecided = ({ destination }: OpenConnection, { id }: ExportList, { name }: List): SundError =>
  new SundError('run.list_undecided', { destination: destination.name, list: printable(name), id })

/** What a run has to know of a list that it bound: who is on it may have to be read before anything is sent. */
export type Bound = Pick<LookedAt, 'list' | 'mayHoldTheirs'>

/**
 * Binds a list that is not bound yet, or looks again at one that was bound and never filled. `chosen`: the id that a
 * person gave; without it the list is made by us and bears our mark, or is one that somebody else made with that name.
 * `first`: nothing of ours ever reached it. Throws SundError run.list_missing, run.list_undecided, list.taken, and what the
 * conversation throws.
 */
export async function bind(
  binding: Binding,
  list: ExportList,
  chosen: string | undefined,
  first: boolean,
): Promise<Bound> {
  const { connection, db } = binding
  const { list: there, ours, mayHoldTheirs, undecided } = await lookAtList(binding, list, chosen, first)
  if (undecided) {
    await askOwnership(db, list.id, there.id)
    throw listUndecided(connection, list, there)
  }
  const account = connection.destination.account(connection.place)
  const namedFor = list.segmentId === undefined ? {} : { namedFor: list.name }
  await bindList(db, list.id, { account, remoteId: there.id, name: there.name, madeByUs: ours, ...namedFor })
  return { list: there, mayHoldTheirs }
}
