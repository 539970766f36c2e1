/** Puts the API together: what every request goes through, and the resources. */
import Fastify, { type FastifyInstance } from 'fastify'
import { serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import { SundError } from '../errors.ts'
import { guardAccess } from './access.ts'
import { connectionActionRoutes } from './connection-actions.ts'
import { connectionRoutes } from './connections.ts'
import type { Api, ApiContext } from './context.ts'
import { credentialCompareRoutes } from './credential-compare.ts'
import { destinationRoutes } from './destinations.ts'
import { dryRunRoutes } from './dry-runs.ts'
import { exportPreviewRoutes } from './export-previews.ts'
import { exportRoutes } from './exports.ts'
import { answerError, answerToNoRequest } from './failures.ts'
import { healthRoutes } from './health.ts'
import { answerOnce } from './idempotency.ts'
import { readJsonBodies } from './json-body.ts'
import { listRoutes } from './lists.ts'
import { describeRoutes } from './openapi.ts'
import { type FieldProblem, refusedForm } from './problem.ts'
import { profileRoutes } from './profiles.ts'
import { refreshRoutes } from './refreshes.ts'
import { runRecordRoutes } from './run-records.ts'
import { runRoutes } from './runs.ts'
import { segmentRoutes } from './segments.ts'
import { settingRoutes } from './settings.ts'
import { sourceRoutes } from './sources.ts'
import { tableRoutes } from './tables.ts'
import { unificationRoutes } from './unification.ts'

const MAX_BODY_BYTES = 1024 * 1024
const MAX_PARAMETER = 200
const ANSWER_WITHIN_MS = 120_000

const resources: readonly ((app: Api, context: ApiContext) => void)[] = [
  sourceRoutes,
  tableRoutes,
  unificationRoutes,
  profileRoutes,
  segmentRoutes,
  destinationRoutes,
  connectionRoutes,
  connectionActionRoutes,
  credentialCompareRoutes,
  exportRoutes,
  exportPreviewRoutes,
  dryRunRoutes,
  runRoutes,
  runRecordRoutes,
  listRoutes,
  refreshRoutes,
  settingRoutes,
]

const parts: Readonly<Record<string, FieldProblem['in']>> = {
  body: 'body',
  querystring: 'query',
  params: 'path',
  headers: 'header',
}

const validate = (app: FastifyInstance): void => {
  app.setValidatorCompiler<z.ZodType>(({ schema, httpPart }) => (given: unknown) => {
    const parsed = schema.safeParse(given)
    if (parsed.success) return { value: parsed.data }
    return { error: refusedForm(parts[httpPart ?? ''] ?? 'body', schema, given) }
  })
  app.setSerializerCompiler(serializerCompiler)
}

export interface Route {
  readonly method: string
  /** Parameters as `:name`. */
  readonly url: string
}

const patternOf = ({ url }: Route): RegExp => new RegExp(`^${url.replaceAll('.', '\\.').replace(/:[^/]+/g, '[^/]+')}$`)

/** The routes as they are registered from now on. */
const collectRoutes = (app: FastifyInstance): readonly Route[] => {
  const routes: Route[] = []
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.push({ method: one, url })
  })
  return routes
}

/** Answers what no route takes: another method of a known address, or no address of ours. */
const answerUnknown = (app: FastifyInstance, routes: readonly Route[]): void => {
  app.setNotFoundHandler(async ({ method, url }, reply) => {
    const path = url.split('?')[0] ?? ''
    const allowed = routes.filter((route) => patternOf(route).test(path)).map((route) => route.method)
    if (allowed.length === 0) throw new SundError('request.not_found')
    reply.header('allow', allowed.join(', '))
    throw new SundError('request.method', { method, allowed: allowed.join(', ') })
  })
}

export interface BuiltApi {
  readonly app: FastifyInstance
  readonly routes: readonly Route[]
}

/** The API, ready to listen. */
export const buildApi = async (context: ApiContext): Promise<BuiltApi> => {
  const app = Fastify({
    bodyLimit: MAX_BODY_BYTES,
    exposeHeadRoutes: false,
    requestTimeout: ANSWER_WITHIN_MS,
    forceCloseConnections: 'idle',
    logger: false,
    routerOptions: { maxParamLength: MAX_PARAMETER },
    clientErrorHandler: (error, socket) => {
      if (socket.writable && error.code !== 'ECONNRESET') socket.write(answerToNoRequest(error))
      socket.destroy(error)
    },
    frameworkErrors: (error, request, reply) => {
      void answerError(context.log)(error, request, reply)
    },
  })
  readJsonBodies(app)
  validate(app)
  app.setErrorHandler(answerError(context.log))
  const routes = collectRoutes(app)
  answerUnknown(app, routes)
  guardAccess(app, context.tokenHash)
  answerOnce(app, context)
  await describeRoutes(app)
  healthRoutes(app.withTypeProvider<ZodTypeProvider>(), context)
  await app.register(
    async (api) => {
      for (const routes of resources) routes(api.withTypeProvider<ZodTypeProvider>(), context)
    },
    { prefix: '/api/v1' },
  )
  await app.ready()
  return { app, routes }
}
