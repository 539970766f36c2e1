/** What must never be sent to Dotdigital: taking people out of the account, and touching what they have said of e-mail. */
import type { Call } from '../frame/vendor.ts'

/** Whole paths, by method. */
const calls: readonly (readonly [method: string, path: RegExp, what: string])[] = [
  ['DELETE', /^\/contacts\/v3\/[^/]+\/[^/]+$/, 'deleting a contact'],
  ['POST', /^\/contacts\/v3\/delete$/, 'deleting contacts'],
  ['DELETE', /^\/v2\/contacts\/[^/]+$/, 'deleting a contact'],
  ['DELETE', /^\/v2\/address-books\/[^/]+\/contacts$/, 'emptying a list'],
  ['POST', /^\/v2\/address-books\/[^/]+\/contacts\/delete-all$/, 'emptying a list'],
  ['POST', /^\/v2\/(address-books\/[^/]+\/)?contacts\/unsubscribe$/, 'unsubscribing'],
  ['POST', /^\/v2\/(address-books\/[^/]+\/)?contacts\/resubscribe(-with-no-challenge)?$/, 'resubscribing'],
  ['PUT', /^\/v2\/contacts\/suppress-contacts$/, 'suppressing contacts'],
]

/** Quotes within values are escaped in JSON, so these are names of members. */
const members: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/"status"\s*:\s*"subscribed"/i, 'a status of subscribed'],
  [/"resubscribeOptions"\s*:/i, 'options of resubscribing'],
  [/"optInType"\s*:/i, 'an opt-in type'],
]

export const forbids = (call: Call): string | undefined => {
  const found = calls.find(([method, path]) => method === call.method && path.test(call.path))
  if (found !== undefined) return `${call.method} ${call.path}: ${found[2]}`
  if (!call.body.includes('"channelProperties"')) return undefined
  const body = call.body.toString('utf8')
  const member = members.find(([pattern]) => pattern.test(body))
  return member === undefined ? undefined : `${call.method} ${call.path} with ${member[1]}`
}
