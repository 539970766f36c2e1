/** The OAuth2 tokens of a connection: read from the vendor's answers, kept by a store, renewed once for all who ask. */
import { z } from 'zod'
import { VendorDown } from '../delivery/failures.ts'
import type { Clock, Tokens } from '../delivery/ports.ts'
import type { OAuth, Values } from '../destination-kit/access.ts'
import { Stop } from '../destination-kit/kit.ts'
import { readJson, vendorWords } from '../destination-kit/words.ts'
import { OutboundFailure } from '../outbound/outbound-failure.ts'

/** `refreshToken` alone is enough to act for the person: it is kept and sealed like a password. */
export interface TokenSet {
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresAt: Date
}

const keptShape = z.object({
  accessToken: z.string().min(1),
  refreshToken: z.string().min(1),
  expiresAt: z.iso.datetime().transform((text) => new Date(text)),
})

/** JSON text to be sealed; `decodeTokens` reads it. */
export const encodeTokens = (tokens: TokenSet): string => JSON.stringify(tokens)

/** Throws Stop('auth') when the text is not what `encodeTokens` wrote: only signing in again helps then. */
export const decodeTokens = (text: string): TokenSet => {
  const tokens = readJson(text, keptShape)
  if (tokens === undefined) throw new Stop('auth', 'The kept sign-in cannot be read. Sign in again.')
  return tokens
}

/** Posts a form, encoded as application/x-www-form-urlencoded, to a whole URL, and gives the answer whatever its status. */
export type SendForm = (request: {
  readonly url: string
  readonly form: Readonly<Record<string, string>>
}) => Promise<{ readonly status: number; readonly text: string }>

const tokenAnswer = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).optional(),
  expires_in: z.coerce.number().positive().optional(),
  token_type: z
    .string()
    .refine((type) => type.toLowerCase() === 'bearer')
    .optional(),
})
const refusalAnswer = z.object({ error: z.string().min(1), error_description: z.string().optional() })

/** RFC 6749 only recommends `expires_in`; an hour is what vendors that leave it out commonly mean. */
const usualLifeSeconds = 3600

/** What a token endpoint answered. `down`: it may work later; `unreadable`: it is neither tokens nor a refusal. */
export type TokenAnswer =
  | { readonly kind: 'tokens'; readonly accessToken: string; readonly refreshToken?: string; readonly expiresAt: Date }
  | { readonly kind: 'refused'; readonly error: string; readonly words: string }
  | { readonly kind: 'down' }
  | { readonly kind: 'unreadable' }

const failing = (status: number): boolean => status === 408 || status === 429 || status >= 500
const downErrors: ReadonlySet<string> = new Set(['temporarily_unavailable', 'server_error'])

/** Vendors answer a refusal with 400 or 401, and Campaign Monitor tells it by the body alone: the body decides before the status. */
export const readTokenAnswer = (answer: { readonly status: number; readonly text: string }, now: Date): TokenAnswer => {
  const refusal = readJson(answer.text, refusalAnswer)
  if (refusal !== undefined) {
    if (downErrors.has(refusal.error)) return { kind: 'down' }
    return { kind: 'refused', error: refusal.error, words: vendorWords(refusal.error_description ?? refusal.error) }
  }
  if (failing(answer.status)) return { kind: 'down' }
  const tokens = readJson(answer.text, tokenAnswer)
  if (answer.status >= 300 || tokens === undefined) return { kind: 'unreadable' }
  const expiresAt = new Date(now.getTime() + (tokens.expires_in ?? usualLifeSeconds) * 1000)
  const { access_token: accessToken, refresh_token: refreshToken } = tokens
  return { kind: 'tokens', accessToken, expiresAt, ...(refreshToken === undefined ? {} : { refreshToken }) }
}

export interface RefreshParams {
  readonly oauth: OAuth<string>
  readonly credentials: Values<string>
  readonly send: SendForm
  readonly now: () => Date
}

/**
 * Exchanges a refresh token, once. A vendor that rotates refresh tokens gives a new one, else the old one stays.
 *
 * @throws Stop('auth') when the grant is no longer accepted, Stop('unreadable'), VendorDown; whatever `send` throws.
 */
export const refreshTokens = async (params: RefreshParams, refreshToken: string): Promise<TokenSet> => {
  const { oauth, credentials, send, now } = params
  const form = { ...oauth.refreshForm(credentials), grant_type: 'refresh_token', refresh_token: refreshToken }
  const answer = readTokenAnswer(await send({ url: oauth.token, form }), now())
  switch (answer.kind) {
    case 'tokens': {
      const { accessToken, expiresAt } = answer
      return { accessToken, refreshToken: answer.refreshToken ?? refreshToken, expiresAt }
    }
    case 'refused':
      throw new Stop('auth', `The sign-in is no longer accepted (${answer.error}): ${answer.words} Sign in again.`)
    case 'down':
      throw new VendorDown('The sign-in service does not answer.')
    case 'unreadable':
      throw new Stop('unreadable', 'The sign-in service gave an answer that cannot be read.')
  }
}

/** Keeps the tokens of one connection, for all processes. */
export interface TokenStore {
  load(): Promise<TokenSet>
  /**
   * Under a lock that all processes respect: gives the kept tokens unchanged when their access token is no longer
   * `stale`, since somebody else renewed them; else calls `renew` with the kept ones and stores its result **before**
   * giving it back. Stores nothing when `renew` throws.
   */
  exchange(stale: string, renew: (current: TokenSet) => Promise<TokenSet>): Promise<TokenSet>
}

const attempts = 4
const firstPauseMs = 1000

/** A page or a cut answer may come from something in between, and not the next time. */
const isUnreadable = (error: unknown): boolean => error instanceof Stop && error.why === 'unreadable'

const passes = (error: unknown): boolean =>
  error instanceof VendorDown || (error instanceof OutboundFailure && error.transient) || isUnreadable(error)

/**
 * The access tokens of one connection. Within a process one renewal runs at a time and all who ask share it; between
 * processes the store's lock sees to that. Tokens are not renewed ahead of time: the vendor's refusal decides.
 */
export const connectionTokens = (
  store: TokenStore,
  params: RefreshParams & { readonly clock: Pick<Clock, 'sleep'> },
): Tokens => {
  let known: TokenSet | undefined
  let renewal: Promise<TokenSet> | undefined

  const renewPatiently = async (current: TokenSet, count: () => void): Promise<TokenSet> => {
    const send: SendForm = (request) => {
      count()
      return params.send(request)
    }
    for (let attempt = 1; ; attempt++) {
      try {
        return await refreshTokens({ ...params, send }, current.refreshToken)
      } catch (error) {
        if (!passes(error)) throw error
        if (attempt === attempts) {
          throw isUnreadable(error) ? error : new VendorDown('The sign-in service does not answer.')
        }
        await params.clock.sleep(firstPauseMs * 2 ** (attempt - 1), new AbortController().signal)
      }
    }
  }

  const startRenewal = (stale: string, count: () => void): Promise<TokenSet> => {
    const started = store
      .exchange(stale, (current) => renewPatiently(current, count))
      .then((tokens) => {
        known = tokens
        return tokens
      })
      .finally(() => {
        renewal = undefined
      })
    renewal = started
    return started
  }

  return {
    async current() {
      known ??= await store.load()
      return known.accessToken
    },
    async renew(stale, count) {
      // Asked for first: while it runs, the known token is one that is being replaced.
      while (renewal !== undefined) {
        const shared = await renewal
        if (shared.accessToken !== stale) return shared.accessToken
      }
      if (known !== undefined && known.accessToken !== stale) return known.accessToken
      return (await startRenewal(stale, count)).accessToken
    },
  }
}
