/** Dotdigital's refusals: v2 says a message that ends in a code, v3 a code and a description. */
import type { Answer, Call, Refusals } from '../frame/vendor.ts'

/** https://developer.dotdigital.com/docs/error-response-types (checked 2026-11-21). */
export const refusalV2 = (status: number, words: string, code: string): Answer => ({
  status,
  json: { message: `${words} ${code}` },
})

export interface Detail {
  readonly item: string
  readonly description: string
}

/** https://developer.dotdigital.com/docs/error-handling (checked 2026-11-21). */
export const refusalV3 = (status: number, code: string, description: string, details?: readonly Detail[]): Answer => ({
  status,
  json: { errorCode: `contacts:${code}`, description, ...(details === undefined ? {} : { details }) },
})

const isV3 = (call: Call): boolean => call.path.startsWith('/contacts/v3')

/** In the style of the service that the path belongs to. Statuses beyond 400, 401, 404 and 429 are assumed. */
const either = (call: Call, status: number, codeV2: string, codeV3: string, words: string): Answer =>
  isV3(call) ? refusalV3(status, codeV3, words) : refusalV2(status, words, codeV2)

export const refusals: Refusals = {
  notFound: (call) => either(call, 404, 'ERROR_NOT_FOUND', 'notFound', 'Nothing is there.'),
  wrongMethod: (call) =>
    either(call, 405, 'ERROR_METHOD_NOT_ALLOWED', 'methodNotAllowed', 'This method is not supported.'),
  tooLarge: (call) => either(call, 413, 'ERROR_REQUEST_TOO_LARGE', 'requestTooLarge', 'The request is too large.'),
  unreadable: (call) => either(call, 400, 'ERROR_MALFORMED_REQUEST', 'badJson', 'The request cannot be read.'),
  forbidden: (call, what) =>
    either(call, 400, 'ERROR_MALFORMED_REQUEST', 'badRequest', `The sandbox never carries out ${what}.`),
  crashed: (call) => either(call, 500, 'ERROR_UNKNOWN', 'unknown', 'Something went wrong.'),
}

export const badJson = (): Answer => refusalV3(400, 'badJson', 'The request JSON is badly formed')
export const badRequest = (item: string, description: string): Answer =>
  refusalV3(400, 'badRequest', description, [{ item, description }])
export const bookNotFound = (): Answer =>
  refusalV2(404, 'Error: the address book was not found.', 'ERROR_ADDRESSBOOK_NOT_FOUND')
export const malformed = (): Answer => refusalV2(400, 'The request is not formed correctly.', 'ERROR_MALFORMED_REQUEST')
