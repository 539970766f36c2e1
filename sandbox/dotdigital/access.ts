/** Who may call Dotdigital, and how often. */
import { exampleCredentials } from '../credentials.ts'
import { alignedWindow, type RateWindow, slidingWindow, type Taken } from '../frame/rates.ts'
import type { Answer, Call, Route, World } from '../frame/vendor.ts'
import { refusalV2 } from './answers.ts'

/**
 * Calls a minute by tier, over the account: https://support.dotdigital.com/en/articles/8592585-api-rate-limits (checked
 * 2026-11-21). 35 is the smallest package's; the other numbers are assumed, and so is which call stands in which tier, but
 * that imports are low, single reads high and polls unlimited.
 */
const callsPerMinute = { low: 35, medium: 150, high: 150 } as const
export type Tier = keyof typeof callsPerMinute | 'unlimited'
type Limited = keyof typeof callsPerMinute

/** The scheme of old: https://developer.dotdigital.com/docs/call-rate-limits (checked 2026-11-21). */
const callsPerHour = 2000

/** An API user is on one of the two. */
export type RateScheme = 'tiered' | 'flat'

export interface GuardedRoute extends Route {
  readonly tier: Tier
}

const { user, password } = exampleCredentials.dotdigital
const accepted = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

const denied = (call: Call): Answer =>
  call.path.startsWith('/contacts/v3')
    ? { status: 401 }
    : { status: 401, json: { message: 'Authorization has been denied for this request.' } }

const headersOf = (taken: Taken, tier: Limited): Record<string, string> => ({
  'X-RateLimit-Limit': String(taken.limit),
  'X-RateLimit-Remaining': String(taken.remaining),
  'X-RateLimit-Reset': String(Math.ceil(taken.resetAt / 1000)),
  'X-RateLimit-Scope': `${tier}CallRate`,
})

const capped = (): Answer =>
  refusalV2(
    400,
    'Your account has generated excess API activity and is being temporarily capped.',
    'ERROR_APIUSAGE_EXCEEDED',
  )

/** Puts the API user and the rate before a route's own answer, and the rate's headers onto it. */
export const guarding = (world: World, scheme: RateScheme): ((route: GuardedRoute) => Route) => {
  const minute = world.wait(60)
  const windows: Record<Limited, RateWindow> = {
    low: alignedWindow(callsPerMinute.low, minute),
    medium: alignedWindow(callsPerMinute.medium, minute),
    high: alignedWindow(callsPerMinute.high, minute),
  }
  const hour = slidingWindow(callsPerHour, world.wait(3600))
  const tiered = (route: GuardedRoute, tier: Limited, call: Call): Answer => {
    const taken = windows[tier].take(call.now)
    const answer = taken.allowed ? route.answer(call) : { status: 429 }
    return { ...answer, headers: { ...answer.headers, ...headersOf(taken, tier) } }
  }
  return (route) => ({
    ...route,
    answer(call) {
      if (call.header('authorization') !== accepted) return denied(call)
      if (!world.limits) return route.answer(call)
      if (scheme === 'flat') return hour.take(call.now).allowed ? route.answer(call) : capped()
      return route.tier === 'unlimited' ? route.answer(call) : tiered(route, route.tier, call)
    },
  })
}
