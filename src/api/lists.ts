/** Lists at the services, what the ledger knows of them, and whom the services refuse. */
import { z } from 'zod'
import { destinationOf } from '../destinations/index.ts'
import { explain } from '../exports/ending.ts'
import { createAgain, forgetWhatIsOver } from '../exports/leaving.ts'
import { type ListPeople, listPeople, standingRejects } from '../exports/list-people.ts'
import { emptyList, forgetList, getList } from '../store/leaving.ts'
import { type NamedList, namedList, namedLists } from '../store/list-names.ts'
import { decideOwnership } from '../store/list-ownership.ts'
import { ownershipAnswers } from '../store/schema.ts'
import { LOOK_UP_PATIENCE_MS, lookUpErrors } from './account-fields.ts'
import { id, idParams, moment, momentOf, onceHeaders } from './common.ts'
import type { Api, ApiContext } from './context.ts'
import { maskedIdentifier, maskedText, revealQuery } from './masking.ts'
import { namedPage, namedQuery, offsetOf, page, pageOf, pageQuery } from './paging.ts'
import { knownBy } from './run-records.ts'
import { requestedRun, shownRun } from './run-shapes.ts'

const list = z
  .object({
    id,
    name: z.string(),
    exportId: id,
    exportName: z.string(),
    segmentId: id.nullable().describe('null where it takes the union of the segments of the export.'),
    segmentName: z
      .string()
      .nullable()
      .describe('What the segment is called now. A list keeps the name that it was made with.'),
    destination: z.string(),
    remoteId: z.string().nullable().describe('The ID at the service; null until a run has found or made it.'),
    ownership: z
      .enum(['undecided', ...ownershipAnswers])
      .nullable()
      .describe(
        'Whose it is, where Sund did not make it and cannot read who is in it. undecided: runs wait for an answer. ours: Sund alone fills it. add-only: others fill it too, and Sund removes nobody. null where nobody had to say.',
      ),
    emptying: z
      .boolean()
      .describe('Our people are being taken off it: its export has a last run, which a person has to approve.'),
    closedAt: moment.optional().describe('Since when the export does not fill it any more.'),
    people: z
      .object({
        present: z.int().describe('Ours, and acknowledged.'),
        theirs: z.int().describe('Found there; never removed by us.'),
        removing: z.int().describe('The service has not taken them out yet.'),
        unknown: z.int().describe('Sent, and the answer was never read.'),
        left: z.int(),
        rejected: z.int().describe('Refused by the service until now.'),
      })
      .meta({ id: 'ListPeople' }),
  })
  .meta({ id: 'List' })
const decision = z.strictObject({ ownership: z.enum(ownershipAnswers) }).meta({ id: 'ListDecision' })
const lists = pageOf('Lists', list)

const reject = z
  .object({
    customerId: z.string().nullable(),
    identifier: z.string().nullable().describe('Masked unless asked for; null where it is known no more.'),
    operation: z.enum(['add', 'remove']),
    code: z.string(),
    reason: z.string().describe('The words of the service.'),
    final: z.boolean().describe('The service will never take it, so it is not tried again.'),
    runId: id.describe('The run in which it was refused last.'),
    firstAt: moment,
    nextTryAt: moment.optional(),
  })
  .meta({ id: 'Reject' })
const rejects = pageOf('Rejects', reject)

const shown = (one: NamedList, people: ListPeople): z.infer<typeof list> => ({
  id: one.id,
  name: one.name,
  exportId: one.exportId,
  exportName: one.exportName,
  segmentId: one.segmentId ?? null,
  segmentName: one.segmentName ?? null,
  destination: one.destination,
  remoteId: one.remoteId ?? null,
  ownership: one.ownership ?? null,
  emptying: one.emptying,
  ...momentOf('closedAt', one.closedAt),
  people: { ...people },
})

const listRoutesOnly = (app: Api, { server }: ApiContext): void => {
  const { db, engine } = server.ports

  app.get(
    '/lists',
    {
      schema: {
        operationId: 'listLists',
        summary: 'List the lists that exports fill',
        tags: ['lists'],
        querystring: namedQuery.extend({ export: id.optional() }),
        response: { 200: lists },
      },
    },
    async ({ query }) => {
      const all = await namedLists(db)
      const wanted = all.filter(({ exportId }) => query.export === undefined || exportId === query.export)
      const people = await listPeople(engine)
      const found = namedPage(wanted, query)
      return { ...found, items: found.items.map((one) => shown(one, people(one.id))) }
    },
  )

  app.get(
    '/lists/:id',
    {
      schema: {
        operationId: 'getList',
        summary: 'Show a list, and how many people the ledger knows there',
        tags: ['lists'],
        params: idParams,
        response: { 200: list },
      },
      config: { errors: ['list.missing'] },
    },
    async ({ params }) => shown(await namedList(db, params.id), (await listPeople(engine))(params.id)),
  )

  app.post(
    '/lists/:id/ownership',
    {
      schema: {
        operationId: 'decideList',
        summary: 'Say whose a list is that Sund did not make and cannot read',
        tags: ['lists'],
        params: idParams,
        body: decision,
        response: { 200: list },
      },
      config: { errors: ['list.missing', 'list.not_found_yet'] },
    },
    async ({ params, body }) => {
      await decideOwnership(db, params.id, body.ownership)
      return shown(await namedList(db, params.id), (await listPeople(engine))(params.id))
    },
  )
}

const listEndings = (app: Api, { server, stopping }: ApiContext): void => {
  const { ports } = server
  const { db, engine } = ports

  app.post(
    '/lists/:id/empty',
    {
      schema: {
        operationId: 'emptyList',
        summary: 'Take our people off a list that its export fills no more, then forget it',
        description: 'The run is Held until a person approves it. It takes off only whom Sund put there.',
        tags: ['lists'],
        params: idParams,
        headers: onceHeaders,
        response: { 202: requestedRun },
      },
      config: { errors: ['list.filled', 'list.missing'] },
    },
    async ({ params }, reply) => {
      const { exportId } = await emptyList(db, params.id)
      const { run, joined } = await server.requestLast(exportId)
      return await reply
        .code(202)
        .header('location', `/api/v1/runs/${run.id}`)
        .send({ ...shownRun(run), joined })
    },
  )

  app.post(
    '/lists/:id/create-again',
    {
      schema: {
        operationId: 'createListAgain',
        summary: 'Have the next run make a list anew that is gone at the service',
        description: 'What is known of the one that is gone is forgotten, so everybody is sent to the new one.',
        tags: ['lists'],
        params: idParams,
        headers: onceHeaders,
        response: { 200: list },
      },
      config: {
        errors: [
          ...(['list.closed', 'list.missing', 'list.not_found_yet', 'list.not_made_here'] as const),
          ...(['list.other_account', 'list.still_there', 'export.running', ...lookUpErrors] as const),
        ],
      },
    },
    async ({ params }) => {
      const { destination } = await getList(db, params.id)
      try {
        const made = await createAgain({ ...ports, patienceMs: LOOK_UP_PATIENCE_MS }, params.id, stopping)
        return shown(await namedList(db, made.id), (await listPeople(engine))(made.id))
      } catch (error) {
        throw explain(error, destinationOf(destination).name)
      }
    },
  )

  app.delete(
    '/lists/:id',
    {
      schema: {
        operationId: 'forgetList',
        summary: 'Forget a list that its export fills no more; people stay in it at the service',
        description: 'Another export may fill it then, and takes everybody on it for people who were there before.',
        tags: ['lists'],
        params: idParams,
        response: { 204: z.undefined() },
      },
      config: { errors: ['export.running', 'list.filled', 'list.missing'] },
    },
    async ({ params }, reply) => {
      await forgetList(db, params.id, ports.clock.now())
      await forgetWhatIsOver(ports)
      return await reply.code(204).send()
    },
  )
}

export const listRoutes = (app: Api, context: ApiContext): void => {
  const { db, engine } = context.server.ports
  listRoutesOnly(app, context)
  listEndings(app, context)

  app.get(
    '/rejects',
    {
      schema: {
        operationId: 'listRejects',
        summary: 'List the people whom the service refuses in a list, until it takes them or they leave the segment',
        tags: ['rejects'],
        querystring: pageQuery.extend({
          list: id,
          final: z.enum(['true', 'false']).optional(),
          ...revealQuery,
        }),
        response: { 200: rejects },
      },
      config: { errors: ['list.missing'] },
    },
    async ({ query }) => {
      const { exportId } = await namedList(db, query.list)
      const known = await knownBy(context, exportId)
      const final = query.final === undefined ? undefined : query.final === 'true'
      const window = { limit: query.size, offset: offsetOf(query) }
      const found = await standingRejects(engine, query.list, final, window, known)
      const reveal = query.reveal === 'true'
      const items = found.rejects.map(({ identifier, reason, firstAt, nextTryAt, ...same }) => ({
        ...same,
        identifier: identifier === null || reveal ? identifier : maskedIdentifier(identifier),
        reason: reveal ? reason : maskedText(reason),
        firstAt: new Date(firstAt).toISOString(),
        ...(same.final ? {} : { nextTryAt: new Date(nextTryAt).toISOString() }),
      }))
      return page(items, found.total, query)
    },
  )
}
