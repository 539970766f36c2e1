/** The verbs that everything with a name has: list, show, create, set, remove. */
import { type Command, Option } from 'commander'
import type { Answer, Client, Run } from './client.gen.ts'
import { runText } from './follow.ts'
import { type Cell, pageLine, parts, table } from './output.ts'
import type { Session, Shell } from './session.ts'
import { idOf, type NamedQuery, type Page, pageQuery, withNames } from './things.ts'

/** What becomes of our people on lists that an export fills no more. */
export type Parting = 'leave' | 'remove'

export const partingQuery = (people: Parting | undefined): { readonly people?: Parting } =>
  people === undefined ? {} : { people }

/** What `set` and `remove` were told besides. */
export interface Told {
  readonly people?: Parting
}

export interface Resource<L extends { readonly id: string }, T extends { readonly id: string }> {
  /** One of them, as in `show <segment>`. */
  readonly thing: string
  readonly noun: string
  readonly about: string
  /** What the file of `create` and `set` holds. */
  readonly form: string
  readonly removal: string
  /** Is it asked what becomes of people, where something is taken off or removed? */
  readonly parts?: true
  readonly head: readonly string[]
  row(one: L): readonly Cell[]
  nameOf(one: L): string
  page(client: Client, query: NamedQuery): Promise<Answer<Page<L>>>
  get(client: Client, id: string): Promise<Answer<T>>
  create(session: Session, file: string): Promise<Answer<T>>
  replace(session: Session, current: T, etag: string, file: string, told: Told): Promise<Answer<T>>
  /** A run where it is removed after that. */
  remove(client: Client, id: string, etag: string, told: Told): Promise<Answer<Run | undefined>>
}

/** The thing with its tag, which `--if-match` takes. */
const shown = <T extends object>({ body, etag }: Answer<T>) => ({
  json: etag === undefined ? body : { ...body, etag },
  text: parts(body),
})

const withTag = (command: Command): Command =>
  command.option('--if-match <etag>', 'only if it is still the version with this etag, as `show --json` tells')

const asked = (command: Command, { parts: isAsked }: { readonly parts?: true }): Command =>
  isAsked === undefined
    ? command
    : command.addOption(
        new Option(
          '--people <what>',
          'our people on lists that are filled no more: leave them (usual), or remove them by a run that a person approves',
        ).choices(['leave', 'remove']),
      )

/** The noun with its verbs, for others to be added. */
export const addResource = <L extends { readonly id: string }, T extends { readonly id: string }>(
  shell: Shell,
  program: Command,
  resource: Resource<L, T>,
): Command => {
  const { thing, noun: name, about, form } = resource
  const noun = program.command(name).description(about)
  const find = (client: Client, wanted: string) =>
    idOf(thing, wanted, (query) => resource.page(client, query), resource.nameOf)

  withNames(shell.verb(noun, 'list', `List ${name}`)).action(
    shell.act(async ({ client }, options: NamedQuery) => {
      const query = {
        ...pageQuery(options),
        ...(options.search === undefined ? {} : { search: options.search }),
        ...(options.sort === undefined ? {} : { sort: options.sort }),
      }
      const { body } = await resource.page(client, query)
      return { json: body, text: table(resource.head, body.items.map(resource.row)) + pageLine(body) }
    }),
  )

  shell
    .verb(noun, `show <${thing}>`, `Show a ${thing}, by its name or id`)
    .action(
      shell.act(async ({ client }, wanted: string) => shown(await resource.get(client, await find(client, wanted)))),
    )

  shell.verb(noun, 'create <file>', `Make a ${thing}: ${form}; - is standard input`).action(
    shell.act(async (session, file: string) => {
      const made = await resource.create(session, file)
      return { ...shown(made), text: `Made: ${thing} ${made.body.id}.\n` }
    }),
  )

  const set = withTag(shell.verb(noun, `set <${thing}> <file>`, `Change a ${thing} to what the file says: ${form}`))
  asked(set, resource).action(
    shell.act(async (session, wanted: string, file: string, options: Told & { ifMatch?: string }) => {
      const current = await resource.get(session.client, await find(session.client, wanted))
      const changed = await resource.replace(
        session,
        current.body,
        options.ifMatch ?? current.etag ?? '',
        file,
        options,
      )
      return { ...shown(changed), text: `Changed: ${thing} ${changed.body.id}.\n` }
    }),
  )

  asked(withTag(shell.verb(noun, `remove <${thing}>`, resource.removal)), resource).action(
    shell.act(async ({ client }, wanted: string, options: Told & { ifMatch?: string }) => {
      const id = await find(client, wanted)
      const current = await resource.get(client, id)
      const { body: run } = await resource.remove(client, id, options.ifMatch ?? current.etag ?? '', options)
      if (run !== undefined) {
        const text = `It is removed when its last run has taken our people off its lists. Approve that run when it is Held.\n`
        return { json: { id, removed: false, run }, text: text + runText(run) }
      }
      return { json: { id, removed: true }, text: `Removed: ${thing} ${id}.\n` }
    }),
  )
  return noun
}
