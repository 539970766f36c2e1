/** Rules about who imports whom: rooms, packages, the door out, cycles. */
import { type Breach, type Import, isTest, type Rule, roomOf, type SourceFile, type Tree } from './tree.ts'

const importBreaches = (file: SourceFile, isWrong: (imported: Import) => boolean, why: string): Breach[] =>
  file.imports.filter(isWrong).map(({ from }) => ({ path: file.path, what: `imports ${from}: ${why}` }))

const upstream = ['src/exports', 'src/delivery', 'src/destinations', 'src/outbound', 'src/connections', 'src/refresh']

/** What a room may import of ours besides itself; `not` where only some rooms are closed to it. */
const rooms: Readonly<Record<string, { readonly only: readonly string[] } | { readonly not: readonly string[] }>> = {
  'src/domain': { only: [] },
  'src/destination-kit': { only: [] },
  'src/destinations': { only: ['src/destination-kit'] },
  'src/delivery': {
    not: ['src/destinations', 'src/exports', 'src/sources', 'src/unify', 'src/segments', 'src/engine'],
  },
  // One direction, no way back: nothing upstream knows what is downstream.
  'src/engine': { not: ['src/sources', 'src/unify', 'src/segments', ...upstream] },
  'src/sources': { not: ['src/unify', 'src/segments', ...upstream] },
  'src/unify': { not: ['src/segments', ...upstream] },
  'src/segments': { not: upstream },
  // A client of the API like any other: what it needs of the server, the API must tell.
  'src/cli': { only: ['src/errors.ts', 'src/config.ts', 'src/domain'] },
}

/** Files that may import one room more, and why. */
const exceptions: Readonly<Record<string, { readonly room: string; readonly why: string }>> = {
  'src/destinations/index.ts': {
    room: 'src/errors.ts',
    why: 'the list is no destination; it says in words when a slug is not in it',
  },
}

const roomImports: Rule = {
  name: 'rooms',
  check(file) {
    const room = roomOf(file.path)
    const allowed = rooms[room]
    if (allowed === undefined || isTest(file.path)) return []
    const isWrong = ({ path }: Import): boolean => {
      if (path === undefined || [room, exceptions[file.path]?.room].includes(roomOf(path))) return false
      return 'only' in allowed ? !allowed.only.includes(roomOf(path)) : allowed.not.includes(roomOf(path))
    }
    return importBreaches(file, isWrong, `${room} does not know that room`)
  },
}

const pureRooms: Rule = {
  name: 'pure rooms',
  check: (file) =>
    ['src/domain', 'src/destination-kit', 'src/destinations'].includes(roomOf(file.path)) && !isTest(file.path)
      ? importBreaches(
          file,
          ({ from, path }) => path === undefined && from !== 'zod',
          'of packages, only zod is for it',
        )
      : [],
}

const sandboxApart: Rule = {
  name: 'sandbox apart',
  check(file) {
    const room = roomOf(file.path)
    if (room === 'sandbox') {
      return importBreaches(
        file,
        ({ path }) => path?.startsWith('src/') === true,
        'a simulator knows the vendor, not Sund',
      )
    }
    if (!file.path.startsWith('src/') || room === 'src/commands.ts' || isTest(file.path)) return []
    return importBreaches(file, ({ path }) => path?.startsWith('sandbox/') === true, 'src works without its simulators')
  },
}

// ── packages ────────────────────────────────────────────────────────────────────────────────────────
const NETWORK = ['undici', 'http', 'https', 'http2', 'net', 'tls', 'dgram', 'dns', 'dns/promises']
const network = new Set(NETWORK.flatMap((name) => [name, `node:${name}`]))

/** Where packages may be imported besides tests, and why. A path that ends in `/` stands for all below it. */
const doors: readonly {
  readonly name: string
  readonly isIt: (from: string) => boolean
  readonly where: Readonly<Record<string, string>>
}[] = [
  {
    name: 'the only door out',
    isIt: (from) => network.has(from),
    where: {
      'src/outbound/': 'the door',
      'src/connections/': 'listens on loopback for the answer of an OAuth2 sign-in',
      'src/store/': 'asks the system for a free port for the embedded PostgreSQL',
      'sandbox/': 'answers as the vendors do',
      'bench/': 'receives what is measured',
    },
  },
  {
    name: 'SQL rooms',
    isIt: (from) => from === 'kysely',
    where: {
      'src/engine/': 'engine SQL',
      'src/sources/': 'engine SQL',
      'src/unify/': 'engine SQL',
      'src/segments/': 'engine SQL',
      'src/exports/': 'engine SQL',
      'src/store/': 'control-plane SQL',
      'bench/': 'the hand-written floor beside ours',
    },
  },
  {
    name: 'the only door in',
    isIt: (from) => from === 'fastify' || from.startsWith('fastify-') || from.startsWith('@fastify/'),
    where: { 'src/api/': 'answers HTTP' },
  },
  {
    name: 'control-plane database',
    isIt: (from) => from === 'pg',
    where: { 'src/store/': 'control-plane SQL', 'bench/crash/': 'sees and holds the server at a point' },
  },
  {
    name: 'data engine',
    isIt: (from) => from.startsWith('@duckdb/'),
    where: { 'src/engine/': 'the engine', 'bench/': 'the hand-written floor beside ours' },
  },
]

const doorRules: readonly Rule[] = doors.map(({ name, isIt, where }) => ({
  name,
  check(file) {
    const { path } = file
    if (isTest(path) || Object.keys(where).some((start) => path.startsWith(start))) return []
    return importBreaches(file, ({ from }) => isIt(from), `only in ${Object.keys(where).join(', ')}`)
  },
}))

// ── shape of the graph ──────────────────────────────────────────────────────────────────────────────
const targetsOf = (file: SourceFile | undefined): string[] => file?.imports.flatMap(({ path }) => path ?? []) ?? []

/** The shortest way from the file back to itself. */
const wayBack = (start: string, tree: Tree): readonly string[] | undefined => {
  const queue: (readonly string[])[] = [[start]]
  const seen = new Set<string>()
  for (const way of queue) {
    for (const next of targetsOf(tree.get(way.at(-1) ?? ''))) {
      if (next === start) return [...way, next]
      if (!seen.has(next)) queue.push([...way, next])
      seen.add(next)
    }
  }
  return undefined
}

const noCycles: Rule = {
  name: 'no cycles',
  check(file, tree) {
    const way = wayBack(file.path, tree)
    // A ring is told once, by its first file.
    return way === undefined || way.some((path) => path < file.path)
      ? []
      : [{ path: file.path, what: way.join(' -> ') }]
  },
}

const testsAreLeaves: Rule = {
  name: 'tests are leaves',
  check: (file) =>
    importBreaches(
      file,
      ({ path = '' }) => path.endsWith('.test.ts') || (path.includes('/fixtures/') && !isTest(file.path)),
      'only tests import fixtures, and nobody imports a test',
    ),
}

export const roomRules: readonly Rule[] = [roomImports, pureRooms, sandboxApart, ...doorRules, noCycles, testsAreLeaves]
