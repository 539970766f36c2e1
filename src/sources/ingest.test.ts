/** Ingesting: every row is either in the sealed table, typed, or set aside with its line and reason; bad files change nothing. */
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type SourceTable, sourceTable } from '../domain/source.ts'
import { openDuckDb } from '../engine/duckdb.ts'
import type { DataEngine } from '../engine/engine.ts'
import { ingest } from './ingest.ts'
import { type SetAsideRow, sealedTables, setAsideRows } from './sealed-tables.ts'

const now = new Date('2026-11-21T10:00:00Z')
const anyRow = z.record(z.string(), z.unknown())

let root: string
let folder: string
let engine: DataEngine

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sund-ingest-'))
  folder = join(root, 'data')
  await mkdir(folder)
  engine = await openDuckDb({ file: ':memory:' })
})

afterEach(async () => {
  await engine.close()
  await rm(root, { recursive: true })
})

const source = (over: Partial<z.input<typeof sourceTable>> = {}): SourceTable =>
  sourceTable.parse({
    name: 'people',
    file: 'people.csv',
    key: 'id',
    columns: [
      { name: 'id', type: 'text' },
      { name: 'name', type: 'text' },
    ],
    ...over,
  })

const write = async (content: string | Buffer, name = 'people.csv') => writeFile(join(folder, name), content)

const ingested = async (content: string | Buffer, over: Partial<z.input<typeof sourceTable>> = {}) => {
  await write(content)
  const sealed = await ingest(engine, source(over), { folder, now })
  const rows = await engine.rows(
    sql`select * exclude (${sql.id('_unfit')}) from ${sql.id(sealed.table)} order by ${engine.dialect.rowOrder()}`,
    anyRow,
  )
  return { sealed, rows, aside: await setAsideRows(engine, sealed, { limit: 1000 }) }
}

const aside = (line: number, reason: SetAsideRow['reason'], column: string | null = null, file = 'people.csv') => ({
  file,
  line,
  column,
  reason,
})

describe('what is in the file', () => {
  test.each<[string, string | Buffer, [string, string | null][], SetAsideRow[]]>([
    [
      'plain rows',
      'id,name\n1,Ada\n2,Bo\n',
      [
        ['1', 'Ada'],
        ['2', 'Bo'],
      ],
      [],
    ],
    [
      'no newline at the end',
      'id,name\n1,Ada\n2,Bo',
      [
        ['1', 'Ada'],
        ['2', 'Bo'],
      ],
      [],
    ],
    [
      'byte order mark and CRLF',
      '\ufeffid,name\r\n1,Ada\r\n2,Bo\r\n',
      [
        ['1', 'Ada'],
        ['2', 'Bo'],
      ],
      [],
    ],
    [
      'columns in another order, and more of them',
      'x,name,id\n9,Ada,1\n9,Bo,2\n',
      [
        ['1', 'Ada'],
        ['2', 'Bo'],
      ],
      [],
    ],
    [
      'quotes in quotes',
      'id,name\n1,"a ""b"" c"\n2,"x,y"\n',
      [
        ['1', 'a "b" c'],
        ['2', 'x,y'],
      ],
      [],
    ],
    [
      'a quote inside an unquoted value',
      'id,name\n1,5" pipe\n2,Bo\n',
      [
        ['1', '5" pipe'],
        ['2', 'Bo'],
      ],
      [],
    ],
    [
      'empty values',
      'id,name\n1,\n2,""\n',
      [
        ['1', null],
        ['2', null],
      ],
      [],
    ],
    [
      'postcode with a leading zero',
      'id,name\n1,0150\n2,+47 22\n',
      [
        ['1', '0150'],
        ['2', '+47 22'],
      ],
      [],
    ],
    [
      'empty lines',
      'id,name\n\n1,Ada\n\n\n2\n3,Bo\n4,Cy\n',
      [
        ['1', 'Ada'],
        ['3', 'Bo'],
        ['4', 'Cy'],
      ],
      [aside(6, 'malformed')],
    ],
    [
      'newlines in values',
      'id,name\n1,"a\nb"\n2\n3,"c\n\n\nd"\n,x\n5,e\n6,f\n',
      [
        ['1', 'a\nb'],
        ['3', 'c\n\n\nd'],
        ['5', 'e'],
        ['6', 'f'],
      ],
      [aside(4, 'malformed'), aside(9, 'key_missing', 'id')],
    ],
    [
      'CRLF in values',
      'id,name\r\n1,"a\r\nb"\r\n2,x,y\r\n3,c\r\n',
      [
        ['1', 'a\r\nb'],
        ['3', 'c'],
      ],
      [aside(4, 'malformed')],
    ],
    [
      'too few and too many columns',
      'id,name\n1,Ada\n2\n3,Bo,x\n4,Cy\n',
      [
        ['1', 'Ada'],
        ['4', 'Cy'],
      ],
      [aside(3, 'malformed'), aside(4, 'malformed')],
    ],
    [
      'misplaced quotes',
      'id,name\n1,Ada\n2,"Bo"x\n3,Cy\n',
      [
        ['1', 'Ada'],
        ['3', 'Cy'],
      ],
      [aside(3, 'malformed')],
    ],
    [
      'keys that are missing',
      'id,name\n1,Ada\n,Bo\n \t,Cy\n4,Di\n',
      [
        ['1', 'Ada'],
        ['4', 'Di'],
      ],
      [aside(3, 'key_missing', 'id'), aside(4, 'key_missing', 'id')],
    ],
    [
      'a key again: the first row stays',
      'id,name\n1,Ada\n2,Bo\n1,Eve\n',
      [
        ['1', 'Ada'],
        ['2', 'Bo'],
      ],
      [aside(4, 'key_repeated', 'id')],
    ],
    [
      'letters of both cases are two keys',
      'id,name\na,Ada\nA,Bo\n',
      [
        ['a', 'Ada'],
        ['A', 'Bo'],
      ],
      [],
    ],
  ])('%s', async (_name, content, rows, setAside) => {
    const result = await ingested(content)
    expect(result.rows).toEqual(rows.map(([id, name]) => ({ id, name })))
    expect(result.aside).toEqual(setAside)
    expect([result.sealed.rows, result.sealed.setAside]).toEqual([rows.length, setAside.length])
  })

  test('headers that mean something to a program are only names', async () => {
    const columns = ['__proto__', 'constructor', `a'b"c]`, 'c0'].map((name) => ({ name, type: 'text' as const }))
    const { sealed } = await ingested('__proto__,constructor,"a\'b""c]",c0\n1,2,3,4\n', { key: '__proto__', columns })
    const [first, ...others] = columns.map(({ name }) => sql`${sql.id(name)}`)
    const query = sql`select concat_ws('|', ${first ?? sql`null`}, ${sql.join(others)}) as all_of_it from ${sql.id(sealed.table)}`
    expect(await engine.rows(query, anyRow)).toEqual([{ all_of_it: '1|2|3|4' }])
  })

  test('declared types are read, and a row with one value that is not of its type is set aside whole', async () => {
    const { rows, aside: setAside } = await ingested(
      [
        'id,born,spent,sub',
        '1,5/8/1986,1.5,Yes',
        '2,2018-05-08,-3,NO',
        '3,,,',
        '4,2/29/1900,1,yes',
        '5,5/8/1986,1_000,yes',
        '6,5/8/1986,9007199254740993,yes',
        '7,5/8/1986,1,maybe',
        '8, 5/8/1986 , 7 , ja ',
        '9,5/8/1986,1,0',
        '10,,,',
      ].join('\n'),
      {
        columns: [
          { name: 'id', type: 'text' },
          { name: 'born', type: 'date', dateForms: ['month-first', 'iso'] },
          { name: 'spent', type: 'number' },
          { name: 'sub', type: 'boolean' },
        ],
      },
    )
    expect(rows.map(({ id, born, spent, sub }) => [id, String(born), spent, sub])).toEqual([
      ['1', '1986-05-08', 1.5, true],
      ['2', '2018-05-08', -3, false],
      ['3', 'null', null, null],
      ['8', '1986-05-08', 7, true],
      ['9', '1986-05-08', 1, false],
      ['10', 'null', null, null],
    ])
    expect(setAside).toEqual([
      aside(5, 'not_of_type', 'born'),
      aside(6, 'not_of_type', 'spent'),
      aside(7, 'not_of_type', 'spent'),
      aside(8, 'not_of_type', 'sub'),
    ])
  })

  test('a boolean has the words that are declared for it', async () => {
    const words = { yes: ['Subscribed'], no: ['Unsubscribed'] }
    const { rows, aside: setAside } = await ingested('id,sub\n1,subscribed\n2,UNSUBSCRIBED\n3,yes\n4,\n', {
      columns: [
        { name: 'id', type: 'text' },
        { name: 'sub', type: 'boolean', words },
      ],
    })
    expect(rows.map(({ sub }) => sub)).toEqual([true, false, null])
    expect(setAside).toEqual([aside(4, 'not_of_type', 'sub')])
  })

  test('values over many lines are not taken for rows where parts of a large file meet', async () => {
    const wanted = Array.from({ length: 120_000 }, (_, n) =>
      n % 3 === 0 ? `${n},"x\n${n},y\n""q"",\n${'k,l\n'.repeat(n % 50)}"` : `${n},${'p'.repeat(50)}`,
    )
    wanted[100_000] = '100000'
    const content = `id,name\n${wanted.join('\n')}\n`
    const { sealed, aside: setAside } = await ingested(content)
    const line = content.slice(0, content.indexOf('\n100000\n') + 1).split('\n').length
    expect([sealed.rows, setAside]).toEqual([119_999, [aside(line, 'malformed')]])
    const distinct = await engine.rows(
      sql`select count(distinct id) as n, min(cast(id as bigint)) as low, max(cast(id as bigint)) as high from ${sql.id(sealed.table)}`,
      anyRow,
    )
    expect(distinct).toEqual([{ n: 119_999, low: 0, high: 119_999 }])
  })
})

describe('files', () => {
  test('a pattern takes all files that fit, in order, and set-aside rows name their file', async () => {
    await write('id,name\n1,Ada\n2\n3,Bo\n', 'part-1.csv')
    await write('name,id\nCy,4\nDi,1\n"E\nve",6\n7\n', 'part-2.csv')
    await write('nothing of ours', '.part-3.csv')
    const sealed = await ingest(engine, source({ file: 'part-*.csv' }), { folder, now })
    const rows = await engine.rows(sql`select id, name from ${sql.id(sealed.table)} order by id`, anyRow)
    expect(rows).toEqual([
      { id: '1', name: 'Ada' },
      { id: '3', name: 'Bo' },
      { id: '4', name: 'Cy' },
      { id: '6', name: 'E\nve' },
    ])
    expect(await setAsideRows(engine, sealed, { limit: 10 })).toEqual([
      aside(3, 'malformed', null, 'part-1.csv'),
      aside(3, 'key_repeated', 'id', 'part-2.csv'),
      aside(6, 'malformed', null, 'part-2.csv'),
    ])
  })

  test.each<[string, string | Buffer | null, object]>([
    ['missing', null, { code: 'source.file_missing', details: { file: 'people.csv' } }],
    ['empty', '', { code: 'source.file_empty' }],
    ['blank', ' \n\n', { code: 'source.file_empty' }],
    ['only a header', 'id,name\n', { code: 'source.no_rows' }],
    ['a web page', '\n<!DOCTYPE html>\n<html><body>id,name</body></html>', { code: 'source.html' }],
    ['header named twice', 'id,name,name\n1,2,3\n', { code: 'source.duplicate_header', details: { column: 'name' } }],
    [
      'column missing',
      'id,nom\n1,2\n',
      { code: 'source.column_missing', details: { column: 'name', found: 'id, nom' } },
    ],
    ['other delimiter', 'id;name\n1;2\n', { code: 'source.wrong_delimiter', details: { declared: ',', found: ';' } }],
    [
      'key missing',
      'id,name\n,a\n,b\n3,c\n',
      { code: 'source.key_missing', details: { column: 'id', line: 2, count: 2, rows: 3 } },
    ],
    [
      'key not unique',
      'id,name\n1,a\n1,b\n1,c\n',
      { code: 'source.key_repeated', details: { column: 'id', line: 3, count: 2, rows: 3 } },
    ],
    ['ragged', 'id,name\n1,a\n2\n3\n', { code: 'source.mostly_malformed', details: { line: 3, count: 2, rows: 3 } }],
    ['NUL byte', 'id,name\n1,a\n2,b\0c\n', { code: 'source.nul_byte', details: { line: 3 } }],
    ['Latin-1', Buffer.from('id,name\n1,a\n2,\u00e6\n', 'latin1'), { code: 'source.not_utf8', details: { line: 3 } }],
    ['UTF-16', Buffer.from('\ufeffid,name\n1,a\n', 'utf16le'), { code: 'source.not_utf8', details: { line: 1 } }],
    ['compressed', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 10, 13]), { code: 'source.column_missing' }],
    ['a quote never closed', 'id,name\n1,a\n2,"b\n3,c\n', { code: 'source.open_quote', details: { line: 3 } }],
    ['mixed line endings', 'id,name\r\n1,a\r\n2,b\n3,c\r\n', { code: 'source.line_endings', details: { line: 3 } }],
  ])('refused: %s; the version before it stays current', async (_name, content, error) => {
    const before = await ingested('id,name\n1,Ada\n')
    if (content === null) await rm(join(folder, 'people.csv'))
    else await write(content)
    await expect(ingest(engine, source(), { folder, now })).rejects.toMatchObject(error)
    expect(await sealedTables(engine)).toEqual([before.sealed])
    const tables = await engine.rows(sql`select table_name as name from information_schema.tables order by 1`, anyRow)
    expect(tables.map(({ name }) => name)).toEqual(['sealed_table', 'set_aside_people_1', 'table_people_1'])
  })

  test('refused: most values are not of their type', async () => {
    const columns = [
      { name: 'id', type: 'text' as const },
      { name: 'born', type: 'date' as const },
    ]
    await expect(ingested('id,born\n1,2020-01-01\n2,1/2/2020\n3,1/3/2020\n', { columns })).rejects.toMatchObject({
      code: 'source.mostly_not_of_type',
      details: { file: 'people.csv', column: 'born', line: 3, count: 2, rows: 3 },
    })
  })

  test('exactly half of the rows set aside is not most of them', async () => {
    expect((await ingested('id,name\n1,a\n1,b\n')).sealed).toMatchObject({ rows: 1, setAside: 1 })
  })

  test.each(['../outside.csv', '/etc/hostname', 'link.csv', 'a/../../outside.csv'])(
    'refused: %s does not lie in the data folder',
    async (file) => {
      await writeFile(join(root, 'outside.csv'), 'id,name\n1,a\n')
      await symlink(join(root, 'outside.csv'), join(folder, 'link.csv'))
      await expect(ingest(engine, source({ file }), { folder, now })).rejects.toMatchObject({
        code: 'source.file_outside',
      })
    },
  )

  test('refused: a name that the reader would take for a pattern', async () => {
    await write('id,name\n1,a\n', 'people?.csv')
    await expect(ingest(engine, source({ file: 'people?.csv' }), { folder, now })).rejects.toMatchObject({
      code: 'source.file_name',
    })
  })

  test('refused: a folder, and a file that may not be read', async () => {
    await mkdir(join(folder, 'people.csv'))
    await expect(ingest(engine, source(), { folder, now })).rejects.toMatchObject({ code: 'source.file_unreadable' })
    // The administrator of the machine may read everything, so there is nothing to refuse.
    if (process.getuid?.() === 0) return
    await write('id,name\n1,a\n', 'locked.csv')
    await chmod(join(folder, 'locked.csv'), 0)
    await expect(ingest(engine, source({ file: 'locked.csv' }), { folder, now })).rejects.toMatchObject({
      code: 'source.file_unreadable',
    })
  })
})

test('versions count up, and each table has its current one', async () => {
  const first = await ingested('id,name\n1,Ada\n')
  const second = await ingested('id,name\n1,Ada\n2,Bo\n')
  const other = await ingested('id,name\n7,Cy\n', { name: 'people 2' })
  expect([first, second, other].map(({ sealed }) => sealed.version)).toEqual([1, 2, 3])
  expect(second.sealed).toEqual({
    name: 'people',
    version: 2,
    table: 'table_people_2',
    rows: 2,
    setAside: 0,
    sealedAt: now.getTime(),
    file: 'people.csv',
    key: 'id',
    columns: [
      { name: 'id', type: 'text' },
      { name: 'name', type: 'text' },
    ],
  })
  expect(await sealedTables(engine)).toEqual([second.sealed, other.sealed])
})
