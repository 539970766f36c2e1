/** Refreshes: sources, unification, segments and exports, done once in order. */
import { z } from 'zod'
import { SundError } from '../errors.ts'
import type { ControlPlane } from '../store/control-plane.ts'
import { findRefresh, type Refresh } from '../store/refresh.ts'
import { runsOfRefresh } from '../store/run.ts'
import { refreshPage } from '../store/run-pages.ts'
import { id, idParams, moment, momentOf, onceHeaders } from './common.ts'
import type { Api, ApiContext } from './context.ts'
import { tagged } from './etag.ts'
import { sendEvents } from './events.ts'
import { offsetOf, page, pageOf, pageQuery } from './paging.ts'
import { run, shownRun } from './run-shapes.ts'

const refresh = z
  .object({
    id,
    status: z.enum(['Queued', 'Refreshing', 'Successful', 'Failed']),
    step: z.string().optional().describe('Which step it is in, or failed in.'),
    reason: z.string().optional().describe('Why it failed.'),
    createdAt: moment,
    finishedAt: moment.optional().describe('Absent while it is under way.'),
  })
  .meta({ id: 'Refresh' })
const refreshes = pageOf('Refreshes', refresh)
const refreshProgress = refresh
  .extend({ runs: z.array(run).describe('Of its exports; they go on after it has finished.') })
  .meta({ id: 'RefreshProgress' })

const shown = (one: Refresh): z.infer<typeof refresh> => ({
  id: one.id,
  status: one.status,
  ...(one.step === undefined ? {} : { step: one.step }),
  ...(one.reason === undefined ? {} : { reason: one.reason }),
  createdAt: one.createdAt.toISOString(),
  ...momentOf('finishedAt', one.finishedAt),
})

const getRefresh = async (db: ControlPlane['db'], wanted: string): Promise<Refresh> => {
  const found = await findRefresh(db, wanted)
  if (found === undefined) throw new SundError('refresh.missing', { id: wanted })
  return found
}

const progressOf = async (db: ControlPlane['db'], one: Refresh): Promise<z.infer<typeof refreshProgress>> => ({
  ...shown(one),
  runs: (await runsOfRefresh(db, one.id)).map(shownRun),
})

export const refreshRoutes = (app: Api, context: ApiContext): void => {
  const { server } = context
  const { db } = server.ports

  app.post(
    '/refreshes',
    {
      schema: {
        operationId: 'startRefresh',
        summary: 'Refresh everything now',
        tags: ['refreshes'],
        headers: onceHeaders,
        response: { 202: refresh },
      },
    },
    async (_request, reply) => {
      const started = shown(await server.requestRefresh())
      return await reply.code(202).header('location', `/api/v1/refreshes/${started.id}`).send(started)
    },
  )

  app.get(
    '/refreshes',
    {
      schema: {
        operationId: 'listRefreshes',
        summary: 'List refreshes, the newest first',
        tags: ['refreshes'],
        querystring: pageQuery,
        response: { 200: refreshes },
      },
    },
    async ({ query }) => {
      const found = await refreshPage(db, { limit: query.size, offset: offsetOf(query) })
      return page(found.refreshes.map(shown), found.total, query)
    },
  )

  app.get(
    '/refreshes/:id',
    {
      schema: {
        operationId: 'getRefresh',
        summary: 'Show a refresh with the runs of its exports',
        tags: ['refreshes'],
        params: idParams,
        response: { 200: refreshProgress },
      },
      config: { errors: ['refresh.missing'] },
    },
    async ({ params }, reply) => tagged(reply, await progressOf(db, await getRefresh(db, params.id))),
  )

  app.get(
    '/refreshes/:id/events',
    {
      schema: {
        operationId: 'watchRefresh',
        summary: 'Follow a refresh until it and the runs of its exports have ended',
        tags: ['refreshes'],
        params: idParams,
      },
      config: { errors: ['refresh.missing'], events: refreshProgress },
    },
    async ({ params }, reply) => {
      await getRefresh(db, params.id)
      return sendEvents(context, reply, refreshProgress, async () => {
        const one = await getRefresh(db, params.id)
        const state = await progressOf(db, one)
        const ended = one.finishedAt !== undefined && state.runs.every(({ settledAt }) => settledAt !== undefined)
        return { state, ended }
      })
    },
  )
}
