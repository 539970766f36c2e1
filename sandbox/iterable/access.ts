/** Who may call Iterable, and how often: each endpoint has its own rate. */
import { exampleCredentials } from '../credentials.ts'
import { type RateWindow, slidingWindow } from '../frame/rates.ts'
import type { Answer, Call, Route, World } from '../frame/vendor.ts'
import { rateExceeded, refusal } from './answers.ts'

export interface GuardedRoute extends Route {
  /** Calls in any so many seconds; without it there is no limit. */
  readonly rate?: { readonly calls: number; readonly seconds: number }
}

/** A key is of a kind, and each kind may use some endpoints. https://support.iterable.com/hc/en-us/articles/360043464871 (checked 2026-11-21). */
const keyKinds = new Map<string, 'Server' | 'Mobile'>([
  [exampleCredentials.iterable.apiKey, 'Server'],
  [exampleCredentials.iterable.apiKeyOfAnApp, 'Mobile'],
])

const unauthorized = (call: Call): Answer | undefined => {
  const key = call.header('api-key') ?? call.header('api_key') ?? ''
  const kind = keyKinds.get(key)
  const params = { ip: '127.0.0.1', endpoint: call.path }
  if (kind === undefined) return refusal(401, 'BadApiKey', 'Invalid API key', params)
  if (kind === 'Server') return undefined
  return refusal(401, 'BadApiKey', 'Disabled API key or insufficient privileges', {
    ...params,
    apiKeyIdentifier: key.slice(0, 8),
    apiKeyType: kind,
  })
}

/** Puts key and rate before a route's own answer. Answers bear no headers about the rate (recorded traffic, checked 2026-11-21). */
export const guarding =
  (world: World) =>
  (route: GuardedRoute): Route => {
    const { rate } = route
    const window: RateWindow | undefined =
      rate === undefined ? undefined : slidingWindow(rate.calls, world.wait(rate.seconds))
    return {
      ...route,
      answer(call) {
        const early = unauthorized(call)
        if (early !== undefined) return early
        if (world.limits && window !== undefined && !window.take(call.now).allowed) return rateExceeded(call)
        return route.answer(call)
      },
    }
  }
