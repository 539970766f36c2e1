/** Settings of the whole installation. */
import { stat } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { SOURCE_FOLDER } from '../refresh/refresh.ts'
import type { ControlPlane } from '../store/control-plane.ts'
import { changeSetting, readSetting } from '../store/setting.ts'
import type { Api, ApiContext } from './context.ts'
import { changeHeaders, mustMatch, tagged } from './etag.ts'
import { refuseUnusable } from './problem.ts'

const settings = z
  .strictObject({
    sourcesFolder: z
      .string()
      .min(1)
      .max(4000)
      .refine((path) => path.isWellFormed() && !path.includes('\0'))
      .nullable()
      .describe('The folder in which the files of the sources lie; null where nobody has said.'),
  })
  .meta({ id: 'Settings' })

const folderOf = (stored: unknown): z.infer<typeof settings> => ({
  sourcesFolder: z
    .string()
    .nullable()
    .parse(stored ?? null),
})

const shown = async (db: ControlPlane['db']): Promise<z.infer<typeof settings>> =>
  folderOf(await readSetting(db, SOURCE_FOLDER, z.string()))

const isFolder = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}

const refuseNoFolder = async (path: string | null): Promise<void> => {
  if (path === null || (isAbsolute(path) && (await isFolder(path)))) return
  refuseUnusable([
    {
      path: ['sourcesFolder'],
      en: 'It must be the whole path of a folder that is there.',
      nb: 'Det må være hele stien til en mappe som finnes.',
    },
  ])
}

export const settingRoutes = (app: Api, { server }: ApiContext): void => {
  const { db } = server.ports

  app.get(
    '/settings',
    {
      schema: {
        operationId: 'getSettings',
        summary: 'Show the settings of the installation',
        tags: ['settings'],
        response: { 200: settings },
      },
    },
    async (_request, reply) => tagged(reply, await shown(db)),
  )

  app.put(
    '/settings',
    {
      schema: {
        operationId: 'replaceSettings',
        summary: 'Replace the settings of the installation',
        tags: ['settings'],
        headers: changeHeaders,
        body: settings,
        response: { 200: settings },
      },
      config: { errors: ['request.no_precondition', 'request.stale', 'request.unusable'] },
    },
    async ({ headers, body }, reply) => {
      const precondition = mustMatch(headers['if-match'], folderOf)
      await refuseNoFolder(body.sourcesFolder)
      await changeSetting(db, SOURCE_FOLDER, body.sourcesFolder, precondition)
      return tagged(reply, await shown(db))
    },
  )
}
