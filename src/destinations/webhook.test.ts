import { describe, expect, it } from 'vitest'
import { type Answer, endOf, play, replyOf } from '../destination-kit/play.ts'
import { webhook } from './webhook.ts'

const url = 'https://receiver.example/people/webhook'
const place = { settings: { url }, found: {} }
const check = (answer: Answer, given = url) => play(() => webhook.check({ url: given }), [answer], webhook.judge)
const host = webhook.hosts.receiver

describe('where it is', () => {
  it('is at the host of its URL, with the secret as a bearer token', () => {
    if (host === undefined || typeof host.url !== 'function') throw new Error('The webhook has one host.')
    expect(host.url({ url })).toBe('https://receiver.example')
    expect(host.headers({ secret: 's' }, '', { url })).toEqual({
      Authorization: 'Bearer s',
      Accept: 'application/json',
    })
  })

  it('is called at the path of its URL', () => {
    const played = check({ json: { version: 1 } })
    expect(played.requests).toEqual([
      { method: 'POST', path: '/people/webhook', body: { json: { operation: 'check' } }, reads: true },
    ])
    expect(endOf(played)).toEqual({ found: {} })
  })

  it.each([
    ['no URL', 'receiver'],
    ['nothing', ''],
    ['no https', 'http://receiver.example/'],
    ['a loopback address without https', 'http://127.0.0.1/'],
    ['another scheme', 'ftp://receiver.example/'],
    ['a secret in a query', 'https://receiver.example/?key=1'],
    ['a user and password', 'https://kari:pw@receiver.example/'],
    ['a fragment', 'https://receiver.example/#x'],
  ])('sends nothing to %s', (_what, given) => {
    const played = play(() => webhook.check({ url: given }), [])
    expect(played.requests).toEqual([])
    expect(played.ending).toMatchObject({ kind: 'stopped', stop: { why: 'bad-request' } })
    expect(() => webhook.account({ settings: { url: given }, found: {} })).not.toThrow()
  })

  it.each([
    ['another path', `${url}/2`, false],
    ['another host', url.replace('receiver', 'other'), false],
    ['another port', url.replace('.example', '.example:8443'), false],
    ['the usual port', url.replace('.example', '.example:443'), true],
    ['capitals in the host', url.replace('receiver', 'Receiver'), true],
  ])('at %s is the same receiver: %s, %s', (_what, other, same) => {
    const there = { settings: { url: other }, found: {} }
    expect(webhook.account(there) === webhook.account(place)).toBe(same)
    expect(webhook.rateAccount?.(there) === webhook.rateAccount?.(place)).toBe(same)
  })
})

describe('check', () => {
  it.each([
    ['another version', { json: { version: 2 } }, 'unreadable'],
    ['a body of something else', { json: { ok: true } }, 'unreadable'],
    ['no body', { text: '' }, 'unreadable'],
    ['accepted', { status: 202, json: { version: 1 } }, 'unreadable'],
    ['nothing there', { status: 404, text: 'none' }, 'bad-request'],
  ])('stops at %s', (_what, answer, why) => {
    expect(check(answer).ending).toMatchObject({ kind: 'stopped', stop: { why } })
  })

  it.each([400, 401, 403, 410, 413, 422, 429, 500, 503])('leaves %d to the shared mapping', (status) => {
    expect(webhook.judge?.(replyOf({ status, json: { reason: 'no' } }))).toBeUndefined()
  })
})
