/** Iterable's refusals, as they are documented or were seen. */
import type { KnownRefusal, Refusals } from '../../destination-kit/refusals.ts'
import { reasons } from './outcomes.ts'

const said = (code: string, msg: string) => ({ msg, code, params: {} })

const answers: readonly KnownRefusal[] = [
  {
    status: 400,
    code: 'invalidListId, with the code “Success”',
    body: said('Success', 'error.lists.invalidListId(1)'),
    means: 'The list is gone, or was made a moment ago.',
    outcome:
      'The list is looked for. Where it is there, the call is sent again a little later; else the run ends as Failed.',
    kind: 'measured',
  },
  { status: 400, code: 'BatchTooLarge', body: said('BatchTooLarge', 'Batch too large') },
  {
    status: 400,
    code: 'BadJsonBody',
    body: said('BadJsonBody', 'Invalid JSON body'),
    means: 'A value is not of the type that is expected. The whole call is refused for it.',
    outcome: 'The call is halved until the person is found, who alone is refused.',
  },
  {
    status: 400,
    code: 'UniqueFieldsLimitExceeded',
    body: said('UniqueFieldsLimitExceeded', 'Unique fields limit exceeded'),
  },
  { status: 401, code: 'BadApiKey', body: said('BadApiKey', 'Invalid API key') },
  {
    status: 401,
    code: 'insufficient privileges',
    body: said('BadApiKey', 'Disabled API key or insufficient privileges'),
    kind: 'measured',
  },
  { status: 403, code: 'Forbidden', body: said('Forbidden', 'Forbidden') },
  { status: 404, means: 'Something that is not Iterable answers.' },
  { status: 429, code: 'RateLimitExceeded', body: said('RateLimitExceeded', 'Exceeded rate limit') },
  { status: 500, code: 'GenericError', body: said('GenericError', 'Internal error') },
]

/** https://support.iterable.com/hc/en-us/articles/39629320560148 (checked 2026-11-21). */
export const refusals: Refusals = {
  source: 'https://support.iterable.com/hc/en-us/articles/39629320560148',
  checked: '2026-11-21',
  answers,
  records: Object.entries(reasons).flatMap(([named, fate]) =>
    fate.kind === 'rejected'
      ? [
          {
            code: fate.code,
            means: `Named under ${named}: ${fate.reason}`,
            ...(fate.final === true ? { final: true as const } : {}),
          },
        ]
      : [],
  ),
}
