/** Looks at a bound list before people are sent there: is it still there, what is it called now, does it keep people? */
import { sql } from 'kysely'
import { converse } from '../delivery/conversation.ts'
import { type List, Stop } from '../destination-kit/kit.ts'
import { printable } from '../domain/printable.ts'
import { SundError } from '../errors.ts'
import { renameList } from '../store/list.ts'
import type { Binding, ListOfSegments } from './lists.ts'
import type { RunPorts } from './run-ports.ts'

/** Was the segment renamed since the list bears its name, at a vendor where a list that we made can follow? */
export const isRenameDue = (
  { connection }: Pick<Binding, 'connection'>,
  { list, wantedName }: ListOfSegments,
): boolean =>
  connection.destination.renameList !== undefined &&
  list.remoteId !== undefined &&
  list.madeByUs &&
  wantedName !== undefined &&
  list.namedFor !== undefined &&
  list.namedFor !== wantedName

/** Will it be given the segment's new name, by a request of its own? Nobody but us named it, as the vendor shows it now. */
const follows = (looking: Pick<Binding, 'connection'>, wanted: ListOfSegments, there: List): boolean =>
  isRenameDue(looking, wanted) && there.name === wanted.list.namedFor

/**
 * The list of this row as the vendor shows it now. Throws SundError run.list_gone, Stop where it must not be filled, and
 * what the conversation throws.
 */
export async function glanceAt(
  { connection, signal, watch }: Omit<Binding, 'db'>,
  { list }: Pick<ListOfSegments, 'list'>,
): Promise<List> {
  const { destination, place, channel } = connection
  const id = list.remoteId
  if (id === undefined) throw new TypeError('A list was looked at that is not bound.')
  const glance = destination.glance ?? destination.list
  const there = await converse(() => glance(id, place), channel, signal, watch)
  if (there !== undefined) return there
  throw new SundError('run.list_gone', { destination: destination.name, list: list.name, id: list.id })
}

/**
 * The list as it is called from now on. One that somebody gave another name at the vendor keeps that name, and so does one
 * whose new name is taken there; neither is tried again until the segment is renamed once more. Throws what the conversation throws.
 */
export const renamed = async (
  { connection, signal, watch }: Omit<Binding, 'db'>,
  wanted: ListOfSegments,
  there: List,
): Promise<List> => {
  const { destination, place, channel } = connection
  const { renameList: rename } = destination
  const { wantedName } = wanted
  if (rename === undefined || wantedName === undefined || !follows({ connection }, wanted, there)) return there
  const isDone = await converse(() => rename(there, wantedName, place), channel, signal, watch)
  return isDone ? { ...there, name: wantedName } : there
}

/**
 * Whom the vendor dropped from the list while it kept people for a time only, it does not say: everybody is sent once more
 * when it keeps them again.
 */
const repeatAll = async ({ engine, clock }: RunPorts, listId: string): Promise<void> => {
  await engine.run(sql`update ledger set again_at = ${clock.now().getTime()}::bigint
    where list_id = ${listId}::bigint and state = 'present'`)
}

/** The list of this row as it is at the vendor now; its name is kept. Throws what `glanceAt` throws. */
export async function lookAgain(ports: RunPorts, binding: Binding, wanted: ListOfSegments): Promise<List> {
  const { list, wantedName } = wanted
  const there = await glanceAt(binding, wanted).catch(async (error: unknown) => {
    if (error instanceof Stop && error.loses) await repeatAll(ports, list.id)
    throw error
  })
  const now = await renamed(binding, wanted, there)
  const name = printable(now.name)
  const namedFor = wantedName === undefined ? {} : { namedFor: wantedName }
  if (name !== list.name || (wantedName !== undefined && wantedName !== list.namedFor)) {
    await renameList(binding.db, list.id, { name, ...namedFor })
  }
  return { ...now, name }
}
