/** Microsoft Advertising, for the conformance suite. */
import { exampleCredentials } from '../../../sandbox/credentials.ts'
import { microsoftAdvertising as simulator } from '../../../sandbox/microsoft-advertising/simulator.ts'
import { type Fixtures, jsonAnswer } from '../fixtures.ts'
import { sha256 } from '../stage.ts'

const keys = exampleCredentials['microsoft-advertising']
const refusedAddress = (n: number): string => `person${n}@errored.sandbox.invalid`
const refusedHashes = new Set(Array.from({ length: 100 }, (_, n) => sha256(refusedAddress(n))))

const error = (code: number, index?: number) => ({
  Code: code,
  ErrorCode: `Error${code}`,
  Message: 'Not this time',
  ...(index === undefined ? {} : { Index: index }),
})
const fault = (status: number, code: number) => jsonAnswer(status, { OperationErrors: [error(code)], BatchErrors: [] })

export const microsoftAdvertisingFixtures: Fixtures = {
  simulator: simulator({ refuses: (hash) => refusedHashes.has(hash) }),
  credentials: { clientId: keys.clientId, clientSecret: keys.clientSecret, developerToken: keys.developerToken },
  settings: async () => ({ customerId: keys.customerId, accountId: keys.accountId, terms: 'yes' }),
  removeList: async (vendor, id) => await vendor('DELETE', '/CampaignManagement/v13/Audiences', { AudienceIds: [id] }),
  fields: [],
  refused: refusedAddress,
  callRefused: fault(400, 8005),
  unknownError: JSON.stringify({ OperationErrors: [error(99_999)], BatchErrors: [] }),
  done: (['add', 'remove'] as const).map((to) => ({
    ...({ to, status: 'success', body: '{}' } as const),
    why: 'an answer without PartialErrors was seen by others',
  })),
  never: [/"ActionType":\s*"Replace"|,Replace,/, /@people\.example/],
  answers: [
    { what: '100, a call that cannot be read', answer: fault(400, 100), means: 'bad-request' },
    { what: '105, credentials', answer: fault(401, 105), means: 'renews' },
    { what: '106, another account', answer: fault(403, 106), means: 'permission' },
    { what: '108, a suspicion', answer: fault(401, 108), means: 'auth' },
    { what: '109, a token that is over', answer: fault(401, 109), means: 'renews' },
    { what: '113, a call that cannot be read', answer: fault(400, 113), means: 'bad-request' },
    { what: '116, no account', answer: fault(400, 116), means: 'bad-request' },
    { what: '117, the rate', answer: fault(429, 117), means: 'waits' },
    { what: '117, the rate, with 400', answer: fault(400, 117), means: 'waits' },
    { what: '120, merged sign-ins', answer: fault(401, 120), means: 'auth' },
    { what: '122, a private account', answer: fault(401, 122), means: 'auth' },
    { what: '123, a work account', answer: fault(401, 123), means: 'auth' },
    { what: '1001, no right', answer: fault(400, 1001), means: 'permission' },
    { what: '3913, the terms', answer: fault(400, 3913), means: 'terms' },
    { what: '4204, the rate of files', answer: fault(400, 4204), means: 'waits' },
    { what: '4835, an audience that is gone', answer: fault(400, 4835), means: 'list-missing' },
    { what: '4865, too many audiences', answer: fault(400, 4865), means: 'quota' },
    { what: '4866, too many audiences', answer: fault(400, 4866), means: 'quota' },
    { what: '6999, too many people', answer: fault(400, 6999), means: 'refused' },
    { what: '8000, an audience that is gone', answer: fault(400, 8000), means: 'list-missing' },
    { what: '8003, the terms', answer: fault(400, 8003), means: 'terms' },
    {
      what: '8003, the terms, in a success',
      answer: jsonAnswer(200, { PartialErrors: [error(8003)] }),
      means: 'terms',
    },
    { what: 'another code', answer: fault(400, 8005), means: 'refused' },
    { what: '0, an internal error', answer: fault(500, 0), means: 'waits' },
    {
      what: 'an error of nobody in a success',
      answer: jsonAnswer(200, { PartialErrors: [error(8004)] }),
      means: 'doubted',
    },
    {
      what: 'an error of somebody who was not sent',
      answer: jsonAnswer(200, { PartialErrors: [error(8004, 5000)] }),
      means: 'doubted',
    },
    { what: 'a success that cannot be read', answer: jsonAnswer(200, 'yes'), means: 'unreadable' },
  ],
}
