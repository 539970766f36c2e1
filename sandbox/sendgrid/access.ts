/** Who may call SendGrid, and how often. */
import { exampleCredentials } from '../credentials.ts'
import { alignedWindow, type RateWindow, type Taken } from '../frame/rates.ts'
import type { Answer, Call, Route, World } from '../frame/vendor.ts'
import { refusal } from './answers.ts'

/**
 * Buckets of the rate limit, calls a minute. SendGrid publishes only the headers; these were measured by others in
 * recorded traffic: https://github.com/grouparoo/grouparoo (checked 2026-11-21). Assumed: the endpoints of a bucket
 * share it, search/emails stands in `contacts`, imports in `lists`.
 */
const callsPerMinute = { contacts: 200, lists: 600, core: 600 } as const
export type Bucket = keyof typeof callsPerMinute

const marketingScopes = ['marketing.read', 'marketing.automation.read']
const scopesByKey = new Map<string, readonly string[]>([
  [exampleCredentials.sendgrid.apiKey, ['mail.send', ...marketingScopes]],
  [exampleCredentials.sendgrid.apiKeyWithoutMarketing, ['mail.send']],
])

/** Scopes of the key in the Authorization header. */
export const scopesOf = (call: Call): readonly string[] | undefined => {
  const [scheme, key] = (call.header('authorization') ?? '').split(' ')
  return scheme?.toLowerCase() === 'bearer' && key !== undefined ? scopesByKey.get(key) : undefined
}

const unauthorized = (call: Call): Answer =>
  refusal(401, {
    field: null,
    message:
      call.header('authorization') === undefined
        ? 'authorization required'
        : 'The provided authorization grant is invalid, expired, or revoked',
  })

/** Marketing endpoints give the seconds left, core endpoints the moment (recorded traffic, checked 2026-11-21). */
const rateHeaders = (taken: Taken, bucket: Bucket, now: number): Record<string, string> => ({
  'X-RateLimit-Limit': String(taken.limit),
  'X-RateLimit-Remaining': String(taken.remaining),
  'X-RateLimit-Reset': String(Math.ceil(bucket === 'core' ? taken.resetAt / 1000 : (taken.resetAt - now) / 1000)),
})

export interface GuardedRoute extends Route {
  readonly bucket: Bucket
}

/** Puts key, right, Accept header and rate before a route's own answer, and the rate's headers onto it. */
export const guarding = (world: World): ((route: GuardedRoute) => Route) => {
  const minute = world.wait(60)
  const windows: Record<Bucket, RateWindow> = {
    contacts: alignedWindow(callsPerMinute.contacts, minute),
    lists: alignedWindow(callsPerMinute.lists, minute),
    core: alignedWindow(callsPerMinute.core, minute),
  }
  const refused = (route: GuardedRoute, call: Call): Answer | undefined => {
    const scopes = scopesOf(call)
    if (scopes === undefined) return unauthorized(call)
    if (route.bucket !== 'core' && !scopes.some((scope) => scope.startsWith('marketing.'))) {
      return refusal(403, { field: null, message: 'access forbidden' })
    }
    if (call.header('accept') === undefined) return refusal(406, { field: null, message: 'missing Accept header' })
    return undefined
  }
  return (route) => ({
    ...route,
    answer(call) {
      const early = refused(route, call)
      if (early !== undefined) return early
      if (!world.limits) return route.answer(call)
      const taken = windows[route.bucket].take(call.now)
      const answer = taken.allowed ? route.answer(call) : refusal(429, { field: null, message: 'too many requests' })
      return { ...answer, headers: { ...answer.headers, ...rateHeaders(taken, route.bucket, call.now) } }
    },
  })
}
