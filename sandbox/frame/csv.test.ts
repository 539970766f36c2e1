/** Separated values that come in chunks. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { csvRow, readRows, UnreadableCsv } from './csv.ts'

async function* chunksOf(text: string, sizes: readonly number[]): AsyncGenerator<string> {
  let at = 0
  for (const size of sizes) {
    yield text.slice(at, at + size)
    at += size
  }
  yield text.slice(at)
}

const rowsOf = async (text: string, sizes: readonly number[] = [], separator = ','): Promise<string[][]> => {
  const rows: string[][] = []
  for await (const some of readRows(chunksOf(text, sizes), separator)) rows.push(...some)
  return rows
}

const cell = fc.string({ unit: fc.constantFrom('a', 'ø', '"', ',', '\t', '\n', '\r', ' ') })
// A row of one empty cell is an empty line, and those are left out.
const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 6 })
const sizes = fc.array(fc.nat(5), { maxLength: 40 })

describe('readRows', () => {
  it.each([',', '\t'])('reads what was written, however it is cut, separated by %j', async (separator) => {
    await fc.assert(
      fc.asyncProperty(table, sizes, async (rows, cuts) => {
        const text = rows.map((row) => csvRow(row, separator)).join('')
        expect(await rowsOf(text, cuts, separator)).toEqual(rows)
      }),
    )
  })

  it.each([
    [
      'both line ends',
      'a,b\r\nc,d\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'no end of the last line',
      'a,b\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'empty lines',
      'a,b\n\n\r\nc,d\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['quotes around a line end', '"a\r\nb",c\n', [['a\r\nb', 'c']]],
    ['empty cells', ',,\n', [['', '', '']]],
  ])('reads %s', async (_what, text, rows) => {
    expect(await rowsOf(text)).toEqual(rows)
  })

  it.each(['a,"b\nc,d\n', `"${'x'.repeat(1_000_001)}`])('gives up on a quote that is never closed', async (text) => {
    await expect(rowsOf(text)).rejects.toThrow(UnreadableCsv)
  })
})
