/** What every resource is given: the server behind it, and the types of the routes. */
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import type { ErrorCode } from '../errors.ts'
import type { Server } from '../server.ts'
import type { Log } from '../store/log.ts'
import type { SignIns } from './sign-ins.ts'

export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>

export interface ApiContext {
  readonly server: Pick<Server, 'ports' | 'requestRefresh' | 'joinRun' | 'requestLast' | 'approveRun' | 'cancelRun'>
  readonly signIns: SignIns
  readonly log: Log
  /** Aborted when the API closes: streams end. */
  readonly stopping: AbortSignal
  /** Hex of the hash of the token that callers must bear. */
  readonly tokenHash: string
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Errors of this route, besides those that every route of its kind has: for the reference. */
    readonly errors?: readonly ErrorCode[]
    /** The answer is a stream of server-sent events, each with data of this shape. */
    readonly events?: z.ZodType
    /** A POST that changes nothing: it may be sent again as it is, and its answer, which may hold people, is not kept. */
    readonly reads?: true
    /** Answers without a token. */
    readonly open?: true
  }
  interface FastifyRequest {
    /** The Idempotency-Key whose answer this request will give. */
    claimed: string | undefined
  }
}
