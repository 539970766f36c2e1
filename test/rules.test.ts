/** The rules of the house, kept on the whole project; and each rule shown to catch what it forbids. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { languageRules } from './rules/language.ts'
import { reachRules } from './rules/reach.ts'
import { roomRules } from './rules/rooms.ts'
import { talkRules } from './rules/talks.ts'
import { breachesOf, loadTree, treeOf } from './rules/tree.ts'

const rules = [...roomRules, ...languageRules, ...reachRules, ...talkRules]
const HEAD = '/** A file. */\n'
const KIT = 'src/destination-kit/kit.ts'
const kit = `${HEAD}export const send = (r: unknown) => r\nexport const scan = send\nexport const keep = send\nexport function* each() {}`

type Files = Readonly<Record<string, string>>

const breaches = (files: Files): string[] => {
  const headed = Object.entries(files).map(([path, text]) => [path, text.startsWith('/*') ? text : HEAD + text])
  return breachesOf(rules, treeOf(Object.fromEntries(headed)))
}

describe('the project', () => {
  const tree = loadTree(join(import.meta.dirname, '..'))

  it('is read as a whole', () => {
    expect([...tree.keys()]).toEqual(expect.arrayContaining(['src/errors.ts', KIT, 'test/rules.test.ts']))
  })

  it.each(rules)('keeps the rule: $name', (rule) => {
    expect(breachesOf([rule], tree)).toEqual([])
  })
})

interface Case {
  readonly rule: string
  readonly what: string
  readonly files: Files
}

const one = (rule: string, path: string, text: string): Case => ({
  rule,
  what: `${path}: ${text}`,
  files: { [path]: text },
})
const talk = (text: string): Files => ({
  [KIT]: kit,
  'src/destinations/x.ts': `import { each, keep, scan, send } from '../destination-kit/kit.ts'\n${text}`,
})

const wrong: readonly Case[] = [
  one('rooms', 'src/domain/a.ts', `import { x } from '../errors.ts'`),
  one('rooms', 'src/destinations/a.ts', `import { x } from '../domain/x.ts'`),
  one('rooms', KIT, `import { x } from '../errors.ts'`),
  one('rooms', 'src/delivery/a.ts', `import { x } from '../destinations/index.ts'`),
  one('rooms', 'src/delivery/a.ts', `const x = await import('../destinations/index.ts')`),
  one('rooms', 'src/delivery/a.ts', `export type X = import('../destinations/index.ts').X`),
  one('rooms', 'src/segments/a.ts', `import { x } from '../exports/plan.ts'`),
  one('rooms', 'src/engine/a.ts', `import { x } from '../sources/x.ts'`),
  one('rooms', 'src/cli/a.ts', `import { x } from '../store/run.ts'`),
  one('rooms', 'src/cli/a.ts', `import { x } from '../server.ts'`),
  one('pure rooms', 'src/destinations/a.ts', `import { x } from 'node:fs'`),
  one('pure rooms', 'src/domain/a.ts', `import { x } from 'luxon'`),
  one('sandbox apart', 'sandbox/a.ts', `import { x } from '../src/errors.ts'`),
  one('sandbox apart', 'src/exports/a.ts', `import { x } from '../../sandbox/server.ts'`),
  one('the only door out', 'src/delivery/a.ts', `import { Pool } from 'undici'`),
  one('the only door out', 'src/exports/a.ts', `import type { Server } from 'node:http'`),
  one('the only door out', 'src/api/a.ts', `import net from 'net'`),
  one('SQL rooms', 'src/delivery/a.ts', `import { sql } from 'kysely'`),
  one('the only door in', 'src/exports/a.ts', `import Fastify from 'fastify'`),
  one('control-plane database', 'src/exports/a.ts', `import pg from 'pg'`),
  one('data engine', 'src/segments/a.ts', `import { x } from '@duckdb/node-api'`),
  {
    rule: 'no cycles',
    what: 'three files in a ring',
    files: {
      'src/refresh/a.ts': `import { b } from './b.ts'`,
      'src/refresh/b.ts': `import type { c } from './deep/c.ts'`,
      'src/refresh/deep/c.ts': `export type { a } from '../a.ts'\nexport const c = 1`,
    },
  },
  one('tests are leaves', 'src/exports/a.ts', `import { x } from './b.test.ts'`),
  one('tests are leaves', 'src/exports/a.ts', `import { x } from './fixtures/x.ts'`),
  one('no holes in the types', 'src/exports/a.ts', `const x: any = 1`),
  one('no holes in the types', 'src/exports/a.test.ts', `const x = y as unknown`),
  one('no holes in the types', 'src/exports/a.ts', `const x = <string>y`),
  one('no holes in the types', 'src/exports/a.ts', `const x = y!`),
  one('no holes in the types', 'src/exports/a.ts', `class A { x!: string }`),
  one('no holes in the types', KIT, `const x = y as Reply`),
  one('no holes in the types', KIT, `class Ask { *f() { return (yield 1) as Other } }`),
  one('no silenced tools', 'src/exports/a.ts', `// @ts-expect-error\nconst x: string = 1`),
  one('no silenced tools', 'src/exports/a.ts', `// biome-ignore lint: no\nconst x = 1`),
  one('no default exports', 'src/exports/a.ts', `export default 1`),
  one('no default exports', 'src/exports/a.ts', `const x = 1\nexport { x as default }`),
  one('no barrel files', 'src/exports/index.ts', `export * from './a.ts'\nexport { b } from './b.ts'`),
  one('no barrel files', 'src/exports/index.ts', `import { a } from './a.ts'\nexport { a }`),
  one('names that say something', 'src/exports/csv-utils.ts', `export const x = 1`),
  one('names that say something', 'test/helpers/a.ts', `export const x = 1`),
  one('names that say something', 'src/exports/a.ts', `class RunManager {}`),
  one('names that say something', 'src/exports/a.ts', `const x = { listHelper: 1 }`),
  one('short files', 'src/exports/a.ts', `const x = 1\n`.repeat(400)),
  one('a head that says the role', 'src/exports/a.ts', `/* no */ const x = 1`),
  one('erasable syntax', 'src/exports/a.ts', `enum A { B }`),
  one('erasable syntax', 'src/exports/a.ts', `class A { constructor(private x: string) {} }`),
  one('erasable syntax', 'src/exports/a.ts', `namespace A { export const x = 1 }`),
  ...['Date.now()', 'new Date()', 'performance.now()', 'setTimeout(f, 1)', 'process.cwd()', 'console.log(1)'].map(
    (use) => one('destinations do no I/O', 'src/destinations/a.ts', `const x = ${use}`),
  ),
  one('destinations do no I/O', 'src/destinations/a.ts', `const x = Math.random()`),
  one('destinations do no I/O', 'src/destinations/a.ts', `const x = { Date }`),
  one('destinations do no I/O', KIT, `const x = crypto`),
  one('the only door out (globals)', 'src/delivery/a.ts', `const x = await fetch('http://a.example')`),
  one('the only door out (globals)', 'src/cli/a.ts', `const x = await fetch('http://a.example')`),
  one('the only door out (globals)', 'src/api/a.ts', `const x = new WebSocket('ws://a.example')`),
  one('the only reader of the environment', 'src/store/a.ts', `const x = process.env.DATABASE_URL`),
  one('the only reader of the environment', 'src/store/a.ts', `const { env } = process`),
  one('the only reader of the environment', 'src/store/a.ts', `import { env } from 'node:process'`),
  one('delivery knows no vendor', 'src/delivery/a.ts', `const x = id === 'sendgrid'`),
  one('delivery knows no vendor', 'src/delivery/a.ts', `const x = \`of Iterable: \${y}\``),
  one('delivery knows no vendor', 'src/delivery/a.ts', `const campaignMonitorRate = 1`),
  one('control-plane SQL only in the store', 'src/exports/a.ts', `const x = db.selectFrom('run')`),
  one('no pasted SQL', 'src/engine/a.ts', `const x = \`select * from \${table} where a = \${b}\``),
  one('no pasted SQL', 'src/store/a.ts', `const x = \`INSERT INTO \${table} values (1)\``),
  one('no pasted SQL', 'src/exports/a.ts', `const x = 'delete from t where id = ' + id`),
  one('no raw SQL', 'src/exports/a.ts', `const x = sql.raw(text)`),
  ...[
    `function* a() { send({}) }`,
    `function* a() { keep('job') }`,
    `function* a() { const reply = scan({}, reader) }`,
    `function* a() { const reply = send({}) }`,
    `function* a() { yield send({}) }`,
    `function* a() { return send({}) }`,
    `function* page() {}\nfunction* a() { page() }`,
    `const page = function* () {}\nfunction* a() { if (page()) return 1 }`,
    `function* a() { each().next() }`,
    `const page = (): Talk<number> => send({})\nfunction* a() { const x = [page()] }`,
    `const x = { *page() {}, *a() { this.page() } }`,
    `function* a() { yield* f(send({}) ? 1 : 2) }`,
  ].map((text) => ({ rule: 'talks are called with yield*', what: text, files: talk(text) })),
  {
    rule: 'talks are called with yield*',
    what: 'a talk of another file under another name',
    files: {
      'src/destinations/v/pages.ts': 'export function* pages() {}',
      'src/destinations/v/v.ts': `import { pages as all } from './pages.ts'\nfunction* a() { all() }`,
    },
  },
]

describe('each rule', () => {
  it.each(wrong)('$rule catches $what', ({ rule, files }) => {
    expect(breaches(files)).toEqual([expect.stringMatching(new RegExp(`^${rule.replace(/[*()]/g, '\\$&')}: `))])
  })

  it('is shown to catch something', () => {
    expect(new Set(wrong.map(({ rule }) => rule))).toEqual(new Set(rules.map(({ name }) => name)))
  })
})

const right: readonly Files[] = [
  { 'src/destinations/a.ts': `import { z } from 'zod'\nimport { define } from '../destination-kit/kit.ts'` },
  {
    'src/destinations/a.ts': `const x = { Date: 1, process: row.Date }\nconst y = x.fetch\nconst z = Date.parse(text)`,
  },
  { 'src/destinations/v/a.ts': `import { x } from './b.ts'` },
  {
    'src/delivery/a.ts': `import { x } from '../destination-kit/kit.ts'\nexport const f = (rows: AsyncIterable<string>) => rows`,
  },
  { 'src/delivery/a.test.ts': `import { x } from '../destinations/sendgrid.ts'\nconst y = 'sendgrid'` },
  { 'src/delivery/fixtures/vendor.ts': `import { createServer } from 'node:http'` },
  { 'src/cli/http.ts': `const x = await fetch('http://127.0.0.1')` },
  { 'src/outbound/a.ts': `import { Pool } from 'undici'\nconst x = fetch` },
  { 'sandbox/a.ts': `import { createServer } from 'node:http'` },
  { 'src/commands.ts': `import { x } from '../sandbox/server.ts'` },
  { 'src/config.ts': `const x = process.env` },
  { 'src/store/runs.ts': `import { sql } from 'kysely'\nconst x = db.selectFrom('run')` },
  { 'src/exports/plan.ts': `import { sql } from 'kysely'\nconst x = sql\`select a from \${sql.id(b)}\`` },
  { 'src/exports/a.ts': `const x = \`Select somebody from \${list}\`.length` },
  { 'src/exports/a.ts': `const x = [1] as const\nconst y = <const>[1]\nconst z = x satisfies object` },
  { [KIT]: `class Ask { *f() { return (yield 1) as Reply } }` },
  { 'src/destinations/index.ts': `import { a } from './a.ts'\nexport const all = [a]` },
  {
    'src/refresh/a.ts': `import { b } from './b.ts'`,
    'src/refresh/b.ts': `import { c } from './c.ts'`,
    'src/refresh/c.ts': '',
  },
  talk(`function* a() { const x = yield* send({}); return yield* each() }`),
  talk(`function* a() { yield* b ? send({}) : each() }`),
  talk(`function* a() { yield* paged(send({})) }\nconst f = () => each()\nfunction g() { return send({}) }`),
  talk(`export const x = { *talk() { return yield* each() } }`),
]

it.each(right)('leaves in peace %j', (files) => {
  expect(breaches(files)).toEqual([])
})
