/** Exports: which segments go through which connection, and how people are matched. Saving one never runs it. */
import { z } from 'zod'
import { type OpenConnection, openConnection } from '../connections/open-connection.ts'
import type { AnyDestination } from '../destination-kit/kit.ts'
import { destinationOf } from '../destinations/index.ts'
import { matching } from '../domain/matching.ts'
import { unification } from '../domain/unification.ts'
import { forgetWhatIsOver } from '../exports/leaving.ts'
import { unwantedBy } from '../exports/lists.ts'
import { type Connection, getConnection, listConnections } from '../store/connection.ts'
import type { ControlPlane } from '../store/control-plane.ts'
import { createExport, type Export, getExport, listExports, removeExport, updateExport } from '../store/export.ts'
import { emptyingLists, keepFilled, leaveExport, letGo, partings } from '../store/leaving.ts'
import type { ExportList } from '../store/list.ts'
import { listSegments } from '../store/segment.ts'
import { readUnification } from '../store/unification.ts'
import { accountFieldsIfAsked } from './account-fields.ts'
import { displayName, id, idParams, onceHeaders, textValues } from './common.ts'
import type { Api, ApiContext } from './context.ts'
import { changeHeaders, mustMatch, tagged } from './etag.ts'
import { matchingProblems, settingProblems } from './given-values.ts'
import { namedPage, namedQuery, pageOf } from './paging.ts'
import { refuseUnusable, type Unusable } from './problem.ts'
import { requestedRun, shownRun } from './run-shapes.ts'

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
    leaving: z.boolean().describe('Its last run takes our people off its lists; then it is removed.'),
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
  leaving: one.leaving,
})

const parting = z
  .enum(partings)
  .default('leave')
  .describe(
    'What becomes of our people on lists that the export fills no more: leave, or remove, by a run that is Held until a person approves it.',
  )

const outOfReach: Unusable = {
  path: ['people'],
  in: 'query',
  en: 'With another connection or account Sund cannot reach the lists of the present one. Take people off them first, then change it.',
  nb: 'Med en annen tilkobling eller konto når ikke Sund listene til den nåværende. Ta personene ut av dem først, og bytt etterpå.',
}

/** Where the lists are. */
const accountOf = ({ destination, place }: OpenConnection): string => destination.account(place)

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

const listProblems = (
  { ensureList, defaultList }: AnyDestination,
  { listId }: Wanted,
  { settings }: Connection,
): Unusable[] =>
  ensureList !== undefined || (defaultList !== undefined && settings[defaultList]) || listId !== null
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
    ...listProblems(destination, wanted, connection),
  ])
}

export const exportRoutes = (app: Api, context: ApiContext): void => {
  const { server } = context
  const { ports } = server
  const { db } = ports

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
        querystring: z.strictObject({ people: parting }),
        headers: changeHeaders,
        body: exportBody,
        response: { 200: exported },
      },
      config: {
        errors: [
          ...(['export.exists', 'export.leaving', 'export.missing', 'request.no_precondition'] as const),
          ...(['request.stale', 'request.unusable'] as const),
        ],
      },
    },
    async ({ params, headers, query: { people }, body }, reply) => {
      const precondition = mustMatch(headers['if-match'], shown)
      const current = await getExport(db, params.id)
      await refuseUnusableExport(context, body)
      const connection = await getConnection(db, body.connectionId)
      const place = await openConnection(ports, connection, body.settings)
      if (people === 'remove') {
        // What a last run goes through is the connection that the export has by then.
        if (current.connectionId !== connection.id) refuseUnusable([outOfReach])
        const before = await openConnection(ports, connection, current.settings)
        if (accountOf(before) !== accountOf(place)) refuseUnusable([outOfReach])
      }
      const changes = { ...stored(body), listRemoteId: body.listId }
      const changed = await updateExport(db, params.id, changes, precondition, async (tx, wanted) => {
        const unwanted = unwantedBy(place, wanted)
        const isThere = (list: ExportList) =>
          list.destination === place.destination.id && list.account === accountOf(place)
        await letGo(tx, params.id, unwanted, { people, at: ports.clock.now() })
        await keepFilled(tx, params.id, (list) => isThere(list) && !unwanted(list))
      })
      if (people === 'remove' && (await emptyingLists(db, params.id)).length > 0) await server.requestLast(params.id)
      return tagged(reply, shown(changed))
    },
  )

  app.delete(
    '/exports/:id',
    {
      schema: {
        operationId: 'removeExport',
        summary: 'Remove an export with its runs and what is known of its lists; people stay in them at the service',
        tags: ['exports'],
        params: idParams,
        headers: changeHeaders,
        response: { 204: z.undefined() },
      },
      config: { errors: ['export.missing', 'export.running', 'request.no_precondition', 'request.stale'] },
    },
    async ({ params, headers }, reply) => {
      await removeExport(db, params.id, mustMatch(headers['if-match'], shown))
      await forgetWhatIsOver(ports)
      return await reply.code(204).send()
    },
  )

  app.post(
    '/exports/:id/leave',
    {
      schema: {
        operationId: 'leaveExport',
        summary: 'Take our people off the lists of an export, then remove it',
        description:
          'Its last run is Held until a person approves it; it takes off only whom Sund put there. When nobody of ours is left on any list, the export is removed, and its runs can still be looked at. Canceling the last run keeps the export.',
        tags: ['exports'],
        params: idParams,
        headers: changeHeaders,
        response: { 202: requestedRun },
      },
      config: { errors: ['export.missing', 'export.running', 'request.no_precondition', 'request.stale'] },
    },
    async ({ params, headers }, reply) => {
      await leaveExport(db, params.id, ports.clock.now(), mustMatch(headers['if-match'], shown))
      const { run, joined } = await server.requestLast(params.id)
      return await reply
        .code(202)
        .header('location', `/api/v1/runs/${run.id}`)
        .send({ ...shownRun(run), joined })
    },
  )
}
