/** Dotdigital, for the conformance suite. */
import { z } from 'zod'
import { exampleCredentials } from '../../../sandbox/credentials.ts'
import { dotdigital as simulator } from '../../../sandbox/dotdigital/simulator.ts'
import { type AtVendor, type Fixtures, jsonAnswer } from '../fixtures.ts'

const v2 = (status: number, code: string) => jsonAnswer(status, { message: `Not this time. ${code}` })
const v3 = (status: number, code: string) =>
  jsonAnswer(status, { errorCode: `contacts:${code}`, description: 'Not this time', details: [] })
const made = z.object({ id: z.number() })
const addressBook = async (vendor: AtVendor, name: string): Promise<string> =>
  String(made.parse(await vendor('POST', '/v2/address-books', { name })).id)

export const dotdigitalFixtures: Fixtures = {
  simulator: simulator({}),
  credentials: exampleCredentials.dotdigital,
  settings: async (vendor) => ({ addressBookId: await addressBook(vendor, 'By default') }),
  makeList: addressBook,
  removeList: async (vendor, id) => await vendor('DELETE', `/v2/address-books/${id}`),
  fields: ['FIRSTNAME', 'POSTCODE'],
  refused: (n) => `person${n}@suppressed.sandbox.invalid`,
  callRefused: v3(400, 'badRequest'),
  unknownError: JSON.stringify({ errorCode: 'contacts:nobodyKnows', description: 'Nobody knows this', details: [] }),
  never: [/"(status|optInType)"/i, /^DELETE /, /unsubscribe|resubscribe/i],
  answers: [
    { what: 'a login that is none', answer: v2(401, 'ERROR_INVALID_LOGIN'), means: 'auth' },
    { what: 'a login that is none, without words', answer: { status: 401 }, means: 'auth' },
    { what: 'a user that is none', answer: v2(401, 'ERROR_APIUSER_INVALID'), means: 'auth' },
    { what: 'a managed user that is none', answer: v2(401, 'ERROR_MANAGED_USER_INVALID'), means: 'auth' },
    { what: 'a restricted account', answer: v2(400, 'ERROR_ACCOUNT_INVALID'), means: 'auth' },
    { what: 'another region', answer: { status: 403 }, means: 'permission' },
    { what: 'a book that it keeps', answer: v2(400, 'ERROR_ADDRESSBOOK_NOTWRITABLE'), means: 'permission' },
    {
      what: 'an account without the right',
      answer: v2(400, 'ERROR_CANNOT_PERFORM_OPERATION_ON_ACCOUNT'),
      means: 'permission',
    },
    { what: 'a feature that is off', answer: v2(400, 'ERROR_FEATURENOTACTIVE'), means: 'permission' },
    { what: 'a full account', answer: v2(400, 'ERROR_CONTACT_TOOMANY'), means: 'quota' },
    { what: 'the hourly rate, with 400', answer: v2(400, 'ERROR_APIUSAGE_EXCEEDED'), means: 'waits' },
    { what: 'the rate, with 429', answer: { status: 429 }, means: 'waits' },
    { what: 'too many imports, of v2', answer: v2(429, 'ERROR_IMPORT_TOOMANYACTIVEIMPORTS'), means: 'waits' },
    { what: 'too many imports, of v3', answer: v3(429, 'tooManyActiveImports'), means: 'waits' },
    { what: 'too many removals', answer: v3(429, 'tooManyBulkDeleteJobs'), means: 'waits' },
    { what: 'a book in use', answer: v2(400, 'ERROR_ADDRESSBOOK_IN_USE'), means: 'waits' },
    { what: 'a pause', answer: v2(400, 'ERROR_SYSTEM_SERVICETEMPORARILYUNAVAILABLE'), means: 'waits' },
    { what: 'a call that it cannot read', answer: v3(400, 'badJson'), means: 'bad-request', to: 'add' },
    { what: 'a call refused for somebody', answer: v3(400, 'badRequest'), means: 'refused' },
    { what: 'too large', answer: { status: 413 }, means: 'refused' },
    { what: 'a success without a job', answer: jsonAnswer(202, {}), means: 'unreadable' },
  ],
}
