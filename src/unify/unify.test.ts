/** Unification: who is one person, whose values count, and which version is current. */
import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Unification, unification as unificationShape } from '../domain/unification.ts'
import { currentProfiles, identifierColumn, identityColumn } from './profiles.ts'
import { openSmallTables, options, type Row, type SmallTables, unificationOf } from './small-tables.ts'
import { unify } from './unify.ts'

let tables: SmallTables

beforeEach(async () => {
  tables = await openSmallTables()
})
afterEach(async () => tables.engine.close())

/** Which records are one person, as sorted groups. */
const clusters = async (): Promise<string[]> => {
  const groups = Object.groupBy(Object.entries(await tables.assignments()), ([, customer]) => customer)
  return Object.values(groups)
    .map((group) =>
      (group ?? [])
        .map(([record]) => record)
        .sort()
        .join(' '),
    )
    .sort()
}

describe('who is one person', () => {
  test.each<[string, readonly (readonly Row[])[], string[]]>([
    ['rows that share nothing', [[['1', null, 'a@x.no']], [['1', null, 'b@x.no']]], ['A1', 'B1']],
    ['a reference', [[['1', null, 'a@x.no']], [['7', '1', 'b@x.no']]], ['A1 B7']],
    ['an address, however it is written', [[['1', null, ' Ada@X.no ']], [['7', null, 'ada@x.NO']]], ['A1 B7']],
    [
      'the reference before the address',
      [
        [
          ['1', null, 'a@x.no'],
          ['2', null, 'b@x.no'],
        ],
        [['7', '1', 'b@x.no']],
      ],
      ['A1 B7', 'A2'],
    ],
    ['the address where the reference leads nowhere', [[['1', null, 'a@x.no']], [['7', '9', 'a@x.no']]], ['A1 B7']],
    [
      'missing values match nothing',
      [
        [['1', null, null]],
        [
          ['7', null, null],
          ['8', null, 'nobody'],
        ],
      ],
      ['A1', 'B7', 'B8'],
    ],
    ['addresses that cannot be one match nothing', [[['1', null, 'none']], [['7', null, 'none']]], ['A1', 'B7']],
    [
      'several rows of one person',
      [
        [['1', null, 'a@x.no']],
        [
          ['7', '1', null],
          ['8', '1', null],
          ['9', null, 'a@x.no'],
        ],
      ],
      ['A1 B7 B8 B9'],
    ],
    [
      'rows of the first table are never one person',
      [
        [
          ['1', null, 'a@x.no'],
          ['2', null, 'a@x.no'],
        ],
      ],
      ['A1', 'A2'],
    ],
    [
      'an address that two people share tells nobody apart',
      [
        [
          ['1', null, 'a@x.no'],
          ['2', null, 'a@x.no'],
        ],
        [['7', null, 'a@x.no']],
      ],
      ['A1', 'A2', 'B7'],
    ],
    [
      'a chain over three tables',
      [[['1', null, 'a@x.no']], [['7', '1', 'b@x.no']], [['5', null, 'b@x.no']]],
      ['A1 B7 C5'],
    ],
    [
      'a row that joins two others',
      [[['1', null, 'a@x.no']], [['7', null, 'b@x.no']], [['5', '1', 'b@x.no']]],
      ['A1 B7 C5'],
    ],
    [
      'a row that joins two others by one rule each',
      [
        [['1', null, null]],
        [['7', 'K', 'b@x.no']],
        [
          ['5', '1', 'b@x.no'],
          ['6', 'K', null],
        ],
      ],
      ['A1 B7 C5 C6'],
    ],
    [
      'a row that refers to two people of the first table mixes neither',
      [
        [
          ['1', null, 'a@x.no'],
          ['2', null, null],
        ],
        [['7', '2', 'b@x.no']],
        [['5', '1', 'b@x.no']],
      ],
      ['A1 C5', 'A2 B7'],
    ],
  ])('%s', async (_name, rows, expected) => {
    const profiles = await tables.unified(...rows)
    expect(await clusters()).toEqual(expected)
    expect(profiles.rows).toBe(expected.length)
  })
})

describe('whose values count', () => {
  test('the first that is there, in order of importance; of several rows of a table, the first with a value', async () => {
    const profiles = await tables.unified(
      [
        ['1', null, 'a@x.no', 'of A'],
        ['2', null, 'b@x.no', null],
        ['3', null, null, null],
      ],
      [
        ['7', '1', 'other@x.no', 'of B'],
        ['8', '2', null, null],
        ['9', '2', null, 'second of B'],
        ['6', null, 'c@x.no', ''],
      ],
    )
    const rows = (await tables.profileRows(profiles.table)).map(({ email, value }) => [email, value])
    expect(rows.sort()).toEqual([
      [null, null],
      ['a@x.no', 'of A'],
      ['b@x.no', 'second of B'],
      ['c@x.no', ''],
    ])
  })

  test('every profile has its number, key and hashes', async () => {
    const profiles = await tables.unified([
      ['1', null, ' Ada@X.no', 'v'],
      ['2', null, 'not an address', null],
      ['3', null, 'Ada@x.no', 'v'],
      ['4', null, ' Ada@X.no', 'v'],
    ])
    const rows = await tables.engine.rows(
      sql`select _n as n, customer_id as customer, cast(_hash as varchar) as hash,
        ${sql.id(identifierColumn('Email'))} as identifier, cast(${sql.id(identityColumn('Email'))} as varchar) as identity
        from ${sql.id(profiles.table)} order by _n`,
      z.object({
        n: z.number(),
        customer: z.string(),
        hash: z.string(),
        identifier: z.string().nullable(),
        identity: z.string().nullable(),
      }),
    )
    expect(rows.map(({ n }) => n)).toEqual([0, 1, 2, 3])
    expect(new Set(rows.map(({ customer }) => customer)).size).toBe(4)
    expect(rows.map(({ identifier }) => identifier)).toEqual(['ada@x.no', null, 'ada@x.no', 'ada@x.no'])
    const hex = createHash('sha256').update(`${options.identityKey}ada@x.no`).digest('hex').slice(0, 32)
    expect(rows.map(({ identity }) => identity?.replaceAll('-', '') ?? null)).toEqual([hex, null, hex, hex])
    expect(rows[0]?.hash).toBe(rows[3]?.hash)
    expect(new Set(rows.map(({ hash }) => hash)).size).toBe(3)
  })
})

describe('versions', () => {
  test('count up, and the newest is current', async () => {
    expect(await currentProfiles(tables.engine)).toBeUndefined()
    const first = await tables.unified([['1', null, 'a@x.no']])
    const second = await tables.unified([
      ['1', null, 'a@x.no'],
      ['2', null, 'b@x.no'],
    ])
    expect([first.version, second.version]).toEqual([1, 2])
    expect(await currentProfiles(tables.engine)).toEqual(second)
    expect(await currentProfiles(tables.engine, 1)).toEqual(first)
    expect(second).toMatchObject({
      table: 'profiles_2',
      rows: 2,
      fields: [
        { name: 'Email', type: 'text', identifier: 'email' },
        { name: 'Value', type: 'text' },
        { name: 'label', type: 'text' },
        { name: 'key', type: 'text' },
      ],
    })
  })

  const broken: [string, (valid: Unification) => unknown, object][] = [
    [
      'a table that was not ingested',
      (u) => ({ ...u, tables: [...u.tables, { table: 'Z', key: 'id' }] }),
      { code: 'unification.table_missing', details: { table: 'Z' } },
    ],
    [
      'a field of a table that takes no part',
      (u) => ({ ...u, fields: [{ name: 'F', type: 'text', from: [{ table: 'B', column: 'id' }] }] }),
      { code: 'unification.table_missing', details: { table: 'B' } },
    ],
    [
      'a column that is not there',
      (u) => ({ ...u, fields: [{ name: 'F', type: 'text', from: [{ table: 'A', column: 'nom' }] }] }),
      { code: 'unification.column_missing', details: { table: 'A', column: 'nom' } },
    ],
    ['another key', (u) => ({ ...u, tables: [{ table: 'A', key: 'email' }] }), { code: 'unification.key_differs' }],
    [
      'another type',
      (u) => ({ ...u, fields: [{ name: 'F', type: 'date', from: [{ table: 'A', column: 'id' }] }] }),
      { code: 'unification.type_differs', details: { field: 'F', found: 'text' } },
    ],
  ]
  test.each(broken)('refused: %s; nothing is sealed', async (_name, change, error) => {
    const before = await tables.unified([['1', null, 'a@x.no']])
    const table = await tables.seal('A', [['1', null, 'a@x.no']])
    const changed = unificationShape.parse(change(unificationOf(1)))
    await expect(unify(tables.engine, changed, [table], options)).rejects.toMatchObject(error)
    expect(await currentProfiles(tables.engine)).toEqual(before)
  })

  test('a failure on the way leaves the version before it current', async () => {
    const before = await tables.unified([['1', null, 'a@x.no']])
    const table = await tables.seal('A', [['1', null, 'b@x.no']])
    const gone = { ...table, table: 'table_that_is_gone' }
    await expect(unify(tables.engine, unificationOf(1), [gone], options)).rejects.toThrow()
    expect(await currentProfiles(tables.engine)).toEqual(before)
    expect((await tables.profileRows(before.table)).map(({ email }) => email)).toEqual(['a@x.no'])
  })
})
