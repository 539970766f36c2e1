/** Reads who is on a list before its first run, so that nobody who was there already is ever taken for ours. */
import type { Clock } from '../delivery/ports.ts'
import { type MemberSink, readMembers } from '../delivery/read-members.ts'
import type { List } from '../destination-kit/kit.ts'
import { printable } from '../domain/printable.ts'
import { SundError } from '../errors.ts'
import { type Binding, findAtVendor, readBackOf } from './lists.ts'
import type { RunPorts } from './run-ports.ts'
import { listReadingOf } from './theirs.ts'

export interface ListToRead {
  readonly runId: string
  readonly listId: string
  /** As the vendor showed it just before. */
  readonly there: List
}

/**
 * Reads everybody on the list into the sink, and looks at the list again. Throws SundError run.members_missed when fewer
 * were named than the list has before or after, and what the conversation throws.
 */
export async function readInto(
  talking: Omit<Binding, 'db'>,
  clock: Clock,
  there: List,
  sink: MemberSink,
): Promise<void> {
  const { connection, signal, watch } = talking
  const { destination, place, channel } = connection
  const from = readBackOf(destination)
  if (from === undefined) throw new Error(`${destination.id} does not tell who is on a list.`)
  const count = await readMembers({ from, at: { ...place, list: there }, channel, clock, signal, watch }, sink)
  // Somebody who joins or leaves meanwhile, or a count that lags, makes them differ; only more people than told is harmless.
  const after = await findAtVendor(talking, there.id)
  const told = Math.max(there.size ?? 0, after.size ?? 0)
  if (count < told) {
    throw new SundError('run.members_missed', { list: printable(there.name), members: told, read: count })
  }
}

/**
 * Makes everybody on the list theirs, or nobody: false where the vendor cannot tell who is there, and then an administrator
 * has said whose it is. Throws SundError run.members_missed when fewer were named than the list has before or after, and
 * what the conversation throws.
 */
export async function readList(
  { engine, clock, identityKey }: RunPorts,
  talking: Omit<Binding, 'db'>,
  { runId, listId, there }: ListToRead,
): Promise<boolean> {
  if (readBackOf(talking.connection.destination) === undefined) return false
  const reading = listReadingOf(engine, { listId, runId, identityKey, now: clock.now().getTime() })
  try {
    await readInto(talking, clock, there, reading)
    await reading.keep()
    return true
  } finally {
    await reading.clear()
  }
}
