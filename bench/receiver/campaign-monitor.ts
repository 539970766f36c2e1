/** Campaign Monitor's answers when everything is in order. */
import { type Endpoint, occurrences } from './endpoint.ts'

const lists = '^/api/v3\\.3/lists/([0-9a-f]{32})'
/** Those that the bench's route matches. */
const customFields = ['City', 'Country']

export const campaignMonitor: readonly Endpoint[] = [
  {
    method: 'POST',
    path: /^\/api\/v3\.3\/subscribers\/[0-9a-f]{32}\/import\.json$/,
    answer: ({ body }) => {
      const records = occurrences(body, '{"EmailAddress":')
      return {
        status: 201,
        json: {
          FailureDetails: [],
          TotalUniqueEmailsSubmitted: records,
          TotalExistingSubscribers: 0,
          TotalNewSubscribers: records,
          DuplicateEmailsInSubmission: [],
        },
        records,
      }
    },
  },
  {
    method: 'GET',
    path: new RegExp(`${lists}\\.json$`),
    answer: (_, id) => ({ status: 200, json: { ListID: id, Title: id, ConfirmedOptIn: false } }),
  },
  {
    method: 'GET',
    path: new RegExp(`${lists}/stats\\.json$`),
    answer: () => ({ status: 200, json: { TotalActiveSubscribers: 0 } }),
  },
  {
    method: 'GET',
    path: new RegExp(`${lists}/customfields\\.json$`),
    answer: () => ({
      status: 200,
      json: customFields.map((name) => ({ FieldName: name, Key: `[${name}]`, DataType: 'Text', FieldOptions: [] })),
    }),
  },
]
