/** Answers by examples and requests by what is known of them, with examples of our own. */
import { expect, it } from 'vitest'
import { lineOf } from './contract.ts'
import { exchangedOf } from './fixtures/exchanged.ts'
import { campaignMonitorContract } from './fixtures-contract.ts'

const result = { TotalUniqueEmailsSubmitted: 1, FailureDetails: [{ EmailAddress: 'a', Code: 1, Message: 'x' }] }
const examples = new Map<string, unknown>([
  ['import_subscribers.json', { ...result, FailureDetails: [] }],
  ['import_subscribers_partial_success.json', { ResultData: result, Code: 210, Message: 'x' }],
  ['subscriber_details.json', { EmailAddress: 'a', State: 'Active' }],
  ['subscriber_details_with_tracking_preference.json', { EmailAddress: 'a', State: 'Active', ConsentToTrack: 'Yes' }],
])
const fault = { Code: 1, Message: 'x' }
const contract = campaignMonitorContract((name) => JSON.stringify(examples.get(name) ?? fault))
const told = (...what: Parameters<typeof exchangedOf>) =>
  contract.check(exchangedOf(...what)).deviations.map((one) => lineOf(one))

const IMPORT = '/api/v3.3/subscribers/abc123/import.json'
const person = { EmailAddress: 'a@example.com', ConsentToTrack: 'Unchanged' }
const body = { Subscribers: [person], Resubscribe: false }
const onImport = (...what: string[]) => what.map((one) => `POST /subscribers/*/import.json | ${one}`)

it('takes what the vendor’s pages and examples show', () => {
  expect(told('POST', IMPORT, { body, status: 201, answer: { ...result, FailureDetails: [] } })).toEqual([])
  expect(told('POST', IMPORT, { body, status: 400, answer: { ResultData: result, Code: 210, Message: 'x' } })).toEqual(
    [],
  )
  expect(told('POST', IMPORT, { body, status: 401, answer: fault })).toEqual([])
  expect(told('DELETE', '/api/v3.3/subscribers/abc.json?email=a', {})).toEqual([])
})

it.each([
  ['a field that is not known', { ...body, Resubscibe: false }, 'body.Resubscibe is not declared'],
  [
    'consent that is not said',
    { Subscribers: [{ EmailAddress: 'a' }] },
    'body.Subscribers.*.ConsentToTrack is missing',
  ],
  ['a wrong type', { ...body, Resubscribe: 'no' }, 'body.Resubscribe is string, not boolean'],
])('finds in a request %s', (_what, sent, what) => {
  const answer = { ...result, FailureDetails: [] }
  expect(told('POST', IMPORT, { body: sent, status: 201, answer })).toEqual(onImport(`request | ${what}`))
})

it('finds what no example of an answer has, or all have', () => {
  const answer = { ...result, TotalUniqueEmailsSubmitted: '1', Extra: 1 }
  expect(told('POST', IMPORT, { body, status: 201, answer })).toEqual(
    onImport(
      'answer 201 | body.TotalUniqueEmailsSubmitted is string, not integer',
      'answer 201 | body.Extra is not declared',
    ),
  )
  expect(told('POST', IMPORT, { body, status: 200, answer: result })).toEqual(
    onImport('answer 200 | status is not 201'),
  )
  expect(told('GET', '/api/v3.3/subscribers/abc.json?email=a', { answer: { State: 'Active' } })).toEqual([
    'GET /subscribers/*.json | answer 200 | body.EmailAddress is missing',
  ])
})

it('finds a query and a path that are not known', () => {
  const details = { EmailAddress: 'a', State: 'Active' }
  expect(told('GET', '/api/v3.3/subscribers/abc.json?mail=a', { answer: details })).toEqual([
    'GET /subscribers/*.json | request | query.mail is not declared',
    'GET /subscribers/*.json | request | query.email is missing',
  ])
  expect(
    contract.check(exchangedOf('POST', '/api/v3.3/subscribers/abc/unsubscribe.json', {})).operation,
  ).toBeUndefined()
})
