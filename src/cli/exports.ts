/** `sund exports`: connection, segments, list and data matching. */
import type { Command } from 'commander'
import { fileExport } from '../domain/sund-file.ts'
import type { Export, NewExport, PreviewedField } from './client.gen.ts'
import { addDryRun } from './dry-run.ts'
import { exitOfRun, followRun, runText } from './follow.ts'
import { readShaped } from './input-file.ts'
import { type Cell, table } from './output.ts'
import { addResource, partingQuery } from './resource.ts'
import type { Session, Shell } from './session.ts'
import { connectionId, exportId, segmentId } from './things.ts'
import { listIdOf } from './vendor-lists.ts'

const bodyOf = async ({ client, io }: Session, file: string): Promise<NewExport> => {
  const { value } = await readShaped(io, file, fileExport)
  const { name, connection, segments, matching, settings } = value
  const id = await connectionId(client, connection)
  const segmentIds: string[] = []
  for (const segment of segments) segmentIds.push(await segmentId(client, segment))
  return { name, connectionId: id, segmentIds, matching, settings, listId: await listIdOf(client, id, value) }
}

const cellOf = (value: string | null): string => (value === null ? '(none)' : JSON.stringify(value))

const previewRow = ({ label, before, after, refused }: PreviewedField): Cell[] => [
  label,
  before.map(({ field }) => field).join(', '),
  before.map(({ value }) => cellOf(value)).join(', '),
  refused === undefined ? cellOf(after) : '',
  refused ?? '',
]

export const addExports = (shell: Shell, program: Command): void => {
  const noun = addResource<Export, Export>(shell, program, {
    thing: 'export',
    noun: 'exports',
    about: 'Segments on their way to a service',
    form: 'a file with name, connection, segments, matching, settings, and list or listId',
    removal: 'Remove an export with its runs; people stay in the lists at the service unless --people says otherwise',
    parts: true,
    head: ['ID', 'NAME', 'CONNECTION', 'SEGMENTS', 'LIST', 'LEAVING'],
    row: (one) => [one.id, one.name, one.connectionId, one.segmentIds.length, one.listId, one.leaving],
    nameOf: ({ name }) => name,
    page: (client, query) => client.listExports({ query }),
    get: (client, id) => client.getExport({ path: { id } }),
    create: async (session, file) => await session.client.createExport({ body: await bodyOf(session, file) }),
    replace: async (session, { id }, etag, file, { people }) =>
      await session.client.replaceExport({
        path: { id },
        query: partingQuery(people),
        headers: { 'if-match': etag },
        body: await bodyOf(session, file),
      }),
    remove: async (client, id, etag, { people }) => {
      const wanted = { path: { id }, headers: { 'if-match': etag } }
      return people === 'remove' ? await client.leaveExport(wanted) : await client.removeExport(wanted)
    },
  })

  shell
    .verb(noun, 'run <export>', 'Run an export now, or join its live run')
    .option('--wait', 'wait until the run is settled', false)
    .action(
      shell.act(async (session, wanted: string, { wait }: { wait: boolean }) => {
        const id = await exportId(session.client, wanted)
        const { body } = await session.client.startRun({ path: { id } })
        if (!wait) return { json: body, text: runText(body) }
        const run = await followRun(session, body.id)
        return { json: run, text: runText(run), exit: exitOfRun(run) }
      }),
    )

  addDryRun(shell, noun)

  shell
    .verb(noun, 'preview <export>', 'Show what would be sent of one real person, field by field')
    .option('--customer <id>', 'the CustomerId of the person; else anybody in the segments')
    .option('--reveal', 'show addresses and numbers whole', false)
    .action(
      shell.act(async ({ client }, wanted: string, { customer, reveal }: { customer?: string; reveal: boolean }) => {
        const { body } = await client.previewExport({
          path: { id: await exportId(client, wanted) },
          query: { reveal: reveal ? 'true' : 'false' },
          body: customer === undefined ? {} : { customerId: customer },
        })
        const rows = [body.identifier, ...body.fields].map(previewRow)
        const head = ['FIELD', 'FROM', 'BEFORE', 'SENT', 'REFUSED']
        return { json: body, text: `CustomerId ${body.customerId}\n${table(head, rows)}` }
      }),
    )

  shell.verb(noun, 'warnings <export>', 'List what speaks against an export without forbidding it').action(
    shell.act(async ({ client }, wanted: string) => {
      const { body } = await client.listExportWarnings({ path: { id: await exportId(client, wanted) } })
      const rows = body.items.map(({ pointer, detail }) => [pointer, detail])
      return { json: body, text: rows.length === 0 ? 'None.\n' : table(['WHERE', 'WARNING'], rows) }
    }),
  )
}
