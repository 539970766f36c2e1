/** `sund connections`: destinations with credentials, which go in by reference and never come out. */
import type { Command } from 'commander'
import { fileConnection } from '../domain/sund-file.ts'
import { SundError } from '../errors.ts'
import type { Connection, SignIn } from './client.gen.ts'
import { credentialsOf } from './credentials.ts'
import { readShaped } from './input-file.ts'
import { parts, plain, table } from './output.ts'
import { addResource } from './resource.ts'
import type { Result, Session, Shell } from './session.ts'
import { connectionId } from './things.ts'

const LOOK_EVERY_MS = 500

const signInResult = (state: SignIn): Result => {
  switch (state.status) {
    case 'waiting':
      return { json: state, text: `Open this page and agree:\n  ${plain(state.url ?? '')}\n` }
    case 'failed':
      return { json: state, text: `The sign-in failed: ${plain(state.reason ?? '')}\n`, exit: 'failed' }
    default:
      return { json: state, text: state.status === 'signed-in' ? 'Signed in.\n' : 'Not signed in.\n' }
  }
}

/** Until the person has agreed or declined, or the page has timed out. */
const untilSignedIn = async ({ client, io }: Session, id: string, begun: SignIn): Promise<SignIn> => {
  if (begun.status === 'waiting') io.err(signInResult(begun).text)
  let state = begun
  while (state.status === 'waiting') {
    await io.sleep(LOOK_EVERY_MS)
    state = (await client.getSignIn({ path: { id } })).body
  }
  return state
}

const repeated = (text: string, before: readonly string[]): readonly string[] => [...before, text]

export const addConnections = (shell: Shell, program: Command): void => {
  const noun = addResource<Connection, Connection>(shell, program, {
    thing: 'connection',
    noun: 'connections',
    about: 'Destinations with credentials',
    form: `a file with name, destination, settings and credentials, these as \${NAME} of the environment`,
    removal: 'Remove a connection that no export uses; its credentials are destroyed',
    head: ['ID', 'NAME', 'DESTINATION', 'SIGNED IN', 'CHECKED', 'PEOPLE AT MOST'],
    row: (one) => [one.id, one.name, one.destination, one.signedIn, one.found !== null, one.peopleLimit],
    nameOf: ({ name }) => name,
    page: (client, query) => client.listConnections({ query }),
    get: (client, id) => client.getConnection({ path: { id } }),
    create: async ({ client, io }, file) => {
      const read = await readShaped(io, file, fileConnection)
      const { peopleLimit, ...wanted } = read.value
      const credentials = credentialsOf(read.value, read, [], io.environment) ?? {}
      const limit = peopleLimit === undefined || peopleLimit === null ? {} : { peopleLimit }
      return await client.createConnection({ body: { ...wanted, ...limit, credentials } })
    },
    replace: async ({ client, io }, { id, destination }, etag, file) => {
      const read = await readShaped(io, file, fileConnection)
      const { name, settings, peopleLimit } = read.value
      if (read.value.destination !== destination) throw new SundError('cli.other_destination', { name })
      const credentials = credentialsOf(read.value, read, [], io.environment)
      return await client.changeConnection({
        path: { id },
        headers: { 'if-match': etag },
        body: {
          name,
          settings,
          ...(peopleLimit === undefined ? {} : { peopleLimit }),
          ...(credentials === undefined ? {} : { credentials }),
        },
      })
    },
    remove: (client, id, etag) => client.removeConnection({ path: { id }, headers: { 'if-match': etag } }),
  })

  shell.verb(noun, 'check <connection>', 'Prove the credentials at the service, and keep what it tells').action(
    shell.act(async ({ client }, wanted: string) => {
      const { body } = await client.checkConnection({ path: { id: await connectionId(client, wanted) } })
      return { json: body, text: `The connection “${plain(body.name)}” works.\n${parts(body)}` }
    }),
  )

  shell
    .verb(noun, 'choices <connection> <setting>', 'List what a setting may name at the service, such as its clients')
    .action(
      shell.act(async ({ client }, wanted: string, setting: string) => {
        const id = await connectionId(client, wanted)
        const { body } = await client.listChoices({ path: { id, setting } })
        return {
          json: body,
          text: table(
            ['VALUE', 'NAME'],
            body.items.map(({ id: value, name }) => [value, name]),
          ),
        }
      }),
    )

  shell
    .verb(noun, 'lists <connection>', 'List the lists at the service')
    .option('--setting <name:value>', 'a setting that the destination asks of an export; repeatable', repeated, [])
    .action(
      shell.act(async ({ client }, wanted: string, { setting }: { setting: readonly string[] }) => {
        const { body } = await client.listVendorLists({
          path: { id: await connectionId(client, wanted) },
          query: { setting },
        })
        const rows = body.items.map(({ id, name, size, notice }) => [id, name, size, notice])
        return { json: body, text: table(['ID', 'NAME', 'SIZE', 'NOTICE'], rows) }
      }),
    )

  shell
    .verb(noun, 'fields <connection>', 'List the fields that can be matched, those of the account among them')
    .option('--setting <name:value>', 'a setting that the destination asks of an export; repeatable', repeated, [])
    .option('--list <id>', 'the ID of the list, where each list has fields of its own')
    .action(
      shell.act(async ({ client }, wanted: string, options: { setting: readonly string[]; list?: string }) => {
        const { setting, list } = options
        const { body } = await client.listVendorFields({
          path: { id: await connectionId(client, wanted) },
          query: { setting, ...(list === undefined ? {} : { list }) },
        })
        const rows = body.items.map(({ name, label, kind, max, required }) => [
          ...[name, label, kind, max?.value],
          required ? 'required' : '',
        ])
        return { json: body, text: table(['NAME', 'LABEL', 'KIND', 'LONGEST', ''], rows) }
      }),
    )

  shell
    .verb(noun, 'sign-in <connection>', 'Start a sign-in at the service, and tell the page to open')
    .option('--wait', 'wait until the person has agreed', false)
    .action(
      shell.act(async (session, wanted: string, { wait }: { wait: boolean }) => {
        const id = await connectionId(session.client, wanted)
        const { body } = await session.client.startSignIn({ path: { id } })
        return signInResult(wait ? await untilSignedIn(session, id, body) : body)
      }),
    )
}
