/** Who may call Microsoft Advertising, and how often. */
import { exampleCredentials } from '../credentials.ts'
import { slidingWindow } from '../frame/rates.ts'
import type { Answer, Call, Route, World } from '../frame/vendor.ts'
import { apiFault } from './faults.ts'
import type { OAuth } from './oauth.ts'

const own = exampleCredentials['microsoft-advertising']

/** Calls a minute of one customer. Microsoft keeps its numbers to itself, so this one is assumed. */
export const assumedCallsPerMinute = 600

export type Headers = 'user' | 'account'

/** `user`: token and developer token; `account`: customer and account as well. */
export const authorizing = (
  world: World,
  oauth: OAuth,
  callsPerMinute: number,
): ((headers: Headers, route: Route) => Route) => {
  const calls = slidingWindow(callsPerMinute, world.wait(60))

  const refused = (headers: Headers, call: Call): Answer | undefined => {
    const authorization = call.header('Authorization')
    const developerToken = call.header('DeveloperToken')
    const customerId = call.header('CustomerId')
    const accountId = call.header('CustomerAccountId')
    if (authorization === undefined || developerToken === undefined) return apiFault(116)
    if (headers === 'account' && (customerId === undefined || accountId === undefined)) return apiFault(116)
    const [scheme, token] = authorization.split(' ')
    if (scheme !== 'Bearer' || token === undefined || developerToken !== own.developerToken) return apiFault(105)
    const state = oauth.token(token, call.now)
    if (state !== 'valid') return apiFault(state === 'expired' ? 109 : 105)
    if (headers === 'account' && (customerId !== own.customerId || accountId !== own.accountId)) return apiFault(106)
    return undefined
  }

  return (headers, route) => ({
    ...route,
    answer(call) {
      const early = refused(headers, call)
      if (early !== undefined) return early
      if (world.limits && !calls.take(call.now).allowed) return apiFault(117)
      return route.answer(call)
    },
  })
}
