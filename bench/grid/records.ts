/** Where a request of each vendor holds its people, so that half of them can be taken out on the way. */
import { z } from 'zod'
import type { SandboxVendor } from '../../sandbox/vendors.ts'

export interface Message {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly body: Buffer
}

/** `in`: the keys from the body's top to the people; none where the body is they. Or a parameter of the query, comma separated. */
type Place = { readonly in: readonly string[] } | { readonly query: string }

const places: Readonly<Record<SandboxVendor, readonly (readonly [RegExp, Place])[]>> = {
  'campaign-monitor': [[/^POST .*\/import\.json/, { in: ['Subscribers'] }]],
  dotdigital: [
    [/^PUT \/contacts\/v3\/import/, { in: ['contacts'] }],
    [/^POST .*\/contacts\/delete/, { in: [] }],
  ],
  iterable: [[/^POST \/api\/lists\/(un)?subscribe/, { in: ['subscribers'] }]],
  'microsoft-advertising': [[/Apply$/, { in: ['CustomerListUserData', 'CustomerListItems'] }]],
  sendgrid: [
    [/^PUT \/v3\/marketing\/contacts$/, { in: ['contacts'] }],
    [/^DELETE \/v3\/marketing\/lists\//, { query: 'contact_ids' }],
  ],
  webhook: [[/^POST \/webhook( (add|remove))?$/, { in: ['members'] }]],
}

const record = z.record(z.string(), z.unknown())
const half = <T>(all: readonly T[]): T[] => all.slice(0, all.length >> 1)

const halfIn = (value: unknown, keys: readonly string[]): unknown => {
  const [key, ...deeper] = keys
  if (key === undefined) {
    const all = z.array(z.unknown()).safeParse(value).data ?? []
    return all.length < 2 ? undefined : half(all)
  }
  const object = record.safeParse(value).data
  const inner = object === undefined ? undefined : halfIn(object[key], deeper)
  return inner === undefined ? undefined : { ...object, [key]: inner }
}

const halfQuery = ({ target, ...message }: Message, name: string): Message | undefined => {
  const url = new URL(target, 'http://vendor')
  const all = (url.searchParams.get(name) ?? '').split(',')
  if (all.length < 2) return undefined
  url.searchParams.set(name, half(all).join(','))
  return { ...message, target: `${url.pathname}${url.search}` }
}

/** The same request with the first half of its people; undefined where it holds fewer than two. */
export const halved = (vendor: SandboxVendor, message: Message): Message | undefined => {
  const path = message.target.split('?')[0] ?? ''
  const place = places[vendor].find(([pattern]) => pattern.test(`${message.method} ${path}`))?.[1]
  if (place === undefined) return undefined
  if ('query' in place) return halfQuery(message, place.query)
  const body = halfIn(JSON.parse(message.body.toString('utf8')), place.in)
  return body === undefined ? undefined : { ...message, body: Buffer.from(JSON.stringify(body)) }
}
