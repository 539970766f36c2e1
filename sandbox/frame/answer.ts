/** Puts an answer on the wire. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Answer } from './vendor.ts'

/** The text that an answer's body is, where it does not come in pieces. */
export const bodyText = ({ text, json }: Answer): string => text ?? (json === undefined ? '' : JSON.stringify(json))

/** Status and headers of an answer; one in pieces has no length. */
export const headOf = (answer: Answer): { readonly status: number; readonly headers: OutgoingHttpHeaders } => {
  const { status, text, pieces } = answer
  if (pieces !== undefined)
    return { status, headers: { 'content-type': 'application/octet-stream', ...answer.headers } }
  const body = bodyText(answer)
  const headers = {
    ...(body === '' ? {} : { 'content-type': text === undefined ? 'application/json' : 'text/plain' }),
    ...answer.headers,
    ...(status === 204 ? {} : { 'content-length': Buffer.byteLength(body) }),
  }
  return { status, headers }
}

/** Resolves once the answer is handed over; an answer in pieces is made no faster than it is taken. */
export const writeAnswer = async (response: ServerResponse, answer: Answer): Promise<void> => {
  const { status, headers } = headOf(answer)
  response.writeHead(status, headers)
  if (answer.pieces === undefined) response.end(bodyText(answer))
  else await pipeline(Readable.from(answer.pieces), response)
}
