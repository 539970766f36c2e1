/** `sund destinations`: the services that people can be sent to, and what they ask. */
import type { Command } from 'commander'
import { parts, table } from './output.ts'
import type { Shell } from './session.ts'

export const addDestinations = (shell: Shell, program: Command): void => {
  const noun = program.command('destinations').description('Services that people can be sent to')

  shell.verb(noun, 'list', 'List destinations').action(
    shell.act(async ({ client }) => {
      const { body } = await client.listDestinations()
      const rows = body.items.map((one) => [
        one.id,
        one.name,
        one.listWord,
        one.signIn,
        one.credentials.map(({ name }) => name).join(', '),
      ])
      return { json: body, text: table(['ID', 'NAME', 'ITS WORD FOR A LIST', 'SIGN-IN', 'CREDENTIALS'], rows) }
    }),
  )

  shell.verb(noun, 'show <destination>', 'Show what a service asks, takes and allows').action(
    shell.act(async ({ client }, slug: string) => {
      const { body } = await client.getDestination({ path: { slug } })
      return { json: body, text: parts(body) }
    }),
  )
}
