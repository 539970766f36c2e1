/** How Dotdigital's refusals are read: two envelopes, and codes that mean more than the HTTP status. */
import { z } from 'zod'
import { type Cause, type Reply, Stop, type Verdict } from '../../destination-kit/kit.ts'
import { readJson, vendorWords } from '../../destination-kit/words.ts'

/** https://developer.dotdigital.com/docs/error-response-types and /docs/error-handling (checked 2026-11-21). */
const refusal = z.object({
  // v2: words that end in a code.
  message: z.string().nullish(),
  // v3; the prose names the words of a detail `error`, the specification `description`.
  errorCode: z.string().nullish(),
  description: z.string().nullish(),
  details: z
    .array(z.object({ item: z.unknown(), description: z.string().nullish(), error: z.string().nullish() }))
    .nullish(),
})

export interface VendorError {
  /** `ERROR_…` of v2, `contacts:…` of v3. */
  readonly code: string
  /** May repeat what was sent: pass it through `vendorWords` with the person's values. */
  readonly words: string
}

/** What a refusal says; undefined when it is not one of Dotdigital's. */
export const errorIn = (reply: Reply): VendorError | undefined => {
  const body = readJson(reply.text, refusal)
  if (body?.errorCode) {
    const details = (body.details ?? []).map(({ description, error }) => description ?? error ?? '')
    return { code: body.errorCode, words: [body.description ?? '', ...details].filter((text) => text !== '').join(' ') }
  }
  if (!body?.message) return undefined
  const code = /\bERROR_[A-Z_]+\b/.exec(body.message)?.[0] ?? ''
  return { code, words: body.message }
}

type Codes = ReadonlyMap<string, readonly [Cause, string]>

const wrongLogin = 'Dotdigital does not accept the API user and its password.'

/** Codes that end every call, each with what a person can do. */
export const stops: Codes = new Map<string, readonly [Cause, string]>([
  ['ERROR_ACCOUNT_INVALID', ['auth', 'The Dotdigital account does not exist or is restricted.']],
  ['ERROR_ADDRESSBOOK_NOTWRITABLE', ['permission', 'Dotdigital keeps this address book itself. Choose another.']],
  ['ERROR_APIUSER_INVALID', ['auth', wrongLogin]],
  ['ERROR_CANNOT_PERFORM_OPERATION_ON_ACCOUNT', ['permission', 'The Dotdigital account does not allow this.']],
  ['ERROR_CONTACT_TOOMANY', ['quota', 'The Dotdigital account holds as many contacts as its plan allows.']],
  ['ERROR_FEATURENOTACTIVE', ['permission', 'Dotdigital has not switched this feature on for the account.']],
  ['ERROR_INVALID_LOGIN', ['auth', wrongLogin]],
  ['ERROR_MANAGED_USER_INVALID', ['auth', wrongLogin]],
])

/** Codes that ask to come again, and after how many seconds; undefined leaves it to the engine. */
export const retries: ReadonlyMap<string, number | undefined> = new Map([
  // An hour of 2,000 calls, of which every minute gives some back.
  ['ERROR_APIUSAGE_EXCEEDED', 60],
  ['ERROR_IMPORT_TOOMANYACTIVEIMPORTS', 15],
  ['contacts:tooManyActiveImports', 15],
  ['contacts:tooManyBulkDeleteJobs', 15],
  ['ERROR_ADDRESSBOOK_IN_USE', undefined],
  ['ERROR_SYSTEM_SERVICETEMPORARILYUNAVAILABLE', undefined],
])

const retry = (after: number | undefined): Verdict =>
  after === undefined ? { kind: 'retry' } : { kind: 'retry', after }

const epochsFrom = 1e9
/** Windows last a minute, and a header may lie. */
const longestWaitSeconds = 90

/**
 * Seconds to wait after a 429 by `X-RateLimit-Reset`: documented as an epoch, which is measured against the answer's own
 * `Date`; the vendor's SDK takes it for seconds left. Undefined where neither can be read or the moment has passed.
 * https://developer.dotdigital.com/docs/call-rate-limits (checked 2026-11-21).
 */
const secondsUntilReset = (reply: Reply): number | undefined => {
  const reset = Number(reply.header('x-ratelimit-reset') ?? Number.NaN)
  const seconds = reset > epochsFrom ? reset - Date.parse(reply.header('date') ?? '') / 1000 : reset
  return seconds > 0 ? Math.min(Math.ceil(seconds), longestWaitSeconds) : undefined
}

/** The flat scheme answers 400; its words are documented, its code is that of v2. */
const usageExceeded = /excess API activity/i

const regionHint =
  'Either the API user may not do this, or the account has moved to another region: check the connection.'

/** Dotdigital's own words decide before the status: a 400 can be the rate limit, and a 429 too many imports. */
export const judge = (reply: Reply): Verdict | undefined => {
  if (reply.status < 400) return undefined
  const error = errorIn(reply)
  const words = vendorWords(error?.words ?? '')
  const stop = stops.get(error?.code ?? '')
  if (stop !== undefined) return new Stop(stop[0], `${stop[1]} (${words})`)
  if (error !== undefined && retries.has(error.code)) return retry(retries.get(error.code))
  if (usageExceeded.test(error?.words ?? reply.text)) return retry(60)
  if (reply.status === 429) return retry(secondsUntilReset(reply))
  if (reply.status === 401) return new Stop('auth', words === '' ? wrongLogin : `${wrongLogin} (${words})`)
  // A 403 in v2's or v3's own words, or the bare page of a region that the account does not live in.
  if (reply.status === 403) return new Stop('permission', `Dotdigital refuses the call. ${regionHint}`)
  return undefined
}

const bookGone = new Set(['ERROR_ADDRESSBOOK_NOT_FOUND', 'ERROR_ADDRESSBOOK_INVALID'])

/** Does this refusal say that there is no such address book? */
export const saysBookGone = (reply: Reply): boolean => bookGone.has(errorIn(reply)?.code ?? '')

export const bookMissing = (): Stop =>
  new Stop('list-missing', 'Dotdigital does not know this address book (any more).')
