/** SendGrid, for the conformance suite. */
import { z } from 'zod'
import { exampleCredentials } from '../../../sandbox/credentials.ts'
import { sendGrid as simulator } from '../../../sandbox/sendgrid/simulator.ts'
import { type Fixtures, jsonAnswer } from '../fixtures.ts'

const refusal = (status: number, message: string, field: string | null = null) =>
  jsonAnswer(status, { errors: [{ field, message }] })
const made = z.object({ id: z.string() })

export const sendgridFixtures: Fixtures = {
  simulator: simulator({}),
  credentials: { apiKey: exampleCredentials.sendgrid.apiKey },
  makeList: async (vendor, name) => made.parse(await vendor('POST', '/v3/marketing/lists', { name })).id,
  removeList: async (vendor, id) => await vendor('DELETE', `/v3/marketing/lists/${id}`),
  fields: ['first_name', 'city'],
  refused: (n) => `person${n}@errored.sandbox.invalid`,
  callRefused: refusal(400, 'something in this call is wrong'),
  unknownError: JSON.stringify({ errors: [{ field: null, message: 'nobody knows this' }] }),
  done: [
    {
      to: 'remove',
      status: 404,
      body: JSON.stringify({ errors: [{ field: null, message: 'nobody knows this' }] }),
      why: 'in its own words a 404 says that the contact is not there; the list was looked at',
    },
  ],
  never: [/delete_all_contacts|delete_contacts/, /^DELETE \/v3\/marketing\/contacts\b/],
  answers: [
    { what: 'a key that is none', answer: refusal(401, 'invalid, expired, or revoked'), means: 'auth' },
    { what: 'credits that are used up', answer: refusal(401, 'Maximum credits exceeded'), means: 'quota' },
    { what: 'a key without the right', answer: refusal(403, 'access forbidden'), means: 'permission' },
    { what: 'no Accept header', answer: refusal(406, 'missing Accept header'), means: 'bad-request' },
    { what: 'another region', answer: refusal(451, 'elsewhere'), means: 'permission' },
    { what: 'the rate', answer: refusal(429, 'too many requests'), means: 'waits' },
    { what: 'an unknown list', answer: refusal(404, 'not found'), means: 'list-missing', to: 'add' },
    {
      what: 'a list that is none',
      answer: refusal(400, 'not a uuid', 'list_ids[0]'),
      means: 'list-missing',
      to: 'add',
    },
    { what: 'a full plan', answer: refusal(400, 'you have hit your contact limit'), means: 'quota', to: 'add' },
    {
      what: 'an unknown field',
      answer: refusal(400, 'invalid custom field ids: e1'),
      means: 'bad-request',
      to: 'add',
    },
    { what: 'a call refused for somebody', answer: refusal(400, 'no'), means: 'refused', to: 'add' },
    { what: 'too large', answer: refusal(413, 'payload too large'), means: 'refused' },
    { what: 'a success without a job', answer: jsonAnswer(202, {}), means: 'unreadable' },
  ],
}
