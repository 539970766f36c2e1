/** Ingesting: every row is either in the sealed table, typed, or set aside with its line and reason. */
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { anyRow, aside, type DataFolder, openDataFolder } from './data-folder.ts'
import type { SetAsideRow } from './sealed-tables.ts'

let place: DataFolder

beforeEach(async () => {
  place = await openDataFolder()
})
afterEach(async () => place.close())

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
  const result = await place.ingested(content)
  expect(result.rows).toEqual(rows.map(([id, name]) => ({ id, name })))
  expect(result.aside).toEqual(setAside)
  expect([result.sealed.rows, result.sealed.setAside]).toEqual([rows.length, setAside.length])
})

test('headers that mean something to a program are only names', async () => {
  const columns = ['__proto__', 'constructor', `a'b"c]`, 'c0'].map((name) => ({ name, type: 'text' as const }))
  const { sealed } = await place.ingested('__proto__,constructor,"a\'b""c]",c0\n1,2,3,4\n', {
    key: '__proto__',
    columns,
  })
  const [first, ...others] = columns.map(({ name }) => sql`${sql.id(name)}`)
  const query = sql`select concat_ws('|', ${first ?? sql`null`}, ${sql.join(others)}) as all_of_it from ${sql.id(sealed.table)}`
  expect(await place.engine.rows(query, anyRow)).toEqual([{ all_of_it: '1|2|3|4' }])
})

test('declared types are read, and a row with one value that is not of its type is set aside whole', async () => {
  const { rows, aside: setAside } = await place.ingested(
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
  const { rows, aside: setAside } = await place.ingested('id,sub\n1,subscribed\n2,UNSUBSCRIBED\n3,yes\n4,\n', {
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
  const { sealed, aside: setAside } = await place.ingested(content)
  const line = content.slice(0, content.indexOf('\n100000\n') + 1).split('\n').length
  expect([sealed.rows, setAside]).toEqual([119_999, [aside(line, 'malformed')]])
  const distinct = await place.engine.rows(
    sql`select count(distinct id) as n, min(cast(id as bigint)) as low, max(cast(id as bigint)) as high from ${sql.id(sealed.table)}`,
    anyRow,
  )
  expect(distinct).toEqual([{ n: 119_999, low: 0, high: 119_999 }])
})
