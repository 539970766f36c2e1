/** `sund refresh`: sources, unification, segments and exports, in order. */
import type { Command } from 'commander'
import { exitOfRefresh, followRefresh, refreshText } from './follow.ts'
import { pageLine, table } from './output.ts'
import type { Shell } from './session.ts'
import { type PageQuery, pageQuery, withPages } from './things.ts'

export const addRefresh = (shell: Shell, program: Command): void => {
  const noun = program.command('refresh').description('Sources, unification, segments and exports, in order')

  shell
    .verb(noun, 'start', 'Refresh everything now')
    .option('--wait', 'wait until it and the runs of its exports have ended', false)
    .action(
      shell.act(async (session, { wait }: { wait: boolean }) => {
        const { body } = await session.client.startRefresh()
        if (!wait) return { json: body, text: refreshText(body) }
        const refresh = await followRefresh(session, body.id)
        return { json: refresh, text: refreshText(refresh), exit: exitOfRefresh(refresh) }
      }),
    )

  withPages(shell.verb(noun, 'list', 'List refreshes, the newest first')).action(
    shell.act(async ({ client }, options: PageQuery) => {
      const { body } = await client.listRefreshes({ query: pageQuery(options) })
      const rows = body.items.map((one) => [one.id, one.status, one.step, one.createdAt, one.finishedAt])
      return { json: body, text: table(['ID', 'STATUS', 'STEP', 'STARTED', 'FINISHED'], rows) + pageLine(body) }
    }),
  )

  shell.verb(noun, 'show <refresh>', 'Show a refresh with the runs of its exports, by its id').action(
    shell.act(async ({ client }, id: string) => {
      const { body } = await client.getRefresh({ path: { id } })
      return { json: body, text: refreshText(body) }
    }),
  )

  shell.verb(noun, 'watch <refresh>', 'Follow a refresh until it and the runs of its exports have ended').action(
    shell.act(async (session, id: string) => {
      const refresh = await followRefresh(session, id)
      return { json: refresh, text: refreshText(refresh), exit: exitOfRefresh(refresh) }
    }),
  )
}
