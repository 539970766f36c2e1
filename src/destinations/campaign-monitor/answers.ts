/** How Campaign Monitor's refusals are read: its codes decide before the HTTP status does. */
import { z } from 'zod'
import {
  type Fate,
  type Reply,
  type Request,
  type Row,
  Stop,
  send,
  type Talk,
  type Verdict,
} from '../../destination-kit/kit.ts'
import { personalValues, readJson, vendorWords } from '../../destination-kit/words.ts'

/** The registry of codes: https://www.campaignmonitor.com/api/v3-3/getting-started/ (checked 2026-11-21). */
export const codes = {
  invalidAddress: 1,
  noPermission: 60,
  invalidKey: 100,
  invalidList: 101,
  invalidClient: 102,
  invalidToken: 120,
  expiredToken: 121,
  revokedToken: 122,
  notInList: 203,
  suppressed: 204,
  deleted: 205,
  unsubscribed: 206,
  bounced: 207,
  unconfirmed: 208,
  tooManyInCall: 209,
  someFailed: 210,
  fieldNameTaken: 255,
} as const

const refusal = z.object({ Code: z.number().int(), Message: z.string().nullish() })

/** `{"Code", "Message"}` of a refusal; undefined when the answer is something else. */
export const refusalIn = (reply: Reply): { readonly code: number; readonly message: string } | undefined => {
  const read = reply.status < 400 ? undefined : readJson(reply.text, refusal)
  return read === undefined ? undefined : { code: read.Code, message: read.Message ?? '' }
}

/** A call may be tried again this long after one subscriber was touched too often; the vendor tells no time, half a minute was enough for others. */
const subscriberPauseSeconds = 30
const longestPauseSeconds = 3600

/**
 * `X-RateLimit-Reset` is the seconds left: https://www.campaignmonitor.com/api/v3-3/transactional/ (checked 2026-11-21).
 * Of single subscribers there is a limit without headers: https://github.com/campaignmonitor/createsend-ruby/pull/67.
 */
const tooFast = (reply: Reply): Verdict => {
  const reset = Number(reply.header('x-ratelimit-reset') ?? Number.NaN)
  if (Number.isFinite(reset) && reset > 0) return { kind: 'retry', after: Math.min(reset, longestPauseSeconds) }
  if (/too many times/i.test(refusalIn(reply)?.message ?? '')) return { kind: 'retry', after: subscriberPauseSeconds }
  return { kind: 'retry' }
}

const passes: Verdict = { kind: 'pass' }

/**
 * Almost every refusal is a 400, and whatever the account does not own is a 401, so the status says little: a list that
 * is gone must not pass for dead credentials.
 */
export const judge = (reply: Reply): Verdict | undefined => {
  if (reply.status === 429) return tooFast(reply)
  const refused = refusalIn(reply)
  switch (refused?.code) {
    case codes.expiredToken:
      return { kind: 'refresh' }
    case codes.invalidKey:
      return new Stop('auth', 'Campaign Monitor does not know this API key (any more).')
    case codes.invalidToken:
    case codes.revokedToken:
      return new Stop('auth', 'Campaign Monitor does not accept the sign-in any more. Sign in again.')
    case codes.noPermission:
      return new Stop(
        'permission',
        'The sign-in at Campaign Monitor lacks a permission. Sign in again, with all of them.',
      )
    case codes.invalidClient:
      return new Stop('permission', 'This client ID is not one of the Campaign Monitor account’s clients.')
    case codes.invalidList:
      return passes
    default:
      return undefined
  }
}

/** Asks about a list: throws Stop('list-missing') when the account has none of this id. */
export function* askList(request: Request): Talk<Reply> {
  const reply = yield* send(request)
  if (refusalIn(reply)?.code === codes.invalidList) {
    throw new Stop('list-missing', 'Campaign Monitor does not know this list (any more).')
  }
  return reply
}

/** The vendor will not take these people, whatever is sent: they said no, or somebody at the vendor did. */
const finalCodes: ReadonlySet<number> = new Set([codes.suppressed, codes.deleted, codes.unsubscribed, codes.bounced])

/** A record that is refused with this code, in the vendor's words without the person. */
export const refusedFor = (code: number, message: string, row: Row | undefined): Fate => ({
  kind: 'rejected',
  code: String(code),
  reason: vendorWords(message, row === undefined ? [] : personalValues(row)) || 'Campaign Monitor gave no reason.',
  ...(finalCodes.has(code) ? { final: true as const } : {}),
})
