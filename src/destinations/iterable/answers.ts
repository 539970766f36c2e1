/** How Iterable's refusals are read. The status decides: `code` says "Success" in some of them. */
import { z } from 'zod'
import { type Reply, Stop, type Verdict } from '../../destination-kit/kit.ts'
import { readJson, vendorWords } from '../../destination-kit/words.ts'

/** https://support.iterable.com/hc/en-us/articles/39629320560148 (checked 2026-11-21). */
const envelope = z.object({ msg: z.string().nullish(), code: z.string().nullish(), params: z.unknown().optional() })

export interface Refusal {
  readonly code: string
  readonly msg: string
  /** A place in `subscribers` is named as the cause. */
  readonly namesSubscriber: boolean
}

const isSuccess = (code: string | null | undefined): boolean => !code || code === 'Success'

/** Undefined when the answer is not one of Iterable's own. */
export const refusalIn = (reply: Reply): Refusal | undefined => {
  const body = readJson(reply.text, envelope)
  if (body === undefined || (!body.msg && !body.code)) return undefined
  return {
    // "Success" on a refusal says nothing, so the status stands for it.
    code: isSuccess(body.code) ? String(reply.status) : (body.code ?? ''),
    msg: body.msg ?? '',
    namesSubscriber: /subscribers\[\d+\]/.test(JSON.stringify(body.params) ?? ''),
  }
}

/** The refusal's words and code, without personal values. */
export const wordsOf = ({ code, msg }: Refusal, personal: Iterable<string> = []): string =>
  `${vendorWords(msg, personal) || 'no reason given'} (${code})`

/** The list is gone, or was made a moment ago. Seen with status 400 and 500. */
export const listUnknown = (reply: Reply): boolean =>
  reply.status >= 400 && /\binvalidListId\b/.test(refusalIn(reply)?.msg ?? '')

const keyHelp = 'Make a server-side API key without JWT in Iterable, and choose the region that keeps the project.'

/** 401 also stands for a right that is missing. https://support.iterable.com/hc/en-us/articles/360043464871 (checked 2026-11-21). */
const unauthorized = (refusal: Refusal): Stop =>
  /insufficient privileges/i.test(refusal.msg)
    ? new Stop('permission', `Iterable does not let this API key work on lists: ${wordsOf(refusal)}. ${keyHelp}`)
    : new Stop('auth', `Iterable does not accept the API key: ${wordsOf(refusal)}. ${keyHelp}`)

/** Only what differs from the shared status mapping, and only where Iterable itself answers. */
export const judge = (reply: Reply): Verdict | undefined => {
  if (reply.status < 400) return undefined
  const refusal = refusalIn(reply)
  if (refusal === undefined) {
    // No path of ours depends on a list, so this is no list's absence.
    return reply.status === 404
      ? new Stop('unreadable', 'Something that is not Iterable’s API answered with 404.')
      : undefined
  }
  if (listUnknown(reply)) return { kind: 'pass' }
  if (reply.status === 401) return unauthorized(refusal)
  if (reply.status === 403) return new Stop('permission', `Iterable refuses the call: ${wordsOf(refusal)}.`)
  if (refusal.code === 'RateLimitExceeded') return { kind: 'retry' }
  if (refusal.code === 'BatchTooLarge') return { kind: 'split', reason: 'Iterable takes fewer people in one call.' }
  if (refusal.code === 'UniqueFieldsLimitExceeded') {
    return new Stop('quota', `The Iterable project holds as many fields as it may: ${wordsOf(refusal)}.`)
  }
  return undefined
}
