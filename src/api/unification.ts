/** The unification: how tables become profiles. There is one. */
import { unification as shape } from '../domain/unification.ts'
import { SundError } from '../errors.ts'
import { readUnification, writeUnification } from '../store/unification.ts'
import type { Api, ApiContext } from './context.ts'
import { firstOrChangeHeaders, mustMatchOrBeNew, tagged } from './etag.ts'

const unification = shape.meta({ id: 'Unification' })

export const unificationRoutes = (app: Api, { server }: ApiContext): void => {
  const { db } = server.ports

  app.get(
    '/unification',
    {
      schema: {
        operationId: 'getUnification',
        summary: 'Show how tables become profiles',
        tags: ['unification'],
        response: { 200: unification },
      },
      config: { errors: ['unification.missing'] },
    },
    async (_request, reply) => {
      const there = await readUnification(db)
      if (there === undefined) throw new SundError('unification.missing')
      return tagged(reply, unification.parse(there))
    },
  )

  app.put(
    '/unification',
    {
      schema: {
        operationId: 'replaceUnification',
        summary: 'Define how tables become profiles; the next refresh does it so',
        tags: ['unification'],
        headers: firstOrChangeHeaders,
        body: unification,
        response: { 200: unification },
      },
      config: { errors: ['request.no_precondition', 'request.stale'] },
    },
    async ({ headers, body }, reply) => {
      await writeUnification(
        db,
        body,
        mustMatchOrBeNew(headers, (current: unknown) => unification.parse(current)),
      )
      return tagged(reply, body)
    },
  )
}
