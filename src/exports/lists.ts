/** Binds an export's lists to the vendor's: found by the id that a person gave, or made with the segment's name. */

import type { OpenConnection } from '../connections/open-connection.ts'
import type { Watch } from '../delivery/channel.ts'
import { converse } from '../delivery/conversation.ts'
import type { List } from '../destination-kit/kit.ts'
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
} from '../store/list.ts'
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
    if (sameId && there.destination === wanted.destination && there.account === wanted.account) return there
    await closeList(db, there.id, now)
  }
  const before = await reopenList(db, { ...wanted, ...(remoteId === undefined ? {} : { remoteId }) })
  return before ?? (await createList(db, wanted))
}

/**
 * The control plane's rows of an export's lists, made where they are missing: one list for all segments where a person
 * chose it, else a list per segment, named exactly as the segment.
 */
export async function listsOfExport(
  db: ControlPlane['db'],
  { destination, place }: OpenConnection,
  wanted: Export,
  segments: readonly Segment[],
  now: Date,
): Promise<ListOfSegments[]> {
  const common = { exportId: wanted.id, destination: destination.id, account: destination.account(place) }
  const { listRemoteId } = wanted
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

const found = async ({ connection, signal, watch }: Binding, remoteId: string): Promise<List> => {
  const { destination, place, channel } = connection
  const list = await converse(() => destination.list(remoteId, place), channel, signal, watch)
  if (list === undefined) throw new SundError('run.list_missing', { destination: destination.name, list: remoteId })
  return list
}

const made = async ({ connection, signal, watch }: Binding, { name, mark }: ExportList): Promise<List> => {
  const { destination, place, channel } = connection
  const { ensureList } = destination
  if (ensureList === undefined) throw new SundError('run.list_missing', { destination: destination.name, list: name })
  const { list, ours } = await converse(() => ensureList({ name, mark }, place), channel, signal, watch)
  if (!ours) throw new SundError('run.list_not_ours', { destination: destination.name, list: name })
  return list
}

/** A list that a person chose may hold people already, whom we could not tell from ours; one whose size is not told counts so. */
const assertEmpty = ({ name, size }: List): void => {
  if (size === 0) return
  if (size === undefined) throw new SundError('run.list_size_unknown', { list: printable(name) })
  throw new SundError('run.list_has_members', { list: printable(name), members: size })
}

/**
 * Binds a list that is not bound yet, or looks again at one that was bound and never filled. `chosen`: the id that a
 * person gave; without it the list is made by us and bears our mark. `first`: the ledger knows nobody on it. Throws
 * SundError run.list_missing, run.list_not_ours, run.list_has_members, run.list_size_unknown, list.taken, and what the
 * conversation throws.
 */
export async function bind(
  binding: Binding,
  list: ExportList,
  chosen: string | undefined,
  first: boolean,
): Promise<void> {
  const { destination, place } = binding.connection
  const remoteId = list.remoteId ?? chosen
  const there = remoteId === undefined ? await made(binding, list) : await found(binding, remoteId)
  const account = destination.account(place)
  // Before its members are looked at: they are the other export's, and that is what a person has to know.
  const filler = await fillerOf(binding.db, { destination: destination.id, account, remoteId: there.id }, list.id)
  if (filler !== undefined) throw new SundError('list.taken', { list: printable(there.name), export: filler })
  if (first && chosen !== undefined) assertEmpty(there)
  await bindList(binding.db, list.id, { account, remoteId: there.id, name: printable(there.name) })
}
