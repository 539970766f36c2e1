/** Who may call Campaign Monitor, and how often. */
import { exampleCredentials } from '../credentials.ts'
import { slidingWindow } from '../frame/rates.ts'
import type { Answer, Call, Route, World } from '../frame/vendor.ts'
import { fault } from './answers.ts'
import type { OAuth } from './oauth.ts'

const own = exampleCredentials['campaign-monitor']

/** Calls a minute. The vendor publishes none for lists and subscribers, so this one is assumed; its headers are those of other calls. */
export const assumedCallsPerMinute = 3000

export type Permission = 'ManageLists' | 'ImportSubscribers' | 'any'

export interface GuardedRoute extends Route {
  /** What a token needs; keys may do everything. Which calls need which is documented for few, assumed for the rest. */
  readonly permission: Permission
}

export const guarding = (world: World, oauth: OAuth, callsPerMinute: number): ((route: GuardedRoute) => Route) => {
  const length = world.wait(60)
  const window = slidingWindow(callsPerMinute, length)

  const refused = ({ permission }: GuardedRoute, call: Call): Answer | undefined => {
    const [scheme = '', credential = ''] = (call.header('authorization') ?? '').split(' ')
    if (scheme.toLowerCase() === 'basic') {
      const [key] = Buffer.from(credential, 'base64').toString('utf8').split(':')
      return key === own.apiKey ? undefined : fault(100)
    }
    if (scheme.toLowerCase() !== 'bearer') return fault(100)
    const state = oauth.token(credential, call.now)
    if (state === 'expired') return fault(121)
    if (state === 'revoked') return fault(122)
    if (state === 'unknown') return fault(120)
    return permission === 'any' || state.has(permission) ? undefined : fault(60)
  }

  return (route) => ({
    ...route,
    answer(call) {
      const early = refused(route, call)
      if (early !== undefined) return early
      if (!world.limits) return route.answer(call)
      const taken = window.take(call.now)
      const answer = taken.allowed ? route.answer(call) : fault(429)
      return {
        ...answer,
        headers: {
          ...answer.headers,
          'X-RateLimit-Limit': String(taken.limit),
          'X-RateLimit-Remaining': String(taken.remaining),
          'X-RateLimit-Reset': String(Math.ceil((taken.resetAt - call.now) / 1000)),
        },
      }
    },
  })
}
