/** Turns whatever a request ran into into a problem document, and tells the log of what is our own fault. */
import { randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { printable } from '../domain/printable.ts'
import { SundError } from '../errors.ts'
import type { Log } from '../store/log.ts'
import { MAX_DEPTH } from './json-body.ts'
import { languageOf } from './language.ts'
import { PROBLEM_TYPE, problemOf, RefusedValues } from './problem.ts'

/** What Fastify itself refuses, by its code. */
const refusals: Readonly<Record<string, () => SundError>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () => new SundError('request.too_large'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => new SundError('request.media_type'),
  FST_ERR_CTP_EMPTY_TYPE: () => new SundError('request.media_type'),
  FST_ERR_CTP_EMPTY_JSON_BODY: () => new SundError('request.malformed', { depth: MAX_DEPTH }),
  FST_ERR_CTP_INVALID_JSON_BODY: () => new SundError('request.malformed', { depth: MAX_DEPTH }),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () => new SundError('request.malformed', { depth: MAX_DEPTH }),
  FST_ERR_BAD_URL: () => new SundError('request.not_found'),
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

/** Kind, code and place of an error. Its message is left out: it may quote a statement, and with it people. */
const trace = (error: unknown): string => {
  if (!(error instanceof Error)) return 'something that is not an error'
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  const cause = error.cause instanceof Error ? ` because of ${error.cause.name} ${codeOf(error.cause)}` : ''
  return [`${error.name} ${codeOf(error)}${cause}`.trim(), ...frames.slice(0, 8).map((line) => line.trim())].join(' | ')
}

/** Errors of the installation name its folders and servers: those are for the log. Only this one asks something of the caller. */
const isForCaller = (error: SundError): boolean =>
  error.status < 500 || error.code === 'vault.unreadable' || error.status === 502

const told = (error: unknown, log: Log): SundError | RefusedValues => {
  if (error instanceof RefusedValues) return error
  if (error instanceof SundError && (isForCaller(error) || error.code === 'run.destination_unreachable')) return error
  const refused = refusals[codeOf(error)]
  if (refused !== undefined) return refused()
  const number = randomBytes(6).toString('hex')
  log.warn(`Request failed, number ${number}: ${printable(error instanceof SundError ? error.message : trace(error))}`)
  return new SundError('request.failed', { number })
}

/** Sends the problem document of an error. */
export const answerError =
  (log: Log) =>
  async (error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const language = languageOf(request.headers['accept-language'])
    const document = problemOf(told(error, log), language)
    if (document.status === 401) reply.header('www-authenticate', 'Bearer realm="Sund"')
    return await reply
      .code(document.status)
      .type(PROBLEM_TYPE)
      .header('content-language', language)
      // Serialized here: the schemas of a route are those of its success.
      .serializer((body: unknown) => JSON.stringify(body))
      .send(document)
  }

const refusedHead = (code: string): SundError => {
  if (code === 'HPE_HEADER_OVERFLOW') return new SundError('request.head_too_large')
  return new SundError(code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request.timed_out' : 'request.not_http')
}

/** The whole answer to what never became a request: nobody knows the reader's language, nor whether more would follow. */
export const answerToNoRequest = (error: unknown): string => {
  const document = problemOf(refusedHead(codeOf(error)), 'en')
  const body = JSON.stringify(document)
  const head = [
    `HTTP/1.1 ${document.status} ${document.title}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    'Connection: close',
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}
