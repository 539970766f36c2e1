/** Campaign Monitor's answers: a code and a message, almost always with 400 or 401. https://www.campaignmonitor.com/api/v3-3/getting-started/ (checked 2026-11-21). */
import type { Answer, Refusals } from '../frame/vendor.ts'

const errors = {
  1: [400, 'Invalid Email Address'],
  60: [401, 'You do not have the required permission to access this resource'],
  100: [401, 'Invalid API Key'],
  101: [401, 'Invalid ListID'],
  102: [401, 'Invalid ClientID'],
  120: [401, 'Invalid OAuth Token'],
  121: [401, 'Expired OAuth Token'],
  122: [401, 'Revoked OAuth Token'],
  203: [400, 'Subscriber not in list or has already been removed.'],
  204: [400, 'Subscriber exists in suppression list'],
  205: [400, 'Subscriber has been deleted'],
  206: [400, 'Subscriber has unsubscribed'],
  207: [400, 'Subscriber has bounced'],
  208: [400, 'Subscriber is unconfirmed'],
  209: [400, 'Too many subscribers in this batch. You can only add 1000 subscribers in one call'],
  210: [400, 'Subscriber Import had some failures'],
  212: [400, 'No subscribers were provided in this batch'],
  214: [400, 'Please provide a consent to track value'],
  215: [400, 'Please provide a valid consent to track value'],
  250: [400, 'Duplicate list title'],
  251: [400, 'List Title Empty'],
  254: [400, 'Invalid Field Name'],
  255: [400, 'The Field Name already exists in this list'],
  256: [400, 'Options defined for Text or Number Field'],
  257: [400, 'No options defined for Multi-Valued field'],
  259: [400, 'Data type is incorrect'],
  261: [400, 'Invalid List Unsubscribe Setting'],
  400: [400, 'The request could not be read'],
  404: [404, 'We couldn’t find the resource you’re looking for'],
  405: [405, 'Method not allowed'],
  413: [413, 'Request Entity Too Large'],
  429: [429, 'Rate limit exceeded'],
  500: [500, 'Internal Server Error'],
} as const

export type Code = keyof typeof errors

export const messageOf = (code: Code): string => errors[code][1]

export const fault = (code: Code, message?: string): Answer => ({
  status: errors[code][0],
  json: { Code: code, Message: message ?? errors[code][1] },
})

export const ok = (json: unknown, more: Partial<Answer> = {}): Answer => ({ ...more, status: 200, json })

/** Local time without a zone, as the vendor writes it. */
export const moment = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ')

export const refusals: Refusals = {
  notFound: () => fault(404),
  wrongMethod: () => fault(405),
  tooLarge: () => fault(413),
  unreadable: () => fault(400),
  forbidden: (_call, what) => fault(400, `The sandbox never carries out ${what}.`),
  crashed: () => fault(500),
}
