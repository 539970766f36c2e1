/** What a source may be declared as. */
import { expect, test } from 'vitest'
import { formatOf, isGzip, sourceTable } from './source.ts'

const valid = { name: 'people', file: 'people.csv', key: 'id', columns: [{ name: 'id', type: 'text' }] }

test('the delimiter is a comma where none is declared', () => {
  expect(sourceTable.parse(valid).delimiter).toBe(',')
})

test.each<[string, object]>([
  ['a table name with a dot', { name: 'a.b' }],
  ['an empty table name', { name: '' }],
  ['a table name with a NUL', { name: 'a\0' }],
  [
    'a column that the engine knows as something else',
    {
      columns: [
        { name: 'id', type: 'text' },
        { name: 'RowId', type: 'text' },
      ],
    },
  ],
  ['a key that is not declared', { key: 'x' }],
  ['a key that is no text', { columns: [{ name: 'id', type: 'number' }] }],
  [
    'two columns that differ in case only',
    {
      columns: [
        { name: 'id', type: 'text' },
        { name: 'ID', type: 'text' },
      ],
    },
  ],
  ['a delimiter of two characters', { delimiter: '||' }],
  [
    'an unknown type',
    {
      columns: [
        { name: 'id', type: 'text' },
        { name: 'x', type: 'uuid' },
      ],
    },
  ],
  [
    'month first and day first in one column',
    {
      columns: [
        { name: 'id', type: 'text' },
        { name: 'd', type: 'date', dateForms: ['month-first', 'day-first'] },
      ],
    },
  ],
  ['a property that does not exist', { kye: 'id' }],
  ['an encoding of JSON lines', { file: 'people.jsonl', encoding: 'utf-16le' }],
  ['an encoding of Parquet', { format: 'parquet', encoding: 'latin1' }],
])('refused: %s', (_name, change) => {
  expect(sourceTable.safeParse({ ...valid, ...change }).success).toBe(false)
})

test.each<[string, object, string, boolean]>([
  ['people.csv', {}, 'csv', false],
  ['people.txt', {}, 'csv', false],
  ['people', {}, 'csv', false],
  ['people.csv.GZ', {}, 'csv', true],
  ['people.Parquet', {}, 'parquet', false],
  ['people.jsonl', {}, 'jsonl', false],
  ['people.ndjson.gz', {}, 'jsonl', true],
  ['people/*.json', {}, 'jsonl', false],
  ['parquet.csv', {}, 'csv', false],
  ['people.csv', { format: 'jsonl', compression: 'gzip' }, 'jsonl', true],
  ['people.csv.gz', { compression: 'none' }, 'csv', false],
])('%s with %o is %s', (file, over, format, gzip) => {
  const source = sourceTable.parse({ ...valid, file, ...over })
  expect([formatOf(source), isGzip(source, file)]).toEqual([format, gzip])
})
