/**
 * The Microsoft identity platform as Microsoft Advertising uses it: authorisation code with PKCE, refresh tokens.
 * https://learn.microsoft.com/en-us/advertising/guides/authentication-oauth (checked 2026-11-21).
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { exampleCredentials } from '../credentials.ts'
import { integer, type Row, text, textOrNull } from '../frame/database.ts'
import type { Answer, Call, Route, World } from '../frame/vendor.ts'

const app = exampleCredentials['microsoft-advertising']
const apiScope = 'https://ads.microsoft.com/msads.manage'
const codeSeconds = 300
const refreshTokenDays = 90
const verifierShape = /^[A-Za-z0-9._~-]{43,128}$/

export interface OAuth {
  readonly routes: readonly Route[]
  token(token: string, now: number): 'valid' | 'expired' | 'unknown'
}

const newToken = (prefix: string): string => `${prefix}${randomBytes(48).toString('base64url')}`
const s256 = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url')

const tokenError = (call: Call, status: number, error: string, code: number, description: string): Answer => {
  const [traceId, correlationId] = [randomUUID(), randomUUID()]
  const timestamp = `${new Date(call.now).toISOString().slice(0, 19).replace('T', ' ')}Z`
  return {
    status,
    json: {
      error,
      error_description: `AADSTS${code}: ${description} Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
      error_codes: [code],
      timestamp,
      trace_id: traceId,
      correlation_id: correlationId,
    },
  }
}

const deadGrant =
  'The user could not be authenticated or the grant is expired. The user must first sign in and if needed grant the client application access to the requested scope.'

/** Shown in the browser: without a trusted redirect there is nowhere to send the error. */
const signInError = (code: number, message: string): Answer => ({
  status: 400,
  text: `<!DOCTYPE html><title>Sign in to your account</title><p>Sorry, but we're having trouble signing you in.</p><p>AADSTS${code}: ${message}</p>`,
  headers: { 'content-type': 'text/html; charset=utf-8' },
})

const loopbackHosts = new Set(['127.0.0.1', 'localhost', '[::1]'])
const loopback = (value: string): URL | undefined => {
  const url = URL.canParse(value) ? new URL(value) : undefined
  return url?.protocol === 'http:' && loopbackHosts.has(url.hostname) ? url : undefined
}

interface Lifetimes {
  /** Of an access token. */
  readonly tokenSeconds: number
  /** A refresh token that was used still works. */
  readonly keepsUsed: boolean
}

export const microsoftOAuth = (world: World, { tokenSeconds, keepsUsed }: Lifetimes): OAuth => {
  const { db } = world
  const insertCode = db.prepare(
    'INSERT INTO code (code, redirect_uri, scope, challenge, expires_at) VALUES (?, ?, ?, ?, ?)',
  )
  const selectCode = db.prepare('SELECT * FROM code WHERE code = ?')
  const useCode = db.prepare('UPDATE code SET used = 1 WHERE code = ?')
  const insertAccess = db.prepare('INSERT INTO access_token (token, expires_at) VALUES (?, ?)')
  const selectAccess = db.prepare('SELECT * FROM access_token WHERE token = ?')
  const insertRefresh = db.prepare('INSERT INTO refresh_token (token, scope, expires_at) VALUES (?, ?, ?)')
  const selectRefresh = db.prepare('SELECT * FROM refresh_token WHERE token = ?')
  const useRefresh = db.prepare('UPDATE refresh_token SET used = 1 WHERE token = ?')

  const authorize = ({ query, now }: Call): Answer => {
    if (query.get('client_id') !== app.clientId) {
      return signInError(700016, 'Application with this identifier was not found in the directory.')
    }
    const redirect = loopback(query.get('redirect_uri') ?? '')
    if (redirect === undefined) {
      return signInError(
        50011,
        'The redirect URI does not match those of the application: use http on a loopback address.',
      )
    }
    const back = (values: Readonly<Record<string, string>>): Answer => {
      const state = query.get('state')
      for (const [name, value] of Object.entries(values)) redirect.searchParams.set(name, value)
      if (state !== null) redirect.searchParams.set('state', state)
      return { status: 302, headers: { location: redirect.href } }
    }
    if (query.get('response_type') !== 'code') {
      return back({ error: 'unsupported_response_type', error_description: 'AADSTS70005: response_type must be code.' })
    }
    const scopes = (query.get('scope') ?? '').split(' ').filter((scope) => scope !== '')
    if (!scopes.includes(apiScope)) {
      return back({ error: 'invalid_scope', error_description: `AADSTS70011: The scope ${apiScope} is required.` })
    }
    const challenge = query.get('code_challenge')
    if (challenge !== null && (query.get('code_challenge_method') !== 'S256' || !/^[\w-]{43}$/.test(challenge))) {
      return back({ error: 'invalid_request', error_description: 'AADSTS501491: Invalid code_challenge; use S256.' })
    }
    if (query.get('login_hint') === 'deny') {
      return back({
        error: 'access_denied',
        error_description: 'AADSTS65004: User declined to consent to access the app.',
      })
    }
    const code = newToken('M.C')
    insertCode.run(code, query.get('redirect_uri'), scopes.join(' '), challenge, Math.ceil(now + codeSeconds * 1000))
    return back({ code })
  }

  const issue = (scope: string, now: number): Answer => {
    const [accessToken, refreshToken] = [newToken('EwB'), newToken('M.R')]
    insertAccess.run(accessToken, Math.ceil(now + tokenSeconds * 1000))
    const offline = scope.split(' ').includes('offline_access')
    if (offline) insertRefresh.run(refreshToken, scope, Math.ceil(now + refreshTokenDays * 86_400_000))
    return {
      status: 200,
      headers: { 'cache-control': 'no-store' },
      json: {
        token_type: 'Bearer',
        scope: apiScope,
        expires_in: tokenSeconds,
        ext_expires_in: tokenSeconds,
        access_token: accessToken,
        ...(offline ? { refresh_token: refreshToken } : {}),
      },
    }
  }

  const verifierProblem = (row: Row, verifier: string | null): string | undefined => {
    const challenge = textOrNull(row, 'challenge')
    if (challenge === null) return verifier === null ? undefined : 'No code_challenge was sent for this code.'
    if (verifier === null) return 'A code_verifier is required.'
    if (verifierShape.test(verifier) && s256(verifier) === challenge) return undefined
    return 'The Code_Verifier does not match the code_challenge supplied in the authorization request.'
  }

  const redeem = (call: Call, form: URLSearchParams): Answer => {
    const code = form.get('code') ?? ''
    const row = selectCode.get(code)
    const invalid = (number: number, description: string): Answer =>
      tokenError(call, 400, 'invalid_grant', number, description)
    if (row === undefined) return invalid(9002313, 'Invalid request. Request is malformed or invalid.')
    if (integer(row, 'used') === 1) return invalid(54005, 'OAuth2 Authorization code was already redeemed.')
    if (call.now >= integer(row, 'expires_at')) return invalid(70008, 'The provided authorization code has expired.')
    if (form.get('redirect_uri') !== text(row, 'redirect_uri')) {
      return invalid(500112, 'The reply address does not match the reply address provided when requesting the code.')
    }
    const problem = verifierProblem(row, form.get('code_verifier'))
    if (problem !== undefined) return invalid(501481, problem)
    useCode.run(code)
    return issue(text(row, 'scope'), call.now)
  }

  /** Every renewal gives a new refresh token. */
  const renew = (call: Call, form: URLSearchParams): Answer => {
    const token = form.get('refresh_token') ?? ''
    const row = selectRefresh.get(token)
    if (row === undefined || integer(row, 'used') === 1 || call.now >= integer(row, 'expires_at')) {
      return tokenError(call, 400, 'invalid_grant', 70000, deadGrant)
    }
    if (!keepsUsed) useRefresh.run(token)
    return issue(text(row, 'scope'), call.now)
  }

  const exchange = (call: Call): Answer => {
    const form = new URLSearchParams(call.body.toString('utf8'))
    if (!(call.header('content-type') ?? '').startsWith('application/x-www-form-urlencoded')) {
      return tokenError(call, 400, 'invalid_request', 900144, 'The request body must be form-urlencoded.')
    }
    if (form.get('client_id') !== app.clientId) {
      return tokenError(call, 400, 'invalid_client', 700016, 'Application was not found in the directory.')
    }
    const secret = form.get('client_secret')
    if (secret === null) {
      const missing = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
      return tokenError(call, 401, 'invalid_client', 7000218, missing)
    }
    if (secret !== app.clientSecret) {
      return tokenError(call, 401, 'invalid_client', 7000215, 'Invalid client secret provided.')
    }
    const grant = form.get('grant_type')
    if (grant === 'authorization_code') return redeem(call, form)
    if (grant === 'refresh_token') return renew(call, form)
    return tokenError(call, 400, 'unsupported_grant_type', 70003, 'The app requested an unsupported grant type.')
  }

  return {
    routes: [
      { method: 'GET', path: '/common/oauth2/v2.0/authorize', answer: authorize },
      { method: 'POST', path: '/common/oauth2/v2.0/token', answer: exchange },
    ],
    token(token, now) {
      const row = selectAccess.get(token)
      if (row === undefined) return 'unknown'
      return now < integer(row, 'expires_at') ? 'valid' : 'expired'
    },
  }
}
