import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { migrate } from './migrate.ts'
import { startTestServer, type TestServer } from './test-database.ts'

let server: TestServer
let folder: string
let url: string

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sund-migrations-'))
  url = await server.emptyDatabase()
  await write('0001_first.sql', 'create table first (n integer);\ninsert into first values (1);\n')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const write = (name: string, sql: string): Promise<void> => writeFile(join(folder, name), sql)

const rows = async (query: string): Promise<unknown[]> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  const result = await client.query({ text: query, rowMode: 'array' })
  await client.end()
  return result.rows
}

test('applies each file once, in order of its number', async () => {
  expect(await migrate(url, folder)).toEqual(['0001_first.sql'])
  await write('0010_third.sql', 'insert into first select max(n) + 1 from first;')
  await write('0002_second.sql', 'insert into first values (41);')
  await write('notes.txt', 'no migration')
  expect(await migrate(url, folder)).toEqual(['0002_second.sql', '0010_third.sql'])
  expect(await migrate(url, folder)).toEqual([])
  expect(await rows('select n from first order by n')).toEqual([[1], [41], [42]])
})

test('ten processes at once apply it once', async () => {
  const done = await Promise.all(Array.from({ length: 10 }, () => migrate(url, folder)))
  expect(done.flat()).toEqual(['0001_first.sql'])
  expect(await rows('select n from first')).toEqual([[1]])
})

test('a file that fails half-way leaves nothing, and those before it stay', async () => {
  await write('0002_second.sql', 'create table second (n integer); select 1 / 0;')
  await expect(migrate(url, folder)).rejects.toMatchObject({ code: '22012' })
  expect(await rows(`select to_regclass('second'), to_regclass('first')::text`)).toEqual([[null, 'first']])
  await write('0002_second.sql', 'create table second (n integer);')
  expect(await migrate(url, folder)).toEqual(['0002_second.sql'])
})

test('refuses a file that changed after it ran', async () => {
  await migrate(url, folder)
  await write('0001_first.sql', 'create table first (n bigint);')
  await expect(migrate(url, folder)).rejects.toMatchObject({
    code: 'database.migration_changed',
    details: { migration: '0001_first.sql' },
  })
})

test('line ends do not count as a change', async () => {
  await migrate(url, folder)
  await write('0001_first.sql', 'create table first (n integer);\r\ninsert into first values (1);\r\n')
  expect(await migrate(url, folder)).toEqual([])
})

test('refuses a database that a newer version has used, and changes nothing in it', async () => {
  await write('0002_second.sql', 'create table second (n integer);')
  await migrate(url, folder)
  await rm(join(folder, '0002_second.sql'))
  await write('0003_other.sql', 'create table other (n integer);')
  await expect(migrate(url, folder)).rejects.toMatchObject({
    code: 'database.newer',
    details: { migration: '0002_second.sql' },
  })
  expect(await rows(`select to_regclass('other')`)).toEqual([[null]])
})
