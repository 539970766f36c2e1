/** Turns what a talk asks into what goes over the wire: URL, headers and body. */
import type { Values } from '../destination-kit/access.ts'
import { type AnyDestination, type Place, type Request, Stop } from '../destination-kit/kit.ts'

/** `foreign` is for URLs from answers, on hosts that no definition names: it never gets credentials. */
export const FOREIGN = 'foreign'

const firstKey = (names: Readonly<Record<string, unknown>>): string | undefined => Object.keys(names)[0]

/** The name of the host that a request goes to. */
export const hostOf = (destination: AnyDestination, request: Request): string =>
  request.host ?? firstKey(destination.hosts) ?? ''

/** The rate bucket that a request counts in; a foreign host is not part of the vendor account. */
export const rateOf = (
  destination: AnyDestination,
  request: Request,
): { readonly bucket: string; readonly calls: number; readonly perMs: number } | undefined => {
  if (request.rate === undefined && request.host === FOREIGN) return undefined
  const bucket = request.rate ?? firstKey(destination.rates)
  if (bucket === undefined) return undefined
  const rate = destination.rates[bucket]
  if (rate === undefined) throw new Error(`${destination.id} declares no rate "${bucket}".`)
  return { bucket, calls: rate.calls.value, perMs: rate.per * 1000 }
}

/**
 * Whole URL of a request. `endpoint` is the origin that stands for every host of the destination, where one is set.
 * Throws Stop('unreadable') when a URL from an answer is none, or leads elsewhere than it should.
 */
export const urlOf = (destination: AnyDestination, request: Request, settings: Values<string>, endpoint?: URL): URL => {
  const url = baseOf(destination, request, settings, endpoint)
  for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.append(name, value)
  return url
}

const baseOf = (
  destination: AnyDestination,
  request: Request,
  settings: Values<string>,
  endpoint: URL | undefined,
): URL => {
  if (request.host === FOREIGN) return foreignUrl(request.path)
  const host = destination.hosts[hostOf(destination, request)]
  if (host === undefined) throw new Error(`${destination.id} declares no host "${request.host}".`)
  if (host.match !== undefined) return answeredUrl(destination, request.path, host.match, endpoint)
  const origin = typeof host.url === 'string' ? host.url : host.url(settings)
  return ownUrl(destination, request, new URL(origin).origin)
}

const foreignUrl = (path: string): URL => {
  const url = URL.canParse(path) ? new URL(path) : undefined
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new Stop('unreadable', 'An answer gave something that is not a web address where one is needed.')
  }
  return url
}

/** It will be given credentials, so the whole name must be one of the vendor's own. */
const answeredUrl = (destination: AnyDestination, path: string, match: RegExp, endpoint: URL | undefined): URL => {
  const url = foreignUrl(path)
  const own =
    url.protocol === 'https:' && url.port === '' && new RegExp(`^(?:${match.source})$`, 'i').test(url.hostname)
  if (!own && url.origin !== endpoint?.origin) {
    throw new Stop(
      'unreadable',
      `${destination.name} gave an address that is not one of its own. Nothing was sent to it.`,
    )
  }
  return url
}

const ownUrl = (destination: AnyDestination, request: Request, origin: string): URL => {
  // Pasted behind the origin and then compared: a path such as `//elsewhere` or `@elsewhere` must not move the request.
  const url = new URL(`${origin}${request.path}`)
  if (!request.path.startsWith('/') || url.origin !== origin || url.username !== '') {
    throw new Error(`${destination.id} asks for a path that leaves its host.`)
  }
  return url
}

/** All headers of a request, names in lower case. What the host says wins over what the talk says. */
export const headersOf = (
  destination: AnyDestination,
  request: Request,
  credentials: Values<string>,
  token: string,
  place: Place<string, string>,
  contentType: string | undefined,
): Record<string, string> => {
  const headers: Record<string, string> = { accept: '*/*', 'user-agent': 'Sund' }
  if (contentType !== undefined) headers['content-type'] = contentType
  const merge = (more: Readonly<Record<string, string>>): void => {
    for (const [name, value] of Object.entries(more)) headers[name.toLowerCase()] = value
  }
  merge(request.headers ?? {})
  if (request.host !== FOREIGN) {
    merge(destination.hosts[hostOf(destination, request)]?.headers(credentials, token, place.settings) ?? {})
  }
  return headers
}

/** Can it change the vendor's data? */
export const isWrite = ({ method, reads }: Pick<Request, 'method' | 'reads'>): boolean =>
  method !== 'GET' && reads !== true
