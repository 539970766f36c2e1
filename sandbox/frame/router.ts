/** Finds the route of a request. */
import type { Route, StreamedRoute } from './vendor.ts'

export type Match =
  | { readonly kind: 'route'; readonly route: Route | StreamedRoute; readonly params: Readonly<Record<string, string>> }
  /** The path exists, but not with this method. */
  | { readonly kind: 'wrong method' }
  | { readonly kind: 'none' }

const decode = (part: string): string | undefined => {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

const paramsOf = (pattern: readonly string[], parts: readonly string[]): Record<string, string> | undefined => {
  if (pattern.length !== parts.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, wanted] of pattern.entries()) {
    const part = parts[index] ?? ''
    if (wanted.startsWith('{')) {
      const value = decode(part)
      if (value === undefined || value === '') return undefined
      params[wanted.slice(1, -1)] = value
    } else if (wanted !== part) return undefined
  }
  return params
}

/** Routes are tried in their order, so a fixed path comes before one with a parameter in its place. */
export const router = (routes: readonly (Route | StreamedRoute)[]): ((method: string, path: string) => Match) => {
  const compiled = routes.map((route) => ({ route, pattern: route.path.split('/') }))
  return (method, path) => {
    const parts = path.split('/')
    let found = false
    for (const { route, pattern } of compiled) {
      const params = paramsOf(pattern, parts)
      if (params === undefined) continue
      if (route.method === method) return { kind: 'route', route, params }
      found = true
    }
    return found ? { kind: 'wrong method' } : { kind: 'none' }
  }
}
