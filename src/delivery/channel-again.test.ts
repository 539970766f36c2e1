/** Requests that a channel sends again: a page stood in for the answer, or the token expired. */
import { describe, expect, test } from 'vitest'
import type { Request } from '../destination-kit/kit.ts'
import type { OutboundAnswer } from '../outbound/door.ts'
import { OutboundFailure } from '../outbound/outbound-failure.ts'
import type { ChannelOptions, Watch } from './channel.ts'
import { VendorDown } from './failures.ts'
import { acme } from './fixtures/acme.ts'
import { get, never, ok, put, scripted, status } from './fixtures/scripted-channel.ts'
import { virtualClock } from './fixtures/virtual-clock.ts'
import { openRates } from './rates.ts'

describe('a page in place of an answer', () => {
  const page = status(200, { 'content-type': 'text/html; charset=utf-8' }, '<html><title>Sign in</title></html>')

  test('is no answer: the request is sent again, and a write counts as lost', async () => {
    const { ask, asked, events } = scripted((_request, count) => (count === 1 ? page : ok))
    await expect(ask(put)).resolves.toMatchObject({ status: 200, text: ok.text })
    expect(asked).toHaveLength(2)
    expect(events).toEqual(['write', 'lost', 'write', 'written'])
  })

  test('is not taken for success where nothing is to be read in the answer', async () => {
    const { channel, asked } = scripted((_request, count) => (count === 1 ? page : status(200)))
    const watch: Watch = { sent: () => undefined, written: () => undefined, lost: () => undefined, waits: () => never }
    const upload: Request = { method: 'PUT', host: 'foreign', path: 'https://blob.example/up', body: { json: 1 } }
    await expect(channel.ask(upload, watch, never)).resolves.toMatchObject({ status: 200, text: '' })
    expect(asked).toHaveLength(2)
  })

  test('that never ends is a vendor that is down', async () => {
    await expect(scripted(() => page).ask(get)).rejects.toThrow(VendorDown)
  })

  test('of nothing is an answer like any other', async () => {
    const { ask, asked } = scripted(() => status(200, { 'content-type': 'text/html' }))
    await expect(ask(put)).resolves.toMatchObject({ status: 200 })
    expect(asked).toHaveLength(1)
  })
})

describe('a token that expires', () => {
  const renewing = (
    script: (token: string, count: number) => OutboundAnswer | OutboundFailure,
    more: Partial<ChannelOptions> = {},
  ) => {
    let renewals = 0
    let current = 'token-0'
    const made = scripted((request, count) => script(request.headers.authorization ?? '', count), acme({}, true), {
      tokens: {
        current: async () => current,
        renew: async () => {
          current = `token-${++renewals}`
          return current
        },
      },
      ...more,
    })
    return { ...made, renewals: () => renewals }
  }

  test('again, after the renewed one was taken and the vendor asked for a long wait, is renewed again', async () => {
    const { ask, renewals } = renewing((token, count) => {
      if (count === 2) return status(429, { 'retry-after': '3600' })
      return token === 'Bearer token-2' ? ok : status(401)
    })
    await expect(ask(get)).resolves.toMatchObject({ status: 200 })
    expect(renewals()).toBe(2)
  })

  test('again, while the vendor did not answer, is renewed again', async () => {
    const lost = new OutboundFailure('lost', true, 'UND_ERR_HEADERS_TIMEOUT', 'api.acme.example')
    const { ask, renewals } = renewing((token, count) => {
      if (count === 2) return lost
      return token === 'Bearer token-2' ? ok : status(401)
    })
    await expect(ask(get)).resolves.toMatchObject({ status: 200 })
    expect(renewals()).toBe(2)
  })

  test('and that another request renewed before is not taken for renewed by this one', async () => {
    const known = ['token-0', 'token-1', 'token-1']
    const { ask } = renewing((token) => (token === 'Bearer token-2' ? ok : status(401)), {
      tokens: {
        current: async () => known.shift() ?? 'token-1',
        renew: async (stale) => (stale === 'token-0' ? 'token-1' : 'token-2'),
      },
    })
    await expect(ask(get)).resolves.toMatchObject({ status: 200 })
  })

  test('again, while the rate kept the request waiting, is renewed again', async () => {
    const rates = openRates(virtualClock())
    const clock = virtualClock()
    let taken = 0
    const { ask, renewals } = renewing((token) => (token === 'Bearer token-2' ? ok : status(401)), {
      clock,
      rates: { ...rates, take: async (_key, _rate, signal) => await clock.sleep(++taken === 2 ? 60_000 : 0, signal) },
    })
    await expect(ask(get)).resolves.toMatchObject({ status: 200 })
    expect(renewals()).toBe(2)
  })

  test('is not renewed for ever: a vendor that refuses each one, however late, ends it', async () => {
    const { ask, renewals } = renewing((_token, count) =>
      count % 2 === 0 ? new OutboundFailure('lost', true, 'UND_ERR_SOCKET', 'api.acme.example') : status(401),
    )
    await expect(ask(get)).rejects.toMatchObject({ why: 'auth' })
    expect(renewals()).toBeLessThanOrEqual(2)
  })
})
