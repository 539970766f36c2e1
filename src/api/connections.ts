/** Connections: a destination with credentials, which go in and never come out. */
import { z } from 'zod'
import { destinationOf, destinations } from '../destinations/index.ts'
import {
  type Connection,
  createConnection,
  getConnection,
  listConnections,
  removeConnection,
  updateConnection,
} from '../store/connection.ts'
import { displayName, id, idParams, moment, onceHeaders, textValues } from './common.ts'
import type { Api, ApiContext } from './context.ts'
import { changeHeaders, mustMatch, tagged } from './etag.ts'
import { credentialProblems, settingProblems } from './given-values.ts'
import { namedPage, namedQuery, pageOf } from './paging.ts'
import { refuseUnusable } from './problem.ts'

const peopleLimit = z.int().min(1).max(1_000_000_000)
const credentials = textValues.describe('Kept sealed, and never told again. All that the destination asks for.')

const newConnection = z
  .strictObject({
    name: displayName,
    destination: z.string().min(1).max(60),
    settings: textValues.default({}),
    credentials,
    peopleLimit: peopleLimit.optional().describe('The most people that the contract with the service allows.'),
  })
  .meta({ id: 'NewConnection' })

const connectionChanges = z
  .strictObject({
    name: displayName.optional(),
    settings: textValues.optional().describe('In place of those before; what the check found is forgotten.'),
    credentials: credentials.optional().describe('In place of those before; the sign-in is forgotten.'),
    peopleLimit: peopleLimit.nullable().optional().describe('null: none.'),
    limitLifted: z.boolean().optional().describe('The documented limit of the service is not kept.'),
  })
  .meta({ id: 'ConnectionChanges' })

export const connection = z
  .object({
    id,
    name: z.string(),
    destination: z.string(),
    settings: z.record(z.string(), z.string()),
    found: z.record(z.string(), z.string()).nullable().describe('What the check told; null until it was checked.'),
    peopleLimit: z.int().nullable(),
    limitLifted: z.boolean(),
    signedIn: z.boolean(),
    createdAt: moment,
  })
  .meta({ id: 'Connection' })
const connections = pageOf('Connections', connection)

export const shownConnection = (one: Connection): z.infer<typeof connection> => ({
  id: one.id,
  name: one.name,
  destination: one.destination,
  settings: { ...one.settings },
  found: one.found === undefined ? null : { ...one.found },
  peopleLimit: one.peopleLimit ?? null,
  limitLifted: one.limitLifted,
  signedIn: one.signedIn,
  createdAt: one.createdAt.toISOString(),
})

const refuseUnknownDestination = (slug: string): void => {
  if (destinations.some((one) => one.id === slug)) return
  const slugs = destinations.map((one) => one.id).join(', ')
  refuseUnusable([
    { path: ['destination'], en: `It must be one of: ${slugs}.`, nb: `Det må være en av disse: ${slugs}.` },
  ])
}

export const connectionRoutes = (app: Api, { server }: ApiContext): void => {
  const { db, vault } = server.ports

  app.get(
    '/connections',
    {
      schema: {
        operationId: 'listConnections',
        summary: 'List connections',
        tags: ['connections'],
        querystring: namedQuery.extend({ destination: z.string().max(60).optional() }),
        response: { 200: connections },
      },
    },
    async ({ query }) => {
      const all = await listConnections(db)
      const wanted = all.filter((one) => query.destination === undefined || one.destination === query.destination)
      const found = namedPage(wanted, query)
      return { ...found, items: found.items.map(shownConnection) }
    },
  )

  app.post(
    '/connections',
    {
      schema: {
        operationId: 'createConnection',
        summary: 'Make a connection',
        tags: ['connections'],
        headers: onceHeaders,
        body: newConnection,
        response: { 201: connection },
      },
      config: { errors: ['connection.exists', 'request.unusable'] },
    },
    async ({ body }, reply) => {
      refuseUnknownDestination(body.destination)
      const destination = destinationOf(body.destination)
      refuseUnusable([
        ...settingProblems(destination, 'connection', body.settings),
        ...credentialProblems(destination, body.credentials),
      ])
      const { peopleLimit: limit, ...rest } = body
      const wanted = { ...rest, ...(limit === undefined ? {} : { peopleLimit: limit }) }
      const made = shownConnection(await createConnection(db, vault, wanted))
      return await reply.code(201).header('location', `/api/v1/connections/${made.id}`).send(tagged(reply, made))
    },
  )

  app.get(
    '/connections/:id',
    {
      schema: {
        operationId: 'getConnection',
        summary: 'Show a connection, without its credentials',
        tags: ['connections'],
        params: idParams,
        response: { 200: connection },
      },
      config: { errors: ['connection.missing'] },
    },
    async ({ params }, reply) => tagged(reply, shownConnection(await getConnection(db, params.id))),
  )

  app.patch(
    '/connections/:id',
    {
      schema: {
        operationId: 'changeConnection',
        summary: 'Change what is given of a connection',
        tags: ['connections'],
        params: idParams,
        headers: changeHeaders,
        body: connectionChanges,
        response: { 200: connection },
      },
      config: {
        errors: [
          ...(['connection.exists', 'connection.missing', 'request.no_precondition'] as const),
          ...(['request.stale', 'request.unusable'] as const),
        ],
      },
    },
    async ({ params, headers, body }, reply) => {
      const precondition = mustMatch(headers['if-match'], shownConnection)
      const destination = destinationOf((await getConnection(db, params.id)).destination)
      refuseUnusable([
        ...(body.settings === undefined ? [] : settingProblems(destination, 'connection', body.settings)),
        ...(body.credentials === undefined ? [] : credentialProblems(destination, body.credentials)),
      ])
      const { name, settings, credentials: secrets, peopleLimit: limit, limitLifted } = body
      const changes = {
        ...(name === undefined ? {} : { name }),
        ...(settings === undefined ? {} : { settings }),
        ...(secrets === undefined ? {} : { credentials: secrets }),
        ...(limit === undefined ? {} : { peopleLimit: limit }),
        ...(limitLifted === undefined ? {} : { limitLifted }),
      }
      return tagged(reply, shownConnection(await updateConnection(db, vault, params.id, changes, precondition)))
    },
  )

  app.delete(
    '/connections/:id',
    {
      schema: {
        operationId: 'removeConnection',
        summary: 'Remove a connection that no export uses; its credentials are destroyed',
        tags: ['connections'],
        params: idParams,
        headers: changeHeaders,
        response: { 204: z.undefined() },
      },
      config: { errors: ['connection.in_use', 'connection.missing', 'request.no_precondition', 'request.stale'] },
    },
    async ({ params, headers }, reply) => {
      await removeConnection(db, params.id, mustMatch(headers['if-match'], shownConnection))
      return await reply.code(204).send()
    },
  )
}
