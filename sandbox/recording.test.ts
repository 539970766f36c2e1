/** Exchanges are told with their bodies: whole ones, and those that are read or sent piece by piece. */
import { afterEach, expect, it } from 'vitest'
import { z } from 'zod'
import { exampleCredentials } from './credentials.ts'
import type { Exchanged } from './sandbox.ts'
import { type Bench, startBench } from './test-bench.ts'

let bench: Bench
afterEach(async () => await bench.end())

const headers = { authorization: `Bearer ${exampleCredentials.sendgrid.apiKey}` }
const opened = z.object({
  upload_uri: z.string(),
  upload_headers: z.array(z.object({ header: z.string(), value: z.string() })),
})

it('tells requests and answers as they were', async () => {
  const told: Exchanged[] = []
  bench = await startBench({ onExchanged: (vendor, exchanged) => vendor === 'sendgrid' && told.push(exchanged) })
  const ask = (method: string, path: string, json: unknown) => bench.ask('sendgrid', method, path, { headers, json })
  const made = await ask('POST', '/v3/marketing/lists?x=1', { name: 'VIP' })
  const body = { file_type: 'csv', field_mappings: ['_rf2_T'] }
  const { upload_uri, upload_headers } = opened.parse((await ask('PUT', '/v3/marketing/contacts/imports', body)).json)
  const signed = Object.fromEntries(upload_headers.map(({ header, value }) => [header, value]))
  await bench.ask('sendgrid', 'PUT', upload_uri, { headers: signed, body: 'email\na@example.com\n' })

  expect(told.map(({ host, method, status }) => [host, method, status])).toEqual([
    ['api', 'POST', 201],
    ['api', 'PUT', 200],
    ['storage', 'PUT', 200],
  ])
  const [list, , file] = told
  expect(list?.body.toString()).toBe('{"name":"VIP"}')
  expect(list?.query.get('x')).toBe('1')
  expect(list?.headers.get('authorization')).toBe(headers.authorization)
  expect(list?.answer.toString()).toBe(made.text)
  expect(list?.answerHeaders.get('content-type')).toBe('application/json')
  expect(file?.body.toString()).toBe('email\na@example.com\n')
})

it('tells an answer that is sent piece by piece', async () => {
  const told: Exchanged[] = []
  const settings = { iterable: {} }
  bench = await startBench({ settings, onExchanged: (_vendor, exchanged) => told.push(exchanged) })
  const key = { 'api-key': exampleCredentials.iterable.apiKey }
  const ask = (method: string, path: string, json?: unknown) =>
    bench.ask('iterable', method, path, { headers: key, ...(json === undefined ? {} : { json }) })
  const { listId } = z.object({ listId: z.number() }).parse((await ask('POST', '/api/lists', { name: 'VIP' })).json)
  bench.pass(3600)
  await ask('POST', '/api/lists/subscribe', { listId, subscribers: [{ email: 'a@example.com' }] })
  bench.pass(3600)
  const { text } = await ask('GET', `/api/lists/getUsers?listId=${listId}`)
  expect(text).toContain('a@example.com')
  expect(told.at(-1)?.answer.toString()).toBe(text)
})
