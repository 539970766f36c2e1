/** Tells which vendor account a connection's requests count against, so that all that use one account share its rates. */
import { createHash } from 'node:crypto'
import type { Values } from '../destination-kit/access.ts'
import type { AnyDestination, Place } from '../destination-kit/kit.ts'

/** Stands for the credentials without showing them; it stays in memory. */
const fingerprint = (credentials: Values<string>): string => {
  const pairs = Object.entries(credentials).sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(pairs)).digest('base64url')
}

/**
 * Unique over all destinations. Where a destination can tell the account, that; else equal credentials are one account.
 * Two keys of one account that cannot be told apart use its rate twice, and the vendor's 429 sees to the rest.
 */
export const rateAccountOf = (
  destination: AnyDestination,
  place: Place<string, string>,
  credentials: Values<string>,
): string => {
  const account = destination.rateAccount?.(place) ?? ''
  return `${destination.id} ${account === '' ? fingerprint(credentials) : account}`
}
