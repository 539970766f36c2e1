import { describe, expect, it } from 'vitest'
import type { Limit } from '../destination-kit/fields.ts'
import type { AnyDestination } from '../destination-kit/kit.ts'
import { SundError } from '../errors.ts'
import { destinationOf, destinations } from './index.ts'

const limitsOf = (destination: AnyDestination): (readonly [string, Limit])[] => {
  const routes = [
    ...destination.add.map((route) => ['add', route] as const),
    ...destination.remove.map((route) => ['remove', route] as const),
  ]
  return [
    ...(destination.members === undefined ? [] : [['members settle', destination.members.settles] as const]),
    ...(destination.people === undefined ? [] : [['people', destination.people] as const]),
    ...Object.entries(destination.rates).map(([name, rate]) => [`rate ${name}`, rate.calls] as const),
    ...destination.fields.flatMap(({ name, max }) => (max === undefined ? [] : [[`field ${name}`, max] as const])),
    ...routes.flatMap(([name, route]) => [
      [`${name} max`, route.max] as const,
      [`${name} settles`, route.settles] as const,
      ...(route.bytes === undefined ? [] : [[`${name} bytes`, route.bytes] as const]),
    ]),
  ]
}
const limits = destinations.flatMap((destination) =>
  limitsOf(destination).map(([name, limit]) => ({ id: destination.id, name, limit })),
)

describe('destinations', () => {
  it('have slugs of their own', () => {
    const slugs = destinations.map(({ id }) => id)
    expect(new Set(slugs).size).toBe(slugs.length)
    expect(slugs.every((slug) => /^[a-z]+(-[a-z]+)*$/.test(slug))).toBe(true)
  })

  it.each(limits)('$id: $name says where it is from, and when it was checked', ({ limit }) => {
    expect(new URL(limit.source).protocol).toBe('https:')
    expect(limit.checked).toMatch(/^\d{4}-\d{2}-\d{2}$/)
    expect(limit.value).toBeGreaterThan(0)
  })

  it.each(destinations)('$id adds and removes', (destination) => {
    expect(destination.add.length).toBeGreaterThan(0)
    expect(destination.remove.length).toBeGreaterThan(0)
  })

  it.each(destinations)('$id has settings whose default is one that may be chosen', ({ settings }) => {
    for (const setting of Object.values(settings)) {
      if (setting.default !== undefined && setting.oneOf !== undefined) expect(setting.oneOf).toContain(setting.default)
    }
    expect(Object.values(settings).every(({ label }) => label !== '')).toBe(true)
  })
})

it.each(destinations.filter(({ members }) => members !== undefined))(
  '$id tells who is on a list by addresses, which are how the ledger knows people',
  ({ identifier }) => expect(identifier.hash).toBeUndefined(),
)

describe('destinationOf', () => {
  it.each(destinations)('finds $id', (destination) => {
    expect(destinationOf(destination.id)).toBe(destination)
  })
  it('names those it knows when asked for another', () => {
    expect(() => destinationOf('pigeon')).toThrow(SundError)
    const known = destinations.map(({ id }) => id).join(', ')
    expect(() => destinationOf('pigeon')).toThrow(`“pigeon”. It knows: ${known}.`)
  })
})
