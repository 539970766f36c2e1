/** A vendor's OpenAPI 3.0, OpenAPI 3.1 or Swagger 2.0 document as a contract. */
import type { Exchanged } from '../../sandbox/sandbox.ts'
import {
  type Contract,
  type Deviation,
  isObject,
  type Json,
  jsonOf,
  objectIn,
  textIn,
  undeclared,
  type Verdict,
} from './contract.ts'
import { type Check, resolved, Schemas } from './schemas.ts'

interface Parameter {
  readonly name: string
  readonly required: boolean
  readonly check: Check
  readonly isList: boolean
}

interface Operation {
  readonly name: string
  readonly method: string
  readonly pattern: RegExp
  /** Of two templates that fit, the one with more fixed text is meant. */
  readonly fixed: number
  readonly parameters: Readonly<Record<'path' | 'query' | 'header' | 'formData', readonly Parameter[]>>
  readonly body: { readonly required: boolean; readonly check?: Check } | undefined
  /** By status, `default` or a class like `4XX`; no check where nothing is said of the body. */
  readonly answers: ReadonlyMap<string, Check | undefined>
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** `/lists/{id}` with a group named for each place; names in templates need not be valid names of groups. */
const patternOf = (template: string): RegExp => {
  const parts = template.split(/(\{[^}]+\})/)
  return new RegExp(`^${parts.map((part) => (part.startsWith('{') ? '([^/]+)' : escaped(part))).join('')}$`)
}

const placesOf = (template: string): string[] => [...template.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => name)

/** The schema of the first content of JSON; of Swagger 2.0, that of the answer itself. */
const schemaIn = (place: Json): unknown => {
  const contents = Object.entries(objectIn(place.content))
  const json = contents.find(([type]) => type.includes('json')) ?? contents.find(([type]) => type === '*/*')
  return json === undefined ? place.schema : objectIn(json[1]).schema
}

class Reader {
  readonly #root: Json
  readonly #schemas: Schemas
  readonly #base: string

  constructor(root: Json) {
    this.#root = root
    this.#schemas = new Schemas(root)
    this.#base = textIn(root.basePath).replace(/\/$/, '')
  }

  operations(): Operation[] {
    return Object.entries(objectIn(this.#root.paths)).flatMap(([path, item]) =>
      METHODS.flatMap((method) => {
        const operation = objectIn(item)[method]
        return isObject(operation) ? [this.#operation(method, path, operation, objectIn(item))] : []
      }),
    )
  }

  #operation(method: string, path: string, operation: Json, item: Json): Operation {
    const given = [item.parameters, operation.parameters].flatMap((list) => (Array.isArray(list) ? list : []))
    const parameters = given.map((one) => resolved(this.#root, one))
    const template = `${this.#base}${path}`
    const inOf = (place: string) => parameters.filter((one) => one.in === place).map((one) => this.#parameter(one))
    return {
      name: `${method.toUpperCase()} ${template}`,
      method: method.toUpperCase(),
      pattern: patternOf(template),
      fixed: template.replaceAll(/\{[^}]+\}/g, '').length,
      parameters: {
        path: placesOf(template).flatMap((name) => inOf('path').find((one) => one.name === name) ?? []),
        query: inOf('query'),
        header: inOf('header'),
        formData: inOf('formData'),
      },
      body: this.#body(operation, parameters),
      answers: new Map(
        Object.entries(objectIn(operation.responses)).map(([status, answer]) => {
          const schema = schemaIn(resolved(this.#root, answer))
          return [status, schema === undefined ? undefined : this.#schemas.check(schema, 'answer', 'body')] as const
        }),
      ),
    }
  }

  #parameter(one: Json): Parameter {
    // Swagger 2.0 says the type beside the name.
    const schema =
      one.schema ?? Object.fromEntries(Object.entries(one).filter(([key]) => !['in', 'required'].includes(key)))
    const name = textIn(one.name)
    return {
      name,
      required: one.required === true,
      check: this.#schemas.check(schema, 'request', `${textIn(one.in)}.${name}`, true),
      isList: resolved(this.#root, schema).type === 'array',
    }
  }

  #body(operation: Json, parameters: readonly Json[]): Operation['body'] {
    const parameter = parameters.find((one) => one.in === 'body')
    const place =
      parameter ?? (isObject(operation.requestBody) ? resolved(this.#root, operation.requestBody) : undefined)
    if (place === undefined) return undefined
    const schema = schemaIn(place)
    return {
      required: place.required === true,
      ...(schema === undefined ? {} : { check: this.#schemas.check(schema, 'request', 'body') }),
    }
  }
}

/** Texts by name against what is declared of them; `unknown`: a name that is not declared is wrong. */
const textsDeviate = (where: string, given: URLSearchParams, declared: readonly Parameter[]): string[] => [
  ...[...new Set(given.keys())].flatMap((name) =>
    declared.some((one) => one.name === name) ? [] : [`${where}.${name} is not declared`],
  ),
  ...declared.flatMap(({ name, required, check, isList }) => {
    const values = given.getAll(name)
    const [first] = values
    if (first === undefined) return required ? [`${where}.${name} is missing`] : []
    return [...check(isList ? values.flatMap((value) => value.split(',')) : first)]
  }),
]

const requestDeviates = (operation: Operation, exchanged: Exchanged): string[] => {
  const { parameters, body, pattern } = operation
  const { path, query, headers } = exchanged
  const places = pattern.exec(path)?.slice(1) ?? []
  return [
    ...parameters.path.flatMap(({ check }, index) => check(decodeURIComponent(places[index] ?? ''))),
    ...textsDeviate('query', query, parameters.query),
    ...parameters.header.flatMap(({ name, required }) =>
      required && !headers.has(name.toLowerCase()) ? [`header.${name} is missing`] : [],
    ),
    ...bodyDeviates(body, parameters.formData, exchanged),
  ]
}

const bodyDeviates = (
  declared: Operation['body'],
  form: readonly Parameter[],
  { body, headers }: Exchanged,
): readonly string[] => {
  if (form.length > 0) return textsDeviate('form', new URLSearchParams(body.toString('utf8')), form)
  if (body.length === 0) return declared?.required === true ? ['body is missing'] : []
  if (declared === undefined) return ['body is not declared']
  if (headers.get('content-type')?.includes('json') !== true) return ['body is not said to be JSON']
  const value = jsonOf(body)
  return value === undefined ? ['body is not JSON'] : (declared.check?.(value) ?? [])
}

const answerDeviates = ({ answers }: Operation, { status, answer, answerHeaders }: Exchanged): readonly string[] => {
  const known = [String(status), `${Math.floor(status / 100)}XX`, 'default'].find((key) => answers.has(key))
  if (known === undefined) return ['status is not declared']
  const check = answers.get(known)
  if (check === undefined) return []
  const isJson = answerHeaders.get('content-type')?.includes('json') === true
  const value = isJson ? jsonOf(answer) : answer.toString('utf8')
  return value === undefined ? ['body is not JSON'] : check(value)
}

const originsOf = (root: Json): string[] => {
  if (typeof root.host === 'string') return [`https://${root.host}`]
  const servers = Array.isArray(root.servers) ? root.servers.map(objectIn) : []
  return servers.flatMap(({ url, variables }) => {
    const [variable] = Object.entries(objectIn(variables))
    if (variable === undefined) return [textIn(url)]
    const [name, said] = variable
    const values = objectIn(said).enum
    return (Array.isArray(values) ? values : []).map((value) => textIn(url).replace(`{${name}}`, String(value)))
  })
}

/** Of one or several documents of a vendor. Throws where one cannot be read as a description. */
export const openApiContract = (documents: readonly unknown[]): Contract => {
  const roots = documents.map(objectIn)
  const operations = roots.flatMap((root) => new Reader(root).operations())
  if (operations.length === 0) throw new Error('The description has no operation.')
  return {
    origins: [...new Set(roots.flatMap(originsOf))],
    check(exchanged): Verdict {
      const { method, path, host, status } = exchanged
      const fitting = operations.filter((one) => host === 'api' && one.method === method && one.pattern.test(path))
      const operation = fitting.sort((a, b) => b.fixed - a.fixed)[0]
      if (operation === undefined) return undeclared(exchanged)
      const { name } = operation
      const deviations: Deviation[] = [
        ...requestDeviates(operation, exchanged).map((what) => ({ operation: name, side: 'request' as const, what })),
        ...answerDeviates(operation, exchanged).map((what) => ({
          ...{ operation: name, side: `answer ${status}` as const, what },
        })),
      ]
      return { operation: name, deviations }
    },
  }
}
