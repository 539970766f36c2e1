/** Ways into the Campaign Monitor simulator: API key, sign-in, tokens. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exampleCredentials } from '../credentials.ts'
import { type Bench, type Reply, startBench } from '../test-bench.ts'

const keys = exampleCredentials['campaign-monitor']
const api = '/api/v3.3'
const basic = (key: string) => ({ authorization: `Basic ${Buffer.from(`${key}:x`).toString('base64')}` })
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

let bench: Bench
const ask = (method: string, path: string, headers: Record<string, string>): Promise<Reply> =>
  bench.ask('campaign-monitor', method, path, { headers })
beforeEach(async () => {
  bench = await startBench()
})
afterEach(() => bench.end())

const redirect_uri = 'http://127.0.0.1:5000'
const authorize = (more: Record<string, string> = {}): Promise<Reply> =>
  bench.ask(
    'campaign-monitor',
    'GET',
    `/oauth?${new URLSearchParams({ type: 'web_server', client_id: keys.clientId, redirect_uri, scope: 'ManageLists,ImportSubscribers', state: 's', ...more })}`,
  )
const landing = (reply: Reply) =>
  Object.fromEntries(new URL(reply.headers.get('location') ?? 'http://none').searchParams)
const token = (form: Record<string, string>): Promise<Reply> =>
  bench.ask('campaign-monitor', 'POST', '/oauth/token', {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  })
const redeem = async (more: Record<string, string> = {}) =>
  await token({
    grant_type: 'authorization_code',
    client_id: keys.clientId,
    client_secret: keys.clientSecret,
    redirect_uri,
    code: landing(await authorize()).code ?? '',
    ...more,
  })
const renew = (refresh_token: string): Promise<Reply> => token({ grant_type: 'refresh_token', refresh_token })

describe('ways in', () => {
  it.each([
    ['no header', 100, {}],
    ['another key', 100, basic('x')],
    ['another token', 120, bearer('x')],
  ])('%s is refused with 401 and code %i', async (_what, Code, headers) => {
    const reply = await bench.ask('campaign-monitor', 'GET', `${api}/clients.json`, { headers })
    expect(reply).toMatchObject({ status: 401, json: { Code } })
  })

  it('a token lives for 14 days, is renewed without the app’s secret, and the refresh token it cost is dead', async () => {
    const first = Object((await redeem()).json)
    expect(first).toMatchObject({ expires_in: 1_209_600 })
    expect((await ask('GET', `${api}/clients.json`, bearer(first.access_token))).status).toBe(200)
    bench.pass(1_209_600)
    const late = await ask('GET', `${api}/clients.json`, bearer(first.access_token))
    expect(late).toMatchObject({ status: 401, json: { Code: 121 } })
    const second = Object((await renew(first.refresh_token)).json)
    expect((await ask('GET', `${api}/clients.json`, bearer(second.access_token))).status).toBe(200)
    expect((await renew(first.refresh_token)).json).toMatchObject({ error: 'invalid_grant' })
    await bench.restart()
    expect((await renew(second.refresh_token)).status).toBe(200)
  })

  it('keeps the refresh token where the simulator is told so', async () => {
    await bench.end()
    bench = await startBench({ settings: { 'campaign-monitor': { rotatesRefreshTokens: false } } })
    const first = Object((await redeem()).json)
    expect((await renew(first.refresh_token)).json).toMatchObject({ refresh_token: first.refresh_token })
  })

  it.each([[{ code: 'other' }], [{ client_secret: 'other' }], [{ redirect_uri: 'http://127.0.0.1:5001' }]])(
    'a code is not redeemed with %j',
    async (more) => {
      expect((await redeem(more)).json).toMatchObject({ error: 'invalid_grant' })
    },
  )

  it.each([
    [{ scope: 'Everything' }, 'unknown_scope'],
    [{ type: 'other' }, 'invalid_request'],
  ])('the page sends %j back', async (more, error) => {
    expect(landing(await authorize(more))).toEqual({ error, state: 's' })
  })

  it.each([[{ client_id: '1' }], [{ redirect_uri: 'http://elsewhere.example' }]])(
    'the page sends %j nowhere',
    async (more) => {
      expect(await authorize(more)).toMatchObject({ status: 400 })
    },
  )

  it('a token without the permission is refused with 401/60', async () => {
    const code = landing(await authorize({ scope: 'ManageLists' })).code ?? ''
    const { access_token } = Object((await redeem({ code })).json)
    const reply = await ask('GET', `${api}/subscribers/${'a'.repeat(32)}.json?email=a@x.example`, bearer(access_token))
    expect(reply).toMatchObject({ status: 401, json: { Code: 60 } })
  })
})
