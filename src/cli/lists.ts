/** `sund lists`: what exports fill at the services, and whom the services refuse there. */
import { Argument, type Command, Option } from 'commander'
import type { List } from './client.gen.ts'
import { exitOfRun, followRun, runText } from './follow.ts'
import { pageLine, parts, plain, table } from './output.ts'
import type { Shell } from './session.ts'
import { exportId, type PageQuery, pageQuery, revealed, withPages, withReveal } from './things.ts'

const stateOf = ({ emptying, closedAt }: Pick<List, 'emptying' | 'closedAt'>): string => {
  if (emptying) return 'being emptied'
  return closedAt === undefined ? '' : 'closed'
}

const row = ({ people, closedAt, emptying, ...list }: List) => [
  ...[list.id, list.name, list.segmentName, list.exportName, list.destination, list.remoteId, list.ownership],
  ...[
    people.present,
    people.theirs,
    people.removing,
    people.unknown,
    people.rejected,
    stateOf({ emptying, ...(closedAt === undefined ? {} : { closedAt }) }),
  ],
]
const answers = ['ours', 'add-only'] as const
const answersHelp = 'ours: Sund alone fills it; add-only: others fill it too, and Sund removes nobody'
const head = [
  ...['ID', 'NAME', 'SEGMENT', 'EXPORT', 'DESTINATION', 'ID AT THE SERVICE', 'OWNERSHIP'],
  ...['PRESENT', 'THEIRS', 'REMOVING', 'UNKNOWN', 'REJECTED', ''],
]

export const addLists = (shell: Shell, program: Command): void => {
  const noun = program.command('lists').description('Lists at the services that exports fill')

  withPages(shell.verb(noun, 'list', 'List lists'))
    .option('--export <export>', 'only those of this export')
    .action(
      shell.act(async ({ client }, { export: wanted, ...pages }: PageQuery & { export?: string }) => {
        const filter = wanted === undefined ? {} : { export: await exportId(client, wanted) }
        const { body } = await client.listLists({ query: { ...pageQuery(pages), ...filter } })
        return { json: body, text: table(head, body.items.map(row)) + pageLine(body) }
      }),
    )

  shell.verb(noun, 'show <list>', 'Show a list by its id, and how many people the ledger knows there').action(
    shell.act(async ({ client }, id: string) => {
      const { body } = await client.getList({ path: { id } })
      return { json: body, text: parts(body) }
    }),
  )

  const decide = shell.verb(noun, 'decide <list>', 'Say whose a list is that Sund did not make and cannot read')
  decide.addArgument(new Argument('<answer>', answersHelp).choices(answers)).action(
    shell.act(async ({ client }, id: string, ownership: (typeof answers)[number]) => {
      const { body } = await client.decideList({ path: { id }, body: { ownership } })
      return { json: body, text: `List ${body.name}: ${ownership}. The next run goes by it.\n` }
    }),
  )

  shell
    .verb(noun, 'empty <list>', 'Take our people off a list that its export fills no more, then forget it')
    .option('--wait', 'wait until the run is settled, or Held for an approval', false)
    .action(
      shell.act(async (session, id: string, { wait }: { wait: boolean }) => {
        const { body } = await session.client.emptyList({ path: { id } })
        if (!wait) return { json: body, text: runText(body) }
        const run = await followRun(session, body.id)
        return { json: run, text: runText(run), exit: exitOfRun(run) }
      }),
    )

  shell
    .verb(noun, 'forget <list>', 'Forget a list that its export fills no more; people stay in it at the service')
    .action(
      shell.act(async ({ client }, id: string) => {
        await client.forgetList({ path: { id } })
        return { json: { id, forgotten: true }, text: `Forgotten: list ${id}.\n` }
      }),
    )

  shell.verb(noun, 'create-again <list>', 'Have the next run make a list anew that is gone at the service').action(
    shell.act(async ({ client }, id: string) => {
      const { body } = await client.createListAgain({ path: { id } })
      return { json: body, text: `The next run makes “${plain(body.name)}” anew, as list ${body.id}.\n` }
    }),
  )

  withReveal(withPages(shell.verb(noun, 'rejects <list>', 'List the people whom the service refuses in a list')))
    .addOption(
      new Option('--final <yes or no>', 'only those who are tried again no more, or are').choices(['yes', 'no']),
    )
    .action(
      shell.act(async ({ client }, list: string, given: PageQuery & { final?: 'yes' | 'no'; reveal: boolean }) => {
        const final =
          given.final === undefined ? {} : { final: given.final === 'yes' ? ('true' as const) : ('false' as const) }
        const { body } = await client.listRejects({
          query: { ...pageQuery(given), ...revealed(given.reveal), ...final, list },
        })
        const rows = body.items.map((one) => [
          ...[one.customerId, one.identifier, one.operation, one.reason, one.final, one.nextTryAt],
        ])
        const columns = ['CUSTOMER ID', 'IDENTIFIER', 'OPERATION', 'REASON', 'FINAL', 'NEXT TRY']
        return { json: body, text: table(columns, rows) + pageLine(body) }
      }),
    )
}
