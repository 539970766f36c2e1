/** Iterable's answers when everything is in order: every list that is asked for is a new one. */
import { type Endpoint, occurrences } from './endpoint.ts'

let made = 0

export const iterable: readonly Endpoint[] = [
  {
    method: 'POST',
    path: /^\/api\/lists\/subscribe$/,
    answer: ({ body }) => {
      const records = occurrences(body, '{"email":')
      return { status: 200, json: { successCount: records, failCount: 0 }, records }
    },
  },
  { method: 'GET', path: /^\/api\/lists$/, answer: () => ({ status: 200, json: { lists: [] } }) },
  {
    method: 'POST',
    path: /^\/api\/lists$/,
    answer: () => ({ status: 200, json: { listId: Date.now() * 1000 + ++made } }),
  },
  {
    method: 'GET',
    path: /^\/api\/users\/getFields$/,
    answer: () => ({ status: 200, json: { fields: { firstName: 'string', lastName: 'string', city: 'string' } } }),
  },
]
