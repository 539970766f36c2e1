/** Dry runs: what the next run of an export would do. */
import { z } from 'zod'
import { idParams, momentOf } from './common.ts'
import type { Api, ApiContext } from './context.ts'
import { type BookedDryRun, openDryRunBook } from './dry-run-book.ts'
import { dryRunShape, shownResult } from './dry-run-shapes.ts'
import { revealQuery } from './masking.ts'

const statusOf = ({ end }: BookedDryRun): z.infer<typeof dryRunShape>['status'] => {
  if (end === undefined) return 'Processing'
  return end.kind === 'ready' ? 'Ready' : 'Failed'
}

const shown = (one: BookedDryRun, reveal: boolean): z.infer<typeof dryRunShape> => {
  const { id, exportId, createdAt, end } = one
  return {
    ...{ id, exportId, status: statusOf(one), createdAt: createdAt.toISOString() },
    ...momentOf('endedAt', end?.at),
    ...(end?.kind === 'failed' ? { code: end.code, reason: end.reason } : {}),
    ...(end?.kind === 'ready' ? { result: shownResult(end.result, reveal) } : {}),
  }
}

export const dryRunRoutes = (app: Api, { server, stopping }: ApiContext): void => {
  const book = openDryRunBook(server.ports, stopping)

  app.post(
    '/exports/:id/dry-run',
    {
      schema: {
        operationId: 'startDryRun',
        summary: 'Find out what a run of an export would do, without doing it',
        description:
          'It asks the service what a run would ask, which can include reading who is on a list, and writes nothing. Joins the one that is under way.',
        tags: ['exports'],
        params: idParams,
        response: { 202: dryRunShape },
      },
      config: { reads: true, errors: ['dryrun.export_running', 'export.leaving', 'export.missing'] },
    },
    async ({ params }, reply) => {
      const body = shown(await book.start(params.id), false)
      return await reply.code(202).header('location', `/api/v1/dry-runs/${body.id}`).send(body)
    },
  )

  app.get(
    '/dry-runs/:id',
    {
      schema: {
        operationId: 'getDryRun',
        summary: 'Show a dry run, and what it told',
        tags: ['exports'],
        params: idParams,
        querystring: z.strictObject(revealQuery),
        response: { 200: dryRunShape },
      },
      config: { errors: ['dryrun.missing'] },
    },
    async ({ params, query }) => shown(book.get(params.id), query.reveal === 'true'),
  )
}
