/** The webhook, for the conformance suite. */
import { exampleCredentials } from '../../../sandbox/credentials.ts'
import { webhook as simulator } from '../../../sandbox/webhook/simulator.ts'
import { type Fixtures, jsonAnswer } from '../fixtures.ts'

const { secret, url } = exampleCredentials.webhook
const refusal = (status: number) => jsonAnswer(status, { reason: 'Not this time' })
const numbers = { taken: 0, rejected: [], absent: [] }

export const webhookFixtures: Fixtures = {
  simulator,
  credentials: { secret },
  settings: async () => ({ url }),
  removeList: async (vendor, id) => await vendor('DELETE', `/lists/${id}`),
  fields: ['firstName'],
  refused: (n) => `person${n}@errored.sandbox.invalid`,
  callRefused: refusal(422),
  unknownError: JSON.stringify({ reason: 'Nobody knows this' }),
  // Nothing of the protocol deletes anybody or says who may be written to.
  never: [/^DELETE /, /unsubscribe|resubscribe/i],
  answers: [
    { what: 'a call that is not understood', answer: refusal(400), means: 'bad-request' },
    { what: 'a wrong secret', answer: refusal(401), means: 'auth' },
    { what: 'a right that is missing', answer: refusal(403), means: 'permission' },
    { what: 'no webhook there', answer: refusal(404), means: 'bad-request' },
    { what: 'a list that is gone', answer: refusal(410), means: 'list-missing' },
    { what: 'too many people', answer: refusal(413), means: 'refused' },
    { what: 'one of the people, not named', answer: refusal(422), means: 'refused' },
    { what: 'a pause', answer: refusal(429), means: 'waits' },
    { what: 'done without numbers', answer: jsonAnswer(200, {}), means: 'unreadable' },
    { what: 'done without a word', answer: { status: 204 }, means: 'unreadable' },
    { what: 'accepted, with all numbers', answer: jsonAnswer(202, { ...numbers, taken: 4 }), means: 'unreadable' },
    { what: 'numbers that leave somebody out', answer: jsonAnswer(200, { ...numbers, taken: 3 }), means: 'doubted' },
    {
      what: 'numbers of more people than were sent',
      answer: jsonAnswer(200, { ...numbers, taken: 5 }),
      means: 'doubted',
    },
    {
      what: 'a stranger who is refused',
      answer: jsonAnswer(200, { ...numbers, taken: 3, rejected: [{ email: 'x@y.example', code: 'no', reason: '' }] }),
      means: 'doubted',
    },
  ],
}
