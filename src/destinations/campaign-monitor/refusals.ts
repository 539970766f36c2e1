/** Campaign Monitor's refusals, as they are documented or were seen. */
import type { KnownRefusal, KnownReject, Refusals } from '../../destination-kit/refusals.ts'
import { codes, refusedFor } from './answers.ts'

const known = (status: number, code: number, means: string, outcome?: string): KnownRefusal => ({
  status,
  code: String(code),
  body: { Code: code, Message: means },
  means,
  ...(outcome === undefined ? {} : { outcome }),
})

const answers: readonly KnownRefusal[] = [
  known(
    400,
    codes.someFailed,
    'Some of an import are refused. All others are stored, although the status is 400.',
    'Those who are named are refused, all others count as applied where the totals add up.',
  ),
  known(
    400,
    codes.tooManyInCall,
    'More people than a call may hold. Nobody is stored.',
    'The call is halved, as with any refusal that names nobody.',
  ),
  known(
    400,
    codes.fieldNameTaken,
    'A custom field of this name is there under another key.',
    'The run ends as Failed; its reason says under which key to match the field.',
  ),
  known(401, codes.noPermission, 'The sign-in lacks a permission.'),
  known(401, codes.invalidKey, 'The API key is not known.'),
  known(
    401,
    codes.invalidList,
    'The account has no list of this ID. It comes with 401 and says nothing of the credentials.',
    'The run ends as Failed: the list is missing. None is made in its place.',
  ),
  known(401, codes.invalidClient, 'The account has no client of this ID.'),
  known(401, codes.invalidToken, 'The sign-in is not known.'),
  known(401, codes.expiredToken, 'The access token is used up, as it is every two weeks.'),
  known(401, codes.revokedToken, 'Somebody took the sign-in back.'),
  {
    status: 429,
    code: 'too many times too quickly',
    body: { Code: 429, Message: 'Subscriber was added too many times too quickly, try again later.' },
    means: 'One person was written too often. It says nothing of the account.',
    kind: 'measured',
  },
  { status: 429, headers: { 'x-ratelimit-reset': '10' }, means: 'Too many calls.' },
]

const record = (code: number, means: string): KnownReject => {
  const fate = refusedFor(code, means, undefined)
  return {
    code: String(code),
    means,
    ...(fate.kind === 'rejected' && fate.final === true ? { final: true as const } : {}),
  }
}

/** https://www.campaignmonitor.com/api/v3-3/getting-started/ (checked 2026-11-21). */
export const refusals: Refusals = {
  source: 'https://www.campaignmonitor.com/api/v3-3/getting-started/',
  checked: '2026-11-21',
  answers,
  records: [
    record(codes.invalidAddress, 'The address is not taken for one.'),
    record(codes.suppressed, 'The person is on the client’s suppression list.'),
    record(
      codes.deleted,
      'Somebody deleted the person at Campaign Monitor. Whom Sund took off itself comes back by a route of its own.',
    ),
    record(codes.unsubscribed, 'The person unsubscribed, or marked a mail as spam.'),
    record(codes.bounced, 'Mail to the person bounced.'),
    record(codes.unconfirmed, 'The list asks people to confirm, and this person has not yet.'),
    { code: 'state', means: 'The person has a state at Campaign Monitor that is not known.' },
  ],
}
