/** Opens a connection for whoever may look and not write. */
import type { Watch } from '../delivery/channel.ts'
import { converse } from '../delivery/conversation.ts'
import { type ReadingChannel, readingChannel } from '../delivery/reading-channel.ts'
import type { Values } from '../destination-kit/access.ts'
import { destinationOf } from '../destinations/index.ts'
import type { Connection } from '../store/connection.ts'
import { type ConnectionPorts, type OpenConnection, openConnection } from './open-connection.ts'

export interface ReadingConnection extends OpenConnection {
  readonly channel: ReadingChannel
}

/**
 * As `openConnection`, with a channel that only looks. What its destination must find out first is found out, and not kept.
 * A sign-in that has expired is renewed as always, and that is kept: a token that was used up must not be the one that is left.
 * Throws what opening and the conversation of a check throw.
 */
export async function openForReading(
  ports: ConnectionPorts,
  row: Connection,
  exportSettings: Values<string>,
  watch: Watch,
  signal: AbortSignal,
): Promise<ReadingConnection> {
  const reading = ({ channel, ...rest }: OpenConnection): ReadingConnection => ({
    ...rest,
    channel: readingChannel(channel),
  })
  const isReady = row.found !== undefined || (destinationOf(row.destination).found ?? []).length === 0
  if (isReady) return reading(await openConnection(ports, row, exportSettings))
  const { destination, place, channel } = reading(await openConnection(ports, row))
  const { found } = await converse(() => destination.check(place.settings), channel, signal, watch)
  return reading(await openConnection(ports, { ...row, found }, exportSettings))
}
