/** What an answer means before a talk sees it: the vendor's own judgement first, then the shared status mapping. */
import { type AnyDestination, type Request, Stop } from '../destination-kit/kit.ts'
import type { HttpReply } from './reply.ts'
import { MAX_RETRY_AFTER_MS, retryAfterMs } from './retry.ts'

/**
 * `wait`: the vendor works and asks us to come later. `fail`: it does not work; `lost` when the request may have been
 * carried out all the same.
 */
export type Meaning =
  | Stop
  | { readonly kind: 'pass' }
  | { readonly kind: 'refresh' }
  | { readonly kind: 'wait'; readonly afterMs: number | undefined }
  | { readonly kind: 'fail'; readonly afterMs: number | undefined; readonly lost: boolean }
  | { readonly kind: 'split'; readonly reason: string }

const failing = (status: number): boolean => status === 408 || (status >= 500 && status !== 501)

/**
 * Whatever fails may have been carried out first: a gateway or a crash may stand between the change and its answer. Only
 * a 503 that says when to come back is a refusal at the door.
 */
const mayHaveWorked = (reply: HttpReply): boolean => reply.status !== 503 || reply.header('retry-after') === undefined

/** Words for people; the path is shown by the caller, redacted. */
const refusal = (name: string, reply: HttpReply): string => `${name} answered HTTP ${reply.status}: ${reply.excerpt()}`

const shared = (name: string, reply: HttpReply, renewable: boolean, now: Date): Meaning => {
  const { status } = reply
  const afterMs = retryAfterMs(reply.header('retry-after'), now)
  if (status >= 200 && status < 300) return { kind: 'pass' }
  if (status === 429 || status === 425) return { kind: 'wait', afterMs }
  if (failing(status)) return { kind: 'fail', afterMs, lost: mayHaveWorked(reply) }
  switch (status) {
    case 401:
      return renewable ? { kind: 'refresh' } : new Stop('auth', refusal(name, reply))
    case 403:
      return new Stop('permission', refusal(name, reply))
    case 404:
      return new Stop('list-missing', refusal(name, reply))
    case 413:
      return { kind: 'split', reason: refusal(name, reply) }
  }
  if (status >= 400) return new Stop('bad-request', refusal(name, reply))
  // Redirects are not followed: it would send people's values to a place that no definition names.
  return new Stop('unreadable', refusal(name, reply))
}

/** Reads the meaning of an answer. `renewable`: there are tokens that can be renewed. `now` is the wall time that HTTP dates are compared with. */
export const meaningOf = (
  destination: AnyDestination,
  request: Request,
  reply: HttpReply,
  renewable: boolean,
  now: Date,
): Meaning => {
  // A sign-in or maintenance page of something in between. It may have come after the vendor was reached.
  if (reply.status >= 200 && reply.status < 300 && reply.isPage) return { kind: 'fail', afterMs: undefined, lost: true }
  const foreign = request.host === 'foreign'
  const judged = foreign ? undefined : destination.judge?.(reply)
  if (judged === undefined) {
    if (request.expect?.includes(reply.status)) return { kind: 'pass' }
    return shared(destination.name, reply, renewable && !foreign, now)
  }
  if (judged instanceof Stop || judged.kind !== 'retry') return judged
  if (judged.after !== undefined && judged.after > 0) {
    return { kind: 'wait', afterMs: Math.min(judged.after * 1000, MAX_RETRY_AFTER_MS) }
  }
  const afterMs = retryAfterMs(reply.header('retry-after'), now)
  if (!failing(reply.status)) return { kind: 'wait', afterMs }
  return { kind: 'fail', afterMs, lost: mayHaveWorked(reply) }
}
