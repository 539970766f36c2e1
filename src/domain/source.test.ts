/** What a source may be declared as. */
import { expect, test } from 'vitest'
import { sourceTable } from './source.ts'

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
])('refused: %s', (_name, change) => {
  expect(sourceTable.safeParse({ ...valid, ...change }).success).toBe(false)
})
