/** Data fields of an Iterable project: their types are fixed by the first value, and later values must fit. */
import { integer, only, text } from '../frame/database.ts'
import type { Answer, World } from '../frame/vendor.ts'
import type { GuardedRoute } from './access.ts'

/** https://support.iterable.com/hc/en-us/articles/208183076-Field-Data-Types (checked 2026-11-21). */
export type FieldType = 'string' | 'long' | 'double' | 'boolean' | 'date' | 'object'

/** What Iterable keeps itself (https://support.iterable.com/hc/en-us/articles/217744303, checked 2026-11-21), and what the example project has. */
const firstFields: Readonly<Record<string, FieldType>> = {
  email: 'string',
  userId: 'string',
  signupDate: 'date',
  signupSource: 'string',
  profileUpdatedAt: 'date',
  userListIds: 'long',
  unsubscribedChannelIds: 'long',
  phoneNumber: 'string',
  firstName: 'string',
  lastName: 'string',
  city: 'string',
  country: 'string',
  birthDate: 'date',
  loyaltyPoints: 'long',
  rating: 'double',
  vip: 'boolean',
  defaultAddress: 'object',
  'defaultAddress.street': 'string',
}

/** A soft limit: https://support.iterable.com/hc/en-us/articles/208183076-Field-Data-Types (checked 2026-11-21). */
const mostFields = 1000
const longestValue = 32_000
const dateText = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}:\d{2}(\.\d+)? ?(Z|[+-]\d{2}:?\d{2})?)?$/

const typeOf = (value: unknown): FieldType | undefined => {
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'number') return Number.isInteger(value) ? 'long' : 'double'
  if (typeof value === 'string') return dateText.test(value) ? 'date' : 'string'
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? 'object' : undefined
}

/** What is not of the type but can be read as it is taken: whole numbers for decimal ones, dates for text. */
const fits = (value: unknown, type: FieldType): boolean => {
  if (value === null) return true
  if (typeof value === 'string' && value.length > longestValue) return false
  const own = typeOf(value)
  return own === type || (type === 'double' && own === 'long') || (type === 'string' && own === 'date')
}

export type Given = Readonly<Record<string, unknown>>

export interface Fitted {
  readonly kept: Given
  readonly created: readonly (readonly [name: string, type: FieldType])[]
  readonly dropped: readonly string[]
}

export interface Fields {
  readonly routes: readonly GuardedRoute[]
  /** What a project makes of a user's values; undefined where one of them does not fit its field. */
  fit(given: Given): Fitted | undefined
  /** Would the project hold too many with all that is new in these values? */
  tooMany(given: readonly Given[]): boolean
  create(fields: Fitted['created']): void
}

export const iterableFields = (world: World, newFields: 'create' | 'drop'): Fields => {
  const { db } = world
  const insert = db.prepare('INSERT OR IGNORE INTO field (name, type) VALUES (?, ?)')
  const all = db.prepare('SELECT name, type FROM field ORDER BY name')
  const count = db.prepare('SELECT count(*) AS fields FROM field')
  if (integer(only(count.get()), 'fields') === 0) {
    for (const [name, type] of Object.entries(firstFields)) insert.run(name, type)
  }
  const isType = (type: string): type is FieldType =>
    ['string', 'long', 'double', 'boolean', 'date', 'object'].includes(type)
  const types = new Map<string, FieldType>()
  for (const row of all.all()) {
    const type = text(row, 'type')
    if (isType(type)) types.set(text(row, 'name'), type)
  }
  const show = (): Answer => ({
    status: 200,
    json: { fields: Object.fromEntries(all.all().map((row) => [text(row, 'name'), text(row, 'type')])) },
  })
  return {
    // https://api.iterable.com/api/docs#users_getFields (checked 2026-11-21).
    routes: [{ method: 'GET', path: '/api/users/getFields', rate: { calls: 3, seconds: 1 }, answer: show }],
    fit(given) {
      const kept: Record<string, unknown> = {}
      const created: [string, FieldType][] = []
      const dropped: string[] = []
      for (const [name, value] of Object.entries(given)) {
        const type = types.get(name)
        const own = typeOf(value)
        if (type !== undefined) {
          if (!fits(value, type)) return undefined
          kept[name] = value
        } else if (newFields === 'drop') dropped.push(name)
        else if (own !== undefined) {
          kept[name] = value
          created.push([name, own])
        }
      }
      return { kept, created, dropped }
    },
    tooMany: (given) =>
      newFields === 'create' &&
      new Set([...types.keys(), ...given.flatMap((one) => Object.keys(one))]).size > mostFields,
    create(fields) {
      for (const [name, type] of fields) {
        if (types.has(name)) continue
        types.set(name, type)
        insert.run(name, type)
      }
    },
  }
}
