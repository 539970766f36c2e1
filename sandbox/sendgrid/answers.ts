/** SendGrid's refusals: an `errors` array, each with the field that caused it. */
import type { Answer, Call, Refusals } from '../frame/vendor.ts'

export interface SendGridError {
  readonly field: string | null
  readonly message: string
}

export const refusal = (status: number, ...errors: readonly SendGridError[]): Answer => ({ status, json: { errors } })

/** Without Retry-After; marketing endpoints give the seconds left, core endpoints the moment (recorded traffic, checked 2026-11-21). */
const busy = ({ path, now }: Call): Answer => ({
  ...refusal(429, { field: null, message: 'too many requests' }),
  headers: {
    'X-RateLimit-Remaining': '0',
    'X-RateLimit-Reset': path.startsWith('/v3/marketing/') ? '1' : String(Math.ceil(now / 1000) + 1),
  },
})

/** Statuses: https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/errors (checked 2026-11-21). */
export const refusals: Refusals = {
  notFound: () => refusal(404, { field: null, message: 'not found' }),
  wrongMethod: () => refusal(405, { field: null, message: 'method not allowed' }),
  tooLarge: () => refusal(413, { field: null, message: 'payload too large' }),
  unreadable: () => refusal(400, { field: null, message: 'invalid body' }),
  forbidden: (_call, what) => refusal(400, { field: null, message: `the sandbox never carries out ${what}` }),
  crashed: () => ({ status: 500, json: { errors: [{ message: 'internal server error' }] } }),
  busy,
}

export const badJson = (): Answer => refusal(400, { field: null, message: 'invalid JSON' })
