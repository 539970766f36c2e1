/** What the answers of a webhook's receiver come to, for the documentation. */
import type { Refusals } from '../../destination-kit/refusals.ts'

const reason = { reason: 'In the words of the receiver' }

/** The meanings are those of HTTP; 404, 410 and 422 are said more narrowly. */
export const refusals: Refusals = {
  source: 'https://www.rfc-editor.org/rfc/rfc9110#name-status-codes',
  checked: '2026-11-22',
  answers: [
    { status: 400, body: reason, means: 'The receiver does not understand the call.' },
    { status: 401, body: reason, means: 'The bearer secret is not the right one.' },
    { status: 403, body: reason, means: 'The bearer secret may not do this.' },
    { status: 404, means: 'There is no webhook at this URL.' },
    {
      status: 410,
      body: reason,
      means: 'The receiver has the list no more.',
      outcome: 'The run ends as Failed (the list is missing). Nobody is sent elsewhere.',
    },
    { status: 413, body: reason, means: 'The receiver takes fewer bytes or people in a call.' },
    {
      status: 422,
      body: reason,
      means: 'One of the people cannot be taken, and the receiver does not say who. Nobody of the call was taken.',
      outcome: 'The call is halved until the person is found, who alone is refused.',
    },
    { status: 429, headers: { 'retry-after': '20' }, body: reason, means: 'The receiver asks for a pause.' },
    {
      status: 202,
      means: 'Accepted is not done. Only 200 with the numbers is.',
      outcome: 'The run ends as Failed (the answer cannot be read).',
    },
  ],
  records: [
    {
      code: 'the receiver’s own',
      means:
        'Named under `rejected`, with a code and a reason of the receiver. With `"final": true` it is refused for good.',
    },
  ],
}
