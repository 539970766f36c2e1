import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FieldKind } from '../../destination-kit/fields.ts'
import type { Person } from '../../destination-kit/kit.ts'
import { endOf, play } from '../../destination-kit/play.ts'
import { accountFields, dataFieldsOf } from './fields.ts'

const person = (fields: Person['fields']): Person => ({ ref: '1', identifier: 'a@x.example', fields })
const written = (value: string | null, kind: FieldKind): unknown =>
  JSON.parse(dataFieldsOf(person({ f: value }), { f: kind }) ?? '')

describe('accountFields', () => {
  it('tells the fields that can be filled, with their kinds, in order', () => {
    const fields = {
      vip: 'boolean',
      rating: 'double',
      loyaltyPoints: 'long',
      birthDate: 'date',
      firstName: 'string',
      favourites: 'nested',
      home: 'geo_location',
      defaultAddress: 'object',
      'defaultAddress.city': 'string',
      odd: { type: 'string' },
    }
    const played = play(() => accountFields(), [{ json: { fields } }])
    expect(played.requests).toEqual([{ method: 'GET', path: '/api/users/getFields', rate: 'fields' }])
    expect(endOf(played)).toMatchObject([
      { name: 'birthDate', kind: 'date' },
      { name: 'firstName', label: 'firstName', max: { value: 32_000 } },
      { name: 'loyaltyPoints', kind: 'number' },
      { name: 'rating', kind: 'number' },
      { name: 'vip', kind: 'boolean' },
    ])
  })

  it.each([
    'email',
    'userId',
    'emailListIds',
    'userListIds',
    'unsubscribedChannelIds',
    'unsubscribedMessageTypeIds',
    'subscribedMessageTypeIds',
    'phoneNumber',
    'itblInternal.documentUpdatedAt',
    'itblUserId',
    'profileUpdatedAt',
    'signupSource',
  ])('neither offers nor writes %s', (name) => {
    expect(endOf(play(() => accountFields(), [{ json: { fields: { [name]: 'string' } } }]))).toEqual([])
    expect(() => dataFieldsOf(person({ [name]: 'x' }))).toThrow(/is not written/)
  })
})

describe('dataFieldsOf', () => {
  it('is nothing where nothing is matched', () => {
    expect(dataFieldsOf(person({}))).toBeUndefined()
  })

  it.each<[string | null, FieldKind, unknown]>([
    ['Ada', 'text', 'Ada'],
    ['01234', 'text', '01234'],
    ['', 'text', ''],
    [null, 'text', null],
    [null, 'number', null],
    ['12.5', 'number', 12.5],
    ['-3', 'number', -3],
    ['007', 'number', '007'],
    ['many', 'number', 'many'],
    ['true', 'boolean', true],
    ['false', 'boolean', false],
    ['yes', 'boolean', 'yes'],
    ['2026-11-22', 'date', '2026-11-22 00:00:00 +00:00'],
    ['2026-11-22T09:30:15Z', 'date', '2026-11-22 09:30:15 +00:00'],
    ['2026-11-22T09:30:15.123+01:00', 'date', '2026-11-22 09:30:15 +01:00'],
    ['2026-11-22 09:30-0530', 'date', '2026-11-22 09:30:00 -05:30'],
    ['2026-11-22T09:30:15', 'date', '2026-11-22 09:30:15 +00:00'],
    ['last week', 'date', 'last week'],
  ])('writes %j as a %s', (value, kind, json) => {
    expect(written(value, kind)).toEqual({ f: json })
  })

  it('keeps every digit of a number', () => {
    expect(dataFieldsOf(person({ f: '9007199254740993' }), { f: 'number' })).toBe('{"f":9007199254740993}')
  })

  it('writes any text so that it reads the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom<FieldKind>('text', 'boolean'), (text, kind) => {
        const expected = kind === 'boolean' && (text === 'true' || text === 'false') ? text === 'true' : text
        expect(written(text, kind)).toEqual({ f: expected })
      }),
    )
  })
})
