/** ETags: which version of a thing was read, and whether a change is made on that one. */
import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { SundError } from '../errors.ts'
import { canonical } from './canonical.ts'

/** A strong tag: equal where the bodies are equal. */
export const etagOf = (body: unknown): string =>
  `"${createHash('sha256').update(canonical(body)).digest('base64url').slice(0, 27)}"`

/** Sends the tag with the body, and gives the body back. */
export const tagged = <T>(reply: FastifyReply, body: T): T => {
  reply.header('etag', etagOf(body))
  return body
}

// Loose: what is not named here must stay with the request.
export const changeHeaders = z.looseObject({
  'if-match': z.string().max(1000).optional().describe('ETag of the version that is changed. Required.'),
})
export const firstOrChangeHeaders = z.looseObject({
  'if-match': z.string().max(1000).optional().describe('ETag of the version that is changed.'),
  'if-none-match': z.literal('*').optional().describe('`*` where there is nothing to change yet.'),
})

/** Weak tags are never equal here: they say less than that the bytes are the same (RFC 9110, 13.1.1). */
const names = (header: string, etag: string): boolean =>
  header.trim() === '*' || header.split(',').some((tag) => tag.trim() === etag)

/** Throws SundError request.no_precondition. */
export const requireTag = (ifMatch: string | undefined): string => {
  if (ifMatch === undefined || ifMatch.trim() === '') throw new SundError('request.no_precondition')
  return ifMatch
}

/** Throws SundError request.no_precondition at once, and request.stale when the row is another by then. */
export const mustMatch = <T>(ifMatch: string | undefined, shown: (current: T) => unknown): ((current: T) => void) => {
  const wanted = requireTag(ifMatch)
  return (current) => {
    if (!names(wanted, etagOf(shown(current)))) throw new SundError('request.stale')
  }
}

/** As `mustMatch`, where the thing may not be there yet: then the caller says so by `If-None-Match: *`. */
export const mustMatchOrBeNew = <T>(
  headers: z.infer<typeof firstOrChangeHeaders>,
  shown: (current: T) => unknown,
): ((current: T | undefined) => void) => {
  if (headers['if-none-match'] === undefined) requireTag(headers['if-match'])
  return (current) => {
    if (headers['if-none-match'] !== undefined) {
      if (current !== undefined) throw new SundError('request.stale')
    } else if (current === undefined || !names(headers['if-match'] ?? '', etagOf(shown(current)))) {
      throw new SundError('request.stale')
    }
  }
}
