import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fate, Person } from '../../destination-kit/kit.ts'
import { type Answer, bodyText, endOf, play, playBatch, rowsOf } from '../../destination-kit/play.ts'
import { webhook } from '../webhook.ts'

const at = {
  settings: { url: 'https://receiver.example/webhook' },
  found: {},
  list: { id: '7', name: 'In “Oslo”' },
  kinds: { points: 'number', vip: 'boolean', born: 'date' },
} as const
const person = (n: number, fields: Person['fields'] = {}): Person => ({
  ref: String(n),
  identifier: `p${n}@example.com`,
  fields,
})
const three = [1, 2, 3].map((n) => person(n))
const emails = three.map(({ identifier }) => identifier)
const [add] = webhook.add
const [remove] = webhook.remove
if (add === undefined || remove === undefined) throw new Error('The webhook adds and removes.')

const sent = (to: typeof add, people: readonly Person[], answer: Answer) => {
  if (to.bulk) throw new Error('The webhook has no bulk route.')
  const rows = rowsOf(to, people, at)
  return play(() => to.talk(rows, at), [answer], webhook.judge)
}
const fates = (to: typeof add, vendor: (body: string) => Answer, people: readonly Person[] = three): Fate[] => [
  ...playBatch(to, rowsOf(to, people, at), at, (request) => vendor(bodyText(request)), webhook.judge).values(),
]
const kinds = (to: typeof add, answer: object): string[] => fates(to, () => ({ json: answer })).map(({ kind }) => kind)
const rejected = (email: string, more: object = {}) => ({ email, code: 'no', reason: 'no place', ...more })

describe('what is sent', () => {
  it('is the list, and people with their matched fields as their kinds are', () => {
    const fields = { first: 'Kari "K"', points: '12.50', vip: 'true', born: '1990-02-01', city: null, note: '' }
    const [request] = sent(add, [person(1, fields), person(2)], { json: { taken: 2, rejected: [] } }).requests
    if (request === undefined) throw new Error('Nothing was sent.')
    expect(request).toMatchObject({ method: 'POST', path: '/webhook' })
    expect(bodyText(request)).toContain('"points":12.50,')
    expect(JSON.parse(bodyText(request))).toEqual({
      operation: 'add',
      list: { id: '7', name: 'In “Oslo”' },
      members: [
        { email: 'p1@example.com', fields: { ...fields, points: 12.5, vip: true } },
        { email: 'p2@example.com', fields: {} },
      ],
    })
  })

  it.each([
    ['a number', 'points', '1e999x'],
    ['a yes or no', 'vip', 'perhaps'],
  ])('is text where it is no %s after all', (_what, name, value) => {
    const [request] = sent(add, [person(1, { [name]: value })], { json: { taken: 1, rejected: [] } }).requests
    expect(request === undefined ? undefined : JSON.parse(bodyText(request)).members).toEqual([
      { email: 'p1@example.com', fields: { [name]: value } },
    ])
  })

  it('is the address alone where somebody is taken off', () => {
    const [request] = sent(remove, [person(1, { first: 'Kari' })], {
      json: { taken: 1, absent: [], rejected: [] },
    }).requests
    expect(request === undefined ? undefined : JSON.parse(bodyText(request))).toEqual({
      operation: 'remove',
      list: { id: '7', name: 'In “Oslo”' },
      members: [{ email: 'p1@example.com' }],
    })
  })
})

describe('what became of people', () => {
  it('is applied where the numbers come to everybody', () => {
    expect(kinds(add, { taken: 3, rejected: [] })).toEqual(['applied', 'applied', 'applied'])
  })

  it('is told of each who is rejected, for good or not', () => {
    const answer = { taken: 1, rejected: [rejected('p1@example.com'), rejected('p3@example.com', { final: true })] }
    expect(fates(add, () => ({ json: answer }))).toEqual([
      { kind: 'rejected', code: 'no', reason: 'no place' },
      { kind: 'applied' },
      { kind: 'rejected', code: 'no', reason: 'no place', final: true },
    ])
  })

  it('is absent where a removal found nobody', () => {
    expect(fates(remove, () => ({ json: { taken: 2, absent: ['p2@example.com'], rejected: [] } }))).toEqual([
      { kind: 'applied' },
      { kind: 'applied', absent: true },
      { kind: 'applied' },
    ])
  })

  it.each([
    ['too few', { taken: 2, rejected: [] }, ['unknown', 'unknown', 'unknown']],
    ['too many', { taken: 4, rejected: [] }, ['unknown', 'unknown', 'unknown']],
    ['rejected and taken', { taken: 3, rejected: [rejected('p1@example.com')] }, ['rejected', 'unknown', 'unknown']],
    ['a stranger', { taken: 2, rejected: [rejected('x@example.com')] }, ['unknown', 'unknown', 'unknown']],
    [
      'somebody twice',
      { taken: 1, rejected: [rejected('p1@example.com'), rejected('p1@example.com', { final: true })] },
      ['unknown', 'unknown', 'unknown'],
    ],
    [
      'an address in other letters',
      { taken: 2, rejected: [rejected('P1@example.com')] },
      ['unknown', 'unknown', 'unknown'],
    ],
  ])('is not known where the numbers tell of %s', (_what, answer, expected) => {
    expect(kinds(add, answer)).toEqual(expected)
  })

  it('is not known of somebody who is absent and rejected at once', () => {
    const answer = { taken: 1, absent: ['p1@example.com'], rejected: [rejected('p1@example.com')] }
    expect(kinds(remove, answer)).toEqual(['unknown', 'unknown', 'unknown'])
  })

  it('is never success for more people than the receiver took', () => {
    fc.assert(
      fc.property(fc.nat(6), fc.subarray(emails), (taken, refused) => {
        const answer = { taken, rejected: refused.map((email) => rejected(email)) }
        const applied = kinds(add, answer).filter((kind) => kind === 'applied')
        expect(applied.length).toBe(taken + refused.length === 3 ? taken : 0)
      }),
    )
  })

  it('does not repeat the person in a reason', () => {
    const people = [person(1, { first: 'Ragnhild' })]
    const reason = 'Ragnhild (p1@example.com) is no customer'
    const [fate] = fates(
      add,
      () => ({ json: { taken: 0, rejected: [rejected('p1@example.com', { reason })] } }),
      people,
    )
    expect(JSON.stringify(fate)).not.toMatch(/Ragnhild|p1@example/)
    expect(fate).toMatchObject({ kind: 'rejected', reason: expect.stringContaining('is no customer') })
  })

  it('has a reason where the receiver gives none', () => {
    const answer = { taken: 2, rejected: [rejected('p1@example.com', { reason: '' })] }
    expect(fates(add, () => ({ json: answer }))[0]).toMatchObject({ reason: expect.stringMatching(/no reason/) })
  })
})

describe('answers to the whole call', () => {
  it.each([
    ['a list that is gone', { status: 410 }, 'list-missing'],
    ['no numbers', { json: {} }, 'unreadable'],
    ['no word', { status: 204 }, 'unreadable'],
    ['accepted', { status: 202, json: { taken: 3, absent: [], rejected: [] } }, 'unreadable'],
    ['a number that is none', { json: { taken: '3', absent: [], rejected: [] } }, 'unreadable'],
    [
      'a code that names somebody',
      { json: { taken: 2, rejected: [rejected('p1@example.com', { code: 'a@b.c' })] } },
      'unreadable',
    ],
    ['no webhook', { status: 404, text: 'nothing here' }, 'bad-request'],
  ])('stop at %s', (_what, answer, why) => {
    for (const to of [add, remove]) {
      expect(sent(to, three, answer).ending).toMatchObject({ kind: 'stopped', stop: { why } })
    }
  })

  it('stop where a removal does not say who was absent', () => {
    expect(sent(remove, three, { json: { taken: 3, rejected: [] } }).ending).toMatchObject({
      kind: 'stopped',
      stop: { why: 'unreadable' },
    })
  })

  it('are halved where one of the people is refused and not named', () => {
    const ending = endOf(sent(add, three, { status: 422, json: { reason: 'p2@example.com is odd' } }))
    expect(ending).toEqual({ kind: 'split', reason: 'The receiver of the webhook does not take this person.' })
  })

  it('are, of somebody alone, the reason in the receiver’s words, without the person', () => {
    const ending = endOf(sent(add, [person(1)], { status: 422, json: { reason: 'p1@example.com is odd' } }))
    expect(ending).toEqual({ kind: 'split', reason: '… is odd' })
  })
})
