/** `sund profiles`: the unified people, masked unless asked for. */
import type { Command } from 'commander'
import type { Profiles } from './client.gen.ts'
import { type Cell, pageLine, parts, table } from './output.ts'
import type { Shell } from './session.ts'
import { type PageQuery, pageQuery, revealed, withPages, withReveal } from './things.ts'

/** The fields that fit a terminal; `--json` and `show` have all. */
const FIELDS_SHOWN = 5

const tableOf = (body: Profiles): string => {
  const names = Object.keys(body.items[0]?.fields ?? {}).slice(0, FIELDS_SHOWN)
  const rows = body.items.map(({ customerId, fields }): Cell[] => [customerId, ...names.map((name) => fields[name])])
  return table(['CUSTOMER ID', ...names.map((name) => name.toUpperCase())], rows) + pageLine(body)
}

export const addProfiles = (shell: Shell, program: Command): void => {
  const noun = program.command('profiles').description('Unified customer profiles')

  withReveal(withPages(shell.verb(noun, 'list', 'List the current profiles'))).action(
    shell.act(async ({ client }, options: PageQuery & { reveal: boolean }) => {
      const { body } = await client.listProfiles({ query: { ...pageQuery(options), ...revealed(options.reveal) } })
      return { json: body, text: tableOf(body) }
    }),
  )

  withReveal(shell.verb(noun, 'show <customer-id>', 'Show one profile')).action(
    shell.act(async ({ client }, customerId: string, { reveal }: { reveal: boolean }) => {
      const { body } = await client.getProfile({ path: { customerId }, query: revealed(reveal) })
      return { json: body, text: parts(body) }
    }),
  )

  withReveal(shell.verb(noun, 'find <email>', 'Find people by their exact email address')).action(
    shell.act(async ({ client }, email: string, { reveal }: { reveal: boolean }) => {
      const { body } = await client.searchProfiles({ query: revealed(reveal), body: { email } })
      return { json: body, text: tableOf(body) }
    }),
  )

  shell.verb(noun, 'version', 'Show which version of the profiles is current, and its fields').action(
    shell.act(async ({ client }) => {
      const { body } = await client.getProfilesVersion()
      return { json: body, text: parts(body) }
    }),
  )
}
