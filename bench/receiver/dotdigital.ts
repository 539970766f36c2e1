/** Dotdigital's answers when everything is in order. The report of an import names everybody, so its body is kept until it is asked for. */
import { type Answer, type Endpoint, occurrences } from './endpoint.ts'

const PERSON = '"identifiers":{"email":'

/** Bodies of imports, by id. */
const imports = new Map<string, Buffer>()
let made = 0

/** The address as it stands in the body, in quotes. */
const addressAt = (body: Buffer, start: number): string =>
  body.toString('utf8', start, body.indexOf('"', start + 1) + 1)

const reportOf = (id: string, body: Buffer): Answer => {
  const created: string[] = []
  for (let at = body.indexOf(PERSON); at !== -1; at = body.indexOf(PERSON, at + PERSON.length)) {
    const email = addressAt(body, at + PERSON.length)
    created.push(`{"contactId":${created.length + 1},"identifiers":{"email":${email}}}`)
  }
  const text = `{"importId":"${id}","status":"Finished","created":[${created.join(',')}],"updated":[],"failures":[]}`
  return { status: 200, text }
}

export const dotdigital: readonly Endpoint[] = [
  {
    method: 'PUT',
    path: /^\/contacts\/v3\/import$/,
    answer: ({ body }) => {
      const id = `import-${++made}`
      imports.set(id, body)
      return { status: 202, json: { importId: id }, records: occurrences(body, PERSON) }
    },
  },
  {
    method: 'GET',
    path: /^\/contacts\/v3\/import\/([\w-]+)$/,
    answer: (_, id) => {
      const body = imports.get(id)
      imports.delete(id)
      return body === undefined ? { status: 404, json: { errorCode: 'contacts:importNotFound' } } : reportOf(id, body)
    },
  },
  { method: 'GET', path: /^\/v2\/data-fields$/, answer: () => ({ status: 200, json: [] }) },
  {
    method: 'GET',
    path: /^\/v2\/address-books\/(\d+)$/,
    answer: (_, id) => ({ status: 200, json: { id: Number(id), name: id, contacts: 0 } }),
  },
]

/** The bare sender never asks for a report. */
export const forgetImports = (): void => imports.clear()
