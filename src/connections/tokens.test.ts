import { describe, expect, it } from 'vitest'
import { VendorDown } from '../delivery/failures.ts'
import type { OAuth } from '../destination-kit/access.ts'
import { Stop } from '../destination-kit/kit.ts'
import { OutboundFailure } from '../outbound/outbound-failure.ts'
import {
  connectionTokens,
  decodeTokens,
  encodeTokens,
  type RefreshParams,
  readTokenAnswer,
  refreshTokens,
  type SendForm,
  type TokenSet,
  type TokenStore,
} from './tokens.ts'

const now = new Date('2026-11-21T12:00:00.000Z')
const inAnHour = new Date('2026-11-21T13:00:00.000Z')
const oauth: OAuth<string> = {
  authorize: 'https://id.example/authorize',
  scope: 'lists',
  token: 'https://id.example/token',
  pkce: true,
  authorizeQuery: (secret) => ({ client_id: secret.id ?? '' }),
  exchangeForm: (secret) => ({ client_id: secret.id ?? '' }),
  refreshForm: (secret) => ({ client_id: secret.id ?? '' }),
}
const paramsWith = (send: SendForm): RefreshParams => ({ oauth, credentials: { id: 'app' }, send, now: () => now })
const json = (body: unknown, status = 200) => ({ status, text: JSON.stringify(body) })
const first: TokenSet = { accessToken: 'access-1', refreshToken: 'refresh-1', expiresAt: now }

describe('the answer of a token endpoint', () => {
  it.each([
    [
      'tokens',
      json({ access_token: 'a', refresh_token: 'r', expires_in: 3600, token_type: 'bearer' }),
      { kind: 'tokens', expiresAt: inAnHour },
    ],
    ['seconds as text', json({ access_token: 'a', expires_in: '3600' }), { kind: 'tokens', expiresAt: inAnHour }],
    ['no life told', json({ access_token: 'a' }), { kind: 'tokens', expiresAt: inAnHour }],
    ['a revoked grant', json({ error: 'invalid_grant' }, 400), { kind: 'refused', error: 'invalid_grant' }],
    [
      'a refusal with 200',
      json({ error: 'invalid_grant', error_description: 'of ada@x.example' }),
      { kind: 'refused', words: 'of …' },
    ],
    ['a busy service', json({ error: 'temporarily_unavailable' }, 400), { kind: 'down' }],
    ['too many calls', { status: 429, text: '' }, { kind: 'down' }],
    ['a failing server', { status: 503, text: '<html>' }, { kind: 'down' }],
    ['a page', { status: 200, text: '<html>' }, { kind: 'unreadable' }],
    ['a redirect', { status: 302, text: '' }, { kind: 'unreadable' }],
    ['tokens with a refusal’s status', json({ access_token: 'a' }, 400), { kind: 'unreadable' }],
    ['an empty token', json({ access_token: '' }), { kind: 'unreadable' }],
    ['another kind of token', json({ access_token: 'a', token_type: 'mac' }), { kind: 'unreadable' }],
  ])('%s', (_what, answer, read) => {
    expect(readTokenAnswer(answer, now)).toMatchObject(read)
  })
})

describe('refreshTokens', () => {
  it('sends the form of a refresh, and keeps the refresh token where none is given', async () => {
    const sent: unknown[] = []
    const tokens = await refreshTokens(
      paramsWith(async (request) => {
        sent.push(request)
        return json({ access_token: 'access-2', expires_in: 3600 })
      }),
      'refresh-1',
    )
    expect(sent).toEqual([
      { url: oauth.token, form: { client_id: 'app', grant_type: 'refresh_token', refresh_token: 'refresh-1' } },
    ])
    expect(tokens).toEqual({ accessToken: 'access-2', refreshToken: 'refresh-1', expiresAt: inAnHour })
  })

  it('takes a rotated refresh token', async () => {
    const rotated = json({ access_token: 'access-2', refresh_token: 'refresh-2' })
    expect(
      await refreshTokens(
        paramsWith(async () => rotated),
        'refresh-1',
      ),
    ).toMatchObject({ refreshToken: 'refresh-2' })
  })

  it.each([
    ['a revoked grant', json({ error: 'invalid_grant' }, 400), Stop],
    ['a wrong client', json({ error: 'invalid_client' }, 401), Stop],
    ['a page', { status: 200, text: '<html>' }, Stop],
    ['a failing server', { status: 500, text: '' }, VendorDown],
  ])('fails for %s, and repeats no token', async (_what, answer, failure) => {
    const refused = await refreshTokens(
      paramsWith(async () => answer),
      'refresh-1',
    ).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(failure)
    expect(String(refused)).not.toContain('refresh-1')
  })
})

describe('kept tokens', () => {
  it('are read as they were written', () => {
    expect(decodeTokens(encodeTokens(first))).toEqual(first)
  })
  it.each(['', '{}', '{"accessToken":"a","refreshToken":"r","expiresAt":"soon"}'])('are not read from %j', (text) => {
    expect(() => decodeTokens(text)).toThrow(Stop)
  })
})

/** Keeps tokens in memory, one exchange at a time, as a row lock does; the log tells what happened in order. */
const memoryStore = (log: string[] = []) => {
  let kept = first
  let turn: Promise<unknown> = Promise.resolve()
  const store: TokenStore = {
    load: async () => kept,
    exchange: (stale, renew) => {
      const mine = turn.then(async () => {
        if (kept.accessToken !== stale) return kept
        kept = await renew(kept)
        log.push(`stored ${kept.accessToken}`)
        return kept
      })
      turn = mine.catch(() => undefined)
      return mine
    },
  }
  return store
}

/** Gives new tokens on each call, and accepts each refresh token once. */
const vendor = (log: string[] = []): SendForm => {
  let number = 1
  return async ({ form }) => {
    log.push(`asked with ${form.refresh_token}`)
    await Promise.resolve()
    if (form.refresh_token !== `refresh-${number}`) return json({ error: 'invalid_grant' }, 400)
    number++
    return json({ access_token: `access-${number}`, refresh_token: `refresh-${number}`, expires_in: 3600 })
  }
}

const slept = () => {
  const waits: number[] = []
  return { waits, clock: { sleep: async (ms: number) => void waits.push(ms) } }
}
const tokensOf = (store: TokenStore, send: SendForm, clock = slept().clock) =>
  connectionTokens(store, { ...paramsWith(send), clock })

describe('connectionTokens', () => {
  it('gives what is kept, and renews what is stale', async () => {
    const log: string[] = []
    const tokens = tokensOf(memoryStore(log), vendor(log))
    expect(await tokens.current()).toBe('access-1')
    let requests = 0
    expect(await tokens.renew('access-1', () => requests++)).toBe('access-2')
    expect(await tokens.current()).toBe('access-2')
    expect(requests).toBe(1)
    expect(log).toEqual(['asked with refresh-1', 'stored access-2'])
  })

  it('renews once for all who ask at the same time', async () => {
    const log: string[] = []
    const tokens = tokensOf(memoryStore(log), vendor(log))
    const asked = Array.from({ length: 20 }, () => tokens.renew('access-1', () => undefined))
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['access-2']))
    expect(log).toHaveLength(2)
  })

  it('renews nothing for somebody who comes late', async () => {
    const log: string[] = []
    const tokens = tokensOf(memoryStore(log), vendor(log))
    await tokens.renew('access-1', () => undefined)
    expect(await tokens.renew('access-1', () => undefined)).toBe('access-2')
    expect(log).toHaveLength(2)
  })

  it('gives the next token to those who hold one that is being replaced', async () => {
    const tokens = tokensOf(memoryStore(), vendor())
    await tokens.renew('access-1', () => undefined)
    const second = tokens.renew('access-2', () => undefined)
    expect(await tokens.renew('access-1', () => undefined)).toBe('access-3')
    expect(await second).toBe('access-3')
  })

  it('takes over what another process renewed, without a request', async () => {
    const log: string[] = []
    const store = memoryStore(log)
    const [here, there] = [tokensOf(store, vendor(log)), tokensOf(store, vendor(log))]
    await here.current()
    await there.renew('access-1', () => undefined)
    let requests = 0
    expect(await here.renew('access-1', () => requests++)).toBe('access-2')
    expect(requests).toBe(0)
    expect(log).toEqual(['asked with refresh-1', 'stored access-2'])
  })

  it('lets two processes that ask together renew once', async () => {
    const log: string[] = []
    const store = memoryStore(log)
    const send = vendor(log)
    const processes = [tokensOf(store, send), tokensOf(store, send)]
    const renewed = await Promise.all(processes.map((tokens) => tokens.renew('access-1', () => undefined)))
    expect(renewed).toEqual(['access-2', 'access-2'])
    expect(log).toHaveLength(2)
  })

  it('stores nothing, and asks again later, when the grant is revoked', async () => {
    const log: string[] = []
    const tokens = tokensOf(memoryStore(log), async () => json({ error: 'invalid_grant' }, 400))
    await expect(tokens.renew('access-1', () => undefined)).rejects.toMatchObject({ why: 'auth' })
    await expect(tokens.renew('access-1', () => undefined)).rejects.toMatchObject({ why: 'auth' })
    expect(log).toEqual([])
  })

  it.each([
    ['answers with a failure', async () => ({ status: 503, text: '' })],
    ['cannot be reached', () => Promise.reject(new OutboundFailure('not-sent', true, 'ECONNREFUSED', 'id.example'))],
  ] as const)('waits for a service that %s, then gives up', async (_what, send) => {
    const { waits, clock } = slept()
    let requests = 0
    await expect(tokensOf(memoryStore(), send, clock).renew('access-1', () => requests++)).rejects.toBeInstanceOf(
      VendorDown,
    )
    expect(waits).toEqual([1000, 2000, 4000])
    expect(requests).toBe(4)
  })

  it('goes on when the service answers again', async () => {
    const working = vendor()
    let failures = 2
    const send: SendForm = (request) => (failures-- > 0 ? Promise.resolve({ status: 500, text: '' }) : working(request))
    expect(await tokensOf(memoryStore(), send).renew('access-1', () => undefined)).toBe('access-2')
  })

  it('does not ask again where that cannot help', async () => {
    const refused = new OutboundFailure('not-sent', false, 'ADDRESS_REFUSED', 'id.example')
    const { waits, clock } = slept()
    const tokens = tokensOf(memoryStore(), () => Promise.reject(refused), clock)
    await expect(tokens.renew('access-1', () => undefined)).rejects.toBe(refused)
    expect(waits).toEqual([])
  })
})
