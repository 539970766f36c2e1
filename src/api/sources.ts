/** Sources: which file holds a table of customer data, and how its columns are typed. */
import { z } from 'zod'
import { sourceTable } from '../domain/source.ts'
import { unification } from '../domain/unification.ts'
import { SundError } from '../errors.ts'
import { createSource, getSource, listSources, removeSource, type Source, updateSource } from '../store/source.ts'
import { readUnification } from '../store/unification.ts'
import { id, idParams, onceHeaders } from './common.ts'
import type { Api, ApiContext } from './context.ts'
import { changeHeaders, mustMatch, tagged } from './etag.ts'
import { namedPage, namedQuery, pageOf } from './paging.ts'

const sourceBody = sourceTable.meta({ id: 'SourceTable' })
const source = z.object({ id, definition: sourceBody }).meta({ id: 'Source' })
const sources = pageOf('Sources', source)

const shown = ({ id, definition }: Source): z.infer<typeof source> => ({
  id,
  definition: sourceTable.parse(definition),
})

export const sourceRoutes = (app: Api, { server }: ApiContext): void => {
  const { db } = server.ports

  app.get(
    '/sources',
    {
      schema: {
        operationId: 'listSources',
        summary: 'List sources',
        tags: ['sources'],
        querystring: namedQuery,
        response: { 200: sources },
      },
    },
    async ({ query }) => {
      const found = namedPage(await listSources(db), query)
      return { ...found, items: found.items.map(shown) }
    },
  )

  app.post(
    '/sources',
    {
      schema: {
        operationId: 'createSource',
        summary: 'Add a source; the next refresh reads it',
        tags: ['sources'],
        headers: onceHeaders,
        body: sourceBody,
        response: { 201: source },
      },
      config: { errors: ['source.exists'] },
    },
    async ({ body }, reply) => {
      const made = shown(await createSource(db, body.name, body))
      return await reply.code(201).header('location', `/api/v1/sources/${made.id}`).send(tagged(reply, made))
    },
  )

  app.get(
    '/sources/:id',
    {
      schema: {
        operationId: 'getSource',
        summary: 'Show a source',
        tags: ['sources'],
        params: idParams,
        response: { 200: source },
      },
      config: { errors: ['source.missing'] },
    },
    async ({ params }, reply) => tagged(reply, shown(await getSource(db, params.id))),
  )

  app.put(
    '/sources/:id',
    {
      schema: {
        operationId: 'replaceSource',
        summary: 'Replace the definition of a source',
        tags: ['sources'],
        params: idParams,
        headers: changeHeaders,
        body: sourceBody,
        response: { 200: source },
      },
      config: { errors: ['request.no_precondition', 'request.stale', 'source.exists', 'source.missing'] },
    },
    async ({ params, headers, body }, reply) => {
      const precondition = mustMatch(headers['if-match'], shown)
      return tagged(
        reply,
        shown(await updateSource(db, params.id, { name: body.name, definition: body }, precondition)),
      )
    },
  )

  app.delete(
    '/sources/:id',
    {
      schema: {
        operationId: 'removeSource',
        summary: 'Remove a source; what was ingested from it stays until the unification no longer names it',
        tags: ['sources'],
        params: idParams,
        headers: changeHeaders,
        response: { 204: z.undefined() },
      },
      config: { errors: ['request.no_precondition', 'request.stale', 'source.in_use', 'source.missing'] },
    },
    async ({ params, headers }, reply) => {
      const precondition = mustMatch(headers['if-match'], shown)
      const definition = unification.safeParse(await readUnification(db))
      const used = definition.success ? definition.data.tables.map(({ table }) => table) : []
      await removeSource(db, params.id, (current) => {
        precondition(current)
        if (used.includes(current.name)) throw new SundError('source.in_use', { name: current.name })
      })
      return await reply.code(204).send()
    },
  )
}
