/** How lists and exports end, told from the command line with `--json`: what is said, and with which exit code. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { exampleCredentials } from '../../sandbox/credentials.ts'
import { crowd, csvOf, inCity, peopleSource, peopleUnification } from '../../test/end-to-end/rig.ts'
import { listVerbs } from './fixtures/list-verbs.ts'
import { type Served, startServed } from './fixtures/served.ts'

let served: Served

const filled = ['Oslo', 'Bergen', 'Bodo', 'Voss']
/** Those beyond have no list yet: what is on one that is there would be read first, and its rate is slow. */
const cities = [...filled, 'Alta', 'Narvik']
const connections = [
  { name: 'Mails', destination: 'iterable', credentials: { apiKey: `\${ITERABLE_API_KEY}` } },
  {
    name: 'Letters',
    destination: 'campaign-monitor',
    credentials: { apiKey: `\${CAMPAIGN_MONITOR_API_KEY}`, clientId: '', clientSecret: '' },
  },
]

/** The installation as a file, with one export of lists for these cities, or with others. */
const companyFile = async (name: string, segments: readonly string[], exports: readonly string[] = ['Cities']) =>
  await served.file(
    name,
    JSON.stringify({
      sourcesFolder: '.',
      sources: [peopleSource],
      unification: peopleUnification,
      segments: cities.map((city) => ({ name: city, rule: inCity(city) })),
      connections,
      exports: exports.map((one) => exportOf(one, segments)),
    }),
  )

const exportOf = (name: string, segments: readonly string[]) => ({
  ...{ name, connection: 'Mails', segments },
  matching: { identifier: 'Email', fields: {} },
})
const exportFile = async (...segments: readonly string[]): Promise<string> =>
  await served.file('export.json', JSON.stringify(exportOf('Cities', segments)))

beforeAll(async () => {
  served = await startServed()
  const people = cities.flatMap((city, index) => crowd(index * 10, index * 10 + 5, city))
  await writeFile(join(served.base, 'People.csv'), csvOf(people))
  await served.json('apply', await companyFile('sund.yaml', filled))
  await served.json('refresh', 'start', '--wait')
})
afterAll(async () => {
  expect(served.sandbox.forbidden()).toEqual([])
  await served.close()
})

const listShape = z.object({ id: z.string(), segmentName: z.string().nullable(), remoteId: z.string().nullable() })
const runShape = z.object({ id: z.string(), status: z.string(), last: z.boolean(), deltaHash: z.string().optional() })

const listOf = async (city: string) => {
  const { items } = z.object({ items: z.array(listShape) }).parse(await served.json('lists', 'list'))
  const found = items.find(({ segmentName }) => segmentName === city)
  if (found?.remoteId == null) throw new Error(`There is no list for ${city}.`)
  return { id: found.id, remoteId: found.remoteId }
}
const on = (remoteId: string): number => served.sandbox.members('iterable', remoteId).length

/** What follows a run comes a moment after it. */
const soon = <T>(look: () => Promise<T>) => expect.poll(look, { timeout: 20_000, interval: 100 })

const lastRuns = async () => {
  const { items } = z.object({ items: z.array(runShape) }).parse(await served.json('runs', 'list'))
  return items.filter(({ last }) => last)
}

/** Approves the Held last run, to its end. */
const approve = async (): Promise<void> => {
  let held: z.infer<typeof runShape> | undefined
  await soon(async () => (held = (await lastRuns()).find(({ status }) => status === 'Held'))).toBeDefined()
  const { id = '', deltaHash = '' } = held ?? {}
  await served.json('runs', 'approve', id, '--delta', deltaHash, '--wait')
}

interface Said {
  readonly words: readonly string[]
  readonly code?: number
  readonly says: unknown
}

const verbs = new Set<string>()

/** Says it with `--json`: one document, whatever the exit code. */
const expectSaid = async ({ words, code = 0, says }: Said): Promise<void> => {
  verbs.add(words.slice(0, 2).join(' '))
  const said = await served.say([...words, '--json'])
  expect({ code: said.code, told: JSON.parse(said.stdout) }).toEqual({ code, told: says })
}
const told = (more: object) => expect.objectContaining(more)
const problem = (code: string) => ({ error: told({ code }) })

describe('connections choices', () => {
  it.each<[string, Said]>([
    [
      'the clients',
      {
        words: ['Letters', 'clientId'],
        says: { items: [{ id: exampleCredentials['campaign-monitor'].clientOfAccount, name: expect.any(String) }] },
      },
    ],
    ['a setting without choices', { words: ['Mails', 'region'], code: 4, says: problem('destination.no_choices') }],
    ['no such connection', { words: ['Nobody', 'clientId'], code: 4, says: problem('cli.not_found') }],
  ])('tells: %s', async (_what, said) => {
    await expectSaid({ ...said, words: ['connections', 'choices', ...said.words] })
  })
})

describe('exports set --people', () => {
  it('takes no other word', async () => {
    const said = await served.say(['exports', 'set', 'Cities', await exportFile('Oslo'), '--people', 'keep', '--json'])
    expect(said.code).toBe(2)
    expect(JSON.parse(said.stdout)).toEqual({ error: expect.anything() })
  })

  it('leave, and without it: the list is closed, and no run asks for anything', async () => {
    const words = ['exports', 'set', 'Cities', await exportFile('Oslo', 'Bergen', 'Bodo')]
    await expectSaid({ words: [...words, '--people', 'leave'], says: told({ name: 'Cities', leaving: false }) })
    expect(await lastRuns()).toEqual([])
    const { id, remoteId } = await listOf('Voss')
    await expectSaid({
      words: ['lists', 'show', id],
      says: told({ emptying: false, closedAt: expect.any(String), people: told({ present: 5 }) }),
    })
    expect(on(remoteId)).toBe(5)
  })

  it('remove: a last run is Held, and takes them off when it is approved', async () => {
    const { id, remoteId } = await listOf('Bodo')
    const words = ['exports', 'set', 'Cities', await exportFile('Oslo', 'Bergen'), '--people', 'remove']
    await expectSaid({ words, says: told({ name: 'Cities', etag: expect.any(String) }) })
    await expectSaid({ words: ['lists', 'show', id], says: told({ emptying: true }) })
    expect(on(remoteId)).toBe(5)
    await approve()
    expect(on(remoteId)).toBe(0)
    await soon(async () => (await served.say(['lists', 'show', id])).code).toBe(4)
  })
})

describe('lists', () => {
  it.each<[string, string, number]>([
    ['empty', 'list.filled', 5],
    ['forget', 'list.filled', 5],
    ['create-again', 'list.still_there', 5],
  ])('%s is refused for a list that is filled and there', async (verb, code, exit) => {
    const { id } = await listOf('Oslo')
    await expectSaid({ words: ['lists', verb, id], code: exit, says: problem(code) })
    await expectSaid({ words: ['lists', verb, '999999'], code: 4, says: problem('list.missing') })
  })

  it('empty --wait tells the run that is Held; canceled, the list is as before', async () => {
    const { id, remoteId } = await listOf('Voss')
    const said = await served.say(['lists', 'empty', id, '--wait', '--json'])
    expect(said.code).toBe(3)
    const run = runShape.parse(JSON.parse(said.stdout))
    expect(run).toMatchObject({ status: 'Held', last: true })
    const text = (await served.say(['runs', 'show', run.id])).stdout
    expect(text).toContain('run.held_last')
    await served.json('runs', 'cancel', run.id)
    await expectSaid({ words: ['lists', 'show', id], says: told({ emptying: false, people: told({ present: 5 }) }) })
    expect(on(remoteId)).toBe(5)
  })

  it('empty without it tells the run that it asked for', async () => {
    const { id, remoteId } = await listOf('Voss')
    await expectSaid({ words: ['lists', 'empty', id], says: told({ last: true, joined: false }) })
    await soon(async () => (await lastRuns())[0]?.status).toBe('Held')
    await served.json('runs', 'cancel', (await lastRuns())[0]?.id ?? '')
    expect(on(remoteId)).toBe(5)
  })

  it('forget drops what is known of the list, and nobody from it', async () => {
    const { id, remoteId } = await listOf('Voss')
    await expectSaid({ words: ['lists', 'forget', id], says: { id, forgotten: true } })
    await expectSaid({ words: ['lists', 'forget', id], code: 4, says: problem('list.missing') })
    expect(on(remoteId)).toBe(5)
  })

  it('create-again puts a new list in the place of one that is gone, as a dry run and a run then say', async () => {
    const { id, remoteId } = await listOf('Bergen')
    const answer = await fetch(`${served.sandbox.urls.iterable}/api/lists/${remoteId}`, {
      method: 'DELETE',
      headers: { 'api-key': exampleCredentials.iterable.apiKey },
    })
    expect(answer.status).toBe(200)
    await expectSaid({
      words: ['lists', 'create-again', id],
      says: told({ segmentName: 'Bergen', remoteId: null, people: told({ present: 0 }) }),
    })
    const foretold = { verdict: { kind: 'pass' }, added: 5, removed: 0 }
    await expectSaid({
      words: ['exports', 'dry-run', 'Cities'],
      says: told({ status: 'Ready', result: told(foretold) }),
    })
    await expectSaid({
      words: ['exports', 'run', 'Cities', '--wait'],
      says: told({ status: 'Successful', added: 5, removed: 0 }),
    })
    expect(on((await listOf('Bergen')).remoteId)).toBe(5)
  })
})

describe('plan and apply --people', () => {
  it.each<[string, readonly string[], RegExp]>([
    ['usually', [], /people stay in lists that it fills no more/],
    ['leave', ['--people', 'leave'], /people stay in lists that it fills no more/],
    ['remove', ['--people', 'remove'], /once a person approves, our people are taken off lists that it fills no more/],
  ])('a plan notes what becomes of people: %s', async (_how, more, note) => {
    const words = ['plan', await companyFile('less.yaml', ['Oslo']), ...more]
    await expectSaid({
      words,
      says: {
        changes: [told({ action: 'update', kind: 'export', name: 'Cities', note: expect.stringMatching(note) })],
        extras: [],
      },
    })
    await expectSaid({ words: [...words, '--check'], code: 7, says: expect.anything() })
    expect((await served.say(words)).stdout).toMatch(note)
  })

  it('apply --people remove has the list emptied of the segment that the file takes off', async () => {
    const { remoteId } = await listOf('Bergen')
    await expectSaid({
      words: ['apply', await companyFile('less.yaml', ['Oslo']), '--people', 'remove'],
      says: { applied: [told({ action: 'update', name: 'Cities' })], extras: [] },
    })
    expect(on(remoteId)).toBe(5)
    await approve()
    expect(on(remoteId)).toBe(0)
  })

  it('apply --prune --people remove has an export leave that the file does not name, once', async () => {
    const { remoteId } = await listOf('Oslo')
    const words = ['--prune', '--people', 'remove']
    const file = await companyFile('none.yaml', [], [])
    await expectSaid({
      words: ['apply', file, ...words],
      says: {
        applied: [told({ action: 'remove', kind: 'export', note: expect.stringMatching(/taken off its lists first/) })],
        extras: [],
      },
    })
    await expectSaid({ words: ['exports', 'show', 'Cities'], says: told({ leaving: true }) })
    await expectSaid({ words: ['plan', file, ...words], says: { changes: [], extras: [] } })
    await expectSaid({ words: ['exports', 'dry-run', 'Cities'], code: 5, says: problem('export.leaving') })
    const set = ['exports', 'set', 'Cities', await exportFile('Oslo')]
    await expectSaid({ words: set, code: 5, says: problem('export.leaving') })
    expect(on(remoteId)).toBe(5)
    await approve()
    expect(on(remoteId)).toBe(0)
    await soon(async () => (await served.say(['exports', 'show', 'Cities'])).code).toBe(4)
  })
})

describe('exports remove --people', () => {
  const made = async (): Promise<void> => {
    await served.json('exports', 'create', await exportFile('Alta'))
    await served.json('exports', 'run', 'Cities', '--wait')
  }

  it('remove: it is there until its last run is approved, which is told', async () => {
    await made()
    await expectSaid({
      words: ['exports', 'remove', 'Cities', '--people', 'remove', '--if-match', '"another"'],
      code: 5,
      says: problem('request.stale'),
    })
    await expectSaid({
      words: ['exports', 'remove', 'Cities', '--people', 'remove'],
      says: { id: expect.any(String), removed: false, run: told({ last: true }) },
    })
    await expectSaid({ words: ['exports', 'show', 'Cities'], says: told({ leaving: true }) })
  })

  it('leave: it goes at once, also while it was to be emptied, and people stay', async () => {
    await soon(async () => (await lastRuns())[0]?.status).toBe('Held')
    await expectSaid({
      words: ['exports', 'remove', 'Cities', '--people', 'leave'],
      says: { id: expect.any(String), removed: true },
    })
    await expectSaid({ words: ['exports', 'show', 'Cities'], code: 4, says: problem('cli.not_found') })
  })
})

describe('exports dry-run', () => {
  it('tells what a run would do, and that one would not go through, by its exit code', async () => {
    await served.json('exports', 'create', await exportFile('Narvik'))
    await expectSaid({
      words: ['exports', 'dry-run', 'Cities'],
      says: told({ status: 'Ready', result: told({ verdict: { kind: 'pass' }, removed: 0 }) }),
    })
    await expectSaid({
      words: ['exports', 'run', 'Cities', '--wait'],
      says: told({ status: 'Successful' }),
    })
    const { remoteId } = await listOf('Narvik')
    await fetch(`${served.sandbox.urls.iterable}/api/lists/${remoteId}`, {
      method: 'DELETE',
      headers: { 'api-key': exampleCredentials.iterable.apiKey },
    })
    await served.file('People.csv', csvOf([...crowd(1, 5), ...crowd(50, 60, 'Narvik')]))
    await served.say(['refresh', 'start', '--wait'])
    await expectSaid({
      words: ['exports', 'dry-run', 'Cities'],
      code: 3,
      says: told({ status: 'Failed', code: 'run.list_gone' }),
    })
    const text = await served.say(['exports', 'dry-run', 'Cities'])
    expect(text).toMatchObject({ code: 3, stdout: expect.stringMatching(/^A run would fail: .*create-again/) })
  })
})

it('has said every verb that it answers for', () => {
  expect([...verbs]).toEqual(expect.arrayContaining([...listVerbs]))
})
