/** How SendGrid's refusals are read: the shape of its errors, and what differs from the shared status mapping. */
import { z } from 'zod'
import { type Reply, Stop, type Verdict } from '../../destination-kit/kit.ts'
import { readJson, vendorWords } from '../../destination-kit/words.ts'

const refusal = z.object({
  errors: z.array(z.object({ field: z.string().nullish(), message: z.string().nullish() })),
})

export interface VendorError {
  readonly field: string
  readonly message: string
}

/** What `{"errors": [{"field", "message"}]}` names; empty when the answer is something else. */
export const errorsIn = (reply: Reply): VendorError[] =>
  (readJson(reply.text, refusal)?.errors ?? []).map(({ field, message }) => ({
    field: field ?? '',
    message: message ?? '',
  }))

/** All messages of a refusal, without personal values. */
export const wordsIn = (errors: readonly VendorError[], personal: Iterable<string> = []): string =>
  vendorWords(errors.map((error) => error.message).join(' '), personal)

/** A plan holds only so many contacts: https://github.com/sendgrid/sendgrid-go/issues/413 (checked 2026-11-21). */
export const overContactLimit = (text: string): boolean => /contact limit/i.test(text)

export const contactLimitReached = (): Stop =>
  new Stop('quota', 'The SendGrid plan has reached its contact limit. Raise the plan or delete contacts at SendGrid.')

const epochsFrom = 1e9
/** A header may lie; windows last a minute. */
const longestWaitSeconds = 3600

/**
 * Seconds to wait after a 429, from `X-RateLimit-Reset`: marketing endpoints give seconds left, core endpoints an epoch,
 * which is measured against the answer's own `Date`. Undefined where neither can be read or the moment has passed, so
 * that the engine's own backoff counts. https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/rate-limits
 * (checked 2026-11-21; seconds left: seen in recorded traffic).
 */
const secondsUntilReset = (reply: Reply): number | undefined => {
  const reset = Number(reply.header('x-ratelimit-reset') ?? Number.NaN)
  const seconds = reset > epochsFrom ? reset - Date.parse(reply.header('date') ?? '') / 1000 : reset
  return seconds > 0 ? Math.min(Math.ceil(seconds), longestWaitSeconds) : undefined
}

const retry = (after: number | undefined): Verdict =>
  after === undefined ? { kind: 'retry' } : { kind: 'retry', after }

/**
 * Refusals are judged only when they bear SendGrid's own errors: a report may lie on another host, whose 403 says
 * nothing about our key.
 */
export const judge = (reply: Reply): Verdict | undefined => {
  if (reply.status === 429) return retry(secondsUntilReset(reply))
  if (reply.status === 451) {
    return new Stop(
      'permission',
      'This SendGrid account keeps its data in another region. Choose it in the connection.',
    )
  }
  const errors = errorsIn(reply)
  if (errors.length === 0) return undefined
  const words = wordsIn(errors)
  if (reply.status === 401) {
    if (/credits exceeded/i.test(words)) return new Stop('quota', `SendGrid refuses the call: ${words}`)
    return new Stop('auth', `SendGrid does not accept the API key: ${words}`)
  }
  if (reply.status === 403) {
    const hint = 'The key needs full Marketing access; after many bad requests SendGrid also blocks for a while.'
    return new Stop('permission', `SendGrid refuses the call: ${words}. ${hint}`)
  }
  if (reply.status === 406) return new Stop('bad-request', `SendGrid refuses the call: ${words}`)
  return undefined
}
