/** Who may speak to the API: a caller on this machine that bears the token, and no page of another site. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { SundError } from '../errors.ts'

/** Without the port: it is another one behind a tunnel. */
const nameOf = (host: string): string => host.replace(/:\d{1,5}$/, '').toLowerCase()
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** A page elsewhere may have bound a name of its own to this machine; its requests then bear that name. */
export const isLoopbackHost = (host: string | undefined): boolean => host !== undefined && LOOPBACK.has(nameOf(host))

/** Programs send no Origin; browsers send that of the page, which must be the one that Sund itself serves. */
export const isOwnOrigin = (origin: string | undefined, host: string | undefined): boolean =>
  origin === undefined || (host !== undefined && origin.toLowerCase() === `http://${host.toLowerCase()}`)

export const hashOfToken = (token: string): string => createHash('sha256').update(token).digest('hex')

/** Equal hashes in constant time; the length of the token tells nothing, since hashes are as long. */
const isToken = (token: string, tokenHash: string): boolean =>
  timingSafeEqual(Buffer.from(hashOfToken(token), 'hex'), Buffer.from(tokenHash, 'hex'))

const bearer = /^Bearer ([\x21-\x7e]{1,200})$/i

export const isAuthorized = (authorization: string | undefined, tokenHash: string): boolean => {
  const token = bearer.exec(authorization ?? '')?.[1]
  return token !== undefined && isToken(token, tokenHash)
}

/** Sent with every answer, a refusal included. */
const protectiveHeaders = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
}

export const guardAccess = (app: FastifyInstance, tokenHash: string): void => {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(protectiveHeaders)
    const { host, origin, authorization } = request.headers
    if (!isLoopbackHost(host)) throw new SundError('access.foreign_host')
    const site = request.headers['sec-fetch-site']
    if (!isOwnOrigin(origin, host) || site === 'cross-site' || site === 'same-site') {
      throw new SundError('access.foreign_origin')
    }
    if (request.routeOptions.config.open === true) return
    if (!isAuthorized(authorization, tokenHash)) throw new SundError('access.unauthenticated')
  })
}
