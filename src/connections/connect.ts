/** Makes a connection usable: signs a person in where the vendor wants that, and proves the credentials. */
import { randomBytes } from 'node:crypto'
import type { Watch } from '../delivery/channel.ts'
import { converse } from '../delivery/conversation.ts'
import { destinationOf } from '../destinations/index.ts'
import { type Connection, readCredentials, storeFound } from '../store/connection.ts'
import { storeTokens } from '../store/connection-tokens.ts'
import { authorize } from './authorize.ts'
import { type ConnectionPorts, formSender, openConnection } from './open-connection.ts'
import { signInOf } from './ways.ts'

/** The time a person has on the vendor's page. */
const SIGN_IN_MS = 10 * 60 * 1000

/**
 * Signs in by the vendor's page, which `visit` opens, and keeps the tokens. Does nothing where there is a key instead.
 * Throws SundError connection.consent_denied, connection.sign_in_refused, connection.sign_in_timed_out.
 */
export async function signIn(
  ports: ConnectionPorts,
  connection: Connection,
  visit: (url: string) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const destination = destinationOf(connection.destination)
  const credentials = await readCredentials(ports.db, ports.vault, connection.id)
  const oauth = signInOf(destination, credentials)
  if (oauth === undefined) return
  const tokens = await authorize({
    oauth,
    credentials,
    send: formSender(ports.door, destination.id, ports.timeouts),
    visit,
    random: randomBytes,
    now: () => ports.clock.now(),
    timeoutMs: SIGN_IN_MS,
    signal,
  })
  await storeTokens(ports.db, ports.vault, connection.id, tokens)
}

/**
 * Asks the vendor with the connection's credentials, and keeps what that tells. `watch` sees the requests. Throws Stop,
 * VendorDown, SundError.
 */
export async function connect(
  ports: ConnectionPorts,
  connection: Connection,
  signal: AbortSignal,
  watch?: Watch,
): Promise<Connection> {
  const { destination, place, channel } = await openConnection(ports, connection)
  const { found } = await converse(() => destination.check(place.settings), channel, signal, watch)
  return await storeFound(ports.db, connection.id, found)
}

/**
 * The connection, checked where its destination must know what that tells and nobody has checked since the settings were
 * changed. Throws as `connect`.
 */
export async function checkedIfNeeded(
  ports: ConnectionPorts,
  connection: Connection,
  signal: AbortSignal,
  watch?: Watch,
): Promise<Connection> {
  const needs = destinationOf(connection.destination).found ?? []
  const isReady = connection.found !== undefined || needs.length === 0
  return isReady ? connection : await connect(ports, connection, signal, watch)
}
