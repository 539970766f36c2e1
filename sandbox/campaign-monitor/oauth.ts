/**
 * Signing in to Campaign Monitor: authorisation code, tokens of 14 days, refresh tokens.
 * https://www.campaignmonitor.com/api/v3-3/getting-started/#authenticating-with-oauth (checked 2026-11-21).
 */
import { randomBytes } from 'node:crypto'
import { exampleCredentials } from '../credentials.ts'
import { integer, text } from '../frame/database.ts'
import type { Answer, Call, Route, World } from '../frame/vendor.ts'

const app = exampleCredentials['campaign-monitor']
const codeSeconds = 300

const scopes = new Set(
  'ViewReports ManageLists CreateCampaigns ImportSubscribers SendCampaigns ViewSubscribersInReports ManageTemplates AdministerPersons AdministerAccount ViewTransactional SendTransactional Automation'.split(
    ' ',
  ),
)

export interface OAuth {
  readonly routes: readonly Route[]
  token(token: string, now: number): 'expired' | 'revoked' | 'unknown' | ReadonlySet<string>
}

const newToken = (): string => randomBytes(33).toString('base64url')

const page = (words: string): Answer => ({
  status: 400,
  text: `<!DOCTYPE html><title>Campaign Monitor</title><p>${words}</p>`,
  headers: { 'content-type': 'text/html; charset=utf-8' },
})

/** The vendor's clients tell a refusal by its body; which status goes with it is not documented. */
const invalidGrant = (what: string): Answer => ({
  status: 400,
  json: { error: 'invalid_grant', error_description: `Specified ${what} was invalid or expired` },
})

/** A redirect has to begin with what the app registered: here, this machine. */
const registered = (value: string): URL | undefined => {
  const url = URL.canParse(value) ? new URL(value) : undefined
  return url?.protocol === 'http:' && (url.hostname === '127.0.0.1' || url.hostname === 'localhost') ? url : undefined
}

/** `rotates`: a renewal gives a new refresh token and the one used is dead. The vendor does not say; clients keep what they get. */
export const campaignMonitorOAuth = (world: World, tokenSeconds: number, rotates: boolean): OAuth => {
  const { db } = world
  const insertCode = db.prepare('INSERT INTO code (code, redirect_uri, scope, expires_at) VALUES (?, ?, ?, ?)')
  const selectCode = db.prepare('SELECT * FROM code WHERE code = ?')
  const useCode = db.prepare('UPDATE code SET used = 1 WHERE code = ?')
  const insertAccess = db.prepare('INSERT INTO access_token (token, scope, expires_at) VALUES (?, ?, ?)')
  const selectAccess = db.prepare('SELECT * FROM access_token WHERE token = ?')
  const insertRefresh = db.prepare('INSERT INTO refresh_token (token, scope) VALUES (?, ?)')
  const selectRefresh = db.prepare('SELECT * FROM refresh_token WHERE token = ?')
  const useRefresh = db.prepare('UPDATE refresh_token SET used = 1 WHERE token = ?')

  const authorize = ({ query, now }: Call): Answer => {
    if (query.get('client_id') !== app.clientId) return page('unknown_client')
    const redirect = registered(query.get('redirect_uri') ?? '')
    if (redirect === undefined) return page('invalid_redirect_uri')
    const back = (values: Readonly<Record<string, string>>): Answer => {
      const state = query.get('state')
      for (const [name, value] of Object.entries(values)) redirect.searchParams.set(name, value)
      if (state !== null) redirect.searchParams.set('state', state)
      return { status: 302, headers: { location: redirect.href } }
    }
    if (query.get('type') !== 'web_server') return back({ error: 'invalid_request' })
    const asked = (query.get('scope') ?? '').split(',').filter((scope) => scope !== '')
    if (asked.length === 0 || asked.some((scope) => !scopes.has(scope))) return back({ error: 'unknown_scope' })
    const code = newToken()
    insertCode.run(code, query.get('redirect_uri'), asked.join(','), Math.ceil(now + codeSeconds * 1000))
    return back({ code })
  }

  const issue = (scope: string, refreshToken: string, now: number): Answer => {
    const accessToken = newToken()
    insertAccess.run(accessToken, scope, Math.ceil(now + tokenSeconds * 1000))
    return { status: 200, json: { access_token: accessToken, expires_in: tokenSeconds, refresh_token: refreshToken } }
  }

  const issueNew = (scope: string, now: number): Answer => {
    const refreshToken = newToken()
    insertRefresh.run(refreshToken, scope)
    return issue(scope, refreshToken, now)
  }

  const redeem = (form: URLSearchParams, now: number): Answer => {
    const known = form.get('client_id') === app.clientId && form.get('client_secret') === app.clientSecret
    const code = form.get('code') ?? ''
    const row = selectCode.get(code)
    const live = row !== undefined && integer(row, 'used') === 0 && now < integer(row, 'expires_at')
    if (!known || !live || form.get('redirect_uri') !== text(row, 'redirect_uri')) return invalidGrant('code')
    useCode.run(code)
    return issueNew(text(row, 'scope'), now)
  }

  /** Neither id nor secret of the app is asked for: the refresh token is all it takes. */
  const renew = (form: URLSearchParams, now: number): Answer => {
    const token = form.get('refresh_token') ?? ''
    const row = selectRefresh.get(token)
    if (row === undefined || integer(row, 'used') === 1) return invalidGrant('refresh_token')
    if (!rotates) return issue(text(row, 'scope'), token, now)
    useRefresh.run(token)
    return issueNew(text(row, 'scope'), now)
  }

  const exchange = (call: Call): Answer => {
    const form = new URLSearchParams(call.body.toString('utf8'))
    const grant = form.get('grant_type')
    if (grant === 'authorization_code') return redeem(form, call.now)
    if (grant === 'refresh_token') return renew(form, call.now)
    return {
      status: 400,
      json: { error: 'unsupported_grant_type', error_description: 'The grant type is not supported' },
    }
  }

  return {
    routes: [
      { method: 'GET', path: '/oauth', answer: authorize },
      { method: 'POST', path: '/oauth/token', answer: exchange },
    ],
    token(token, now) {
      const row = selectAccess.get(token)
      if (row === undefined) return 'unknown'
      if (integer(row, 'revoked') === 1) return 'revoked'
      return now < integer(row, 'expires_at') ? new Set(text(row, 'scope').split(',')) : 'expired'
    },
  }
}
