/** Has the destination find, or make, what fields of its own a list needs before people are sent there. */
import { converse } from '../delivery/conversation.ts'
import type { MatchField } from '../destination-kit/fields.ts'
import type { List } from '../destination-kit/kit.ts'
import type { Binding } from './lists.ts'

/** Those beyond the fields that every account of the destination has. */
export const ownFields = (common: readonly MatchField[], matched: readonly MatchField[]): MatchField[] => {
  const names = new Set(common.map(({ name }) => name))
  return matched.filter(({ name }) => !names.has(name))
}

/**
 * Called for each list that a run fills, before its first batch; asks nothing where no field of the list's own is
 * `matched`, and changes nothing where all are there. Throws what the conversation throws.
 */
export async function ensureFields(
  { connection, signal, watch }: Omit<Binding, 'db'>,
  list: List,
  matched: readonly MatchField[],
): Promise<void> {
  const { destination, place, channel } = connection
  const { ensureFields: ensure } = destination
  const wanted = ownFields(destination.fields, matched)
  if (ensure === undefined || wanted.length === 0) return
  await converse(() => ensure(wanted, { ...place, list }), channel, signal, watch)
}
