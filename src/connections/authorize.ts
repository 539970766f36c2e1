/** Signs a person in at a vendor: OAuth2 authorisation code with PKCE, and a redirect to a port of this machine (RFC 8252). */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { OAuth, Values } from '../destination-kit/access.ts'
import { vendorWords } from '../destination-kit/words.ts'
import { SundError } from '../errors.ts'
import { awaitRedirect, type Redirect } from './loopback.ts'
import { readTokenAnswer, type SendForm, type TokenSet } from './tokens.ts'

export interface AuthorizeParams {
  readonly oauth: OAuth<string>
  readonly credentials: Values<string>
  readonly send: SendForm
  /** Opens the vendor's page: a browser for people; for the sandbox a GET that follows the redirect. */
  readonly visit: (url: string) => Promise<void>
  readonly random: (bytes: number) => Uint8Array
  readonly now: () => Date
  /** How long the person may take. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
const sameText = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))

const pageUrl = (params: AuthorizeParams, redirectUri: string, state: string, verifier: string): string => {
  const { oauth, credentials } = params
  const url = new URL(oauth.authorize)
  const query = {
    ...oauth.authorizeQuery(credentials),
    response_type: 'code',
    scope: oauth.scope,
    redirect_uri: redirectUri,
    state,
    ...(oauth.pkce ? { code_challenge: base64url(digest(verifier)), code_challenge_method: 'S256' } : {}),
  }
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  return url.href
}

/** The code that the vendor gave, or why it gave none. */
const codeFrom = (redirect: Redirect): string => {
  if (redirect.kind === 'code') return redirect.code
  if (redirect.error === 'access_denied') throw new SundError('connection.consent_denied')
  throw new SundError('connection.sign_in_refused', { reason: vendorWords(redirect.error) })
}

const exchangeCode = async (
  params: AuthorizeParams,
  code: string,
  redirectUri: string,
  verifier: string,
): Promise<TokenSet> => {
  const { oauth, credentials, send, now } = params
  const form = {
    ...oauth.exchangeForm(credentials),
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    ...(oauth.pkce ? { code_verifier: verifier } : {}),
  }
  const answer = readTokenAnswer(await send({ url: oauth.token, form }), now())
  if (answer.kind === 'refused') throw new SundError('connection.sign_in_refused', { reason: answer.words })
  // Without a refresh token the connection would end within the hour.
  if (answer.kind !== 'tokens' || answer.refreshToken === undefined)
    throw new SundError('connection.sign_in_unreadable')
  const { accessToken, refreshToken, expiresAt } = answer
  return { accessToken, refreshToken, expiresAt }
}

/**
 * Asks a person to agree at the vendor, and gives the tokens. Listens on 127.0.0.1 for as long as that takes.
 *
 * @throws SundError `connection.consent_denied`, `.sign_in_refused`, `.sign_in_timed_out`, `.sign_in_unreadable`; the
 * signal's reason when aborted; whatever `visit` and `send` throw.
 */
export const authorize = async (params: AuthorizeParams): Promise<TokenSet> => {
  const state = base64url(params.random(32))
  const verifier = base64url(params.random(32))
  const { redirect, redirectUri } = await awaitRedirect({
    host: params.oauth.loopback ?? '127.0.0.1',
    isState: (given) => sameText(given, state),
    open: (uri) => params.visit(pageUrl(params, uri, state, verifier)),
    timeoutMs: params.timeoutMs,
    signal: params.signal,
  })
  return exchangeCode(params, codeFrom(redirect), redirectUri, verifier)
}
