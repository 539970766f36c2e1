/** Microsoft Advertising's refusals: its codes decide, whatever the HTTP status is. */
import type { KnownRefusal, Refusals } from '../../destination-kit/refusals.ts'
import { code, stops } from './answers.ts'

const answer = (number: number, status: number, more: Omit<KnownRefusal, 'status' | 'body'>): KnownRefusal => ({
  status,
  code: String(number),
  body: { Errors: [{ Code: number }] },
  ...more,
})

const answers: readonly KnownRefusal[] = [
  answer(code.internal, 500, { means: 'Internal error.' }),
  ...[...stops.keys()].map((number) => answer(number, 400, {})),
  answer(code.invalidCredentials, 401, { means: 'The access token, or the developer token, is not accepted.' }),
  answer(code.tokenExpired, 401, { means: 'The access token is used up, as it is every hour.' }),
  answer(code.callRateExceeded, 429, { means: 'Too many calls of this user or customer in a minute.' }),
  answer(code.bulkRateExceeded, 429, { means: 'Too many calls of the Bulk service; it may take 15 minutes.' }),
  answer(code.tooManyUploads, 400, { means: 'As many files are worked on as may be at once.' }),
  answer(code.tooManyItems, 400, { means: 'More items than a call may hold.' }),
  answer(code.tooManyRows, 400, { means: 'More rows than a file may hold.' }),
  answer(code.audienceUnknown, 400, {
    means: 'The audience is there no more.',
    outcome: 'The run ends as Failed: the list is missing. None is made in its place.',
  }),
  answer(code.duplicateName, 400, {
    means: 'An audience of this name is there.',
    outcome: 'It is looked for by its name. One that Sund did not make is filled only after an administrator says so.',
  }),
  answer(code.uploadUrlUsed, 400, {
    means: 'The upload address took a file before.',
    outcome: 'Only Sund knows the address, so the file that it took is this one: its job is followed.',
  }),
  answer(code.uploadUrlExpired, 400, {
    means: 'The upload address is older than 15 minutes.',
    outcome: 'Another address is asked for.',
  }),
  answer(code.uploadUrlInvalid, 400, {
    means: 'The upload address is not one.',
    outcome: 'Another address is asked for.',
  }),
  answer(code.jobUnknown, 400, {
    means: 'The upload is not known (any more).',
    outcome: 'What became of its people is unknown; the next run sends them again.',
  }),
]

/** https://learn.microsoft.com/en-us/advertising/guides/operation-error-codes (checked 2026-11-21). */
export const refusals: Refusals = {
  source: 'https://learn.microsoft.com/en-us/advertising/guides/operation-error-codes',
  checked: '2026-11-21',
  answers,
  records: [
    { code: 'EmailMustBeHashed', means: 'The value is no hash. Sund sends nothing else, so this is not expected.' },
    { code: 'any other', means: 'An error that names the place of a record refuses that record, under its own name.' },
    {
      code: '0, 105, 109, 117, 4200, 4204',
      means: 'These say nothing of the record: what became of it is unknown, and the next run sends it again.',
    },
  ],
}
