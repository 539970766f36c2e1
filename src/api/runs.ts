/** Runs: asked for, watched, canceled, approved, and looked into by batch. */
import { z } from 'zod'
import { getExport } from '../store/export.ts'
import { getRun } from '../store/run-decisions.ts'
import { type BatchRow, batchPage, runPage } from '../store/run-pages.ts'
import { id, idParams, moment, momentOf, onceHeaders } from './common.ts'
import type { Api, ApiContext } from './context.ts'
import { tagged } from './etag.ts'
import { sendEvents } from './events.ts'
import { offsetOf, page, pageOf, pageQuery } from './paging.ts'
import { progressOf, requestedRun, run, runProgress, runStatus, shownRun } from './run-shapes.ts'

const runs = pageOf('Runs', run)

const batch = z
  .object({
    number: z.int(),
    listId: id,
    operation: z.enum(['add', 'remove']),
    route: z.int(),
    from: z.int().describe('The place of its first record in the outbox.'),
    to: z.int(),
    state: z.enum(['pending', 'sending', 'accepted', 'done', 'split']),
    sentAt: moment.optional(),
    dueAt: moment.optional().describe('When the next look at the job of the service is due.'),
    lostAt: moment.optional().describe('When a request left whose answer was never read.'),
  })
  .meta({ id: 'Batch' })
const batches = pageOf('Batches', batch)

const shownBatch = ({ sentAt, dueAt, lostAt, ...same }: BatchRow): z.infer<typeof batch> => ({
  ...same,
  ...momentOf('sentAt', sentAt),
  ...momentOf('dueAt', dueAt),
  ...momentOf('lostAt', lostAt),
})

const runRequests = (app: Api, { server }: ApiContext): void => {
  app.post(
    '/exports/:id/runs',
    {
      schema: {
        operationId: 'startRun',
        summary: 'Run an export now, or join its live run',
        tags: ['runs'],
        params: idParams,
        headers: onceHeaders,
        response: { 202: requestedRun },
      },
      config: { errors: ['export.missing'] },
    },
    async ({ params }, reply) => {
      await getExport(server.ports.db, params.id)
      const requested = await server.joinRun(params.id)
      const body = { ...shownRun(requested.run), joined: requested.joined }
      return await reply.code(202).header('location', `/api/v1/runs/${body.id}`).send(body)
    },
  )

  app.post(
    '/runs/:id/cancel',
    {
      schema: {
        operationId: 'cancelRun',
        summary: 'Send no more batches of a run and settle it; let go of a Held one',
        description: 'Jobs that the service has accepted are followed to their end. It holds across restarts.',
        tags: ['runs'],
        params: idParams,
        headers: onceHeaders,
        response: { 202: run },
      },
      config: { errors: ['run.already_settled', 'run.missing'] },
    },
    async ({ params }, reply) => await reply.code(202).send(shownRun(await server.cancelRun(params.id))),
  )

  app.post(
    '/runs/:id/approve',
    {
      schema: {
        operationId: 'approveRun',
        summary: 'Send a Held delta, if it is still the same when it is planned again',
        tags: ['runs'],
        params: idParams,
        headers: onceHeaders,
        body: z.strictObject({ deltaHash: z.string().min(1).max(200) }).meta({ id: 'Approval' }),
        response: { 202: run.describe('The run that sends it.') },
      },
      config: { errors: ['run.delta_changed', 'run.missing', 'run.not_held'] },
    },
    async ({ params, body }, reply) => {
      const started = shownRun(await server.approveRun(params.id, body.deltaHash))
      return await reply.code(202).header('location', `/api/v1/runs/${started.id}`).send(started)
    },
  )
}

export const runRoutes = (app: Api, context: ApiContext): void => {
  const { db } = context.server.ports
  runRequests(app, context)

  app.get(
    '/runs',
    {
      schema: {
        operationId: 'listRuns',
        summary: 'List runs, the newest first',
        tags: ['runs'],
        querystring: pageQuery.extend({ export: id.optional(), refresh: id.optional(), status: runStatus.optional() }),
        response: { 200: runs },
      },
    },
    async ({ query }) => {
      const filter = {
        ...(query.export === undefined ? {} : { exportId: query.export }),
        ...(query.refresh === undefined ? {} : { refreshId: query.refresh }),
        ...(query.status === undefined ? {} : { status: query.status }),
      }
      const found = await runPage(db, filter, { limit: query.size, offset: offsetOf(query) })
      return page(found.runs.map(shownRun), found.total, query)
    },
  )

  app.get(
    '/runs/:id',
    {
      schema: {
        operationId: 'getRun',
        summary: 'Show a run with its progress',
        tags: ['runs'],
        params: idParams,
        response: { 200: runProgress },
      },
      config: { errors: ['run.missing'] },
    },
    async ({ params }, reply) => tagged(reply, await progressOf(db, await getRun(db, params.id))),
  )

  app.get(
    '/runs/:id/batches',
    {
      schema: {
        operationId: 'listBatches',
        summary: 'List the batches of a run, by number',
        tags: ['runs'],
        params: idParams,
        querystring: pageQuery,
        response: { 200: batches },
      },
      config: { errors: ['run.missing'] },
    },
    async ({ params, query }) => {
      await getRun(db, params.id)
      const found = await batchPage(db, params.id, { limit: query.size, offset: offsetOf(query) })
      return page(found.batches.map(shownBatch), found.total, query)
    },
  )

  app.get(
    '/runs/:id/events',
    {
      schema: {
        operationId: 'watchRun',
        summary: 'Follow a run until it is settled',
        tags: ['runs'],
        params: idParams,
      },
      config: { errors: ['run.missing'], events: runProgress },
    },
    async ({ params }, reply) => {
      await getRun(db, params.id)
      return sendEvents(context, reply, runProgress, async () => {
        const one = await getRun(db, params.id)
        return { state: await progressOf(db, one), ended: one.settledAt !== undefined }
      })
    },
  )
}
