/** Makes the typed client of the API from its OpenAPI document: a type for each schema, a method for each operation. */
import { z } from 'zod'

type Schema = z.infer<typeof anySchema>
const anySchema = z.looseObject({
  $ref: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  get properties() {
    return z.record(z.string(), anySchema).optional()
  },
  required: z.array(z.string()).optional(),
  get additionalProperties() {
    return z.union([z.boolean(), anySchema]).optional()
  },
  get items() {
    return anySchema.optional()
  },
  get anyOf() {
    return z.array(anySchema).optional()
  },
  get oneOf() {
    return z.array(anySchema).optional()
  },
  get allOf() {
    return z.array(anySchema).optional()
  },
  description: z.string().optional(),
})

const content = z.record(z.string(), z.looseObject({ schema: anySchema.optional() }))
const parameter = z.looseObject({
  name: z.string(),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean().optional(),
  description: z.string().optional(),
  schema: anySchema,
})
const operation = z.looseObject({
  operationId: z.string(),
  summary: z.string(),
  parameters: z.array(parameter).optional(),
  requestBody: z.looseObject({ content }).optional(),
  responses: z.record(z.string(), z.looseObject({ content: content.optional() })),
})
const openApi = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.looseObject({ schemas: z.record(z.string(), anySchema) }),
})

const isName = (text: string): boolean => /^[A-Za-z_$][\w$]*$/.test(text)
const key = (text: string): string => (isName(text) ? text : JSON.stringify(text))

const union = (schemas: readonly Schema[]): string => [...new Set(schemas.map(typeOf))].join(' | ')

const objectType = ({ properties = {}, required = [], additionalProperties }: Schema): string => {
  const names = Object.entries(properties)
  if (names.length === 0) {
    if (additionalProperties === undefined || additionalProperties === false) return 'Readonly<Record<string, unknown>>'
    return `Readonly<Record<string, ${additionalProperties === true ? 'unknown' : typeOf(additionalProperties)}>>`
  }
  const lines = names.map(([name, schema]) => {
    const comment = schema.description === undefined ? '' : `  /** ${schema.description} */\n`
    return `${comment}  readonly ${key(name)}${required.includes(name) ? '' : '?'}: ${typeOf(schema)}`
  })
  return `{\n${lines.join('\n')}\n}`
}

const ofOneType = (type: string, schema: Schema): string => {
  switch (type) {
    case 'integer':
    case 'number':
      return 'number'
    case 'array':
      return schema.items === undefined ? 'readonly unknown[]' : `readonly (${typeOf(schema.items)})[]`
    case 'object':
      return objectType(schema)
    case 'string':
    case 'boolean':
    case 'null':
      return type
    default:
      throw new Error(`The client knows no type "${type}".`)
  }
}

const typeOf = (schema: Schema): string => {
  if (schema.$ref !== undefined) return schema.$ref.replace(/^.*\//, '')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  const either = schema.anyOf ?? schema.oneOf
  if (either !== undefined) return union(either)
  if (schema.allOf !== undefined) return schema.allOf.map(typeOf).join(' & ')
  if (schema.type === undefined) return 'unknown'
  return [schema.type]
    .flat()
    .map((type) => ofOneType(type, schema))
    .join(' | ')
}

const typeDeclaration = ([name, schema]: readonly [string, Schema]): string => {
  const comment = schema.description === undefined ? '' : `/** ${schema.description} */\n`
  const type = typeOf(schema)
  return `${comment}${schema.properties !== undefined ? `export interface ${name} ${type}` : `export type ${name} = ${type}`}`
}

type Operation = z.infer<typeof operation>
type Answer = { readonly kind: 'json' | 'events' | 'nothing'; readonly type: string }

const answerOf = ({ responses }: Operation): Answer => {
  const [status = ''] = Object.keys(responses).filter((code) => code.startsWith('2'))
  const contents = responses[status]?.content ?? {}
  const events = contents['text/event-stream']?.schema
  if (events !== undefined) return { kind: 'events', type: typeOf(events) }
  const json = contents['application/json']?.schema
  return json === undefined ? { kind: 'nothing', type: 'undefined' } : { kind: 'json', type: typeOf(json) }
}

/** Parameters of one place as a type; undefined where there are none. */
const parametersOf = ({ parameters = [] }: Operation, place: 'path' | 'query' | 'header') => {
  const own = parameters.filter((one) => one.in === place)
  if (own.length === 0) return undefined
  const fields = own.map((one) => `readonly ${key(one.name)}${one.required === true ? '' : '?'}: ${typeOf(one.schema)}`)
  return { type: `{ ${fields.join('; ')} }`, isOptional: own.every((one) => one.required !== true) }
}

const methodOf = (path: string, method: string, one: Operation): string => {
  const given: string[] = []
  const input: string[] = []
  let isOptional = true
  for (const place of ['path', 'query', 'header'] as const) {
    const parameters = parametersOf(one, place)
    if (parameters === undefined) continue
    const name = place === 'header' ? 'headers' : place
    input.push(`readonly ${name}${parameters.isOptional ? '?' : ''}: ${parameters.type}`)
    given.push(`${name}: input.${name}`)
    isOptional &&= parameters.isOptional
  }
  const body = one.requestBody?.content['application/json']?.schema
  if (body !== undefined) {
    input.push(`readonly body: ${typeOf(body)}`)
    given.push('body: input.body')
    isOptional = false
  }
  const parameter = input.length === 0 ? '' : `input: { ${input.join('; ')} }${isOptional ? ' = {}' : ''}`
  const call = `{ method: '${method.toUpperCase()}', address: '${path}'${given.map((part) => `, ${part}`).join('')} }`
  const { kind, type } = answerOf(one)
  const result = kind === 'events' ? `AsyncIterable<ServerEvent<${type}>>` : `Promise<Answer<${type}>>`
  const sends = kind === 'events' ? 'events' : 'request'
  return `  /** ${one.summary}. */\n  ${one.operationId}: (${parameter}): ${result} => transport.${sends}<${type}>(${call}),`
}

const HEAD = `/** The client of the API, generated from docs/openapi.json by scripts/generate.ts: change the API, not this file. */

/** A call as the document describes it: \`address\` has its path parameters in braces. */
export interface Call {
  readonly method: string
  readonly address: string
  readonly path?: Readonly<Record<string, string>> | undefined
  readonly query?: Readonly<Record<string, string | number | readonly string[] | undefined>> | undefined
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined
  readonly body?: unknown
}

export interface Answer<T> {
  readonly status: number
  readonly body: T
  /** Of a single thing: what a change of it gives as \`if-match\`. */
  readonly etag?: string
}

/** \`end\`: the state will not change any more. */
export interface ServerEvent<T> {
  readonly event: 'progress' | 'end'
  readonly state: T
}

/** Sends calls. It throws what it makes of an answer that is a problem document. */
export interface Transport {
  request<T>(call: Call): Promise<Answer<T>>
  events<T>(call: Call): AsyncIterable<ServerEvent<T>>
}
`

/** The text of the client's file. Throws ZodError where the document has a form that is not expected. */
export const clientOf = (document: unknown): string => {
  const { paths, components } = openApi.parse(document)
  const methods = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, one]) => methodOf(path, method, one)),
  )
  return [
    HEAD,
    ...Object.entries(components.schemas).map(typeDeclaration),
    `export const createClient = (transport: Transport) => ({\n${methods.join('\n')}\n})`,
    'export type Client = ReturnType<typeof createClient>',
    '',
  ].join('\n\n')
}
