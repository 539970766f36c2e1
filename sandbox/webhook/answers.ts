/** How the receiver refuses: a status of HTTP, and a reason in words. */
import type { Answer, Refusals } from '../frame/vendor.ts'

export const refusal = (status: number, reason: string): Answer => ({ status, json: { reason } })

export const refusals: Refusals = {
  notFound: () => refusal(404, 'there is no webhook here'),
  wrongMethod: () => refusal(405, 'a webhook is called by POST'),
  tooLarge: () => refusal(413, 'the body is too large'),
  unreadable: () => refusal(400, 'the body is not JSON'),
  forbidden: (_call, what) => refusal(400, `the sandbox never carries out ${what}`),
  crashed: () => refusal(500, 'an unexpected error'),
  busy: () => ({ ...refusal(429, 'too many calls'), headers: { 'retry-after': '2' } }),
}
