/** For the tests: signs in as a browser and a client would. */
import { createHash } from 'node:crypto'
import { exampleCredentials } from '../credentials.ts'
import type { Bench, Reply } from '../test-bench.ts'

const app = exampleCredentials['microsoft-advertising']

export const redirectUri = 'http://localhost:8400/callback'
export const verifier = 'v'.repeat(43)
export const challenge = createHash('sha256').update(verifier).digest('base64url')

export const authorizeQuery: Readonly<Record<string, string>> = {
  client_id: app.clientId,
  response_type: 'code',
  redirect_uri: redirectUri,
  scope: 'openid offline_access https://ads.microsoft.com/msads.manage',
  state: 'st&te',
  code_challenge: challenge,
  code_challenge_method: 'S256',
}

export const authorize = (bench: Bench, more: Readonly<Record<string, string>> = {}): Promise<Reply> =>
  bench.ask(
    'microsoft-advertising',
    'GET',
    `/common/oauth2/v2.0/authorize?${new URLSearchParams({ ...authorizeQuery, ...more })}`,
  )

/** Parameters of the redirect that answered. */
export const landing = (reply: Reply): Record<string, string> =>
  Object.fromEntries(new URL(reply.headers.get('location') ?? 'http://none').searchParams)

export const codeOf = async (bench: Bench): Promise<string> => landing(await authorize(bench)).code ?? ''

export const exchange = (bench: Bench, form: Readonly<Record<string, string>>): Promise<Reply> =>
  bench.ask('microsoft-advertising', 'POST', '/common/oauth2/v2.0/token', {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ client_id: app.clientId, client_secret: app.clientSecret, ...form }).toString(),
  })

export const codeForm = (code: string): Record<string, string> => ({
  grant_type: 'authorization_code',
  code,
  redirect_uri: redirectUri,
  code_verifier: verifier,
})

export interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
  readonly expires_in: number
}

export const tokensOf = (reply: Reply): Tokens => {
  const tokens: Tokens = JSON.parse(reply.text)
  return tokens
}

export const signIn = async (bench: Bench): Promise<Tokens> =>
  tokensOf(await exchange(bench, codeForm(await codeOf(bench))))
