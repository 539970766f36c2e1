/** Dotdigital's refusals, as they are documented or were seen. */
import type { KnownRefusal, KnownReject, Refusals } from '../../destination-kit/refusals.ts'
import { retries, stops } from './answers.ts'
import { isFinal } from './import-report.ts'

/** v2 ends its words in the code, v3 has a place for it. */
const saying = (code: string) =>
  code.startsWith('contacts:') ? { errorCode: code, description: code } : { message: `Error: ${code}` }

const meanings: Readonly<Record<string, string>> = {
  ERROR_APIUSAGE_EXCEEDED: 'More calls than the old scheme of calls an hour allows. Comes with 400.',
  ERROR_IMPORT_TOOMANYACTIVEIMPORTS: 'As many imports run as may run at once.',
  'contacts:tooManyActiveImports': 'As many imports run as may run at once. Comes with 429, and is no rate.',
  'contacts:tooManyBulkDeleteJobs': 'As many removals run as may run at once. Comes with 429, and is no rate.',
  ERROR_ADDRESSBOOK_IN_USE: 'Something else works on the address book.',
  ERROR_SYSTEM_SERVICETEMPORARILYUNAVAILABLE: 'The vendor does not work for the moment.',
}

const known = (status: number, code: string): KnownRefusal => ({
  status,
  code,
  body: saying(code),
  ...(meanings[code] === undefined ? {} : { means: meanings[code] }),
})

const answers: readonly KnownRefusal[] = [
  ...[...stops.keys()].map((code) => known(400, code)),
  ...[...retries.keys()].map((code) => known(code.startsWith('contacts:') ? 429 : 400, code)),
  {
    status: 400,
    code: 'contacts:badRequest',
    body: saying('contacts:badRequest'),
    means: 'A record, or the call, is not of the form that is asked for.',
    outcome:
      'The call is halved until the record is found, who alone is refused. Where the address book is gone, the run ends as Failed.',
  },
  { status: 401, means: 'The API user or its password is not accepted.' },
  { status: 403, means: 'The API user may not do this, or the account lives in another region.' },
  {
    status: 404,
    code: 'ERROR_ADDRESSBOOK_NOT_FOUND',
    body: saying('ERROR_ADDRESSBOOK_NOT_FOUND'),
    means: 'The address book is there no more.',
    outcome: 'The run ends as Failed: the list is missing. None is made in its place.',
    kind: 'assumed',
  },
  { status: 429, headers: { 'x-ratelimit-reset': '20' }, means: 'The calls of a tier are used up for this minute.' },
]

const record = (code: string, means: string): KnownReject => ({
  code,
  means,
  ...(isFinal(code) ? { final: true as const } : {}),
})

/** https://developer.dotdigital.com/docs/error-response-types and /reference/getimportstatus (checked 2026-11-21). */
export const refusals: Refusals = {
  source: 'https://developer.dotdigital.com/docs/error-response-types',
  checked: '2026-11-21',
  answers,
  records: [
    record('GloballySuppressed', 'The person is suppressed for the whole account.'),
    record('SuppressedByDomain', 'Everybody of this domain is suppressed.'),
    record('Blocker', 'The vendor blocks the address.'),
    record('InvalidEmail', 'The address is not taken for one.'),
    record('InvalidDomain', 'The domain of the address is not taken.'),
    record('Duplicate', 'The person was named twice in one import.'),
    record('ApiSchemaViolation', 'A value is not of the form that is asked for.'),
    record('InvalidContactStatus', 'The state that the contact has does not allow it.'),
    record('RejectedByWatchdog', 'The vendor’s Watchdog refused the import that held the record.'),
    record('look-up', 'On removal: Dotdigital did not say whether it knows the address.'),
  ],
}
