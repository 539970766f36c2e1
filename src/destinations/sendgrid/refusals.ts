/** SendGrid's refusals, as they are documented or were seen. */
import type { KnownRefusal, Refusals } from '../../destination-kit/refusals.ts'

const said = (message: string, field: string | null = null) => ({ errors: [{ field, message }] })

const answers: readonly KnownRefusal[] = [
  {
    status: 400,
    code: 'contacts[0].email',
    body: said("email '000' is not valid", 'contacts[0].email'),
    means: 'An address is not taken. The vendor refuses the whole call for it and stores nobody.',
    outcome:
      'Those who are named are refused, everybody else is sent again; where nobody can be told, the call is halved.',
    kind: 'measured',
  },
  {
    status: 400,
    code: 'invalid custom field ids supplied',
    body: said('invalid custom field ids supplied'),
    means: 'A matched custom field is there no more.',
    outcome: 'The run ends as Failed; its reason names the data matching.',
    kind: 'measured',
  },
  { status: 401, code: 'authorization required', body: said('authorization required') },
  { status: 401, code: 'Maximum credits exceeded', body: said('Maximum credits exceeded') },
  { status: 403, code: 'access forbidden', body: said('access forbidden') },
  {
    status: 404,
    code: 'a list ID',
    body: said('list not found', 'list_ids'),
    means: 'The list is there no more.',
    outcome: 'The run ends as Failed: the list is missing. None is made in its place.',
  },
  { status: 406, code: 'no Accept header', body: said('not acceptable') },
  { status: 413, means: 'The body is too large.' },
  { status: 429, code: 'too many requests', headers: { 'x-ratelimit-reset': '30' }, body: said('too many requests') },
  { status: 451, means: 'The account keeps its data in another region.' },
]

/** https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/errors (checked 2026-11-21). */
export const refusals: Refusals = {
  source: 'https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/errors',
  checked: '2026-11-21',
  answers,
  records: [
    { code: 'invalid_email', means: 'SendGrid does not take the address for one.' },
    { code: '400', means: 'The call is refused for this record alone, for another reason than its address.' },
    { code: 'failed', means: 'The job that held the record ended as failed.' },
    { code: 'search', means: 'On removal: SendGrid did not say whether it knows the address.' },
    {
      code: 'alternate_address',
      means: 'On removal: the address is another one of a contact who goes by a different address.',
    },
  ],
}
