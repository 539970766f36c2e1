/** Binds an export's lists to the vendor's: found by the id that a person gave, or made with the segment's name. */

import type { OpenConnection } from '../connections/open-connection.ts'
import type { Watch } from '../delivery/channel.ts'
import { converse } from '../delivery/conversation.ts'
import type { AnyDestination, List } from '../destination-kit/kit.ts'
import { printable } from '../domain/printable.ts'
import { SundError } from '../errors.ts'
import type { ControlPlane } from '../store/control-plane.ts'
import type { Export } from '../store/export.ts'
import {
  bindList,
  closeList,
  createList,
  type ExportList,
  fillerOf,
  findList,
  type NewExportList,
  reopenList,
  wasFilled,
} from '../store/list.ts'
import { askOwnership } from '../store/list-ownership.ts'
import type { Segment } from '../store/segment.ts'

/** A list and the segments whose union it shall equal. */
export interface ListOfSegments {
  readonly list: ExportList
  readonly segmentIds: readonly string[]
}

type Wanted = Omit<NewExportList, 'remoteId'> & { readonly remoteId: string | undefined }

/**
 * The row of the list that is wanted now. One that the export filled until now and that is another list, at the vendor or
 * by account, is closed: its people stay known there, and the wanted list is a first run or one taken up again.
 */
async function currentList(db: ControlPlane['db'], { remoteId, ...wanted }: Wanted, now: Date): Promise<ExportList> {
  const there = await findList(db, wanted.exportId, wanted.segmentId)
  if (there !== undefined) {
    const sameId = remoteId === undefined || there.remoteId === undefined || there.remoteId === remoteId
    // A row that was never bound, since its id was wrong, does not stand in the way of the list that was filled before.
    const returns =
      remoteId !== undefined && there.remoteId === undefined && (await wasFilled(db, { ...wanted, remoteId }))
    const same = sameId && there.destination === wanted.destination && there.account === wanted.account
    // The segment may have been renamed since; nobody gave the list its name yet.
    if (same && !returns) return there.remoteId === undefined ? { ...there, name: wanted.name } : there
    await closeList(db, there.id, now)
  }
  const before = await reopenList(db, { ...wanted, ...(remoteId === undefined ? {} : { remoteId }) })
  return before ?? (await createList(db, wanted))
}

/** The id of the one list that all segments go into: the export's own choice, else the connection's default; spelled as the vendor does. */
export const chosenList = ({ destination, place }: OpenConnection, { listRemoteId }: Export): string | undefined => {
  const given = listRemoteId ?? (destination.defaultList && place.settings[destination.defaultList])
  return given === undefined ? undefined : (destination.listId?.(given) ?? given)
}

/**
 * The control plane's rows of an export's lists, made where they are missing: one list for all segments where a person
 * chose it, else a list per segment, named exactly as the segment.
 */
export async function listsOfExport(
  db: ControlPlane['db'],
  connection: OpenConnection,
  wanted: Export,
  segments: readonly Segment[],
  now: Date,
): Promise<ListOfSegments[]> {
  const { destination, place } = connection
  const common = { exportId: wanted.id, destination: destination.id, account: destination.account(place) }
  const listRemoteId = chosenList(connection, wanted)
  if (listRemoteId !== undefined) {
    const list = await currentList(db, { ...common, name: listRemoteId, remoteId: listRemoteId }, now)
    return [{ list, segmentIds: segments.map(({ id }) => id) }]
  }
  const lists: ListOfSegments[] = []
  for (const { id, name } of segments) {
    const list = await currentList(db, { ...common, segmentId: id, name, remoteId: undefined }, now)
    lists.push({ list, segmentIds: [id] })
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

const made = async ({ connection, signal, watch }: Binding, { name, mark }: ExportList): Promise<Made> => {
  const { destination, place, channel } = connection
  const { ensureList } = destination
  if (ensureList === undefined) throw new SundError('run.list_missing', { destination: destination.name, list: name })
  return await converse(() => ensureList({ name, mark }, place), channel, signal, watch)
}

/** How a destination tells who is on a list, by something that our people can be known by: its hashes are not ours. */
export const readBackOf = ({ identifier, members }: AnyDestination): AnyDestination['members'] =>
  identifier.hash === undefined ? members : undefined

/** Members on it may be somebody else's, and nobody can tell: an administrator has to say whose it is. */
const assertDecided = async (
  { db, connection }: Binding,
  { id, ownership }: ExportList,
  { id: remoteId, name }: List,
): Promise<void> => {
  if (ownership !== undefined && ownership.of === remoteId && ownership.is !== 'undecided') return
  await askOwnership(db, id, remoteId)
  throw new SundError('run.list_undecided', {
    destination: connection.destination.name,
    list: printable(name),
    id,
  })
}

/** What a run has to know of a list that it bound: who is on it may have to be read before anything is sent. */
export interface Bound {
  readonly list: List
  readonly mayHoldTheirs: boolean
}

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
  const { destination, place } = binding.connection
  const remoteId = list.remoteId ?? chosen
  const { list: there, ours } =
    remoteId === undefined
      ? await made(binding, list)
      : { list: await findAtVendor(binding, remoteId), ours: list.madeByUs }
  const account = destination.account(place)
  // Before its members are looked at: they are the other export's, and that is what a person has to know.
  const filler = await fillerOf(binding.db, { destination: destination.id, account, remoteId: there.id }, list.id)
  if (filler !== undefined) throw new SundError('list.taken', { list: printable(there.name), export: filler })
  // Nobody is on a list of size 0, so everybody who will be is ours.
  const mayHoldTheirs = first && !ours && there.size !== 0
  if (mayHoldTheirs && readBackOf(destination) === undefined) await assertDecided(binding, list, there)
  const name = printable(there.name)
  await bindList(binding.db, list.id, { account, remoteId: there.id, name, madeByUs: ours })
  return { list: { ...there, name }, mayHoldTheirs }
}
