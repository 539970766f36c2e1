/** Reads who is on a list before its first run, so that nobody who was there already is ever taken for ours. */
import { readMembers } from '../delivery/read-members.ts'
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
 * Makes everybody on the list theirs, or nobody: false where the vendor cannot tell who is there, and then an administrator
 * has said whose it is. Throws SundError run.members_missed when fewer were named than the list has before or after, and
 * what the conversation throws.
 */
export async function readList(
  { engine, clock, identityKey }: RunPorts,
  talking: Omit<Binding, 'db'>,
  { runId, listId, there }: ListToRead,
): Promise<boolean> {
  const { connection, signal, watch } = talking
  const { destination, place, channel } = connection
  const from = readBackOf(destination)
  if (from === undefined) return false
  const reading = listReadingOf(engine, { listId, runId, identityKey, now: clock.now().getTime() })
  try {
    const at = { ...place, list: there }
    const count = await readMembers({ from, at, channel, clock, signal, watch }, reading)
    // Somebody who joins or leaves meanwhile, or a count that lags, makes them differ; only more people than told is harmless.
    const after = await findAtVendor(talking, there.id)
    const told = Math.max(there.size ?? 0, after.size ?? 0)
    if (count < told) {
      throw new SundError('run.members_missed', { list: printable(there.name), members: told, read: count })
    }
    await reading.keep()
    return true
  } finally {
    await reading.clear()
  }
}
