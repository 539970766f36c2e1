/** The ways into a vendor account: a person's sign-in, or a key; a connection uses one of them. */

import type { OAuth, Values } from '../destination-kit/access.ts'
import type { AnyDestination } from '../destination-kit/kit.ts'

/** How a connection with these credentials signs in; undefined where it has a key instead. */
export const signInOf = (
  { oauth }: Pick<AnyDestination, 'oauth'>,
  credentials: Values<string>,
): OAuth<string> | undefined => {
  const key = oauth?.unless === undefined ? undefined : credentials[oauth.unless]
  return key === undefined || key === '' ? oauth : undefined
}
