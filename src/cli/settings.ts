/** `sund settings`: settings of the whole installation. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { parts } from './output.ts'
import type { Shell } from './session.ts'

export const addSettings = (shell: Shell, program: Command): void => {
  const noun = program.command('settings').description('Settings of the whole installation')

  shell.verb(noun, 'show', 'Show the settings').action(
    shell.act(async ({ client }) => {
      const { body, etag } = await client.getSettings()
      return { json: { ...body, etag }, text: parts(body) }
    }),
  )

  shell
    .verb(noun, 'set', 'Change the settings that are given')
    .requiredOption('--sources-folder <folder>', 'where the files of the sources lie')
    .action(
      shell.act(async ({ client }, { sourcesFolder }: { sourcesFolder: string }) => {
        const current = await client.getSettings()
        const { body, etag } = await client.replaceSettings({
          headers: { 'if-match': current.etag ?? '' },
          body: { ...current.body, sourcesFolder: resolve(sourcesFolder) },
        })
        return { json: { ...body, etag }, text: parts(body) }
      }),
    )
}
