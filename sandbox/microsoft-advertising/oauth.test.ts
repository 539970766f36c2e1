/** Signing in at the Microsoft Advertising simulator: consent, codes, rotation of refresh tokens. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exampleCredentials } from '../credentials.ts'
import { type Bench, startBench } from '../test-bench.ts'
import { authorize, codeForm, codeOf, exchange, landing, redirectUri, signIn, tokensOf } from './test-sign-in.ts'

const app = exampleCredentials['microsoft-advertising']

let bench: Bench
beforeEach(async () => {
  bench = await startBench()
})
afterEach(() => bench.end())

const refresh = (token: string) => exchange(bench, { grant_type: 'refresh_token', refresh_token: token })
const userStatus = async (token: string): Promise<number> => {
  const headers = { Authorization: `Bearer ${token}`, DeveloperToken: app.developerToken }
  const path = '/CustomerManagement/v13/User/Query'
  return (await bench.ask('microsoft-advertising', 'POST', path, { headers, json: { UserId: null } })).status
}

describe('consent', () => {
  it('sends the browser back with a code and the state', async () => {
    const reply = await authorize(bench)
    expect(reply.status).toBe(302)
    expect(reply.headers.get('location')).toMatch(redirectUri)
    expect(landing(reply)).toEqual({ code: expect.any(String), state: 'st&te' })
  })

  it.each([
    ['consent is denied', { login_hint: 'deny' }, 'access_denied'],
    ['another response type', { response_type: 'token' }, 'unsupported_response_type'],
    ['a scope is missing', { scope: 'openid offline_access' }, 'invalid_scope'],
    ['a plain challenge', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['a short challenge', { code_challenge: 'short' }, 'invalid_request'],
  ])('sends the browser back without a code when %s', async (_what, more, error) => {
    const back = landing(await authorize(bench, more))
    expect(back).toEqual({ error, error_description: expect.any(String), state: 'st&te' })
  })

  it.each([
    ['an unknown client', { client_id: 'other' }],
    ['a redirect that is not loopback', { redirect_uri: 'http://example.com/callback' }],
    ['a redirect that only begins like loopback', { redirect_uri: 'http://localhost.example.com/callback' }],
    ['a redirect over https', { redirect_uri: 'https://localhost/callback' }],
    ['no address', { redirect_uri: 'callback' }],
  ])('sends the browser nowhere for %s', async (_what, more) => {
    const reply = await authorize(bench, more)
    expect(reply.status).toBe(400)
    expect(reply.headers.get('location')).toBeNull()
  })
})

describe('codes', () => {
  it('gives tokens for a code, once', async () => {
    const code = await codeOf(bench)
    const reply = await exchange(bench, codeForm(code))
    expect(reply).toMatchObject({ status: 200, json: { token_type: 'Bearer', expires_in: 3600 } })
    expect(await userStatus(tokensOf(reply).access_token)).toBe(200)
    expect(await exchange(bench, codeForm(code))).toMatchObject({ status: 400, json: { error: 'invalid_grant' } })
  })

  it('keeps a code for five minutes', async () => {
    const [early, late] = [await codeOf(bench), await codeOf(bench)]
    bench.pass(299)
    expect((await exchange(bench, codeForm(early))).status).toBe(200)
    bench.pass(1)
    expect(await exchange(bench, codeForm(late))).toMatchObject({ status: 400, json: { error: 'invalid_grant' } })
  })

  it.each([
    ['another verifier', { code_verifier: 'w'.repeat(43) }, 400, 'invalid_grant'],
    ['another redirect', { redirect_uri: 'http://localhost:9/callback' }, 400, 'invalid_grant'],
    ['an unknown code', { code: 'other' }, 400, 'invalid_grant'],
    ['another secret', { client_secret: 'other' }, 401, 'invalid_client'],
    ['another client', { client_id: 'other' }, 400, 'invalid_client'],
    ['another grant', { grant_type: 'password' }, 400, 'unsupported_grant_type'],
  ])('refuses %s and leaves the code usable', async (_what, more, status, error) => {
    const code = await codeOf(bench)
    const refused = await exchange(bench, { ...codeForm(code), ...more })
    expect(refused).toMatchObject({ status, json: { error, error_description: expect.stringMatching(/^AADSTS\d+: /) } })
    expect((await exchange(bench, codeForm(code))).status).toBe(200)
  })

  it('asks for the verifier of a code that has a challenge', async () => {
    const { code_verifier: _left, ...form } = codeForm(await codeOf(bench))
    expect((await exchange(bench, form)).json).toMatchObject({ error: 'invalid_grant' })
  })
})

describe('refresh tokens', () => {
  it('are replaced at every use, the old one dead, over a restart too', async () => {
    const first = await signIn(bench)
    const second = tokensOf(await refresh(first.refresh_token))
    expect(second.refresh_token).not.toBe(first.refresh_token)
    await bench.restart()
    expect(await refresh(first.refresh_token)).toMatchObject({ status: 400, json: { error: 'invalid_grant' } })
    expect((await refresh(second.refresh_token)).status).toBe(200)
    expect(await userStatus(second.access_token)).toBe(200)
  })

  it('last 90 days', async () => {
    const { refresh_token } = await signIn(bench)
    bench.pass(90 * 86_400)
    expect((await refresh(refresh_token)).json).toMatchObject({ error: 'invalid_grant' })
  })

  it('give access tokens of the chosen lifetime', async () => {
    await bench.end()
    bench = await startBench({ pace: 20, settings: { 'microsoft-advertising': { tokenSeconds: 10 } } })
    const { access_token, expires_in } = await signIn(bench)
    expect(expires_in).toBe(10)
    bench.pass(9)
    expect(await userStatus(access_token)).toBe(200)
    bench.pass(1)
    expect(await userStatus(access_token)).toBe(401)
  })
})
