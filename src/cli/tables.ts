/** `sund tables`: what was ingested, and which rows were not. */
import type { Command } from 'commander'
import { pageLine, parts, table } from './output.ts'
import type { Shell } from './session.ts'
import { type PageQuery, pageQuery, withPages } from './things.ts'

export const addTables = (shell: Shell, program: Command): void => {
  const noun = program.command('tables').description('Tables as they were last ingested')

  withPages(shell.verb(noun, 'list', 'List tables')).action(
    shell.act(async ({ client }, options: PageQuery) => {
      const { body } = await client.listTables({ query: pageQuery(options) })
      const rows = body.items.map((one) => [one.name, one.version, one.rows, one.setAside, one.file, one.sealedAt])
      return { json: body, text: table(['NAME', 'VERSION', 'ROWS', 'SET ASIDE', 'FILE', 'AT'], rows) + pageLine(body) }
    }),
  )

  shell.verb(noun, 'show <table>', 'Show a table, by its name').action(
    shell.act(async ({ client }, name: string) => {
      const { body } = await client.getTable({ path: { name } })
      return { json: body, text: parts(body) }
    }),
  )

  withPages(shell.verb(noun, 'set-aside <table>', 'List where the rows stand that were not taken in, and why')).action(
    shell.act(async ({ client }, name: string, options: PageQuery) => {
      const { body } = await client.listSetAsideRows({ path: { name }, query: pageQuery(options) })
      const rows = body.items.map((one) => [one.file, one.line, one.column, one.reason])
      return { json: body, text: table(['FILE', 'LINE', 'COLUMN', 'REASON'], rows) + pageLine(body) }
    }),
  )
}
