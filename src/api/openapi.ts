/** The OpenAPI 3.1 document, made from the schemas of the routes. */
import swagger from '@fastify/swagger'
import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify'
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { matchedField, matchedFieldNode, matchedValueNode } from '../domain/matched-value.ts'
import { rule, ruleNode } from '../domain/rule.ts'
import { type ErrorCode, errorEntries } from '../errors.ts'
import { tidied } from './openapi-components.ts'
import { problem, titleOf } from './problem.ts'

type Config = RouteOptions['config']

/** Errors that a route can answer with because of what kind of route it is. */
const usualErrors = ({ method, config }: RouteOptions, schema: FastifySchema): ErrorCode[] => [
  ...(config?.open === true ? [] : (['access.unauthenticated'] as const)),
  ...(['access.foreign_host', 'access.foreign_origin'] as const),
  ...((schema.params ?? schema.querystring ?? schema.body ?? schema.headers) ? (['request.invalid'] as const) : []),
  ...(schema.body === undefined ? [] : (['request.malformed', 'request.media_type', 'request.too_large'] as const)),
  ...(method === 'POST' && config?.reads !== true
    ? (['idempotency.in_flight', 'idempotency.interrupted', 'idempotency.reused'] as const)
    : []),
  ...(['request.failed'] as const),
]

const problemAnswers = (codes: readonly ErrorCode[]) => {
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of [...new Set(codes)].sort()) {
    const { status } = errorEntries[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return Object.fromEntries(
    [...byStatus].map(([status, same]) => [
      String(status),
      {
        description: `${titleOf(status, 'en')}: ${same.map((code) => `\`${code}\``).join(', ')}`,
        content: { 'application/problem+json': { schema: problem } },
      },
    ]),
  )
}

const eventAnswer = (events: Config) =>
  events?.events === undefined
    ? {}
    : {
        200: {
          description:
            'Server-sent events. The data of each `progress` is this shape; `end` says that it will not change any more.',
          content: { 'text/event-stream': { schema: events.events } },
        },
      }

const successes: Readonly<Record<string, string>> = {
  200: 'As it is now.',
  201: 'Made; `Location` says where it is.',
  202: 'Begun; it goes on after this answer.',
}

/** The answers that the route itself declares, described. */
const ownAnswers = (response: unknown): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(z.record(z.string(), z.instanceof(z.ZodType)).parse(response ?? {})).map(([status, schema]) => {
      const description = successes[status]
      return [status, description === undefined ? schema : { description, content: { 'application/json': { schema } } }]
    }),
  )

const documented = (route: RouteOptions, schema: FastifySchema): FastifySchema => ({
  ...schema,
  ...(route.config?.open === true ? { security: [] } : {}),
  response: {
    ...ownAnswers(schema.response),
    ...eventAnswer(route.config),
    ...problemAnswers([...(route.config?.errors ?? []), ...usualErrors(route, schema)]),
  },
})

z.globalRegistry.add(matchedValueNode, {
  id: 'MatchedValue',
  description: 'The name of a profile field, or a transform of such values; see docs/matching.md.',
})
z.globalRegistry.add(matchedFieldNode, {
  id: 'MatchedField',
  description: 'What fills a field of the service; clear asks the service to empty it.',
})
z.globalRegistry.add(ruleNode, { id: 'Rule', description: 'A condition, or conditions joined by all or any.' })

interface Conversion {
  readonly zodSchema: z.core.$ZodType
  readonly jsonSchema: z.core.JSONSchema.BaseSchema
}

const override = ({ zodSchema, jsonSchema }: Conversion): void => {
  // These are first looked at as a whole, which their schemas say nothing about.
  if (zodSchema === matchedField) jsonSchema.$ref = '#/components/schemas/MatchedField'
  if (zodSchema === rule) jsonSchema.$ref = '#/components/schemas/Rule'
  // An answer without content.
  if (zodSchema._zod.def.type === 'undefined') jsonSchema.type = 'null'
  // The format says it.
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern
  // That a whole number is one that is exact goes without saying.
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
}

const toDocument = createJsonSchemaTransform({ zodToJsonConfig: { override } })
const toComponents = createJsonSchemaTransformObject({ zodToJsonConfig: { override } })

/** Registers the collecting of routes; must come before the routes do. */
export const describeRoutes = async (app: FastifyInstance): Promise<void> => {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Sund',
        version: '1',
        description:
          'Carries segments of unified customer profiles to the services that market to them. Words are those of docs/glossary.md. Lists come in pages; errors are problem documents (RFC 9457); changes of definitions need If-Match.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'The token in the file `token` of the data folder.' },
        },
      },
      security: [{ token: [] }],
    },
    transform: (document) => toDocument({ ...document, schema: documented(document.route, document.schema ?? {}) }),
    transformObject: (document) => tidied(toComponents(document)),
  })
}
