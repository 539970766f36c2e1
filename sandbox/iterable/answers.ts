/** Iterable's refusals: a message, a code that is not always right, and parameters. */
import type { Answer, Call, Refusals } from '../frame/vendor.ts'

/** The project that the simulator is, as refusals name it. */
export const projectId = 9001

/** Codes: https://support.iterable.com/hc/en-us/articles/39629320560148 (checked 2026-11-21). */
export const refusal = (status: number, code: string, msg: string, params: unknown = {}): Answer => ({
  status,
  json: { msg, code, params },
})

/** The code is "Success" all the same: seen by the vendor's own client (https://github.com/Iterable/api-client, checked 2026-11-21). */
export const invalidListId = (listId: unknown): Answer =>
  refusal(400, 'Success', `error.lists.invalidListId(${String(listId)})`, { projectId, listId })

export const badJsonBody = (call: Call, params: unknown): Answer =>
  refusal(400, 'BadJsonBody', `[${call.path}] Invalid JSON body`, params)

export const rateExceeded = (call: Call): Answer =>
  refusal(429, 'RateLimitExceeded', `Exceeded rate limit for endpoint: ${call.path}, project: ${projectId} `)

export const refusals: Refusals = {
  notFound: (call) => refusal(404, 'NotFound', `${call.path} not found`),
  wrongMethod: (call) => refusal(405, 'BadParams', `${call.method} is not allowed for ${call.path}`),
  tooLarge: (call) => refusal(413, 'BatchTooLarge', `[${call.path}] Request body too large`),
  unreadable: (call) => badJsonBody(call, {}),
  forbidden: (_call, what) => refusal(400, 'BadParams', `the sandbox never carries out ${what}`),
  crashed: () => refusal(500, 'GenericError', 'An unexpected error occurred'),
}
