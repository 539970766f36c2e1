import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cut, encodeRows, halves, spanOf } from './batching.ts'
import type { OutboxRow } from './ports.ts'

const rows = (texts: readonly string[], from = 0) => {
  const people: OutboxRow[] = texts.map((_, i) => ({
    seq: from + i,
    ref: String(from + i),
    identifier: '',
    fields: {},
  }))
  return encodeRows(people, { from, to: from + texts.length - 1 }, ({ seq }) => texts[seq - from] ?? '')
}

describe('cutting', () => {
  test('keeps every limit, every row and the order, in no more parts than needed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 30 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 10, max: 200 }),
        (texts, records, bytes) => {
          const parts = cut(rows(texts), { records, bytes })
          expect(parts.flatMap((part) => part.rows.map(({ text }) => text))).toEqual(texts)
          const size = (part: readonly { text: string }[]): number =>
            part.reduce((sum, { text }) => sum + Buffer.byteLength(text) + 1, 0)
          for (const [i, part] of parts.entries()) {
            expect(part.rows.length).toBeLessThanOrEqual(records)
            expect(part.oversize).toBe(size(part.rows) > bytes)
            if (part.oversize) expect(part.rows).toHaveLength(1)
            const next = parts[i + 1]?.rows[0]
            if (next !== undefined) {
              expect(part.rows.length === records || size([...part.rows, next]) > bytes).toBe(true)
            }
          }
        },
      ),
    )
  })

  test('of what fits makes no copy', () => {
    const all = rows(['a', 'b'])
    expect(cut(all, { records: 2, bytes: Number.POSITIVE_INFINITY })[0]?.rows).toBe(all)
  })
})

test('halving ends in single records', () => {
  const [first, second] = halves(rows(['a', 'b', 'c'], 7))
  expect([spanOf(first), spanOf(second), spanOf([])]).toEqual([{ from: 7, to: 8 }, { from: 9, to: 9 }, undefined])
})

test('rows out of place are refused', () => {
  const person = (seq: number): OutboxRow => ({ seq, ref: String(seq), identifier: '', fields: {} })
  const text = (): string => ''
  expect(() => encodeRows([person(1), person(0)], { from: 0, to: 1 }, text)).toThrow('out of place')
  expect(() => encodeRows([person(0), person(2)], { from: 0, to: 2 }, text)).toThrow('out of place')
  expect(() => encodeRows([person(0)], { from: 0, to: 1 }, text)).toThrow('gave 1 rows')
  expect(() => encodeRows([person(0), person(1)], { from: 0, to: 0 }, text)).toThrow('gave 2 rows')
})
