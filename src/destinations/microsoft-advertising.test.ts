import { describe, expect, it } from 'vitest'
import { type Answer, endOf, play, replyOf } from '../destination-kit/play.ts'
import { judge } from './microsoft-advertising/answers.ts'
import { microsoftAdvertising } from './microsoft-advertising.ts'

const secret = { clientId: 'app', clientSecret: 'hush', developerToken: 'dev' }
const settings = { customerId: '11', accountId: '22', terms: 'yes' }
const fault = (status: number, ...codes: number[]): Answer => ({
  status,
  json: { Errors: codes.map((Code) => ({ Code, ErrorCode: 'Name', Message: 'words', Detail: null })), TrackingId: 't' },
})

describe('what an answer means', () => {
  it.each([200, 400, 401, 403, 429, 500])('is decided by the code, also with status %i', (status) => {
    expect(judge(replyOf(fault(status, 109)))).toEqual({ kind: 'refresh' })
    expect(judge(replyOf(fault(status, 105)))).toEqual({ kind: 'refresh' })
    expect(judge(replyOf(fault(status, 117)))).toEqual({ kind: 'retry', after: 60 })
    expect(judge(replyOf(fault(status, 4204)))).toEqual({ kind: 'retry', after: 900 })
    expect(judge(replyOf(fault(status, 106)))).toMatchObject({ why: 'permission' })
    expect(judge(replyOf(fault(status, 8003)))).toMatchObject({ why: 'terms' })
    expect(judge(replyOf(fault(status, 6999)))).toMatchObject({ kind: 'split' })
    expect(judge(replyOf(fault(status, 4853)))).toEqual({ kind: 'pass' })
    expect(judge(replyOf(fault(status, 4835)))).toEqual({ kind: 'pass' })
  })

  it('asks again after an internal error of the whole call', () => {
    expect(judge(replyOf(fault(500, 0)))).toEqual({ kind: 'retry' })
  })

  it.each([
    ['a stop before anything else', [117, 106], { why: 'permission' }],
    ['a new token before waiting', [117, 109], { kind: 'refresh' }],
    ['waiting before reading', [4835, 117], { kind: 'retry', after: 60 }],
  ])('takes %s', (_what, codes, verdict) => {
    expect(judge(replyOf(fault(400, ...codes)))).toMatchObject(verdict)
  })

  it.each([
    ['a code that is not known', fault(500, 4999)],
    ['a page', { status: 502, text: '<html>' }],
    ['success', { json: { Audiences: [] } }],
    ['another shape', { status: 500, json: { Errors: 'many' } }],
  ])('leaves %s to the shared mapping', (_what, answer) => {
    expect(judge(replyOf(answer))).toBeUndefined()
  })

  it('reads a code that comes as text', () => {
    expect(judge(replyOf({ status: 401, json: { Errors: [{ Code: '109' }] } }))).toEqual({ kind: 'refresh' })
  })
})

describe('check', () => {
  it('asks who is signed in', () => {
    const played = play(
      () => microsoftAdvertising.check(settings),
      [{ json: { User: { Id: '1' }, CustomerRoles: [] } }],
      judge,
    )
    expect(played.requests).toMatchObject([
      { path: '/CustomerManagement/v13/User/Query', host: 'clientcenter', reads: true },
    ])
    expect(endOf(played)).toEqual({ found: {} })
  })
  it('does not take an answer without a user', () => {
    expect(play(() => microsoftAdvertising.check(settings), [{ json: {} }], judge).ending).toMatchObject({
      stop: { why: 'unreadable' },
    })
  })
})

describe('the definition', () => {
  it('names customer and account only where a call is about them', () => {
    expect(microsoftAdvertising.hosts.campaign?.headers(secret, 'tok', settings)).toEqual({
      Authorization: 'Bearer tok',
      DeveloperToken: 'dev',
      CustomerId: '11',
      CustomerAccountId: '22',
    })
    expect(microsoftAdvertising.hosts.clientcenter?.headers(secret, 'tok', settings)).toEqual({
      Authorization: 'Bearer tok',
      DeveloperToken: 'dev',
    })
  })

  it('exchanges codes and tokens as the registered app, with a secret only where it has one', () => {
    const { oauth } = microsoftAdvertising
    expect(oauth?.refreshForm(secret)).toEqual(oauth?.exchangeForm(secret))
    expect(oauth?.refreshForm(secret)).toMatchObject({ client_id: 'app', client_secret: 'hush' })
    expect(oauth?.refreshForm({ ...secret, clientSecret: '' })).not.toHaveProperty('client_secret')
    expect(oauth?.authorizeQuery(secret)).toEqual({ client_id: 'app', response_mode: 'query' })
  })

  it('keeps lists of two ad accounts apart', () => {
    expect(microsoftAdvertising.account({ settings, found: {} })).toBe('22')
  })
})
