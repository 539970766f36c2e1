/** Puts an answer on the wire. */
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Answer } from './vendor.ts'

/** Resolves once the answer is handed over; an answer in pieces is made no faster than it is taken. */
export const writeAnswer = async (response: ServerResponse, answer: Answer): Promise<void> => {
  if (answer.pieces !== undefined) {
    response.writeHead(answer.status, { 'content-type': 'application/octet-stream', ...answer.headers })
    await pipeline(Readable.from(answer.pieces), response)
    return
  }
  const body = answer.text ?? (answer.json === undefined ? '' : JSON.stringify(answer.json))
  response.writeHead(answer.status, {
    ...(body === '' ? {} : { 'content-type': answer.text === undefined ? 'application/json' : 'text/plain' }),
    ...answer.headers,
    ...(answer.status === 204 ? {} : { 'content-length': Buffer.byteLength(body) }),
  })
  response.end(body)
}
