/** Parquet: columns checked against the declared ones, values typed exactly, damage refused. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { type RawBuilder, sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { anyRow, aside, type DataFolder, now, openDataFolder, source } from './data-folder.ts'
import { ingest } from './ingest.ts'
import { sealedTables, setAsideRows } from './sealed-tables.ts'

let place: DataFolder

beforeEach(async () => {
  place = await openDataFolder()
})
afterEach(async () => place.close())

type Declared = Parameters<typeof source>[0]

const write = async (query: RawBuilder<unknown>, name = 'people.parquet'): Promise<void> => {
  await place.engine.run(
    sql`copy (${query}) to ${sql.lit(join(place.folder, name))} (format parquet, row_group_size 2048)`,
  )
}

const ingested = async (over: Declared = {}, limits?: { bytes: number; ratio: number; ratioFrom: number }) => {
  const declared = source({ file: 'people.parquet', ...over })
  const options = { folder: place.folder, now, ...(limits === undefined ? {} : { limits }) }
  const sealed = await ingest(place.engine, declared, options)
  const names = sql.join(declared.columns.map(({ name }) => sql.id(name)))
  const rows = await place.engine.rows(sql`select ${names} from ${sql.id(sealed.table)} order by rowid`, anyRow)
  return { sealed, rows, aside: await setAsideRows(place.engine, sealed, { limit: 100 }) }
}

const row = (line: number, ...rest: [Parameters<typeof aside>[1], string | null]) =>
  aside(line, ...rest, 'people.parquet')

test('rows that do not fit are set aside with their number', async () => {
  await write(sql`select * from (values ('1', 'Ada'), (null, 'Bo'), ('3', null), ('1', 'Eve'), (' ', 'Cy'),
    ('6', 'a' || chr(0)), ('7', ''), ('8', 'x'), ('9', 'y')) t(id, name)`)
  const result = await ingested()
  expect(result.rows).toEqual([
    { id: '1', name: 'Ada' },
    { id: '3', name: null },
    { id: '7', name: null },
    { id: '8', name: 'x' },
    { id: '9', name: 'y' },
  ])
  expect(result.aside).toEqual([
    row(2, 'key_missing', 'id'),
    row(4, 'key_repeated', 'id'),
    row(5, 'key_missing', 'id'),
    row(6, 'not_of_type', 'name'),
  ])
})

test.each<[string, string, 'text' | 'number' | 'date' | 'boolean', unknown]>([
  ['text', `'æ🦑'`, 'text', 'æ🦑'],
  ['whole number', '9007199254740993', 'text', '9007199254740993'],
  ['unsigned number', '18446744073709551615::ubigint', 'text', '18446744073709551615'],
  ['decimal', '12345678901234567890.10::decimal(30,2)', 'text', '12345678901234567890.10'],
  ['UUID', `'7d444840-9dc0-11d1-b245-5ffdce74fad2'::uuid`, 'text', '7d444840-9dc0-11d1-b245-5ffdce74fad2'],
  ['date', `date '1986-05-08'`, 'text', '1986-05-08'],
  ['timestamp', `timestamp '1986-05-08 12:30:00.5'`, 'text', '1986-05-08 12:30:00.5'],
  ['instant', `timestamptz '1986-05-08 12:30:00+02'`, 'text', '1986-05-08T10:30:00Z'],
  ['boolean', 'true', 'text', 'true'],
  ['whole number', '9007199254740991', 'number', 9007199254740991],
  ['whole number beyond 2^53', '9007199254740993', 'number', undefined],
  ['decimal', '-1.50::decimal(9,2)', 'number', -1.5],
  ['decimal beyond 2^53', '12345678901234567890.12::decimal(30,2)', 'number', undefined],
  ['double', '0.1::double', 'number', 0.1],
  ['small float', '0.1::float', 'number', 0.1],
  ['no number', `'nan'::double`, 'number', undefined],
  ['infinity', `'-inf'::double`, 'number', undefined],
  ['text', `' 7 '`, 'number', 7],
  ['text that is none', `'seven'`, 'number', undefined],
  ['date', `date '1986-05-08'`, 'date', '1986-05-08'],
  ['timestamp, of which the day', `timestamp '1986-05-08 23:59:59'`, 'date', '1986-05-08'],
  ['timestamp of nanoseconds', `timestamp_ns '1986-05-08 23:59:59.999999999'`, 'date', '1986-05-08'],
  ['date without end', `'infinity'::date`, 'date', undefined],
  ['date before Christ', `'0044-03-15 (BC)'::date`, 'date', undefined],
  ['text', `'5/8/1986'`, 'date', '1986-05-08'],
  ['boolean', 'false', 'boolean', false],
  ['text', `'ja takk'`, 'boolean', true],
  ['text that is none', `'ja'`, 'boolean', undefined],
  ['whole number that is no word', '1', 'boolean', undefined],
])('%s (%s) as %s', async (_name, literal, type, value) => {
  await write(sql`select '1' as id, ${sql.raw(literal)} as v union all select '2', null union all select '3', null`)
  const v = {
    text: { name: 'v', type: 'text' as const },
    number: { name: 'v', type: 'number' as const },
    date: { name: 'v', type: 'date' as const, dateForms: ['month-first' as const] },
    boolean: { name: 'v', type: 'boolean' as const, words: { yes: ['ja takk'], no: ['nei takk'] } },
  }[type]
  const result = await ingested({ columns: [{ name: 'id', type: 'text' }, v] })
  expect(result.aside).toEqual(value === undefined ? [row(1, 'not_of_type', 'v')] : [])
  const [first] = result.rows.filter(({ id }) => id === '1').map((one) => one.v)
  expect(type === 'date' && first !== undefined ? String(first) : first).toEqual(value)
})

describe('refused', () => {
  test.each<[string, string, 'text' | 'number' | 'date' | 'boolean', string]>([
    ['object', `{'a': 1}`, 'text', 'STRUCT(a INTEGER)'],
    ['list', '[1]', 'text', 'INTEGER[]'],
    ['map', `map {'a': 1}`, 'text', 'MAP(VARCHAR, INTEGER)'],
    ['bytes', `'a'::blob`, 'text', 'BLOB'],
    ['time', `time '12:00'`, 'text', 'TIME'],
    ['double, which is written in more than one way', '12::double', 'text', 'DOUBLE'],
    ['instant, whose day depends on where one is', 'now()', 'date', 'TIMESTAMP WITH TIME ZONE'],
    ['whole number', '1', 'date', 'INTEGER'],
    ['boolean', 'true', 'number', 'BOOLEAN'],
    ['date', `date '2020-01-01'`, 'number', 'DATE'],
    ['double', '1::double', 'boolean', 'DOUBLE'],
  ])('a column of type %s (%s) as %s', async (_name, literal, type, found) => {
    await write(sql`select '1' as id, ${sql.raw(literal)} as v`)
    await expect(
      ingested({
        columns: [
          { name: 'id', type: 'text' },
          { name: 'v', type },
        ],
      }),
    ).rejects.toMatchObject({
      code: 'source.parquet_type',
      details: { file: 'people.parquet', column: 'v', found, declared: type },
    })
  })

  test('a column that is missing, that differs in case, no rows, and more than the limit', async () => {
    await write(sql`select '1' as id, 'a' as "Name"`)
    await expect(ingested()).rejects.toMatchObject({
      code: 'source.column_missing',
      details: { column: 'name', found: 'id, Name' },
    })
    await write(sql`select '1' as id, 'a' as name where false`)
    await expect(ingested()).rejects.toMatchObject({ code: 'source.no_rows' })
    await write(sql`select range::varchar as id, 'a' as name from range(100000)`)
    await expect(ingested({}, { bytes: 99_999, ratio: 200, ratioFrom: 0 })).rejects.toMatchObject({
      code: 'source.too_large',
    })
  })

  test.each<[string, string | Buffer, object]>([
    ['CSV', 'id,name\n1,a\n', { code: 'source.wrong_kind', details: { declared: 'Parquet' } }],
    ['a web page', '<html></html>', { code: 'source.html' }],
    ['nothing', '', { code: 'source.file_empty' }],
    ['encrypted', 'PARE....PARE', { code: 'source.wrong_kind', details: { found: 'encrypted Parquet' } }],
    ['the mark alone', 'PAR1', { code: 'source.parquet_damaged' }],
    ['a footer of nothing', 'PAR1\xff\xff\xff\x7fPAR1', { code: 'source.parquet_damaged' }],
  ])('%s', async (_name, content, error) => {
    await place.write(content, 'people.parquet')
    await expect(ingested()).rejects.toMatchObject(error)
  })

  test('Parquet where CSV is declared', async () => {
    await write(sql`select '1' as id, 'a' as name`)
    await expect(ingested({ format: 'csv' })).rejects.toMatchObject({
      code: 'source.wrong_kind',
      details: { found: 'Parquet' },
    })
  })

  test('a file that is cut at any place', async () => {
    await write(sql`select range::varchar as id, 'n' || range * range as name from range(5000)`)
    const whole = await readFile(join(place.folder, 'people.parquet'))
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: whole.length - 1 }), async (length) => {
        await place.write(whole.subarray(0, length), 'people.parquet')
        await expect(ingested()).rejects.toMatchObject({
          code: expect.stringMatching(/^source\.(parquet_damaged|wrong_kind)$/),
        })
      }),
      { numRuns: 60, seed: 1 },
    )
    expect(await sealedTables(place.engine)).toEqual([])
  })

  test('a part of a file that is zeros never gives fewer rows', async () => {
    await write(sql`select range::varchar as id, 'n' || range * range as name from range(5000)`)
    const whole = await readFile(join(place.folder, 'people.parquet'))
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 4, max: whole.length - 1 }),
        fc.integer({ min: 1, max: 4096 }),
        async (at, length) => {
          const damaged = Buffer.from(whole)
          damaged.fill(0, at, Math.min(at + length, whole.length))
          await place.write(damaged, 'people.parquet')
          const counted = await ingested().then(
            ({ sealed }) => sealed.rows + sealed.setAside,
            (error: unknown) => error,
          )
          if (counted !== 5000) expect(counted).toMatchObject({ code: expect.stringMatching(/^source\./) })
        },
      ),
      { numRuns: 40, seed: 1 },
    )
  })
})

test('a file that is replaced by one of the same size is read anew', async () => {
  for (const name of ['Ada', 'Eve']) {
    await write(sql`select '1' as id, ${sql.lit(name)} as name`)
    expect((await ingested()).rows).toEqual([{ id: '1', name }])
  }
})

test('a pattern takes files of several types for a column, packed ones too', async () => {
  await write(sql`select 1 as id, 'Ada' as name, 9 as more`, 'p-1.parquet')
  await write(sql`select 'Bo' as name, '2' as id`, 'p-2.parquet')
  await writeFile(join(place.folder, 'p-3.parquet'), '')
  await expect(ingested({ file: 'p-*.parquet' })).rejects.toMatchObject({
    code: 'source.file_empty',
    details: { file: 'p-3.parquet' },
  })
  await writeFile(join(place.folder, 'p-3.parquet'), await readFile(join(place.folder, 'p-2.parquet')))
  const result = await ingested({ file: 'p-*.parquet' })
  expect(result.rows).toEqual([
    { id: '1', name: 'Ada' },
    { id: '2', name: 'Bo' },
  ])
  expect(result.aside).toEqual([aside(1, 'key_repeated', 'id', 'p-3.parquet')])
  await writeFile(join(place.folder, 'q.parquet.gz'), gzipSync(await readFile(join(place.folder, 'p-2.parquet'))))
  expect((await ingested({ file: 'q.parquet.gz' })).rows).toEqual([{ id: '2', name: 'Bo' }])
})
