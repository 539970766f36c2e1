import { describe, expect, it } from 'vitest'
import { type Answer, endOf, play, replyOf } from '../destination-kit/play.ts'
import { judge } from './iterable/answers.ts'
import { iterable } from './iterable.ts'

const settings = { region: 'us' }
const lists: Answer = { json: { lists: [] } }
const refused = (status: number, code: string, msg: string): Answer => ({ status, json: { code, msg, params: {} } })
const check = (answer: Answer) => play(() => iterable.check(settings), [answer], judge)

describe('iterable', () => {
  it.each([
    ['us', 'https://api.iterable.com'],
    ['eu', 'https://api.eu.iterable.com'],
  ])('is found in %s, with the key in a header of its own', (region, origin) => {
    const { api } = iterable.hosts
    if (api === undefined) throw new Error('Iterable has one host')
    const { url, headers } = api
    expect(typeof url === 'function' ? url({ region }) : url).toBe(origin)
    expect(headers({ apiKey: 'k' }, '', { region })).toEqual({ 'Api-Key': 'k', Accept: 'application/json' })
  })

  it('tells lists of equal id apart by the data centre that numbers them', () => {
    const account = (region: string) => iterable.account({ settings: { region }, found: {} })
    expect(account('us')).not.toBe(account('eu'))
  })

  it('proves the key by the lists that it may read', () => {
    const played = check(lists)
    expect(played.requests).toEqual([{ method: 'GET', path: '/api/lists', rate: 'lists' }])
    expect(endOf(played)).toEqual({ found: {} })
  })

  it.each([
    ['an unknown key', refused(401, 'BadApiKey', 'Invalid API key'), 'auth'],
    ['a key of an app', refused(401, 'BadApiKey', 'Disabled API key or insufficient privileges'), 'permission'],
    ['a key that asks for a JWT', refused(401, 'InvalidJwtPayload', 'JWT required'), 'auth'],
    ['a forbidden call', refused(403, 'Forbidden', 'no'), 'permission'],
    ['a page of something else', { text: '<html>Sign in</html>' }, 'unreadable'],
    ['no lists', { json: {} }, 'unreadable'],
    ['a 404 that is not Iterable’s', { status: 404, text: '<html>' }, 'unreadable'],
    ['a project full of fields', refused(400, 'UniqueFieldsLimitExceeded', 'too many'), 'quota'],
  ])('stops at %s', (_what, answer, why) => {
    expect(check(answer).ending).toMatchObject({ kind: 'stopped', stop: { why } })
  })

  it.each([
    ['a rate that is exceeded, with status 429', refused(429, 'RateLimitExceeded', 'Exceeded'), 'retry'],
    ['a rate that is exceeded, with status 400', refused(400, 'RateLimitExceeded', 'Exceeded'), 'retry'],
    ['a batch that is too large', refused(400, 'BatchTooLarge', 'too large'), 'split'],
  ])('has the engine act on %s', (_what, answer, kind) => {
    expect(check(answer).ending).toMatchObject({ kind: 'judged', verdict: { kind } })
  })

  it.each([
    ['a plain 429', { status: 429, text: 'Too Many Requests' }],
    ['a crash', refused(500, 'GenericError', 'oops')],
    ['a gateway', { status: 503, text: '<html>' }],
    ['a page with status 401', { status: 401, text: '<html>' }],
  ])('leaves %s to the shared mapping', (_what, answer) => {
    expect(judge(replyOf(answer))).toBeUndefined()
  })
})
