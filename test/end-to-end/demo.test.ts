/** The demo as a person starts it: what it prints, how it ends, and who is in the lists, against who should be. */
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { exports, segments } from '../../demo/definitions.ts'
import { generateTables } from '../../demo/generate.ts'
import { evolution, type Generation, samplePeople } from '../../demo/generations.ts'
import { type Person, sampleSegments } from '../../demo/people.ts'
import { projectRoot, runCommand } from './command.ts'
import { sha256 } from './rig.ts'

const figures = z.strictObject({
  name: z.string(),
  destination: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  added: z.number(),
  updated: z.number(),
  removed: z.number(),
  rejected: z.number(),
  unknown: z.number(),
  invalid: z.number(),
  duplicates: z.number(),
  requests: z.number(),
  writes: z.number(),
  seconds: z.number(),
  lists: z.array(
    z.strictObject({ list: z.string(), segments: z.array(z.string()), expected: z.number(), members: z.number() }),
  ),
})
const report = z.strictObject({
  profiles: z.number(),
  segments: z.array(z.strictObject({ name: z.string(), members: z.number() })),
  exports: z.array(figures),
})
type Report = z.infer<typeof report>
type Figures = z.infer<typeof figures>

/** Members by `destination/list`. */
type Lists = ReadonlyMap<string, ReadonlySet<string>>

interface Outcome {
  readonly code: number | null
  readonly stderr: string
  readonly report: Report
  readonly lists: Lists
}

const readDump = async (dump: string): Promise<Lists> => {
  const lists = new Map<string, ReadonlySet<string>>()
  for (const destination of await readdir(dump)) {
    for (const file of await readdir(join(dump, destination))) {
      const lines = (await readFile(join(dump, destination, file), 'utf8')).split('\n').slice(0, -1)
      const members = new Set(lines)
      if (members.size !== lines.length) throw new Error(`${destination}/${file} holds somebody twice.`)
      lists.set(`${destination}/${file.replace(/\.txt$/, '')}`, members)
    }
  }
  return lists
}

let base: string
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'sund-demo-'))
})
afterAll(async () => await rm(base, { recursive: true, force: true, maxRetries: 3 }))

const demo = async (home: string, tables: string): Promise<Outcome> => {
  const dump = join(base, `${home} lists`)
  const words = ['--home', join(base, home), '--data', tables, '--dump', dump, '--pace', '300']
  const { code, stdout, stderr } = await runCommand('demo', '--once', '--json', ...words)
  if (stdout === '') throw new Error(`The demo printed nothing: ${stderr}`)
  return { code, stderr, report: report.parse(JSON.parse(stdout)), lists: await readDump(dump) }
}

const NEWSLETTER = 'sendgrid/Newsletter'
const ADDRESS_BOOK = 'dotdigital/Born in the eighties'
const hashed = (emails: ReadonlySet<string>): ReadonlySet<string> => new Set([...emails].map(sha256))

const inNewsletter = (person: Person): boolean =>
  sampleSegments['High tier subscribers'](person) || sampleSegments.Californians(person)

const emailsWhere = (generation: Generation, isIn: (person: Person) => boolean): ReadonlySet<string> =>
  new Set([...samplePeople(generation)].filter(isIn).map(({ email }) => email.toLowerCase()))

/** Who must be in each list: computed from the people themselves, by none of the code that is tested. */
const expectedLists = (generation: Generation): Lists =>
  new Map([
    ...Object.entries(sampleSegments).flatMap(([name, isIn]) => {
      const emails = emailsWhere(generation, isIn)
      return [[`iterable/${name}`, emails] as const, [`microsoft-advertising/${name}`, hashed(emails)] as const]
    }),
    [
      'campaign-monitor/High tier subscribers',
      emailsWhere(generation, sampleSegments['High tier subscribers']),
    ] as const,
    [NEWSLETTER, emailsWhere(generation, inNewsletter)] as const,
    [ADDRESS_BOOK, emailsWhere(generation, sampleSegments['Born in the eighties'])] as const,
  ])

const sizes = (lists: Lists): Record<string, number> =>
  Object.fromEntries([...lists].map(([name, members]) => [name, members.size]))

/** What becomes of a list whose members are those for whom `isIn` holds; a changed name or city is an update there. */
const movesOf = (generation: Generation, isIn: (person: Person) => boolean) => {
  const moves = { added: 0, updated: 0, removed: 0 }
  for (const fate of evolution(generation)) {
    const was = fate.kind !== 'added' && isIn(fate.before)
    const is = fate.kind !== 'removed' && isIn(fate.after)
    if (is && !was) moves.added++
    if (was && !is) moves.removed++
    if (was && is && fate.kind === 'changed') moves.updated++
  }
  return moves
}

const exportTo = ({ exports: all }: Report, destination: string): Figures => {
  const found = all.find((one) => one.destination === destination)
  if (found === undefined) throw new Error(`The report has no export to ${destination}.`)
  return found
}

const expectExact = ({ report: { exports: all }, lists }: Outcome): void => {
  expect(all.map(({ name }) => name).sort()).toEqual(exports.map(({ name }) => name).sort())
  for (const one of all) {
    expect(one).toMatchObject({ status: 'Successful', rejected: 0, unknown: 0, invalid: 0, duplicates: 0 })
    for (const { list, expected, members } of one.lists) {
      expect(members, list).toBe(expected)
      expect(lists.get(`${one.destination}/${list}`)?.size, list).toBe(expected)
    }
  }
}

describe('the generated tables', () => {
  const people = 2000
  const first: Generation = { people, seed: 7 }
  const changed: Generation = { ...first, changes: { added: 0.05, removed: 0.06, changed: 0.1 } }
  const folder = (name: string) => join(base, name)
  let before: Outcome

  test('a first refresh fills every list with exactly those who belong there', async () => {
    await generateTables({ ...first, folder: folder('first') })
    before = await demo('generated', folder('first'))
    expect(before.code).toBe(0)
    expectExact(before)
    expect(before.report.profiles).toBe(people)
    expect(before.lists).toEqual(expectedLists(first))
    const wanted = expectedLists(first)
    expect(exportTo(before.report, 'sendgrid')).toMatchObject({
      ...movesOf(first, () => false),
      added: wanted.get(NEWSLETTER)?.size,
    })
    // Lists that were empty or held everybody would show little.
    for (const size of Object.values(sizes(wanted))) expect(size).toBeGreaterThan(people / 50)
    expect(before.report.segments.map(({ name }) => name).sort()).toEqual(segments.map(({ name }) => name).sort())
    for (const { name, members } of before.report.segments) {
      expect(members, name).toBe(wanted.get(`microsoft-advertising/${name}`)?.size)
    }
  })

  test('an unchanged one sends no request', async () => {
    const again = await demo('generated', folder('first'))
    expect(again.code).toBe(0)
    expectExact(again)
    for (const one of again.report.exports) {
      expect(one).toMatchObject({ requests: 0, writes: 0, added: 0, updated: 0, removed: 0 })
    }
    expect(again.lists).toEqual(before.lists)
  })

  test('a changed generation moves exactly those who joined, left and changed', async () => {
    await generateTables({ ...changed, folder: folder('changed') })
    const after = await demo('generated', folder('changed'))
    expect(after.code).toBe(0)
    expectExact(after)
    expect(after.lists).toEqual(expectedLists(changed))
    expect(after.lists).not.toEqual(before.lists)
    expect(exportTo(after.report, 'sendgrid')).toMatchObject(movesOf(changed, inNewsletter))
    const audiences = Object.values(sampleSegments).map((isIn) => movesOf(changed, isIn))
    for (const destination of ['iterable', 'microsoft-advertising']) {
      expect(exportTo(after.report, destination)).toMatchObject({
        added: audiences.reduce((sum, { added }) => sum + added, 0),
        // Addresses never change, and nothing else is sent there.
        updated: 0,
        removed: audiences.reduce((sum, { removed }) => sum + removed, 0),
      })
    }
  })

  test('a table that is a web page: ends with 3, says why, and the lists stay as they were', async () => {
    await generateTables({ ...first, folder: folder('broken') })
    await writeFile(join(folder('broken'), 'Customer-Loyalty.csv'), '<!doctype html><title>Sign in</title>')
    const broken = await demo('generated', folder('broken'))
    expect(broken.code).toBe(3)
    expect(broken.stderr).toMatch(/Customer-Loyalty\.csv is a web page/)
    for (const one of broken.report.exports) {
      expect(one).toMatchObject({ status: 'Skipped', requests: 0, writes: 0, removed: 0 })
      expect(one.reason).toMatch(/Customer-Loyalty\.csv is a web page/)
    }
    expect(broken.lists).toEqual(expectedLists(changed))
  })
})

/** `data/contoso` in a folder beside the project. */
const contosoFolder = (): string | undefined => {
  const beside = join(projectRoot, '..')
  return readdirSync(beside)
    .map((name) => join(beside, name, 'data', 'contoso'))
    .find((found) => existsSync(join(found, 'Contact.csv')))
}

const contoso = contosoFolder()

if (contoso === undefined) {
  process.stderr.write('\nNOT TESTED: the demo on the Contoso tables, which are not beside the project.\n\n')
  test('the Contoso tables are absent: <folder>/data/contoso/Contact.csv beside the project', () => {
    expect(contosoFolder()).toBeUndefined()
  })
} else {
  test('the Contoso tables: known numbers of people, the same people at all vendors, then silence', async () => {
    const first = await demo('contoso', contoso)
    expect(first.code).toBe(0)
    expectExact(first)
    expect(sizes(first.lists)).toEqual({
      [ADDRESS_BOOK]: 984,
      [NEWSLETTER]: 1389,
      'campaign-monitor/High tier subscribers': 273,
      'iterable/High tier subscribers': 273,
      'iterable/Californians': 1186,
      'iterable/Born in the eighties': 984,
      'microsoft-advertising/High tier subscribers': 273,
      'microsoft-advertising/Californians': 1186,
      'microsoft-advertising/Born in the eighties': 984,
    })
    const tier = first.lists.get('microsoft-advertising/High tier subscribers') ?? new Set()
    const state = first.lists.get('microsoft-advertising/Californians') ?? new Set()
    expect(hashed(first.lists.get(NEWSLETTER) ?? new Set())).toEqual(new Set([...tier, ...state]))

    for (const { name } of segments) {
      const emails = first.lists.get(`iterable/${name}`) ?? new Set()
      expect(hashed(emails), name).toEqual(first.lists.get(`microsoft-advertising/${name}`))
    }

    const again = await demo('contoso', contoso)
    expect(again.code).toBe(0)
    for (const one of again.report.exports) {
      expect(one).toMatchObject({ status: 'Successful', requests: 0, writes: 0 })
    }
    expect(again.lists).toEqual(first.lists)
  })
}
