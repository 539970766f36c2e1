/** Binds an export's lists to the vendor's: found by the id that a person gave, or made with the segment's name. */

import type { OpenConnection } from '../connections/open-connection.ts'
import type { Watch } from '../delivery/channel.ts'
import { converse } from '../delivery/conversation.ts'
import type { List } from '../destination-kit/kit.ts'
import { SundError } from '../errors.ts'
import type { ControlPlane } from '../store/control-plane.ts'
import type { Export } from '../store/export.ts'
import { bindList, createList, type ExportList, fillerOf } from '../store/list.ts'
import type { Segment } from '../store/segment.ts'

/** A list and the segments whose union it shall equal. */
export interface ListOfSegments {
  readonly list: ExportList
  readonly segmentIds: readonly string[]
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
): Promise<ListOfSegments[]> {
  const common = { exportId: wanted.id, destination: destination.id, account: destination.account(place) }
  if (wanted.listRemoteId !== undefined) {
    const list = await createList(db, { ...common, name: wanted.listRemoteId })
    return [{ list, segmentIds: segments.map(({ id }) => id) }]
  }
  const lists: ListOfSegments[] = []
  for (const { id, name } of segments) {
    lists.push({ list: await createList(db, { ...common, segmentId: id, name }), segmentIds: [id] })
  }
  return lists
}

export interface Binding {
  readonly db: ControlPlane['db']
  readonly connection: OpenConnection
  readonly listRemoteId: string | undefined
  readonly signal: AbortSignal
  readonly watch: Watch
}

const chosen = async ({ connection, signal, watch }: Binding, remoteId: string): Promise<List> => {
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

/**
 * Binds a list that is not bound yet. `first`: the ledger knows nobody on it, so its members, if it has any, are not
 * ours and we could not tell them from ours. Throws SundError run.list_missing, run.list_not_ours,
 * run.list_has_members, list.taken, and what the conversation throws.
 */
export async function bind(binding: Binding, list: ExportList, first: boolean): Promise<ExportList> {
  const { destination, place } = binding.connection
  const found =
    binding.listRemoteId === undefined ? await made(binding, list) : await chosen(binding, binding.listRemoteId)
  const account = destination.account(place)
  // Before its members are looked at: they are the other export's, and that is what a person has to know.
  const filler = await fillerOf(binding.db, { destination: destination.id, account, remoteId: found.id }, list.id)
  if (filler !== undefined) throw new SundError('list.taken', { list: found.name, export: filler })
  if (first && (found.size ?? 0) > 0) {
    throw new SundError('run.list_has_members', { list: found.name, members: found.size ?? 0 })
  }
  return await bindList(binding.db, list.id, {
    account,
    remoteId: found.id,
    name: found.name,
  })
}
