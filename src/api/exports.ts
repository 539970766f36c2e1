/** Exports: which segments go through which connection, and how people are matched. Saving one never runs it. */
import { z } from 'zod'
import type { AnyDestination } from '../destination-kit/kit.ts'
import { destinationOf } from '../destinations/index.ts'
import { matching } from '../domain/matching.ts'
import { unification } from '../domain/unification.ts'
import { listConnections } from '../store/connection.ts'
import type { ControlPlane } from '../store/control-plane.ts'
import { createExport, type Export, getExport, listExports, removeExport, updateExport } from '../store/export.ts'
import { listSegments } from '../store/segment.ts'
import { readUnification } from '../store/unification.ts'
import { accountFieldsIfAsked } from './account-fields.ts'
import { displayName, id, idParams, onceHeaders, textValues } from './common.ts'
import type { Api, ApiContext } from './context.ts'
import { changeHeaders, mustMatch, tagged } from './etag.ts'
import { matchingProblems, settingProblems } from './given-values.ts'
import { namedPage, namedQuery, pageOf } from './paging.ts'
import { refuseUnusable, type Unusable } from './problem.ts'

const exportMatching = matching.meta({ id: 'Matching' })
const exportBody = z
  .strictObject({
    name: displayName,
    connectionId: id,
    segmentIds: z
      .array(id)
      .min(1)
      .max(1000)
      .refine((ids) => new Set(ids).size === ids.length, { error: 'A segment is named twice.' }),
    matching: exportMatching,
    settings: textValues.default({}),
    listId: z
      .string()
      .min(1)
      .max(500)
      .nullable()
      .default(null)
      .describe(
        'The ID of the list at the service; null where a list is made for each segment, or the connection names one.',
      ),
  })
  .meta({ id: 'NewExport' })
type Wanted = z.infer<typeof exportBody>

const exported = z
  .object({
    id,
    name: z.string(),
    connectionId: id,
    segmentIds: z.array(id),
    matching: exportMatching,
    settings: z.record(z.string(), z.string()),
    listId: z.string().nullable(),
  })
  .meta({ id: 'Export' })
const exportPage = pageOf('Exports', exported)

const shown = (one: Export): z.infer<typeof exported> => ({
  id: one.id,
  name: one.name,
  connectionId: one.connectionId,
  segmentIds: [...one.segmentIds],
  matching: { identifier: one.matching.identifier, fields: { ...one.matching.fields } },
  settings: { ...one.settings },
  listId: one.listRemoteId ?? null,
})

const stored = ({ listId, ...same }: Wanted) => ({ ...same, ...(listId === null ? {} : { listRemoteId: listId }) })

const unknownId = (path: readonly PropertyKey[], en: string, nb: string): Unusable => ({ path, en, nb })

const segmentProblems = async (db: ControlPlane['db'], { segmentIds }: Wanted): Promise<Unusable[]> => {
  const there = new Set((await listSegments(db)).map((segment) => segment.id))
  return segmentIds.flatMap((wanted, index) =>
    there.has(wanted)
      ? []
      : [
          unknownId(
            ['segmentIds', index],
            'There is no segment with this id.',
            'Det finnes ikke noe segment med denne id-en.',
          ),
        ],
  )
}

const listProblems = ({ ensureList, defaultList }: AnyDestination, { listId }: Wanted): Unusable[] =>
  ensureList !== undefined || defaultList !== undefined || listId !== null
    ? []
    : [
        {
          path: ['listId'],
          en: 'This service makes no lists for us: name the one that people go into.',
          nb: 'Denne tjenesten lager ikke lister for oss: Oppgi listen som personene skal inn i.',
        },
      ]

/** Refuses what cannot be used with the connection that is wanted. */
const refuseUnusableExport = async (context: ApiContext, wanted: Wanted): Promise<void> => {
  const { db } = context.server.ports
  const problems = await segmentProblems(db, wanted)
  const connection = (await listConnections(db)).find((one) => one.id === wanted.connectionId)
  if (connection === undefined) {
    const words = ['There is no connection with this id.', 'Det finnes ingen tilkobling med denne id-en.'] as const
    refuseUnusable([...problems, unknownId(['connectionId'], ...words)])
    throw new TypeError('A connection that is not there was not refused.')
  }
  const destination = destinationOf(connection.destination)
  const definition = unification.safeParse(await readUnification(db))
  const settings = settingProblems(destination, 'export', wanted.settings)
  const account = settings.length === 0 ? await accountFieldsIfAsked(context, connection, wanted) : undefined
  const profileFields = definition.success ? definition.data.fields : undefined
  refuseUnusable([
    ...problems,
    ...settings,
    ...matchingProblems(destination, wanted.matching, { profileFields, account }),
    ...listProblems(destination, wanted),
  ])
}

export const exportRoutes = (app: Api, context: ApiContext): void => {
  const { db } = context.server.ports

  app.get(
    '/exports',
    {
      schema: {
        operationId: 'listExports',
        summary: 'List exports',
        tags: ['exports'],
        querystring: namedQuery.extend({ connection: id.optional() }),
        response: { 200: exportPage },
      },
    },
    async ({ query }) => {
      const all = await listExports(db)
      const wanted = all.filter((one) => query.connection === undefined || one.connectionId === query.connection)
      const found = namedPage(wanted, query)
      return { ...found, items: found.items.map(shown) }
    },
  )

  app.post(
    '/exports',
    {
      schema: {
        operationId: 'createExport',
        summary: 'Make an export; this does not run it',
        tags: ['exports'],
        headers: onceHeaders,
        body: exportBody,
        response: { 201: exported },
      },
      config: { errors: ['export.exists', 'request.unusable'] },
    },
    async ({ body }, reply) => {
      await refuseUnusableExport(context, body)
      const made = shown(await createExport(db, stored(body)))
      return await reply.code(201).header('location', `/api/v1/exports/${made.id}`).send(tagged(reply, made))
    },
  )

  app.get(
    '/exports/:id',
    {
      schema: {
        operationId: 'getExport',
        summary: 'Show an export',
        tags: ['exports'],
        params: idParams,
        response: { 200: exported },
      },
      config: { errors: ['export.missing'] },
    },
    async ({ params }, reply) => tagged(reply, shown(await getExport(db, params.id))),
  )

  app.put(
    '/exports/:id',
    {
      schema: {
        operationId: 'replaceExport',
        summary: 'Replace an export; a run under way keeps to what it began with',
        tags: ['exports'],
        params: idParams,
        headers: changeHeaders,
        body: exportBody,
        response: { 200: exported },
      },
      config: {
        errors: [
          ...(['export.exists', 'export.missing', 'request.no_precondition'] as const),
          ...(['request.stale', 'request.unusable'] as const),
        ],
      },
    },
    async ({ params, headers, body }, reply) => {
      const precondition = mustMatch(headers['if-match'], shown)
      await getExport(db, params.id)
      await refuseUnusableExport(context, body)
      const changes = { ...stored(body), listRemoteId: body.listId }
      return tagged(reply, shown(await updateExport(db, params.id, changes, precondition)))
    },
  )

  app.delete(
    '/exports/:id',
    {
      schema: {
        operationId: 'removeExport',
        summary: 'Remove an export with its runs; people stay in the lists at the service',
        tags: ['exports'],
        params: idParams,
        headers: changeHeaders,
        response: { 204: z.undefined() },
      },
      config: { errors: ['export.missing', 'export.running', 'request.no_precondition', 'request.stale'] },
    },
    async ({ params, headers }, reply) => {
      await removeExport(db, params.id, mustMatch(headers['if-match'], shown))
      return await reply.code(204).send()
    },
  )
}
