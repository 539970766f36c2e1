/** POST requests with an Idempotency-Key are carried out once: who sends one again gets the answer of the first. */
import { createHmac, randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { SundError } from '../errors.ts'
import { claimKey, keepAnswer, releaseKey, type StoredAnswer } from '../store/idempotency.ts'
import { canonical } from './canonical.ts'
import type { ApiContext } from './context.ts'

/** What of an answer's head is given again. */
const KEPT_HEADERS = ['content-type', 'content-language', 'location', 'etag']

const keyOf = (header: string | readonly string[] | undefined): string | undefined =>
  typeof header === 'string' ? header : undefined

/** An answer that says nothing about whether it would work the next time is not kept. */
const isFinal = (status: number): boolean => status < 500

export const answerOnce = (app: FastifyInstance, { server, log }: ApiContext): void => {
  const { db, vault, clock } = server.ports
  const secret = vault.keyed('idempotency')
  const process = randomUUID()

  app.decorateRequest('claimed', undefined)

  app.addHook('preHandler', async (request, reply) => {
    const key = keyOf(request.headers['idempotency-key'])
    if (request.method !== 'POST' || key === undefined || request.routeOptions.config.reads === true) return
    const asked = canonical([request.method, request.url, request.body ?? null])
    const hash = createHmac('sha256', secret).update(asked).digest()
    const claimed = await claimKey(db, { key, request: hash, process, at: clock.now() })
    switch (claimed.kind) {
      case 'mine':
        request.claimed = key
        return
      case 'reused':
        throw new SundError('idempotency.reused')
      case 'in flight':
        throw new SundError('idempotency.in_flight')
      case 'interrupted':
        throw new SundError('idempotency.interrupted')
      case 'answered': {
        const { status, headers, body } = claimed.answer
        await reply
          .code(status)
          .headers({ ...headers, 'idempotency-replayed': 'true' })
          .serializer((text: unknown) => String(text))
          .send(body)
      }
    }
  })

  app.addHook('onSend', async (request, reply, payload) => {
    const key = request.claimed
    if (key === undefined) return
    request.claimed = undefined
    const headers: Record<string, string> = {}
    for (const name of KEPT_HEADERS) {
      const value = reply.getHeader(name)
      if (typeof value === 'string') headers[name] = value
    }
    const answer: StoredAnswer = { status: reply.statusCode, headers, body: typeof payload === 'string' ? payload : '' }
    try {
      if (isFinal(answer.status)) await keepAnswer(db, key, answer)
      else await releaseKey(db, key)
    } catch {
      // What was asked is done, so its answer goes out; the key stays in flight and is refused.
      log.warn('The answer to a request with an Idempotency-Key could not be kept.')
    }
  })
}
