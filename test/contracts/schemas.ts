/** Turns the schemas of OpenAPI 3.0, 3.1 and Swagger 2.0 into JSON Schema 2020-12, and tells in words what breaks them. */
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { isObject, type Json, objectIn, textIn } from './contract.ts'

/** The ways in which a value breaks its schema, each once; none where it fits. */
export type Check = (value: unknown) => readonly string[]

/** In a request what is read-only need not be there; in an answer what is write-only. */
export type Direction = 'request' | 'answer'

interface Mode {
  readonly direction: Direction
  /** A field that is not declared is wrong. Not in the parts of a composition, whose whole is closed instead. */
  readonly closed: boolean
  /** Fields that several parts of a composition speak of: closed by the whole, not by each of them. */
  readonly shared: ReadonlySet<string>
}

const NOTHING: ReadonlySet<string> = new Set()

const COPIED = new Set([
  ...['type', 'enum', 'const', 'format', 'pattern', 'minLength', 'maxLength', 'minItems', 'maxItems', 'uniqueItems'],
  ...['minimum', 'maximum', 'multipleOf', 'minProperties', 'maxProperties'],
])

/** What JSON Schema has under other names, or not at all. */
const FORMATS = new Set([
  ...['date', 'date-time', 'email', 'uri', 'uuid', 'ipv4', 'ipv6', 'hostname', 'int32', 'int64', 'float', 'double'],
])

const kindOf = (value: unknown): string => {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

/** `/contacts/3/email` as `body.contacts.*.email`. */
const placeOf = (root: string, pointer: string): string =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((path, part) => `${path}.${/^\d+$/.test(part) ? '*' : part}`, root)

const saidOf = (root: string, error: ErrorObject): string => {
  const place = placeOf(root, error.instancePath)
  const params: Json = error.params
  switch (error.keyword) {
    case 'required':
      return `${place}.${textIn(params.missingProperty)} is missing`
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return `${place}.${textIn(params.additionalProperty) || textIn(params.unevaluatedProperty)} is not declared`
    case 'type':
      return `${place} is ${kindOf(error.data)}, not ${[params.type].flat().join(' or ')}`
    case 'enum':
      return `${place} is not one of the declared values`
    case 'format':
      return `${place} is not of the format ${textIn(params.format)}`
    case 'oneOf':
    case 'anyOf':
      return `${place} fits none of the declared shapes, or several`
    default:
      return `${place} ${error.message ?? 'is wrong'}`
  }
}

/** The alternatives of a composition each tell why they do not fit; the composition says it once. */
const told = (errors: readonly ErrorObject[]): readonly ErrorObject[] => {
  const compositions = errors.filter(({ keyword }) => keyword === 'oneOf' || keyword === 'anyOf')
  return errors.filter(
    (error) =>
      compositions.includes(error) ||
      !compositions.some(({ instancePath }) => error.instancePath.startsWith(instancePath)),
  )
}

const at = (root: unknown, reference: string): unknown =>
  reference
    .replace(/^#\//, '')
    .split('/')
    .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((value: unknown, part) => objectIn(value)[part], root)

/** An object of a description, its reference followed. Throws where there is nothing. */
export const resolved = (root: Json, value: unknown): Json => {
  let found = value
  for (let steps = 0; isObject(found) && typeof found.$ref === 'string' && steps < 20; steps++) {
    found = at(root, found.$ref)
  }
  if (!isObject(found)) throw new Error('The description refers to what it does not have.')
  return found
}

export class Schemas {
  readonly #root: Json
  readonly #defs = new Map<string, unknown>()
  readonly #ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    verbose: true,
    unicodeRegExp: false,
    validateSchema: false,
  })
  readonly #coercing = new Ajv2020({
    strict: false,
    allErrors: true,
    verbose: true,
    unicodeRegExp: false,
    coerceTypes: 'array',
  })

  constructor(root: Json) {
    this.#root = root
    formats.default(this.#ajv)
    formats.default(this.#coercing)
  }

  /** Checks a value that is called `root` in what is told of it. `text`: the value comes as text, as in a query. */
  check(schema: unknown, direction: Direction, root: string, text = false): Check {
    const main = this.#converted(schema, { direction, closed: true, shared: NOTHING })
    const whole = { ...objectIn(main), $defs: Object.fromEntries(this.#defs) }
    const validate = (text ? this.#coercing : this.#ajv).compile(whole)
    return (value) => {
      // Coercion writes into what holds the value.
      if (validate(text ? structuredClone(value) : value)) return []
      return [...new Set(told(validate.errors ?? []).map((error) => saidOf(root, error)))]
    }
  }

  #reference(reference: string, mode: Mode): Json {
    const name = `${reference} ${mode.direction} ${mode.closed} ${[...mode.shared].sort().join(' ')}`.replaceAll(
      /[^\w]/g,
      '_',
    )
    if (!this.#defs.has(name)) {
      this.#defs.set(name, true)
      this.#defs.set(name, this.#converted(at(this.#root, reference), mode))
    }
    return { $ref: `#/$defs/${name}` }
  }

  #converted(schema: unknown, mode: Mode): unknown {
    if (typeof schema === 'boolean') return schema
    if (!isObject(schema)) throw new Error('The description has a schema that is none.')
    if (typeof schema.$ref === 'string') return this.#reference(schema.$ref, mode)
    const kept = Object.entries(schema).filter(([key]) => COPIED.has(key))
    const result: Record<string, unknown> = Object.fromEntries(kept)
    if (!FORMATS.has(textIn(schema.format))) delete result.format
    this.#bound(schema, result)
    this.#contents(schema, result, mode)
    this.#compose(schema, result, mode)
    if (mode.closed && schema.additionalProperties === undefined && this.#hasFields(schema)) {
      result.unevaluatedProperties = false
    }
    return schema.nullable === true || schema['x-nullable'] === true ? this.#orNull(result) : result
  }

  #bound(schema: Json, result: Record<string, unknown>): void {
    for (const [exclusive, bound] of [
      ['exclusiveMinimum', 'minimum'],
      ['exclusiveMaximum', 'maximum'],
    ] as const) {
      if (typeof schema[exclusive] === 'number') result[exclusive] = schema[exclusive]
      // Before 2020 it was said beside the bound.
      if (schema[exclusive] === true) {
        result[exclusive] = schema[bound]
        delete result[bound]
      }
    }
  }

  #contents(schema: Json, result: Record<string, unknown>, mode: Mode): void {
    const inside = { ...mode, closed: true, shared: NOTHING }
    const of = (name: string) => (mode.shared.has(name) ? { ...inside, closed: false } : inside)
    const properties = Object.entries(objectIn(schema.properties))
    if (properties.length > 0) {
      result.properties = Object.fromEntries(properties.map(([name, one]) => [name, this.#converted(one, of(name))]))
    }
    const patterns = Object.entries(objectIn(schema.patternProperties))
    if (patterns.length > 0) {
      result.patternProperties = Object.fromEntries(patterns.map(([name, one]) => [name, this.#converted(one, inside)]))
    }
    const hidden = mode.direction === 'request' ? 'readOnly' : 'writeOnly'
    const isHidden = (name: unknown) => objectIn(objectIn(schema.properties)[textIn(name)])[hidden] === true
    if (Array.isArray(schema.required)) result.required = schema.required.filter((name) => !isHidden(name))
    if (schema.items !== undefined) result.items = this.#converted(schema.items, inside)
    if (schema.additionalProperties !== undefined) {
      result.additionalProperties = this.#converted(schema.additionalProperties, inside)
    }
  }

  #compose(schema: Json, result: Record<string, unknown>, mode: Mode): void {
    const shared = mode.closed ? this.#sharedFields(schema) : new Map<string, readonly unknown[]>()
    const names = mode.closed ? new Set(shared.keys()) : mode.shared
    for (const key of ['allOf', 'anyOf', 'oneOf'] as const) {
      const parts = schema[key]
      if (!Array.isArray(parts)) continue
      const closed = key !== 'allOf' && mode.closed && schema.properties === undefined
      const part = { ...mode, closed, shared: key === 'allOf' ? names : mode.shared }
      result[key] = parts.map((one) => this.#converted(one, part))
    }
    if (schema.not !== undefined) result.not = this.#converted(schema.not, { ...mode, closed: false })
    for (const [name, schemas] of shared) {
      const whole = this.#converted({ allOf: schemas }, { ...mode, shared: NOTHING })
      result.properties = { ...objectIn(result.properties), [name]: whole }
    }
  }

  /** Of a composition: the fields that more than one part speaks of, with what each says. */
  #sharedFields(schema: Json): Map<string, readonly unknown[]> {
    if (!Array.isArray(schema.allOf)) return new Map()
    const all = Map.groupBy(this.#fieldsOf(schema), ([name]) => name)
    const several = [...all].filter(([, said]) => said.length > 1)
    return new Map(several.map(([name, said]) => [name, said.map(([, one]) => one)]))
  }

  #fieldsOf(given: unknown): (readonly [string, unknown])[] {
    const schema = resolved(this.#root, given)
    const parts = Array.isArray(schema.allOf) ? schema.allOf : []
    return [...Object.entries(objectIn(schema.properties)), ...parts.flatMap((part) => this.#fieldsOf(part))]
  }

  /** Alternatives without fields of their own are closed each for itself. */
  #hasFields(schema: Json): boolean {
    if (Object.keys(objectIn(schema.properties)).length > 0) return true
    return Array.isArray(schema.allOf) && schema.allOf.some((part) => this.#hasFields(resolved(this.#root, part)))
  }

  #orNull(schema: Record<string, unknown>): unknown {
    if (typeof schema.type === 'string') {
      const values = Array.isArray(schema.enum) ? { enum: [...schema.enum, null] } : {}
      return { ...schema, type: [schema.type, 'null'], ...values }
    }
    return { anyOf: [{ type: 'null' }, schema] }
  }
}
