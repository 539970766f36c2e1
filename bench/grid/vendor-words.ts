/** What each vendor says in its own words when something is wrong, and what its jobs answer, as far as it publishes that. */
import type { SandboxVendor } from '../../sandbox/vendors.ts'
import type { StandIn } from './stand-in.ts'

export type VendorWords = 'error' | 'unauthorized' | 'quota' | 'list gone'
export type JobState = 'pending' | 'failed' | 'unknown'

/** A request as the grid tells requests apart. */
export interface Asked {
  readonly method: string
  /** With the operation behind it where one path takes several. */
  readonly path: string
  /** Its body or query holds at least two people. */
  readonly holdsSeveral: boolean
}

/** `at`: the requests that are so answered; absent: all of the API, sign-in apart. */
interface Saying {
  readonly at?: RegExp
  readonly answer: StandIn
}

interface VendorSays {
  readonly signIn?: RegExp
  readonly words: Readonly<Partial<Record<VendorWords, Saying>>>
  readonly jobs?: { readonly at: RegExp; readonly states: Readonly<Record<JobState, StandIn>> }
  /** Requests that are answered without a body when they worked, which nothing can tell from an answer that lost it. */
  readonly bodiless?: RegExp
}

const answer = (status: number, body: unknown): StandIn => ({
  status,
  type: 'application/json',
  body: JSON.stringify(body),
})
const says = (status: number, body: unknown, at?: RegExp): Saying => ({
  answer: answer(status, body),
  ...(at === undefined ? {} : { at }),
})

const dotdigitalError = (code: string, words: string) => ({ errorCode: code, description: words })
const microsoftErrors = (Code: number, ErrorCode: string, Message: string) => ({
  Errors: [{ Code, ErrorCode, Message, Index: null }],
})

export const vendorSays: Readonly<Record<SandboxVendor, VendorSays>> = {
  'campaign-monitor': {
    signIn: /^POST \/oauth\/token/,
    words: {
      error: says(200, { Code: 500, Message: 'Sorry, we are unable to process your request' }),
      unauthorized: says(401, { Code: 121, Message: 'Expired OAuth Token' }),
      'list gone': says(401, { Code: 101, Message: 'Invalid ListID' }, /\/(lists|subscribers)\/[0-9a-f]{32}/),
    },
    bodiless: /^DELETE \/api\/v3\.3\/subscribers\//,
  },
  dotdigital: {
    words: {
      error: says(200, dotdigitalError('contacts:unknownError', 'An unknown error occurred')),
      unauthorized: says(401, { message: 'Invalid login ERROR_INVALID_LOGIN' }),
      quota: says(400, { message: 'Too many contacts ERROR_CONTACT_TOOMANY' }, /^(PUT|POST) /),
      'list gone': says(404, { message: 'Address book not found ERROR_ADDRESSBOOK_NOT_FOUND' }, /\/address-books\//),
    },
    jobs: {
      at: /^GET \/(contacts\/v3\/import|v2\/contacts\/deletion)\//,
      states: {
        pending: answer(200, { id: 'job', importId: 'job', status: 'NotFinished' }),
        failed: answer(200, { id: 'job', importId: 'job', status: 'Failed' }),
        unknown: answer(404, dotdigitalError('contacts:importNotFound', 'The import was not found')),
      },
    },
  },
  iterable: {
    words: {
      error: says(200, { msg: 'An internal error occurred', code: 'GenericError', params: null }),
      unauthorized: says(401, { msg: 'Invalid API key', code: 'BadApiKey', params: null }),
      'list gone': says(
        400,
        { msg: 'No list exists with the specified listId: error.lists.invalidListId', code: 'Success', params: null },
        /^POST \/api\/lists\/(un)?subscribe|^GET \/api\/lists\/\d+\/size/,
      ),
    },
  },
  'microsoft-advertising': {
    signIn: /oauth2\/v2\.0\/token/,
    words: {
      error: says(200, microsoftErrors(0, 'InternalError', 'An internal error has occurred.')),
      unauthorized: says(401, microsoftErrors(109, 'AuthenticationTokenExpired', 'Authentication token expired.')),
      'list gone': says(
        400,
        {
          OperationErrors: [{ Code: 4835, ErrorCode: 'InvalidAudienceId', Message: 'The audience ID is invalid.' }],
          BatchErrors: [],
        },
        /CustomerListUserData\/Apply/,
      ),
    },
  },
  sendgrid: {
    words: {
      error: says(200, { errors: [{ field: null, message: 'internal server error' }] }),
      unauthorized: says(401, { errors: [{ field: null, message: 'authorization required' }] }),
      quota: says(400, { errors: [{ field: null, message: 'You have reached your contact limit' }] }, /^PUT /),
      'list gone': says(404, { errors: [{ field: null, message: 'not found' }] }, /\/marketing\/(lists\/|contacts$)/),
    },
    jobs: {
      at: /^GET \/v3\/marketing\/contacts\/imports\//,
      states: {
        pending: answer(200, { id: 'job', status: 'pending', job_type: 'upsert', results: {} }),
        failed: answer(200, { id: 'job', status: 'failed', job_type: 'upsert', results: { errored_count: 0 } }),
        unknown: answer(404, { errors: [{ field: null, message: 'not found' }] }),
      },
    },
  },
  webhook: {
    words: {
      error: says(200, { reason: 'an unexpected error' }),
      unauthorized: says(401, { reason: 'this is not the secret that I know' }),
      'list gone': says(410, { reason: 'there is no such list any more' }, /^POST \/webhook (look|add|remove)$/),
    },
  },
}

const named = ({ method, path }: Asked): string => `${method} ${path}`

export const isSignIn = (vendor: SandboxVendor, asked: Asked): boolean =>
  vendorSays[vendor].signIn?.test(named(asked)) ?? false

/** What the vendor answers to this request in its own words; undefined where these words do not concern it. */
export const wordsFor = (vendor: SandboxVendor, words: VendorWords, asked: Asked): StandIn | undefined => {
  const saying = vendorSays[vendor].words[words]
  if (saying === undefined || isSignIn(vendor, asked)) return undefined
  return saying.at === undefined || saying.at.test(named(asked)) ? saying.answer : undefined
}

export const jobAnswer = (vendor: SandboxVendor, state: JobState, asked: Asked): StandIn | undefined => {
  const jobs = vendorSays[vendor].jobs
  return jobs?.at.test(named(asked)) ? jobs.states[state] : undefined
}

export const isBodiless = (vendor: SandboxVendor, asked: Asked): boolean =>
  vendorSays[vendor].bodiless?.test(named(asked)) ?? false
