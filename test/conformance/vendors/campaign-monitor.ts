/** Campaign Monitor, for the conformance suite; signed in, since tokens are what can expire. */
import { z } from 'zod'
import { campaignMonitor as simulator } from '../../../sandbox/campaign-monitor/simulator.ts'
import { exampleCredentials } from '../../../sandbox/credentials.ts'
import { type Fixtures, jsonAnswer } from '../fixtures.ts'

const { clientId, clientSecret, clientOfAccount } = exampleCredentials['campaign-monitor']
const refusal = (status: number, code: number, more: object = {}) =>
  jsonAnswer(status, { Code: code, Message: 'Not this time', ...more })

export const campaignMonitorFixtures: Fixtures = {
  simulator: simulator({}),
  credentials: { apiKey: '', clientId, clientSecret },
  makeList: async (vendor, name) =>
    z.string().parse(await vendor('POST', `/api/v3.3/lists/${clientOfAccount}.json`, { Title: name })),
  fields: ['Name'],
  refused: (n) => `person${n}..twice@people.example`,
  callRefused: refusal(400, 214),
  unknownError: JSON.stringify({ Code: 99_999, Message: 'Nobody knows this' }),
  done: [{ to: 'remove', status: 200, body: '', why: 'a removal is answered with an empty 200' }],
  never: [
    /SubscriptionBasedAutoresponders":\s*true/i,
    /unsubscribe\.json|unsuppress\.json/,
    /^DELETE \/api\/v3\.3\/lists\//,
  ],
  answers: [
    { what: 'a key that is none', answer: refusal(401, 100), means: 'auth' },
    { what: 'a token that is none', answer: refusal(401, 120), means: 'auth' },
    { what: 'a token that is over', answer: refusal(401, 121), means: 'renews' },
    { what: 'a token that was taken back', answer: refusal(401, 122), means: 'auth' },
    { what: 'a right that is missing', answer: refusal(401, 60), means: 'permission' },
    { what: 'a client that is none', answer: refusal(401, 102), means: 'permission' },
    { what: 'a list that is gone', answer: refusal(401, 101), means: 'list-missing' },
    { what: 'the rate', answer: refusal(429, 429), means: 'waits' },
    { what: 'an address that is none', answer: refusal(400, 1), means: 'refused' },
    { what: 'too many in a call', answer: refusal(400, 209), means: 'refused' },
    { what: 'somebody suppressed', answer: refusal(400, 204), means: 'refused' },
    { what: 'somebody deleted', answer: refusal(400, 205), means: 'refused' },
    { what: 'somebody who unsubscribed', answer: refusal(400, 206), means: 'refused' },
    { what: 'somebody who bounced', answer: refusal(400, 207), means: 'refused' },
    { what: 'somebody who has yet to confirm', answer: refusal(400, 208), means: 'refused' },
    { what: 'failures without names', answer: refusal(400, 210), means: 'unreadable', to: 'add' },
    { what: 'too large', answer: refusal(413, 413), means: 'refused' },
    {
      what: 'totals that leave somebody out',
      answer: jsonAnswer(200, {
        FailureDetails: [],
        TotalUniqueEmailsSubmitted: 0,
        TotalExistingSubscribers: 0,
        TotalNewSubscribers: 0,
        DuplicateEmailsInSubmission: [],
      }),
      means: 'doubted',
      to: 'add',
    },
    { what: 'a success without totals', answer: jsonAnswer(201, {}), means: 'unreadable', to: 'add' },
  ],
}
