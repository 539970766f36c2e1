/** Iterable, for the conformance suite. */
import { exampleCredentials } from '../../../sandbox/credentials.ts'
import { iterable as simulator } from '../../../sandbox/iterable/simulator.ts'
import { type Fixtures, jsonAnswer } from '../fixtures.ts'

const refusal = (status: number, code: string, msg = 'Not this time', params: unknown = {}) =>
  jsonAnswer(status, { msg, code, params })

export const iterableFixtures: Fixtures = {
  simulator: simulator({}),
  credentials: { apiKey: exampleCredentials.iterable.apiKey },
  removeList: async (vendor, id) => await vendor('DELETE', `/api/lists/${id}`),
  fields: ['firstName'],
  refused: (n) => `person${n}@errored.sandbox.invalid`,
  callRefused: refusal(400, 'RequestFieldsTypesMismatched'),
  unknownError: JSON.stringify({ msg: 'Nobody knows this', code: 'NobodyKnows', params: {} }),
  never: [/"channelUnsubscribe":\s*true/, /^POST \/api\/users\//, /updateSubscriptions/],
  answers: [
    { what: 'a key that is none', answer: refusal(401, 'BadApiKey', 'Invalid API key'), means: 'auth' },
    {
      what: 'a key without the right',
      answer: refusal(401, 'BadApiKey', 'Disabled API key or insufficient privileges'),
      means: 'permission',
    },
    { what: 'a forbidden call', answer: refusal(403, 'Forbidden'), means: 'permission' },
    { what: 'the rate, with 429', answer: refusal(429, 'RateLimitExceeded'), means: 'waits' },
    { what: 'the rate, with 400', answer: refusal(400, 'RateLimitExceeded'), means: 'waits' },
    { what: 'too large, with 400', answer: refusal(400, 'BatchTooLarge'), means: 'refused' },
    { what: 'too large, with 413', answer: refusal(413, 'BatchTooLarge'), means: 'refused' },
    { what: 'too many fields', answer: refusal(400, 'UniqueFieldsLimitExceeded'), means: 'quota' },
    { what: 'an address that is none', answer: refusal(400, 'InvalidEmailAddressError'), means: 'refused' },
    { what: 'somebody forgotten', answer: refusal(400, 'ForgottenUserError'), means: 'refused', to: 'add' },
    { what: 'a value of the wrong type', answer: refusal(400, 'RequestFieldsTypesMismatched'), means: 'refused' },
    { what: 'a conflict', answer: refusal(409, 'EmailAlreadyExists'), means: 'refused' },
    { what: 'a 400 of another kind', answer: refusal(400, 'BadParams'), means: 'bad-request' },
    {
      what: 'a list that is not known, though shown',
      answer: refusal(400, 'Success', 'error.lists.invalidListId(1)'),
      means: 'bad-request',
    },
    { what: 'a 404 that is not its own', answer: { status: 404, body: 'gone' }, means: 'unreadable' },
    {
      what: 'totals that leave somebody out',
      answer: jsonAnswer(200, { successCount: 0, failCount: 0 }),
      means: 'doubted',
    },
    { what: 'a success without totals', answer: jsonAnswer(200, { msg: '', code: 'Success' }), means: 'unreadable' },
  ],
}
