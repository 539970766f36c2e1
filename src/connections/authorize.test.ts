import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, get, type Server } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { OAuth } from '../destination-kit/access.ts'
import { SundError } from '../errors.ts'
import { type AuthorizeParams, authorize } from './authorize.ts'

const now = new Date('2026-11-21T12:00:00.000Z')

/** The vendor: a page where everybody agrees at once, or does what `page` says, and a token endpoint that checks PKCE. */
let vendor: Server
let origin = ''
let asked: URL | undefined
let page: (query: URLSearchParams, back: URL) => void
let tokenAnswer: { status: number; text: string }

beforeEach(async () => {
  page = (query, back) => {
    back.searchParams.set('code', 'code-1')
    back.searchParams.set('state', query.get('state') ?? '')
  }
  tokenAnswer = {
    status: 200,
    text: JSON.stringify({ access_token: 'access-1', refresh_token: 'refresh-1', expires_in: 3600 }),
  }
  vendor = createServer((request, response) => {
    asked = new URL(request.url ?? '', origin)
    const back = new URL(asked.searchParams.get('redirect_uri') ?? '')
    page(asked.searchParams, back)
    response.writeHead(302, { location: back.href }).end()
  })
  vendor.listen(0, '127.0.0.1')
  await once(vendor, 'listening')
  const address = vendor.address()
  origin = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : ''
})
afterEach(() => {
  vendor.close()
  vendor.closeAllConnections()
})

const oauth = (): OAuth<string> => ({
  authorize: `${origin}/authorize`,
  scope: 'lists offline',
  token: `${origin}/token`,
  pkce: true,
  // What must not be the vendor definition's to say.
  authorizeQuery: (secret) => ({ client_id: secret.id ?? '', state: 'fixed', redirect_uri: 'http://127.0.0.1:1' }),
  exchangeForm: (secret) => ({ client_id: secret.id ?? '', client_secret: secret.hush ?? '' }),
  refreshForm: () => ({}),
})

let shown: Promise<{ status: number; text: string }> | undefined
const open = async (url: string) => {
  const response = await fetch(url)
  return { status: response.status, text: await response.text() }
}
const visit = async (url: string): Promise<void> => {
  shown = open(url)
  await shown
}
const forms: Readonly<Record<string, string>>[] = []
const params = (more: Partial<AuthorizeParams> = {}): AuthorizeParams => ({
  oauth: oauth(),
  credentials: { id: 'app', hush: 'hush' },
  send: async ({ form }) => {
    forms.push(form)
    return tokenAnswer
  },
  visit,
  random: (bytes) => randomBytes(bytes),
  now: () => now,
  timeoutMs: 20_000,
  signal: new AbortController().signal,
  ...more,
})
beforeEach(() => {
  forms.length = 0
})

const redirectUri = () => asked?.searchParams.get('redirect_uri') ?? ''
const isClosed = (uri: string): Promise<boolean> =>
  fetch(uri).then(
    () => false,
    () => true,
  )

/** A request with another Host header than its address. */
const getAs = (url: string, host: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    get(url, { headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    }).on('error', reject)
  })

describe('authorize', () => {
  it('gives the tokens of somebody who agrees, and closes', async () => {
    expect(await authorize(params())).toEqual({
      accessToken: 'access-1',
      refreshToken: 'refresh-1',
      expiresAt: new Date('2026-11-21T13:00:00.000Z'),
    })
    expect(await shown).toMatchObject({ status: 200, text: expect.stringContaining('Sund has the answer') })
    expect(await isClosed(redirectUri())).toBe(true)
  })

  it('asks by the standard, with a state and a challenge of this sign-in alone', async () => {
    await authorize(params())
    const first = asked
    await authorize(params())
    for (const name of ['state', 'code_challenge']) {
      expect(first?.searchParams.get(name)?.length).toBeGreaterThanOrEqual(43)
      expect(first?.searchParams.get(name)).not.toBe(asked?.searchParams.get(name))
    }
    expect(Object.fromEntries(asked?.searchParams ?? [])).toMatchObject({
      response_type: 'code',
      client_id: 'app',
      scope: 'lists offline',
      code_challenge_method: 'S256',
      redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    })
  })

  it('proves that it is the one who asked', async () => {
    await authorize(params())
    const [form] = forms
    expect(form).toMatchObject({
      grant_type: 'authorization_code',
      code: 'code-1',
      client_id: 'app',
      client_secret: 'hush',
      redirect_uri: redirectUri(),
    })
    const challenge = createHash('sha256')
      .update(form?.code_verifier ?? '')
      .digest('base64url')
    expect(challenge).toBe(asked?.searchParams.get('code_challenge'))
  })

  it('sends no challenge to a vendor that knows none', async () => {
    await authorize(params({ oauth: { ...oauth(), pkce: false } }))
    expect(asked?.searchParams.has('code_challenge')).toBe(false)
    expect(forms[0]).not.toHaveProperty('code_verifier')
  })

  it('goes by another name of this machine where the vendor wants that', async () => {
    await authorize(params({ oauth: { ...oauth(), loopback: 'localhost' } }))
    expect(redirectUri()).toMatch(/^http:\/\/localhost:\d+$/)
  })

  it('denies requests that are not the answer, and goes on waiting', async () => {
    const statuses: (number | undefined)[] = []
    const patient = async (url: string): Promise<void> => {
      const uri = new URL(url).searchParams.get('redirect_uri') ?? ''
      const state = new URL(url).searchParams.get('state') ?? ''
      const bad = [
        '/?code=stolen&state=wrong',
        '/?code=stolen',
        '/favicon.ico',
        `/?state=${state}`,
        `/other?code=x&state=${state}`,
      ]
      for (const path of bad) statuses.push((await fetch(uri + path)).status)
      statuses.push((await fetch(`${uri}/?code=x&state=${state}`, { method: 'POST' })).status)
      statuses.push(await getAs(`${uri}/?code=x&state=${state}`, 'attacker.example'))
      await visit(url)
    }
    expect(await authorize(params({ visit: patient }))).toMatchObject({ accessToken: 'access-1' })
    expect(statuses).toEqual([400, 400, 400, 400, 400, 400, 400])
    expect(forms.map((form) => form.code)).toEqual(['code-1'])
  })

  it.each([
    ['access_denied', 'connection.consent_denied'],
    ['server_error', 'connection.sign_in_refused'],
  ])('tells of %s', async (error, code) => {
    page = (query, back) => {
      back.searchParams.set('error', error)
      back.searchParams.set('state', query.get('state') ?? '')
    }
    await expect(authorize(params())).rejects.toMatchObject({ code })
    expect(forms).toEqual([])
    expect(await isClosed(redirectUri())).toBe(true)
  })

  it.each([
    [
      'a refused code',
      { status: 400, text: '{"error":"invalid_grant","error_description":"expired"}' },
      'connection.sign_in_refused',
    ],
    ['no refresh token', { status: 200, text: '{"access_token":"a"}' }, 'connection.sign_in_unreadable'],
    ['a page', { status: 200, text: '<html>' }, 'connection.sign_in_unreadable'],
    ['a failing service', { status: 500, text: '' }, 'connection.sign_in_unreadable'],
  ])('tells of %s', async (_what, answer, code) => {
    tokenAnswer = answer
    await expect(authorize(params())).rejects.toMatchObject({ code })
  })

  it('ends when nobody comes in time, and closes', async () => {
    let uri = ''
    const nobody = async (url: string): Promise<void> => {
      uri = new URL(url).searchParams.get('redirect_uri') ?? ''
    }
    const ended = await authorize(params({ visit: nobody, timeoutMs: 300 })).catch((error: unknown) => error)
    expect(ended).toBeInstanceOf(SundError)
    expect(ended).toMatchObject({ code: 'connection.sign_in_timed_out' })
    expect(await isClosed(uri)).toBe(true)
  })

  it('ends when it is aborted, and closes', async () => {
    const abort = new AbortController()
    const reason = new Error('closing')
    let uri = ''
    const leaving = async (url: string): Promise<void> => {
      uri = new URL(url).searchParams.get('redirect_uri') ?? ''
      abort.abort(reason)
    }
    await expect(authorize(params({ visit: leaving, signal: abort.signal }))).rejects.toBe(reason)
    expect(await isClosed(uri)).toBe(true)
    await expect(authorize(params({ signal: abort.signal }))).rejects.toBe(reason)
  })

  it('passes on that the page could not be opened, and closes', async () => {
    let uri = ''
    const broken = async (url: string): Promise<void> => {
      uri = new URL(url).searchParams.get('redirect_uri') ?? ''
      throw new Error('no browser')
    }
    await expect(authorize(params({ visit: broken }))).rejects.toThrow('no browser')
    expect(await isClosed(uri)).toBe(true)
  })
})
