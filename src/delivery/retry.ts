/** How long to wait before asking again, and how much asking again is allowed. */

/** The longest that one answer can make us wait before we look again. */
export const MAX_RETRY_AFTER_MS = 3_600_000

/** Full jitter: evenly between nothing and the doubling ceiling, so that clients do not come back together. */
export const fullJitter = (attempt: number, random: () => number, baseMs: number, capMs: number): number =>
  random() * Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30))

/**
 * Milliseconds to wait by a `Retry-After` header (seconds or an HTTP date), at most MAX_RETRY_AFTER_MS. Undefined when
 * the header is absent, not understood, negative, zero or in the past: waiting nothing would be hammering.
 */
export const retryAfterMs = (header: string | undefined, now: Date): number | undefined => {
  if (header === undefined) return undefined
  const text = header.trim()
  const ms = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1000 : httpDateMs(text) - now.getTime()
  return ms > 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : undefined
}

/** `new Date` takes nearly any text for a date ("-5" is one); an HTTP date begins with the name of a day. */
const httpDateMs = (text: string): number => (/^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN)

/** Tokens for asking again: each first request earns a fifth of one, each repetition costs one. */
export interface RetryBudget {
  earn(): void
  /** False when repetitions have used their share: then wait long instead of asking soon. */
  spend(): boolean
}

/** Repetitions allowed before anything was earned, and the most that can be saved up. */
const RESERVE = 10

export const openRetryBudget = (share = 0.2): RetryBudget => {
  let tokens = RESERVE
  return {
    earn() {
      tokens = Math.min(tokens + share, RESERVE * 10)
    },
    spend() {
      if (tokens < 1) return false
      tokens -= 1
      return true
    },
  }
}
