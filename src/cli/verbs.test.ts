/** Every verb of the command line with `--json`, against a real server and simulated vendors: a verb without a case fails. */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { generateTables } from '../../demo/generate.ts'
import { listVerbs } from './fixtures/list-verbs.ts'
import { openAsPerson, projectRoot, type Served, startServed } from './fixtures/served.ts'
import { buildProgram } from './program.ts'
import { Shell } from './session.ts'

let served: Served

beforeAll(async () => {
  served = await startServed()
  const folder = join(served.base, 'sample')
  await mkdir(folder)
  await generateTables({ folder, people: 400, seed: 3 })
  await served.sampleLists()
  await served.file('sund.yaml', await readFile(join(projectRoot, 'docs', 'sund.yaml'), 'utf8'))
  const files: Readonly<Record<string, unknown>> = {
    source: { name: 'Extra', file: 'Contact.csv', key: 'ContactId', columns: [{ name: 'ContactId', type: 'text' }] },
    segment: { name: 'Norwegians', rule: { field: 'Country', op: 'is', value: 'Norway' } },
    connection: { name: 'Second', destination: 'sendgrid', credentials: { apiKey: `\${SENDGRID_API_KEY}` } },
    export: {
      name: 'Norwegians there',
      connection: 'Second',
      segments: ['Norwegians'],
      matching: { identifier: 'Email', fields: {} },
      list: 'Other',
    },
    broken: { name: 'Broken', rule: { field: 'Country', op: 'resembles', value: 'Norway' } },
  }
  for (const [name, value] of Object.entries(files)) await served.file(`${name}.json`, JSON.stringify(value))
  await served.sendgridList('Other')
})

afterAll(async () => {
  await served.close()
})

const file = (name: string): string => join(served.base, name)
const itemsOf = z.object({ items: z.array(z.object({ id: z.string() })) })

/** The first that a verb lists. */
const firstOf = async (...words: readonly string[]): Promise<string> =>
  itemsOf.parse(await served.json(...words)).items[0]?.id ?? 'none'

const pageOf = (...items: readonly unknown[]) => expect.objectContaining({ items, total: items.length })
const some = expect.objectContaining({ items: expect.arrayContaining([expect.anything()]) })
const tagged = (more: object) => expect.objectContaining({ ...more, etag: expect.stringMatching(/^".+"$/) })

interface Case {
  readonly verb: string
  readonly words?: () => readonly string[] | Promise<readonly string[]>
  readonly code?: number
  readonly says: unknown
  /** Somebody opens the page that is told while it waits. */
  readonly agrees?: true
}

/** In order: each builds on those before it. */
const cases: readonly Case[] = [
  { verb: 'settings show', says: tagged({ sourcesFolder: null }) },
  {
    verb: 'settings set',
    words: () => ['--sources-folder', file('sample')],
    says: tagged({ sourcesFolder: expect.stringMatching(/sample$/) }),
  },
  { verb: 'unification show', code: 4, says: { error: expect.objectContaining({ code: 'unification.missing' }) } },
  {
    verb: 'plan',
    words: () => [file('sund.yaml')],
    says: expect.objectContaining({ changes: expect.arrayContaining([expect.objectContaining({ action: 'create' })]) }),
  },
  {
    verb: 'apply',
    words: () => [file('sund.yaml')],
    says: {
      applied: expect.arrayContaining([{ action: 'create', kind: 'export', name: 'SendGrid newsletter' }]),
      extras: [],
    },
  },
  { verb: 'unification show', says: tagged({ tables: expect.any(Array) }) },
  {
    verb: 'unification set',
    words: async () => [await served.file('unification.json', JSON.stringify(await unificationThere()))],
    says: tagged({ match: expect.any(Array) }),
  },
  { verb: 'sources list', says: expect.objectContaining({ total: 5 }) },
  {
    verb: 'sources create',
    words: () => [file('source.json')],
    says: expect.objectContaining({ id: expect.any(String) }),
  },
  {
    verb: 'sources show',
    words: () => ['Extra'],
    says: tagged({ definition: expect.objectContaining({ name: 'Extra' }) }),
  },
  { verb: 'sources set', words: () => ['Extra', file('source.json')], says: tagged({ id: expect.any(String) }) },
  {
    verb: 'sources set',
    words: () => ['Extra', file('source.json'), '--if-match', '"another"'],
    code: 5,
    says: { error: expect.objectContaining({ code: 'request.stale' }) },
  },
  { verb: 'sources remove', words: () => ['Extra'], says: { id: expect.any(String), removed: true } },
  {
    verb: 'sources remove',
    words: () => ['Contact'],
    code: 5,
    says: { error: expect.objectContaining({ code: 'source.in_use' }) },
  },
  { verb: 'destinations list', says: some },
  { verb: 'destinations show', words: () => ['sendgrid'], says: expect.objectContaining({ id: 'sendgrid' }) },
  {
    verb: 'destinations show',
    words: () => ['pigeon'],
    code: 4,
    says: { error: expect.objectContaining({ code: 'destination.unknown' }) },
  },
  { verb: 'connections list', says: expect.objectContaining({ total: 5 }) },
  { verb: 'connections create', words: () => [file('connection.json')], says: tagged({ name: 'Second' }) },
  { verb: 'connections show', words: () => ['Second'], says: tagged({ destination: 'sendgrid' }) },
  { verb: 'connections set', words: () => ['Second', file('connection.json')], says: tagged({ name: 'Second' }) },
  { verb: 'connections check', words: () => ['Second'], says: expect.objectContaining({ found: expect.any(Object) }) },
  {
    verb: 'connections lists',
    words: () => ['Second'],
    says: { items: expect.arrayContaining([expect.objectContaining({ name: 'Newsletter' })]) },
  },
  {
    verb: 'connections fields',
    words: () => ['Second'],
    says: { items: expect.arrayContaining([expect.objectContaining({ name: 'city', label: 'City', own: false })]) },
  },
  {
    verb: 'connections sign-in',
    words: () => ['Second'],
    code: 5,
    says: { error: expect.objectContaining({ code: 'connection.no_sign_in' }) },
  },
  {
    verb: 'connections sign-in',
    words: () => ['Microsoft Advertising sandbox'],
    says: { status: 'waiting', url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:/) },
  },
  {
    verb: 'connections sign-in',
    words: () => ['Microsoft Advertising sandbox', '--wait'],
    // The person agrees: the page sends the browser back to where the sign-in waits.
    agrees: true,
    says: { status: 'signed-in' },
  },
  {
    verb: 'refresh start',
    words: () => ['--wait'],
    says: expect.objectContaining({ status: 'Successful', runs: expect.any(Array) }),
  },
  { verb: 'refresh list', says: some },
  {
    verb: 'refresh show',
    words: async () => [await firstOf('refresh', 'list')],
    says: expect.objectContaining({ status: 'Successful' }),
  },
  {
    verb: 'refresh watch',
    words: async () => [await firstOf('refresh', 'list')],
    says: expect.objectContaining({ status: 'Successful' }),
  },
  { verb: 'tables list', says: some },
  {
    verb: 'tables show',
    words: () => ['Contact'],
    says: expect.objectContaining({ name: 'Contact', key: 'ContactId' }),
  },
  { verb: 'tables set-aside', words: () => ['Contact'], says: expect.objectContaining({ items: expect.any(Array) }) },
  { verb: 'profiles version', says: expect.objectContaining({ version: 1 }) },
  { verb: 'profiles list', words: () => ['--size', '3'], says: expect.objectContaining({ size: 3 }) },
  {
    verb: 'profiles show',
    words: async () => [await someCustomer()],
    says: expect.objectContaining({ fields: expect.any(Object) }),
  },
  { verb: 'profiles find', words: () => ['nobody@example.com'], says: pageOf() },
  { verb: 'segments list', says: expect.objectContaining({ total: 3 }) },
  { verb: 'segments create', words: () => [file('segment.json')], says: tagged({ name: 'Norwegians' }) },
  {
    verb: 'segments create',
    words: () => [file('segment.json')],
    code: 5,
    says: { error: expect.objectContaining({ code: 'segment.exists' }) },
  },
  {
    verb: 'segments create',
    words: () => [file('broken.json')],
    code: 2,
    says: { error: expect.objectContaining({ errors: expect.any(Array) }) },
  },
  { verb: 'segments show', words: () => ['Norwegians'], says: tagged({ name: 'Norwegians' }) },
  { verb: 'segments set', words: () => ['Norwegians', file('segment.json')], says: tagged({ name: 'Norwegians' }) },
  {
    verb: 'segments preview',
    words: () => [file('segment.json')],
    says: expect.objectContaining({ members: expect.any(Number) }),
  },
  {
    verb: 'segments preview',
    words: () => ['--of', 'Californians'],
    says: expect.objectContaining({ profiles: expect.any(Number) }),
  },
  { verb: 'exports list', says: expect.objectContaining({ total: 5 }) },
  { verb: 'exports create', words: () => [file('export.json')], says: tagged({ name: 'Norwegians there' }) },
  { verb: 'exports show', words: () => ['Norwegians there'], says: tagged({ listId: expect.any(String) }) },
  {
    verb: 'exports set',
    words: () => ['Norwegians there', file('export.json')],
    says: tagged({ name: 'Norwegians there' }),
  },
  {
    verb: 'exports preview',
    words: () => ['SendGrid newsletter'],
    says: expect.objectContaining({
      customerId: expect.any(String),
      identifier: expect.objectContaining({ after: expect.stringContaining('***') }),
      fields: expect.arrayContaining([expect.objectContaining({ name: 'city', label: 'City' })]),
    }),
  },
  {
    verb: 'exports preview',
    words: () => ['SendGrid newsletter', '--customer', 'nobody', '--reveal'],
    code: 4,
    says: { error: expect.objectContaining({ code: 'profile.missing' }) },
  },
  {
    verb: 'exports dry-run',
    words: () => ['SendGrid newsletter'],
    says: expect.objectContaining({
      status: 'Ready',
      result: expect.objectContaining({
        verdict: { kind: 'pass' },
        added: 0,
        requests: { least: 0, most: 0 },
        sample: [],
      }),
    }),
  },
  {
    verb: 'exports dry-run',
    words: () => ['Norwegians there', '--reveal'],
    code: 3,
    says: expect.objectContaining({ status: 'Failed', code: 'run.not_refreshed' }),
  },
  { verb: 'exports dry-run', words: () => ['nobody'], code: 4, says: { error: expect.any(Object) } },
  { verb: 'exports warnings', words: () => ['SendGrid newsletter'], says: { items: [] } },
  {
    verb: 'exports run',
    words: () => ['SendGrid newsletter', '--wait'],
    says: expect.objectContaining({ status: 'Successful', requests: 0 }),
  },
  { verb: 'runs list', words: () => ['--export', 'SendGrid newsletter'], says: expect.objectContaining({ total: 2 }) },
  { verb: 'runs show', words: async () => [await firstRun()], says: expect.objectContaining({ status: 'Successful' }) },
  { verb: 'runs batches', words: async () => [await firstRun()], says: some },
  { verb: 'runs outcomes', words: async () => [await lastRun(), '--fate', 'applied'], says: some },
  {
    verb: 'runs invalid',
    words: async () => [await lastRun()],
    says: expect.objectContaining({ items: expect.any(Array) }),
  },
  {
    verb: 'runs watch',
    words: async () => [await firstRun()],
    says: expect.objectContaining({ status: 'Successful' }),
  },
  {
    verb: 'runs cancel',
    words: async () => [await firstRun()],
    code: 5,
    says: { error: expect.objectContaining({ code: 'run.already_settled' }) },
  },
  {
    verb: 'runs approve',
    words: async () => [await firstRun(), '--delta', 'abc'],
    code: 5,
    says: { error: expect.objectContaining({ code: 'run.not_held' }) },
  },
  { verb: 'lists list', says: some },
  {
    verb: 'lists show',
    words: async () => [await firstOf('lists', 'list')],
    says: expect.objectContaining({ people: expect.any(Object) }),
  },
  {
    verb: 'lists decide',
    words: async () => [await firstOf('lists', 'list'), 'add-only'],
    says: expect.objectContaining({ ownership: 'add-only' }),
  },
  {
    verb: 'lists decide',
    words: async () => [await firstOf('lists', 'list'), 'ours'],
    says: expect.objectContaining({ ownership: 'ours' }),
  },
  {
    verb: 'lists decide',
    words: () => ['999', 'ours'],
    code: 4,
    says: { error: expect.objectContaining({ code: 'list.missing' }) },
  },
  { verb: 'lists rejects', words: async () => [await firstOf('lists', 'list')], says: pageOf() },
  { verb: 'exports remove', words: () => ['Norwegians there'], says: expect.objectContaining({ removed: true }) },
  { verb: 'segments remove', words: () => ['Norwegians'], says: expect.objectContaining({ removed: true }) },
  {
    verb: 'segments remove',
    words: () => ['Norwegians'],
    code: 4,
    says: { error: expect.objectContaining({ code: 'cli.not_found' }) },
  },
  { verb: 'connections remove', words: () => ['Second'], says: expect.objectContaining({ removed: true }) },
]

const unificationThere = async (): Promise<object> => {
  const { etag: _etag, ...definition } = z
    .looseObject({ etag: z.string() })
    .parse(await served.json('unification', 'show'))
  return definition
}

const someCustomer = async (): Promise<string> =>
  z.object({ items: z.array(z.object({ customerId: z.string() })).min(1) }).parse(await served.json('profiles', 'list'))
    .items[0]?.customerId ?? ''

/** A run whose records are still there. */
const lastRun = async (): Promise<string> =>
  await firstOf('runs', 'list', '--export', 'Microsoft Advertising audiences')

/** The first run of the newsletter, which sent everybody. */
const firstRun = async (): Promise<string> =>
  itemsOf.parse(await served.json('runs', 'list', '--export', 'SendGrid newsletter')).items.at(-1)?.id ?? ''

describe('with --json', () => {
  it.each(cases)('sund $verb', async ({ verb, words, code = 0, says, agrees }) => {
    const all = [...verb.split(' '), ...((await words?.()) ?? []), '--json']
    const said = await served.say(all, agrees === true ? { onError: openAsPerson } : {})
    const isQuiet = code === 0 && agrees === undefined
    expect({ code: said.code, stderr: isQuiet ? said.stderr : '' }).toEqual({ code, stderr: '' })
    expect(JSON.parse(said.stdout)).toEqual(says)
  })
})

const leavesOf = (command: Command, before: readonly string[] = []): string[] =>
  command.commands.length === 0
    ? [before.join(' ')]
    : command.commands.flatMap((child) => leavesOf(child, [...before, child.name()]))

it('has a case for every verb, and each verb takes --json', () => {
  const program = buildProgram(
    new Shell({
      out: () => undefined,
      err: () => undefined,
      input: async () => '',
      columns: undefined,
      environment: {},
      sleep: async () => undefined,
    }),
  )
  expect(new Set([...cases.map(({ verb }) => verb), ...listVerbs])).toEqual(new Set(leavesOf(program)))
})

it('finds nothing by an id that is not there', async () => {
  const { code, stderr } = await served.say(['segments', 'show', '999'])
  expect(code).toBe(4)
  expect(stderr).toMatch(/999[\s\S]*\nNext: .+\nCode: segment\.missing\n$/)
})

it('shows a line while it waits on a terminal, and only there', async () => {
  const onTerminal = await served.say(['refresh', 'start', '--wait'], { columns: 60 })
  expect(onTerminal.stdout).toMatch(/^Refresh \d+: Successful\nRun \d+: Successful, /)
  expect(onTerminal.stderr).toContain('\r\x1b[2KRefresh ')
  expect(onTerminal.stderr.endsWith('\r\x1b[2K')).toBe(true)
  expect((await served.say(['refresh', 'start', '--wait'])).stderr).toBe('')
})

it('reads a definition from standard input', async () => {
  const input = 'field: State\nop: is\nvalue: California\n'
  const { code, stdout } = await served.say(['segments', 'preview', '-'], { input })
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+ of \d+ profiles\.\n$/) })
})
