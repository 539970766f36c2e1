import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { csvLine, readCsv } from './csv.ts'
import type { Fate, Reader } from './kit.ts'
import { Malformed } from './malformed.ts'
import { openReading } from './reading.ts'

const applied: Fate = { kind: 'applied' }
const rejected = (reason: string): Fate => ({ kind: 'rejected', code: 'x', reason })

/** Every item as text, so that what was read can be compared. */
const csv: Reader = { by: 'ref', csv: (row) => [JSON.stringify(row), applied] }
const named: Reader = {
  by: 'ref',
  arrays: {
    errors: (item) => ['error', rejected(JSON.stringify(item))],
    done: (item) => (item === null ? undefined : ['done', rejected(JSON.stringify(item))]),
  },
}
const root: Reader = { by: 'ref', arrays: { '': (item) => ['item', rejected(JSON.stringify(item))] } }
const lines: Reader = { by: 'identifier', lines: (line) => [line, applied] }
const any: Reader = { ...csv, ...root }

const read = (reader: Reader, text: string, size: number) => {
  const reading = openReading(reader)
  const marks = []
  for (let at = 0; at < text.length; at += size) marks.push(...reading.push(text.slice(at, at + size)))
  marks.push(...reading.end())
  return { marks, items: reading.items() }
}

const reports: readonly (readonly [string, Reader, string, number])[] = [
  ['a table', csv, '\uFEFFA,b\r\n1,"x, ""y""\r\nz"\r\n\r\n2,\r\n', 2],
  ['a table without a last line break', csv, 'a\n1\n"2"', 2],
  ['a header alone', csv, 'a,b\n', 0],
  [
    'arrays under members',
    named,
    '{"a":{"errors":[9]},"errors" : [ {"k":"[},\\"{"}, 2 ,"x"],"n":"done","done":[null,[1,[2]]],"z":[1]}',
    5,
  ],
  ['a member that is no array', named, '{"errors":null,"done":{}}', 0],
  ['an array at the root', root, ' [ {"a":[1,{"b":"]"}]} , 1.5e3,"\\u00e6ø" ,true]\n', 4],
  ['an empty array', root, '[]', 0],
  ['objects, one a line', root, '{"a":1}\n{"a":{"b":"}"}}\r\n\n{}', 3],
  ['addresses, one a line', lines, '\uFEFFa@x.example\r\n\n b@x.example \nc@x.example', 3],
  ['no line', lines, '', 0],
  ['a table where JSON could be', any, 'a\n[1]\n', 1],
  ['JSON where a table could be', any, '\uFEFF [1,2]', 2],
]

const damaged: readonly (readonly [string, Reader, string])[] = [
  ['nothing', csv, ' \n'],
  ['a quote that never closes', csv, 'a\n"1'],
  ['a line longer than the header', csv, 'a\n1,2'],
  ['JSON that is cut', root, '[{"a":1},{"a"'],
  ['JSON that is cut in a text', named, '{"errors":["a'],
  ['JSON that is cut after an item', named, '{"errors":[1,2'],
  ['brackets that do not match', root, '[1}'],
  ['a bracket too many', root, '[1]]'],
  ['no element before a comma', root, '[,1]'],
  ['no element after a comma', root, '[1,]'],
  ['an element that is not JSON', root, '[1,nope]'],
  ['an array and more', root, '[1]{"a":1}'],
  ['two arrays', root, '[1][2]'],
  ['two objects with members', named, '{"errors":[]}{"errors":[]}'],
  ['an array where members are asked for', named, '[1]'],
  ['words', root, 'error'],
  ['words after the report', root, '[1] error'],
  ['text after the report', root, '{"a":1} "x"'],
  ['a comma between objects', root, '{"a":1},{"a":2}'],
  ['a table where JSON is asked for', named, 'a,b\n1,2'],
]

describe('a report', () => {
  it.each(reports)('is read the same in pieces of every size: %s', (_what, reader, text, items) => {
    const whole = read(reader, text, text.length)
    expect(whole.items).toBe(items)
    for (let size = 1; size < text.length; size++) expect([size, read(reader, text, size)]).toEqual([size, whole])
  })

  it.each(damaged)('is malformed with %s, in pieces of every size', (_what, reader, text) => {
    for (let size = 1; size <= Math.max(1, text.length); size++) {
      expect(() => read(reader, text, size)).toThrow(Malformed)
    }
  })

  it('gives the items under each member, and only those', () => {
    const text = '{"skipped":[1,{"errors":[2]}],"errors":[{"id":3}],"done":[null,4]}'
    expect(read(named, text, 7)).toEqual({
      marks: [
        ['error', rejected('{"id":3}')],
        ['done', rejected('4')],
      ],
      items: 3,
    })
  })

  it('is not held in memory: an item as long as a page is refused', () => {
    const reading = openReading(root)
    reading.push('["')
    expect(() => {
      for (let page = 0; page < 2_000; page++) reading.push('x'.repeat(1_000))
    }).toThrow(Malformed)
  })

  it('of any JSON values gives those values', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.integer({ min: 1, max: 9 }), (values, size) => {
        const { marks } = read(root, JSON.stringify(values), size)
        expect(marks.map(([, fate]) => (fate.kind === 'rejected' ? fate.reason : ''))).toEqual(
          values.map((value) => JSON.stringify(value)),
        )
      }),
    )
  })
})

describe('a report that would fill the memory is malformed long before', () => {
  const endless: readonly (readonly [string, Reader, string, string])[] = [
    ['a quote that never closes', csv, 'a\n"', 'x'],
    ['a cell that never ends', csv, 'a\n', 'x'],
    ['a line of empty cells', csv, 'a\n', ','],
    ['an item that never ends', root, '[{"a":"', 'x'],
    ['brackets that only open', named, '{"a":', '['],
  ]
  it.each(endless)('%s', (_what, reader, start, more) => {
    const reading = openReading(reader)
    const piece = more.repeat(100_000)
    const feed = () => {
      reading.push(start)
      for (let fed = 0; fed < 20; fed++) reading.push(piece)
    }
    expect(feed).toThrow(Malformed)
  })

  it('but any number of lines is a table', () => {
    const reading = openReading(csv)
    reading.push('a\n')
    for (let fed = 0; fed < 20; fed++) reading.push('x\n'.repeat(50_000))
    reading.end()
    expect(reading.items()).toBe(1_000_000)
  })
})

describe('a line of a table', () => {
  it.each([
    [['a', 'b c'], 'a,b c'],
    [['a,b', 'say "no"', 'two\nlines', 'cr\r'], '"a,b","say ""no""","two\nlines","cr\r"'],
    [[' edge', 'edge '], '" edge","edge "'],
    [['', ''], ','],
    [['=1+1', '+47', '@x', '-1'], '=1+1,+47,@x,-1'],
  ])('of %j is %s', (cells, line) => {
    expect(csvLine(cells)).toBe(line)
  })

  it('is read back as it was', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string()), { minLength: 1 }), (lines) => {
        const text = [['a', 'b'], ...lines].map(csvLine).join('\r\n')
        // An empty line is no record; with two cells there is always a comma.
        expect(readCsv(text)).toEqual(lines.map(([a, b]) => ({ a, b })))
      }),
    )
  })
})
