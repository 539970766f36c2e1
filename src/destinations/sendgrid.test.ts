import { describe, expect, it } from 'vitest'
import { type Answer, endOf, play, replyOf } from '../destination-kit/play.ts'
import { judge } from './sendgrid/answers.ts'
import { sendgrid } from './sendgrid.ts'

const place = { settings: { region: 'us' }, found: {} }
const errors = (status: number, message: string): Answer => ({ status, json: { errors: [{ field: null, message }] } })

describe('what an answer means', () => {
  it.each([
    ['auth', errors(401, 'authorization required')],
    ['quota', errors(401, 'Maximum credits exceeded')],
    ['permission', errors(403, 'access forbidden')],
    ['bad-request', errors(406, 'Accept header missing')],
    ['permission', { status: 451, text: '' }],
  ])('stops with %s', (why, answer) => {
    expect(judge(replyOf(answer))).toMatchObject({ why })
  })

  it.each([
    ['seconds left', { 'X-RateLimit-Reset': '42' }, { kind: 'retry', after: 42 }],
    [
      'an epoch, against the answer’s date',
      {
        'X-RateLimit-Reset': String(Date.UTC(2026, 10, 21, 12, 0, 30) / 1000),
        Date: 'Sat, 21 Nov 2026 12:00:00 GMT',
      },
      { kind: 'retry', after: 30 },
    ],
    ['an epoch without a date', { 'X-RateLimit-Reset': '1784131320' }, { kind: 'retry' }],
    [
      'an epoch that has passed',
      { 'X-RateLimit-Reset': '1784131320', Date: 'Sat, 21 Nov 2026 12:00:00 GMT' },
      { kind: 'retry' },
    ],
    ['no time left', { 'X-RateLimit-Reset': '0' }, { kind: 'retry' }],
    ['a negative time', { 'X-RateLimit-Reset': '-5' }, { kind: 'retry' }],
    ['nonsense', { 'X-RateLimit-Reset': 'soon' }, { kind: 'retry' }],
    ['nothing', {}, { kind: 'retry' }],
    ['a day', { 'X-RateLimit-Reset': '86400' }, { kind: 'retry', after: 3600 }],
  ])('waits after 429 with %s', (_what, headers, verdict) => {
    expect(judge(replyOf({ status: 429, headers }))).toEqual(verdict)
  })

  it.each([
    ['success', { status: 200, json: {} }],
    ['a failing server', { status: 500, json: {} }],
    ['a body that is too large', errors(413, 'payload too large')],
    ['a refusal that talks read', errors(400, 'no')],
    ['a 403 that is not SendGrid’s', { status: 403, text: '<Error><Code>AccessDenied</Code></Error>' }],
  ])('leaves %s to the shared mapping', (_what, answer) => {
    expect(judge(replyOf(answer))).toBeUndefined()
  })

  it('shows no address in its words', () => {
    expect(judge(replyOf(errors(403, 'ada@x.example may not')))).toMatchObject({
      message: expect.not.stringContaining('ada'),
    })
  })
})

describe('check', () => {
  const fields: Answer = { json: { reserved_fields: [{ id: '_rf2_T', name: 'email', field_type: 'Text' }] } }
  it('proves the right to lists and fields', () => {
    const played = play(() => sendgrid.check(place.settings), [{ json: { result: [] } }, fields], judge)
    expect(played.requests).toMatchObject([
      { path: '/v3/marketing/lists', query: { page_size: '1' } },
      { path: '/v3/marketing/field_definitions' },
    ])
    expect(endOf(played)).toEqual({ found: {} })
  })
  it.each([
    ['no lists', [{ text: '<html>' }], 'unreadable'],
    ['no fields', [{ json: { result: [] } }, { json: {} }], 'unreadable'],
    ['no right', [errors(403, 'access forbidden')], 'permission'],
  ])('fails with %s', (_what, answers, why) => {
    expect(play(() => sendgrid.check(place.settings), answers, judge).ending).toMatchObject({ stop: { why } })
  })
})

describe('lists', () => {
  const one = { id: 'l-1', name: 'One', contact_count: 3, _metadata: { self: 'x' } }
  const two = { id: 'l-2', name: 'Two' }
  const page = (lists: unknown[], next?: string | null): Answer => ({ json: { result: lists, _metadata: { next } } })

  it('follows all pages, by their token alone', () => {
    const played = play(
      () => sendgrid.lists(place),
      [page([one], 'https://elsewhere.example/v3/marketing/lists?page_size=1000&page_token=t%2F2'), page([two], null)],
    )
    expect(played.requests).toMatchObject([
      { path: '/v3/marketing/lists', query: { page_size: '1000' } },
      { path: '/v3/marketing/lists', query: { page_size: '1000', page_token: 't/2' } },
    ])
    expect(played.requests.map((request) => request.host)).toEqual([undefined, undefined])
    expect(endOf(played)).toEqual([
      { id: 'l-1', name: 'One', size: 3 },
      { id: 'l-2', name: 'Two' },
    ])
  })

  it.each([
    ['a next page without a token', [page([one], 'https://api.sendgrid.com/v3/marketing/lists?page_token=')]],
    [
      'a page that repeats',
      [page([one], '/?page_token=a'), page([one], '/?page_token=b'), page([one], '/?page_token=a')],
    ],
  ])('stops at %s', (_what, answers) => {
    expect(play(() => sendgrid.lists(place), answers).ending).toMatchObject({ stop: { why: 'unreadable' } })
  })

  it('finds one by id', () => {
    const played = play(() => sendgrid.list('l-1', place), [{ json: one }])
    expect(played.requests).toMatchObject([{ path: '/v3/marketing/lists/l-1' }])
    expect(endOf(played)).toEqual({ id: 'l-1', name: 'One', size: 3 })
  })

  it('says when there is none', () => {
    expect(endOf(play(() => sendgrid.list('l-9', place), [errors(404, 'not found')]))).toBeUndefined()
  })

  it('asks nothing for what cannot be an id', () => {
    expect(play(() => sendgrid.list('../contacts', place), []).requests).toEqual([])
  })
})

describe('the definition', () => {
  it('sends the key as a bearer, with the Accept header that SendGrid insists on', () => {
    expect(sendgrid.hosts.api?.headers({ apiKey: 'SG.k' }, '', place.settings)).toEqual({
      Authorization: 'Bearer SG.k',
      Accept: 'application/json',
    })
  })

  it.each([
    ['us', 'https://api.sendgrid.com'],
    ['eu', 'https://api.eu.sendgrid.com'],
  ])('goes to the host of region %s', (region, origin) => {
    const url = sendgrid.hosts.api?.url
    expect(typeof url === 'function' ? url({ region }) : url).toBe(origin)
  })

  it('leaves room for the ends of a full call', () => {
    const [add] = sendgrid.add
    const commas = (add?.max.value ?? 0) - 1
    const ends = '{"list_ids":["00000000-0000-0000-0000-000000000000"],"contacts":[]}'.length
    expect((add?.bytes?.value ?? 0) + commas + ends).toBeLessThanOrEqual(6_000_000)
  })
})
