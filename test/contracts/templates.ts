/** Microsoft Advertising's published templates of calls, and its table of error codes, as a contract. */
import { type Contract, type Deviation, isObject, type Json, jsonOf, objectIn, textIn, undeclared } from './contract.ts'
import { differences, type Shape, shapeOf } from './shapes.ts'

interface Template {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly headers: readonly string[]
  readonly request: Shape
  readonly answer: Shape
}

/** A template has bare words where numbers stand. */
const parsed = (template: string): unknown =>
  JSON.parse(template.replaceAll(/:\s*((?:Int|Long|Decimal|Double)ValueHere)/g, ': "$1"'))

/** `ValueHere` also stands for what is true or false; and every field may be null. */
const leaf = (text: string): readonly string[] => {
  if (text === 'IntValueHere') return ['integer', 'null']
  if (text === 'LongValueHere') return ['digits', 'null']
  if (text === 'DecimalValueHere' || text === 'DoubleValueHere') return ['number', 'null']
  return text === 'ValueHere' ? ['string', 'boolean', 'null'] : ['string']
}

/** Lists may be null, and so may be what is in them. */
const withNull = (shape: Shape): Shape => ({
  kinds: new Set([...shape.kinds, 'null']),
  ...(shape.items === undefined ? {} : { items: withNull(shape.items) }),
  ...(shape.fields === undefined
    ? {}
    : {
        fields: new Map([...shape.fields].map(([name, field]) => [name, { ...field, shape: withNull(field.shape) }])),
      }),
})

const shapeIn = (template: unknown): Shape => {
  const { fields } = withNull(shapeOf(parsed(textIn(template)), leaf))
  return { kinds: new Set(['object']), ...(fields === undefined ? {} : { fields }) }
}

/** In REST the token goes as Authorization, the rest under the same names as in SOAP. */
const headersIn = (soap: unknown): string[] => {
  const [, head = ''] = /<s:Header[^>]*>([\s\S]*?)<\/s:Header>/.exec(Array.isArray(soap) ? textIn(soap[0]) : '') ?? []
  const names = [...head.matchAll(/<(\w+) i:nil/g)].map(([, name = '']) => name)
  return names.map((name) => (name === 'AuthenticationToken' ? 'authorization' : name.toLowerCase()))
}

/**
 * Faults, which no template shows, are told by the documents of each call as one of two objects:
 * https://learn.microsoft.com/en-us/advertising/campaign-management-service/adapifaultdetail and .../apifaultdetail
 * (checked 2026-11-22). Items of a list are as in `PartialErrors` or `Errors` of the templates.
 */
const FAULT_LISTS: readonly string[] = ['Errors', 'OperationErrors', 'BatchErrors', 'PartialErrors']
const FAULT_FIELDS: ReadonlySet<string> = new Set([...FAULT_LISTS, 'TrackingId', 'Type'])

/** Every object of an answer that tells an error code. */
const errorsIn = (value: unknown): Json[] => {
  if (Array.isArray(value)) return value.flatMap(errorsIn)
  if (!isObject(value)) return []
  return [...('Code' in value ? [value] : []), ...Object.values(value).flatMap(errorsIn)]
}

const codesDeviate = (value: unknown, codes: ReadonlyMap<number, string>): string[] =>
  errorsIn(value).flatMap(({ Code, ErrorCode }) => {
    const name = typeof Code === 'number' ? codes.get(Code) : undefined
    if (name === undefined) return [`code ${String(Code)} is not in the table`]
    return name === ErrorCode ? [] : [`code ${String(Code)} is called ${String(ErrorCode)}, not ${name}`]
  })

/** An error of an `AdApiFaultDetail`, which no template shows: .../adapierror (checked 2026-11-22). */
const AD_API_ERROR = withNull(shapeOf({ Code: 1, Detail: '', ErrorCode: '', Message: '' }))

const faultDeviates = (value: unknown, shapes: readonly Shape[]): string[] => {
  if (!isObject(value)) return ['body is not a fault']
  const lists = Object.entries(value).filter(([name]) => FAULT_LISTS.includes(name))
  const isKnown = (item: unknown) => shapes.some((shape) => differences('', item, shape, false).length === 0)
  return [
    ...(lists.length === 0 ? ['body is not a fault'] : []),
    ...Object.keys(value).flatMap((name) => (FAULT_FIELDS.has(name) ? [] : [`body.${name} is not declared`])),
    ...lists.flatMap(([name, list]) =>
      Array.isArray(list) && !list.every(isKnown) ? [`body.${name}.* is not an error as the vendor shows it`] : [],
    ),
  ]
}

const itemsOf = (shape: Shape, name: string): Shape[] => {
  const items = shape.fields?.get(name)?.shape.items
  return items === undefined ? [] : [items]
}

const pathOf = (url: unknown): string => (URL.canParse(textIn(url)) ? new URL(textIn(url)).pathname : '')

/** `operations` and `codes` as they are transcribed from the vendor's pages. Throws where a template cannot be read. */
export const templateContract = (operations: unknown, codes: unknown): Contract => {
  const declared = Object.entries(objectIn(objectIn(operations).operations)).map(([name, given]): Template => {
    const one = objectIn(given)
    const common = {
      name,
      method: textIn(one.method),
      path: pathOf(one.production),
      headers: headersIn(one.soap_templates),
    }
    return { ...common, request: shapeIn(one.request_json_template), answer: shapeIn(one.response_json_template) }
  })
  const table = objectIn(codes).codes
  const known = new Map(
    (Array.isArray(table) ? table.map(objectIn) : []).flatMap(({ code, errorCode }) =>
      typeof code === 'number' ? [[code, textIn(errorCode)] as const] : [],
    ),
  )
  if (declared.length === 0 || known.size === 0) throw new Error('The description has no operation or no code.')
  const shown = declared.flatMap(({ answer }) => ['PartialErrors', 'Errors'].flatMap((name) => itemsOf(answer, name)))
  const errorShapes = [...shown, AD_API_ERROR]
  return {
    origins: [
      ...new Set(
        Object.values(objectIn(objectIn(operations).operations)).map(
          (one) => new URL(textIn(objectIn(one).production)).origin,
        ),
      ),
    ],
    check(exchanged) {
      const { method, path, headers, body, status, answer, query, host } = exchanged
      const template = declared.find((one) => host === 'api' && one.method === method && one.path === path)
      if (template === undefined) return undeclared(exchanged)
      const [asked, told] = [jsonOf(body), jsonOf(answer)]
      const request = [
        ...template.headers.flatMap((name) => (headers.has(name) ? [] : [`header.${name} is missing`])),
        ...(query.size > 0 ? ['query is not declared'] : []),
        ...differences('body', asked, template.request, false),
      ]
      const answerDeviates =
        status === 200 ? differences('body', told, template.answer, true) : faultDeviates(told, errorShapes)
      const deviation = (side: Deviation['side']) => (what: string) => ({ operation: template.name, side, what })
      return {
        operation: template.name,
        deviations: [
          ...[...new Set(request)].map(deviation('request')),
          ...[...new Set([...answerDeviates, ...codesDeviate(told, known)])].map(deviation(`answer ${status}`)),
        ],
      }
    },
  }
}
