/** Opens the channel to a vendor for one connection: its credentials, its tokens, its settings. */
import { type Channel, openChannel } from '../delivery/channel.ts'
import type { Clock } from '../delivery/ports.ts'
import type { Rates } from '../delivery/rates.ts'
import type { Values } from '../destination-kit/access.ts'
import type { AnyDestination, Place } from '../destination-kit/kit.ts'
import { destinationOf } from '../destinations/index.ts'
import { SundError } from '../errors.ts'
import type { Door } from '../outbound/door.ts'
import { type Timeouts, usualTimeouts } from '../outbound/exchange.ts'
import { type Connection, readCredentials } from '../store/connection.ts'
import { tokenStoreOf } from '../store/connection-tokens.ts'
import type { ControlPlane } from '../store/control-plane.ts'
import type { Vault } from '../vault/vault.ts'
import { rateAccountOf } from './rate-account.ts'
import { connectionTokens, type SendForm } from './tokens.ts'
import { signInOf } from './ways.ts'

export interface ConnectionPorts {
  readonly db: ControlPlane['db']
  readonly vault: Vault
  readonly door: Door
  readonly rates: Rates
  readonly clock: Clock
  /** At least 0 and below 1. */
  readonly random: () => number
  /** Milliseconds that a vendor may fail before it counts as down. */
  readonly patienceMs?: number
  readonly timeouts?: Timeouts
}

export interface OpenConnection {
  readonly destination: AnyDestination
  readonly place: Place<string, string>
  readonly channel: Channel
}

// Token answers are a few kilobytes; anything larger is not one.
const MAX_TOKEN_ANSWER_BYTES = 256 * 1024

/** Posts a form to a sign-in service through the door. */
export const formSender =
  (door: Door, destination: string, timeouts = usualTimeouts): SendForm =>
  async ({ url, form }) =>
    await door.exchange(
      {
        destination,
        url: new URL(url),
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        body: new URLSearchParams(form).toString(),
        timeouts,
        maxBytes: MAX_TOKEN_ANSWER_BYTES,
      },
      new AbortController().signal,
    )

/** Settings of the connection and of an export together, with the defaults; one that has neither is an error. */
const settled = (destination: AnyDestination, given: Values<string>): Values<string> =>
  Object.fromEntries(
    Object.entries(destination.settings).flatMap(([name, setting]) => {
      const value = given[name] ?? setting.default
      return value === undefined ? [] : [[name, value]]
    }),
  )

const missingSetting = (
  destination: AnyDestination,
  settings: Values<string>,
  withExport: boolean,
): string | undefined =>
  Object.entries(destination.settings).find(
    ([name, setting]) => settings[name] === undefined && (withExport || setting.of === 'connection'),
  )?.[1].label

/**
 * The channel of a connection, for an export with `exportSettings` or, without them, for the connection alone. Throws SundError destination.setting_missing,
 * connection.missing, connection.not_signed_in, vault.wrong_key.
 */
export async function openConnection(
  ports: ConnectionPorts,
  connection: Connection,
  exportSettings?: Values<string>,
): Promise<OpenConnection> {
  const destination = destinationOf(connection.destination)
  const settings = settled(destination, { ...connection.settings, ...exportSettings })
  const missing = missingSetting(destination, settings, exportSettings !== undefined)
  if (missing !== undefined) {
    throw new SundError('destination.setting_missing', { destination: destination.name, setting: missing })
  }
  const place = { settings, found: connection.found ?? {} }
  const credentials = await readCredentials(ports.db, ports.vault, connection.id)
  const oauth = signInOf(destination, credentials)
  const send = formSender(ports.door, destination.id, ports.timeouts)
  const now = () => ports.clock.now()
  const store = tokenStoreOf(ports.db, ports.vault, connection.id)
  const channel = openChannel({
    destination,
    place,
    credentials,
    ...(oauth === undefined
      ? {}
      : { tokens: connectionTokens(store, { oauth, credentials, send, now, clock: ports.clock }) }),
    door: ports.door,
    rates: ports.rates,
    account: rateAccountOf(destination, place, credentials),
    clock: ports.clock,
    random: ports.random,
    ...(ports.patienceMs === undefined ? {} : { patienceMs: ports.patienceMs }),
    ...(ports.timeouts === undefined ? {} : { timeouts: ports.timeouts }),
  })
  return { destination, place, channel }
}
