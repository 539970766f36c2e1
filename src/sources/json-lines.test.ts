/** JSON lines: every object is a row, typed, or set aside with its line and reason. */
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aside, type DataFolder, openDataFolder } from './data-folder.ts'
import { readObject } from './json-object.ts'
import type { SetAsideRow } from './sealed-tables.ts'

let place: DataFolder

beforeEach(async () => {
  place = await openDataFolder()
})
afterEach(async () => place.close())

const jsonl = { format: 'jsonl' } as const
const line = (value: unknown): string => `${JSON.stringify(value)}\n`
const good = [7, 8, 9].map((id) => line({ id: String(id), name: 'x' })).join('')
const goodRows: [string, string][] = [
  ['7', 'x'],
  ['8', 'x'],
  ['9', 'x'],
]

test.each<[string, string | Buffer, [string, string | null][], SetAsideRow[]]>([
  ['plain objects', line({ id: '1', name: 'Ada' }), [['1', 'Ada']], []],
  [
    'a missing key, a null and an empty text',
    `{"id":"1"}\n{"id":"2","name":null}\n{"id":"3","name":""}\n`,
    [
      ['1', null],
      ['2', null],
      ['3', null],
    ],
    [],
  ],
  ['other keys, nested ones too', line({ x: { id: '9', name: [1, '}"]'] }, name: 'Ada', id: '1' }), [['1', 'Ada']], []],
  [
    'byte order mark, blanks, CRLF and blank lines',
    '\ufeff\r\n { "id" : "1" , "name" : "Ada" } \r\n\r\n{"id":"2"}\r\n',
    [
      ['1', 'Ada'],
      ['2', null],
    ],
    [],
  ],
  ['escapes', String.raw`{"\u0069d":"1","name":"\u00e6\ud83e\udd91\n\"\\\/\t"}`, [['1', 'æ🦑\n"\\/\t']], []],
  [
    'numbers as they are written',
    '{"id":12345678901234567890,"name":1.10}\n{"id":2,"name":-0}\n{"id":3,"name":1E3}\n',
    [
      ['12345678901234567890', '1.10'],
      ['2', '-0'],
      ['3', '1E3'],
    ],
    [],
  ],
  [
    'true and false',
    '{"id":"1","name":true}\n{"id":"2","name":false}\n',
    [
      ['1', 'true'],
      ['2', 'false'],
    ],
    [],
  ],
  ['no newline at the end', '{"id":"1","name":"a"}', [['1', 'a']], []],
  ['quotes, commas and line breaks in values', line({ id: '1', name: 'a"b",c\r\nd' }), [['1', 'a"b",c\r\nd']], []],
  ['odd names', line({ __proto__: 1, constructor: 2, '': 3, id: '1' }), [['1', null]], []],
])('%s', async (_name, content, rows, setAside) => {
  const result = await place.ingested(
    Buffer.concat([Buffer.from(content.toString().replace(/([^\n])$/, '$1\n')), Buffer.from(good)]),
    jsonl,
  )
  expect(result.rows).toEqual([...rows, ...goodRows].map(([id, name]) => ({ id, name })))
  expect(result.aside).toEqual(setAside)
})

test.each<[string, string, SetAsideRow]>([
  ['not closed', '{"id":"1","name":"a"', aside(2, 'malformed')],
  ['two objects on a line', '{"id":"1"}{"id":"2"}', aside(2, 'malformed')],
  ['something behind', '{"id":"1"} x', aside(2, 'malformed')],
  ['an array', '["1","a"]', aside(2, 'malformed')],
  ['a number', '1', aside(2, 'malformed')],
  ['a comma too many', '{"id":"1",}', aside(2, 'malformed')],
  ['a key without quotes', '{id:"1"}', aside(2, 'malformed')],
  ['single quotes', "{'id':'1'}", aside(2, 'malformed')],
  ['a number with a leading zero', '{"id":01}', aside(2, 'malformed')],
  ['NaN', '{"id":"1","name":NaN}', aside(2, 'malformed')],
  ['a tab within a text', '{"id":"1","name":"a\tb"}', aside(2, 'malformed')],
  ['an unknown escape', String.raw`{"id":"1","name":"\x41"}`, aside(2, 'malformed')],
  ['damage within another key', '{"id":"1","x":[1,]}', aside(2, 'malformed')],
  ['a comment', '// {"id":"1"}', aside(2, 'malformed')],
  ['a column twice', '{"id":"1","name":"a","name":"b"}', aside(2, 'malformed')],
  ['a column twice, once by an escape', String.raw`{"id":"1","name":"a","n\u0061me":"a"}`, aside(2, 'malformed')],
  ['an object as a value', '{"id":"1","name":{"first":"a"}}', aside(2, 'not_of_type', 'name')],
  ['an array as a value', '{"id":"1","name":["a"]}', aside(2, 'not_of_type', 'name')],
  ['an escaped NUL', String.raw`{"id":"1","name":"a\u0000b"}`, aside(2, 'not_of_type', 'name')],
  ['half a pair of surrogates', String.raw`{"id":"1","name":"\ud83e"}`, aside(2, 'not_of_type', 'name')],
  ['no key', '{"name":"a"}', aside(2, 'key_missing', 'id')],
  ['an object as the key', '{"id":{},"name":"a"}', aside(2, 'key_missing', 'id')],
  ['a key again', '{"id":"7","name":"a"}', aside(4, 'key_repeated', 'id')],
])('set aside: %s', async (_name, bad, setAside) => {
  const [first = '', ...others] = good.trimEnd().split('\n')
  const at = setAside.line - 2
  const lines = [first, ...others.slice(0, at), bad, ...others.slice(at)]
  const result = await place.ingested(`${lines.join('\n')}\n`, jsonl)
  expect(result.rows).toEqual(goodRows.map(([id, name]) => ({ id, name })))
  expect(result.aside).toEqual([setAside])
})

test('declared types', async () => {
  const values = [
    { id: 1, born: '1986-05-08', spent: 1.5, sub: true },
    { id: 2, born: '5/8/1986', spent: '7', sub: false },
    { id: 3, born: null, spent: 9007199254740991, sub: 'nei takk' },
    { id: 4, born: 19860508, spent: 1, sub: true },
    { id: 6, born: null, spent: true, sub: true },
    { id: 7, spent: {}, sub: true },
    { id: 8, spent: 1, sub: 'x' },
    { id: 9, spent: 0 },
    { id: 10, spent: 1 },
  ]
  const result = await place.ingested(`${values.map(line).join('')}{"id":5,"spent":9007199254740993}\n{"id":11}\n`, {
    ...jsonl,
    columns: [
      { name: 'id', type: 'text' },
      { name: 'born', type: 'date', dateForms: ['month-first', 'iso'] },
      { name: 'spent', type: 'number' },
      { name: 'sub', type: 'boolean', words: { yes: ['ja takk'], no: ['nei takk'] } },
    ],
  })
  expect(result.rows.map(({ id, born, spent, sub }) => [id, String(born), spent, sub])).toEqual([
    ['1', '1986-05-08', 1.5, true],
    ['2', '1986-05-08', 7, false],
    ['3', 'null', 9007199254740991, false],
    ['9', 'null', 0, null],
    ['10', 'null', 1, null],
    ['11', 'null', null, null],
  ])
  expect(result.aside).toEqual([
    aside(4, 'not_of_type', 'born'),
    aside(5, 'not_of_type', 'spent'),
    aside(6, 'not_of_type', 'spent'),
    aside(7, 'not_of_type', 'sub'),
    aside(10, 'not_of_type', 'spent'),
  ])
})

describe('refused', () => {
  test.each<[string, string | Buffer, object]>([
    ['an array', '[{"id":"1"}]\n', { code: 'source.json_document' }],
    ['an array over many lines', '\n[\n{"id":"1"},\n{"id":"2"}]', { code: 'source.json_document' }],
    [
      'an object over many lines',
      '{\n"id":"1"\n}\n',
      { code: 'source.mostly_not_json', details: { line: 1, count: 3, rows: 3 } },
    ],
    [
      'most lines are no objects',
      `${line({ id: '1', name: 'a' })}x\ny\n`,
      { code: 'source.mostly_not_json', details: { line: 2, count: 2 } },
    ],
    ['a last line that breaks off', `${good}{"id":"1","na`, { code: 'source.truncated', details: { line: 4 } }],
    [
      'a column that no object has',
      '{"id":"1","Name":"a"}\n',
      { code: 'source.column_missing', details: { column: 'name', found: 'Name' } },
    ],
    [
      'most values are nested',
      `${line({ id: 1, name: { a: 1 } })}${line({ id: 2, name: [1] })}`,
      { code: 'source.mostly_not_of_type', details: { column: 'name', line: 1 } },
    ],
    ['Latin-1', Buffer.from(`${good}{"id":"ø"}\n`, 'latin1'), { code: 'source.not_utf8', details: { line: 4 } }],
    ['a NUL byte', `${good}{"id":"\0"}\n`, { code: 'source.nul_byte', details: { line: 4 } }],
    ['blank', '\n \n', { code: 'source.file_empty' }],
    ['a web page', '<!doctype html>', { code: 'source.html' }],
  ])('%s', async (_name, content, error) => {
    await expect(place.ingested(content, jsonl)).rejects.toMatchObject(error)
  })
})

test('the endings .jsonl, .ndjson, .json and .jsonl.gz say what a file is', async () => {
  for (const [index, file] of ['a.jsonl', 'a.ndjson', 'a.json', 'a.jsonl.gz'].entries()) {
    await place.write(file.endsWith('.gz') ? gzipSync(good) : good, file)
    // `ingested` writes people.csv as well, which nothing reads here.
    expect((await place.ingested('', { file, name: `people ${index}` })).sealed.rows).toBe(3)
  }
})

test('any cut of a file gives its first rows, or refuses it', async () => {
  const values = Array.from({ length: 30 }, (_, n) => ({ id: String(n), name: n % 3 === 0 ? `æ"\n${n}` : `n${n}` }))
  const whole = Buffer.from(values.map(line).join(''))
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: whole.length - 1 }), async (length) => {
      const cut = whole.subarray(0, length)
      const isAtLine = whole[length - 1] === 10 || whole[length] === 10
      if (isAtLine) {
        const lines = cut
          .toString()
          .split('\n')
          .filter((one) => one !== '').length
        expect((await place.ingested(cut, jsonl)).rows).toEqual(values.slice(0, lines))
      } else {
        await expect(place.ingested(cut, jsonl)).rejects.toMatchObject({
          code: expect.stringMatching(/^source\.(truncated|not_utf8|mostly_not_json)$/),
        })
      }
    }),
    { numRuns: 40, seed: 1 },
  )
})

test('reading a line agrees with JSON.parse on what JSON is, and on every value', () => {
  const wanted = new Map([['a', 0]])
  const damaged = fc
    .tuple(
      fc.dictionary(fc.constantFrom('a', 'b', '\u0000', '"'), fc.jsonValue()),
      fc.nat(),
      fc.constantFrom('', '"', '\\', '{', ']', ',', ' ', '0', '\u0001'),
    )
    .map(([value, place, put]) => {
      const text = JSON.stringify(value)
      const at = place % (text.length + 1)
      return `${text.slice(0, at)}${put}${text.slice(at)}`
    })
  const isObject = (text: string): boolean => {
    try {
      const value: unknown = JSON.parse(text)
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    } catch {
      return false
    }
  }
  fc.assert(
    fc.property(damaged, (text) => {
      const seen: string[] = []
      const read = readObject(text, wanted, (key) => seen.push(key))
      const isRepeated = read === undefined && isObject(text)
      // A key that is there twice is the only thing of ours that JSON.parse takes.
      if (isRepeated) expect(text.match(/"a":|"a" *:/g)?.length).toBeGreaterThan(1)
      else expect(read !== undefined).toBe(isObject(text))
    }),
    { numRuns: 3000, seed: 1 },
  )
})
