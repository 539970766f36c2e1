/** Signs in at a simulated vendor as a person would, and keeps the tokens as a connection does. */
import { authorize } from '../../src/connections/authorize.ts'
import { connectionTokens, type SendForm, type TokenSet } from '../../src/connections/tokens.ts'
import { signInOf } from '../../src/connections/ways.ts'
import type { Clock, Tokens } from '../../src/delivery/ports.ts'
import type { Values } from '../../src/destination-kit/access.ts'
import type { AnyDestination } from '../../src/destination-kit/kit.ts'
import type { Door } from '../../src/outbound/door.ts'

const timeouts = { connectMs: 5_000, headersMs: 5_000, bodyMs: 5_000, totalMs: 10_000 }

export interface SignIn {
  readonly definition: AnyDestination
  readonly credentials: Values<string>
  readonly door: Door
  readonly clock: Clock
  readonly random: () => number
}

/** Undefined where a key opens every call. */
export const signedIn = async ({
  definition,
  credentials,
  door,
  clock,
  random,
}: SignIn): Promise<Tokens | undefined> => {
  const oauth = signInOf(definition, credentials)
  if (oauth === undefined) return undefined
  const { signal } = new AbortController()
  const send: SendForm = async ({ url, form }) =>
    await door.exchange(
      {
        destination: definition.id,
        url: new URL(url),
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        body: new URLSearchParams(form).toString(),
        timeouts,
        maxBytes: 100_000,
      },
      signal,
    )
  const now = () => clock.now()
  let kept: TokenSet = await authorize({
    ...{ oauth, credentials, send, now, signal },
    // The simulator agrees at once, and sends the browser back to where the sign-in waits.
    visit: async (page) => void (await (await fetch(door.pageAt(definition.id, new URL(page)))).text()),
    random: (bytes) => Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256)),
    timeoutMs: 10_000,
  })
  return connectionTokens(
    {
      load: async () => kept,
      async exchange(stale, renewed) {
        if (kept.accessToken === stale) kept = await renewed(kept)
        return kept
      },
    },
    { oauth, credentials, send, now, clock },
  )
}
