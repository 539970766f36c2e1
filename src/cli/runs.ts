/** `sund runs`: executions of exports, watched, decided on, and looked into by batch and record. */
import { type Command, Option } from 'commander'
import type { Outcome, RunStatus } from './client.gen.ts'
import { exitOfRun, followRun, runText } from './follow.ts'
import { pageLine, parts, table } from './output.ts'
import type { Shell } from './session.ts'
import { everything, exportId, type PageQuery, pageQuery, revealed, withPages, withReveal } from './things.ts'

const statuses: readonly RunStatus[] = [
  ...(['Queued', 'Processing', 'Successful', 'Partial', 'Held', 'Failed', 'Skipped', 'Canceled'] as const),
]
const fates: readonly Outcome['fate'][] = ['applied', 'rejected', 'unknown', 'unsent']

interface Filter extends PageQuery {
  readonly export?: string
  readonly refresh?: string
  readonly status?: RunStatus
}

const addLooking = (shell: Shell, noun: Command): void => {
  withPages(shell.verb(noun, 'list', 'List runs, the newest first'))
    .option('--export <export>', 'only those of this export')
    .option('--refresh <id>', 'only those of this refresh')
    .addOption(new Option('--status <status>', 'only those with this status').choices(statuses))
    .action(
      shell.act(async ({ client }, { export: wanted, refresh, status, ...pages }: Filter) => {
        const { body } = await client.listRuns({
          query: {
            ...pageQuery(pages),
            ...(wanted === undefined ? {} : { export: await exportId(client, wanted) }),
            ...(refresh === undefined ? {} : { refresh }),
            ...(status === undefined ? {} : { status }),
          },
        })
        const exports = await everything((query) => client.listExports({ query: { ...query, sort: 'id' } }))
        const names = new Map(exports.map(({ id, name }) => [id, name]))
        const rows = body.items.map((one) => [
          ...[one.id, names.get(one.exportId), one.status, one.added, one.updated, one.removed],
          ...[one.rejected, one.unknown, one.createdAt],
        ])
        const head = ['ID', 'EXPORT', 'STATUS', 'ADDED', 'UPDATED', 'REMOVED', 'REJECTED', 'UNKNOWN', 'AT']
        return { json: body, text: table(head, rows) + pageLine(body) }
      }),
    )

  shell.verb(noun, 'show <run>', 'Show a run, by its id').action(
    shell.act(async ({ client }, id: string) => {
      const { body } = await client.getRun({ path: { id } })
      return { json: body, text: parts(body) }
    }),
  )

  withPages(shell.verb(noun, 'batches <run>', 'List the batches of a run')).action(
    shell.act(async ({ client }, id: string, options: PageQuery) => {
      const { body } = await client.listBatches({ path: { id }, query: pageQuery(options) })
      const rows = body.items.map((one) => [one.number, one.operation, one.from, one.to, one.state, one.sentAt])
      return { json: body, text: table(['NUMBER', 'OPERATION', 'FROM', 'TO', 'STATE', 'SENT'], rows) + pageLine(body) }
    }),
  )

  withReveal(withPages(shell.verb(noun, 'outcomes <run>', 'List what became of the records of a run')))
    .addOption(new Option('--fate <fate>', 'only those with this fate').choices(fates))
    .option('--list <id>', 'only those of this list')
    .action(
      shell.act(
        async (
          { client },
          id: string,
          { fate, list, reveal, ...pages }: PageQuery & { fate?: Outcome['fate']; list?: string; reveal: boolean },
        ) => {
          const { body } = await client.listOutcomes({
            path: { id },
            query: {
              ...pageQuery(pages),
              ...revealed(reveal),
              ...(fate === undefined ? {} : { fate }),
              ...(list === undefined ? {} : { list }),
            },
          })
          const rows = body.items.map((one) => [one.seq, one.kind, one.identifier, one.fate, one.reason])
          return { json: body, text: table(['SEQ', 'KIND', 'IDENTIFIER', 'FATE', 'REASON'], rows) + pageLine(body) }
        },
      ),
    )

  withPages(
    shell.verb(noun, 'invalid <run>', 'List members who cannot be sent, for their identifier or a value'),
  ).action(
    shell.act(async ({ client }, id: string, options: PageQuery) => {
      const { body } = await client.listInvalidPeople({ path: { id }, query: pageQuery(options) })
      const rows = body.items.map((one) => [one.listId, one.customerId, one.field, one.reason])
      return { json: body, text: table(['LIST', 'CUSTOMER ID', 'FIELD', 'REASON'], rows) + pageLine(body) }
    }),
  )
}

export const addRuns = (shell: Shell, program: Command): void => {
  const noun = program.command('runs').description('Executions of exports')
  addLooking(shell, noun)

  shell.verb(noun, 'watch <run>', 'Follow a run until it is settled').action(
    shell.act(async (session, id: string) => {
      const run = await followRun(session, id)
      return { json: run, text: runText(run), exit: exitOfRun(run) }
    }),
  )

  shell.verb(noun, 'cancel <run>', 'Send no more batches of a run and settle it; let go of a Held one').action(
    shell.act(async ({ client }, id: string) => {
      const { body } = await client.cancelRun({ path: { id } })
      return { json: body, text: `Run ${id} is being canceled.\n` }
    }),
  )

  shell
    .verb(noun, 'approve <run>', 'Send the delta of a Held run, if it is still the same')
    .requiredOption('--delta <hash>', 'the delta that you looked at, as `runs show` tells')
    .option('--wait', 'wait until it is settled', false)
    .action(
      shell.act(async (session, id: string, { delta, wait }: { delta: string; wait: boolean }) => {
        const { body } = await session.client.approveRun({ path: { id }, body: { deltaHash: delta } })
        if (!wait) return { json: body, text: `Approved: run ${body.id} sends it.\n` }
        const run = await followRun(session, body.id)
        return { json: run, text: runText(run), exit: exitOfRun(run) }
      }),
    )
}
