import { describe, expect, test } from 'vitest'
import type { Fate } from '../destination-kit/kit.ts'
import { cappedFate, combined, doubted, merged, named, namedByIdentifier, namedByRef, unnamedFate } from './fates.ts'
import { leftoverOf } from './leftovers.ts'
import type { OutboxRow } from './ports.ts'

const applied: Fate = { kind: 'applied' }
const rejected: Fate = { kind: 'rejected', code: 'x', reason: 'no' }
const unknown: Fate = { kind: 'unknown', reason: '?' }
const row = (seq: number, identifier: string): OutboxRow => ({ seq, ref: String(seq), identifier, fields: {} })
const span = { from: 10, to: 12 }

describe('names', () => {
  test('by ref: only whole numbers within the batch are anybody', () => {
    const names = ['10', '12', '13', '9', '', ' 11', '1e1', '-10', '11.0', 'x', '99999999999999999999']
    const { bySeq, strangers } = namedByRef(new Map(names.map((name) => [name, rejected])), span)
    expect([[...bySeq.keys()], strangers]).toEqual([[10, 12], 9])
  })

  test('by identifier: in the case the vendor likes', () => {
    const fates = new Map([
      ['B@x.no ', rejected],
      ['nobody@x.no', rejected],
    ])
    const { bySeq, strangers } = namedByIdentifier(fates, [row(10, 'a@x.no'), row(11, 'b@x.no')])
    expect([[...bySeq], strangers]).toEqual([[[11, rejected]], 1])
  })

  test('a person named twice with different fates is unknown; with the same, that', () => {
    const twice = new Map<string, Fate>([
      ['a@x.no', applied],
      ['A@x.no', rejected],
      ['b@x.no', rejected],
      ['B@x.no', rejected],
    ])
    const { bySeq, strangers } = namedByIdentifier(twice, [row(10, 'a@x.no'), row(11, 'b@x.no')])
    expect([bySeq.get(10)?.kind, bySeq.get(11)?.kind, strangers]).toEqual(['unknown', 'rejected', 0])
  })

  test('two rows of the same identifier share its fate', () => {
    const { bySeq, strangers } = namedByIdentifier(new Map([['a@x.no', rejected]]), [
      row(10, 'a@x.no'),
      row(11, 'a@x.no'),
    ])
    expect([bySeq.size, strangers]).toEqual([2, 0])
  })

  test('rows are not read where nobody is named, or names are refs', async () => {
    const read = (): never => {
      throw new Error('read')
    }
    expect((await named(new Map(), 'identifier', span, read)).strangers).toBe(0)
    expect((await named(new Map([['10', rejected]]), 'ref', span, read)).bySeq.size).toBe(1)
  })
})

describe('who is not named', () => {
  test.each([
    [applied, 0, 'applied'],
    [applied, 1, 'unknown'],
    [rejected, 1, 'rejected'],
    [unknown, 1, 'unknown'],
  ])('%j beside %i strangers is %s', (otherwise, strangers, kind) =>
    expect(unnamedFate(otherwise, strangers).kind).toBe(kind),
  )

  test('strangers at acceptance keep the others from passing for applied later', () => {
    const known = doubted(
      namedByRef(
        new Map([
          ['10', rejected],
          ['77', rejected],
        ]),
        span,
      ),
      span,
    )
    expect([...known.values()].map(({ kind }) => kind)).toEqual(['rejected', 'unknown', 'unknown'])
    expect(merged(known, new Map([[11, applied]])).get(11)?.kind).toBe('unknown')
  })
})

test('combining keeps the remote id, and takes contradiction for not knowing', () => {
  expect(combined({ kind: 'applied', remoteId: '7' }, applied)).toEqual({ kind: 'applied', remoteId: '7' })
  expect(combined({ kind: 'applied', absent: true }, applied)).toEqual(applied)
  expect(combined(applied, rejected).kind).toBe('unknown')
  expect(combined(rejected, unknown).kind).toBe('unknown')
})

test('reasons are capped in length', () => {
  const long = 'x'.repeat(10_000)
  const fate = cappedFate({ kind: 'rejected', code: long, reason: long, final: true })
  expect(fate).toMatchObject({ kind: 'rejected', final: true })
  expect(JSON.stringify(fate).length).toBeLessThan(700)
  expect(JSON.stringify(cappedFate({ kind: 'unknown', reason: long })).length).toBeLessThan(600)
})

describe('what is left of a batch when its run is settled', () => {
  const lostAt = new Date(0)
  test.each([
    [{ state: 'pending' }, 'never-sent'],
    [{ state: 'pending', lostAt }, 'unknown'],
    [{ state: 'sending' }, 'unknown'],
    [{ state: 'accepted' }, 'unknown'],
    [{ state: 'done' }, 'unknown'],
    [{ state: 'split' }, 'none'],
  ] as const)('%j: %s', (batch, kind) => expect(leftoverOf(batch).kind).toBe(kind))

  test('what the vendor said when it accepted a job is kept', () => {
    expect(leftoverOf({ state: 'accepted', known: new Map([[3, rejected]]) })).toMatchObject({
      known: new Map([[3, rejected]]),
    })
  })
})
