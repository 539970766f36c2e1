/** Shapes of JSON values: made from examples or templates, joined, and compared with a value. */
import { isObject, type Json } from './contract.ts'

/** What a value may be. `fields`: those of an object, with whether each is always there. */
export interface Shape {
  readonly kinds: ReadonlySet<string>
  readonly fields?: ReadonlyMap<string, { readonly shape: Shape; readonly always: boolean }>
  readonly items?: Shape
}

const kindOf = (value: unknown): string => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value
}

/** What both of two shapes say; a field that one of them lacks is not always there. */
export const joined = (one: Shape, other: Shape): Shape => {
  const kinds = new Set([...one.kinds, ...other.kinds])
  const items =
    one.items !== undefined && other.items !== undefined ? joined(one.items, other.items) : (one.items ?? other.items)
  if (one.fields === undefined || other.fields === undefined) {
    const fields = one.fields ?? other.fields
    return { kinds, ...(items === undefined ? {} : { items }), ...(fields === undefined ? {} : { fields }) }
  }
  const fields = new Map(
    [...new Set([...one.fields.keys(), ...other.fields.keys()])].map((name) => {
      const [mine, theirs] = [one.fields?.get(name), other.fields?.get(name)]
      const both = mine !== undefined && theirs !== undefined
      const shape = both ? joined(mine.shape, theirs.shape) : (mine ?? theirs)?.shape
      return [name, { shape: shape ?? { kinds: new Set() }, always: both && mine.always && theirs.always }] as const
    }),
  )
  return { kinds, fields, ...(items === undefined ? {} : { items }) }
}

/** Of an example; `leaf` says what a text stands for, where it is not simply a text. */
export const shapeOf = (example: unknown, leaf: (text: string) => readonly string[] = () => ['string']): Shape => {
  if (typeof example === 'string') return { kinds: new Set(leaf(example)) }
  if (Array.isArray(example)) {
    const items = example
      .map((item) => shapeOf(item, leaf))
      .reduce<Shape | undefined>((shape, item) => (shape === undefined ? item : joined(shape, item)), undefined)
    return { kinds: new Set(['array']), ...(items === undefined ? {} : { items }) }
  }
  if (!isObject(example)) return { kinds: new Set([kindOf(example)]) }
  const fields = Object.entries(example).map(
    ([name, value]) => [name, { shape: shapeOf(value, leaf), always: true }] as const,
  )
  return { kinds: new Set(['object']), fields: new Map(fields) }
}

/** The texts that a kind stands for beside the kinds of JSON. */
const fits = (value: unknown, kinds: ReadonlySet<string>): boolean => {
  const kind = kindOf(value)
  if (kinds.has(kind) || (kind === 'integer' && kinds.has('number'))) return true
  return typeof value === 'string' && kinds.has('digits') && /^-?\d+$/.test(value)
}

const objectDeviates = (place: string, value: Json, { fields }: Shape, complete: boolean): string[] => {
  if (fields === undefined) return []
  const missing = complete ? [...fields].filter(([name, { always }]) => always && !Object.hasOwn(value, name)) : []
  return [
    ...missing.map(([name]) => `${place}.${name} is missing`),
    ...Object.entries(value).flatMap(([name, one]) => {
      const field = fields.get(name)
      if (field === undefined) return [`${place}.${name} is not declared`]
      return differences(`${place}.${name}`, one, field.shape, complete)
    }),
  ]
}

/** The ways in which a value is not of the shape, each once. `complete`: a field that is always there must be. */
export const differences = (place: string, value: unknown, shape: Shape, complete: boolean): string[] => {
  if (!fits(value, shape.kinds)) return [`${place} is ${kindOf(value)}, not ${[...shape.kinds].join(' or ')}`]
  if (isObject(value)) return objectDeviates(place, value, shape, complete)
  const { items } = shape
  if (!Array.isArray(value) || items === undefined) return []
  return [...new Set(value.flatMap((item) => differences(`${place}.*`, item, items, complete)))]
}
