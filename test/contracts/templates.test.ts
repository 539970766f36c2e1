/** Templates and a table of codes as a contract, on small ones of our own. */
import { describe, expect, it } from 'vitest'
import { lineOf } from './contract.ts'
import { exchangedOf } from './fixtures/exchanged.ts'
import { templateContract } from './templates.ts'

const operation = {
  method: 'POST',
  production: 'https://api.example.com/V1/Things',
  request_json_template:
    '{ "Things": [ { "Name": "ValueHere", "Size": IntValueHere, "Id": "LongValueHere", "Open": "ValueHere" } ] }',
  response_json_template:
    '{ "Ids": [ "LongValueHere" ], "PartialErrors": [ { "Code": IntValueHere, "ErrorCode": "ValueHere", "Price": DecimalValueHere } ] }',
  soap_templates: [
    '<s:Header><Action>x</Action><AuthenticationToken i:nil="false">x</AuthenticationToken><CustomerId i:nil="false">x</CustomerId></s:Header>',
  ],
}
const contract = templateContract(
  { operations: { AddThings: operation } },
  {
    codes: [
      { code: 7, errorCode: 'TooLarge' },
      { code: 9, errorCode: 'Gone' },
    ],
  },
)
const headers = { authorization: 'Bearer x', customerid: '1' }
const good = { Things: [{ Name: 'x', Size: 3, Id: '12', Open: true }] }
const fine = { Ids: ['1', null], PartialErrors: [] }
const told = (body: unknown, answer: unknown = fine, status = 200, more: object = {}) =>
  contract
    .check(exchangedOf('POST', '/V1/Things', { body, answer, status, headers, ...more }))
    .deviations.map((one) => lineOf(one))

it('takes what is within the templates, null for any field, and only some of them', () => {
  expect(told(good)).toEqual([])
  expect(
    told({ Things: [{ Name: null }] }, { Ids: null, PartialErrors: [{ Code: 9, ErrorCode: 'Gone', Price: 1.5 }] }),
  ).toEqual([])
  expect(contract.origins).toEqual(['https://api.example.com'])
})

describe('finds in a request', () => {
  it.each([
    ['an undeclared field', { Things: [{ Nam: 'x' }] }, 'body.Things.*.Nam is not declared'],
    ['a wrong type', { Things: [{ Size: 'large' }] }, 'body.Things.*.Size is string, not integer or null'],
    ['a number where digits belong', { Things: [{ Id: 'x1' }] }, 'body.Things.*.Id is string, not digits or null'],
    ['no object', [], 'body is array, not object'],
  ])('%s', (_what, body, what) => {
    expect(told(body)).toEqual([`AddThings | request | ${what}`])
  })
  it('a missing header', () => {
    expect(told(good, fine, 200, { headers: { authorization: 'x' } })).toEqual([
      'AddThings | request | header.customerid is missing',
    ])
  })
})

describe('finds in an answer', () => {
  it.each([
    ['a missing field', { Ids: [] }, 200, 'body.PartialErrors is missing'],
    [
      'an unknown code',
      { ...fine, PartialErrors: [{ Code: 8, ErrorCode: 'X', Price: 1 }] },
      200,
      'code 8 is not in the table',
    ],
    [
      'a code under another name',
      { Errors: [{ Code: 7, ErrorCode: 'Gone', Message: '', Detail: null }], TrackingId: 'x' },
      400,
      'code 7 is called Gone, not TooLarge',
    ],
    ['a fault that is none', { message: 'no' }, 500, 'body is not a fault'],
    [
      'an error of another shape',
      { OperationErrors: [{ Code: 7, ErrorCode: 'TooLarge', Words: '' }] },
      400,
      'body.OperationErrors.* is not an error as the vendor shows it',
    ],
  ])('%s', (_what, answer, status, what) => {
    expect(told(good, answer, status)).toContain(`AddThings | answer ${status} | ${what}`)
  })
})

it('finds a path that no template has', () => {
  const { operation: name, deviations } = contract.check(exchangedOf('POST', '/V1/Thing', {}))
  expect(name).toBeUndefined()
  expect(deviations.map((one) => lineOf(one))).toEqual(['POST /V1/Thing | request | is not declared (answered 200)'])
})

it('is none without operations or codes', () => {
  expect(() => templateContract({ operations: {} }, { codes: [] })).toThrow('no operation')
})
