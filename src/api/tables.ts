/** Tables: what was ingested from the sources, and the rows that were set aside. */
import { z } from 'zod'
import { columnTypes } from '../domain/source.ts'
import type { DataEngine } from '../engine/engine.ts'
import { SundError } from '../errors.ts'
import { type SealedTable, sealedTables, setAsideReasons, setAsideRows } from '../sources/sealed-tables.ts'
import { moment } from './common.ts'
import type { Api, ApiContext } from './context.ts'
import { tagged } from './etag.ts'
import { offsetOf, page, pageOf, pageQuery, slice } from './paging.ts'

const table = z
  .object({
    name: z.string(),
    version: z.int().describe('Counts the times that it was ingested.'),
    rows: z.int(),
    setAside: z.int().describe('Rows that were not taken in.'),
    sealedAt: moment,
    file: z.string(),
    key: z.string(),
    columns: z.array(z.object({ name: z.string(), type: z.enum(columnTypes) })),
  })
  .meta({ id: 'Table' })
const tables = pageOf('Tables', table)

const setAsideRow = z
  .object({
    file: z.string(),
    line: z.int().describe('Where the row begins, from 1.'),
    column: z.string().nullable().describe('null where the row as a whole is malformed.'),
    reason: z.enum(setAsideReasons),
  })
  .meta({ id: 'SetAsideRow' })
const setAside = pageOf('SetAsideRows', setAsideRow)

const shown = (one: SealedTable): z.infer<typeof table> => ({
  name: one.name,
  version: one.version,
  rows: one.rows,
  setAside: one.setAside,
  sealedAt: new Date(one.sealedAt).toISOString(),
  file: one.file,
  key: one.key,
  columns: one.columns.map(({ name, type }) => ({ name, type })),
})

const getTable = async (engine: DataEngine, name: string): Promise<SealedTable> => {
  const found = (await sealedTables(engine)).find((one) => one.name === name)
  if (found === undefined) throw new SundError('table.missing')
  return found
}

const nameParams = z.strictObject({ name: z.string().min(1).max(100) })

export const tableRoutes = (app: Api, { server }: ApiContext): void => {
  const { engine } = server.ports

  app.get(
    '/tables',
    {
      schema: {
        operationId: 'listTables',
        summary: 'List the tables as they were last ingested, by name',
        tags: ['tables'],
        querystring: pageQuery,
        response: { 200: tables },
      },
    },
    async ({ query }) => slice((await sealedTables(engine)).map(shown), query),
  )

  app.get(
    '/tables/:name',
    {
      schema: {
        operationId: 'getTable',
        summary: 'Show a table as it was last ingested',
        tags: ['tables'],
        params: nameParams,
        response: { 200: table },
      },
      config: { errors: ['table.missing'] },
    },
    async ({ params }, reply) => tagged(reply, shown(await getTable(engine, params.name))),
  )

  app.get(
    '/tables/:name/set-aside',
    {
      schema: {
        operationId: 'listSetAsideRows',
        summary: 'List where the rows stand that were not taken in, and why',
        tags: ['tables'],
        params: nameParams,
        querystring: pageQuery,
        response: { 200: setAside },
      },
      config: { errors: ['table.missing'] },
    },
    async ({ params, query }) => {
      const sealed = await getTable(engine, params.name)
      const rows = await setAsideRows(engine, sealed, { limit: query.size, offset: offsetOf(query) })
      return page(rows, sealed.setAside, query)
    },
  )
}
