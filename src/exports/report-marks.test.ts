import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Fate } from '../destination-kit/kit.ts'
import { openDuckDb } from '../engine/duckdb.ts'
import type { DataEngine } from '../engine/engine.ts'
import { outboxOf } from './outbox-rows.ts'
import { stagingOf } from './staging.ts'
import { ensureExportTables, outboxTable } from './tables.ts'

const RUN = '3'
const applied: Fate = { kind: 'applied' }
const bad = (reason: string): Fate => ({ kind: 'rejected', code: 'bad', reason, final: true })
const whole = { from: 0, to: 9 }

let engine: DataEngine
beforeEach(async () => {
  engine = await openDuckDb({ file: ':memory:' })
  await ensureExportTables(engine)
  await engine.run(sql`create table ${outboxTable(RUN)} as
    select i as seq, ' P' || i || '@Example.com' as identifier, null::varchar as remote_id, false as was_left from range(10) r(i)`)
})
afterEach(() => engine.close())

const staging = () => stagingOf(engine, RUN, () => new Date(5))
const outcomes = async () =>
  await engine.rows(
    sql`select seq, kind, code, reason, final, absent, remote_id as remote from outcome where run_id = ${RUN}::bigint order by seq`,
    z.object({
      seq: z.number(),
      kind: z.string(),
      code: z.string().nullable(),
      reason: z.string().nullable(),
      final: z.boolean(),
      absent: z.boolean(),
      remote: z.string().nullable(),
    }),
  )
const marks = async (): Promise<number> => await staging().marked(whole)

describe('marks', () => {
  test('become outcomes when their span is staged, and are gone then', async () => {
    const kept = staging()
    await kept.mark(new Map([[2, bad('no such domain')]]))
    await kept.mark(new Map<number, Fate>([[7, { kind: 'applied', remoteId: 'x7', absent: true }]]))
    expect(await kept.staged(whole)).toBe(false)
    expect(await outcomes()).toEqual([])
    expect(await marks()).toBe(2)
    await kept.stage({ ...whole, otherwise: applied, except: new Map(), marked: true })
    expect(await kept.staged(whole)).toBe(true)
    expect(await outcomes()).toEqual([
      { seq: 2, kind: 'rejected', code: 'bad', reason: 'no such domain', final: true, absent: false, remote: null },
      { seq: 7, kind: 'applied', code: null, reason: null, final: false, absent: true, remote: 'x7' },
    ])
    expect(await marks()).toBe(0)
  })

  test('are distinct records, and those that contradict each other are unknown', async () => {
    const kept = staging()
    await kept.mark(new Map([[1, bad('a')]]))
    await kept.mark(
      new Map([
        [1, bad('b')],
        [4, bad('c')],
      ]),
    )
    await kept.mark(new Map([[4, applied]]))
    expect(await marks()).toBe(2)
    await kept.stage({ ...whole, otherwise: applied, except: new Map(), marked: true })
    expect((await outcomes()).map(({ seq, kind }) => [seq, kind])).toEqual([
      [1, 'rejected'],
      [4, 'unknown'],
    ])
  })

  test('of other spans stay, and an outcome that does not count them is none of theirs', async () => {
    const kept = staging()
    await kept.mark(new Map([0, 3, 5, 8].map((seq) => [seq, bad('x')])))
    await kept.unmark({ from: 0, to: 0 })
    expect(await marks()).toBe(3)
    await kept.stage({ from: 0, to: 4, otherwise: applied, except: new Map() })
    expect(await outcomes()).toEqual([])
    await kept.stage({ from: 5, to: 7, otherwise: applied, except: new Map(), marked: true })
    expect((await outcomes()).map(({ seq }) => seq)).toEqual([5])
    expect(await staging().marked({ from: 8, to: 9 })).toBe(1)
  })

  test('staged again replace what was staged', async () => {
    const kept = staging()
    await kept.mark(new Map([[1, bad('a')]]))
    await kept.stage({ ...whole, otherwise: applied, except: new Map(), marked: true })
    await kept.mark(new Map([[2, bad('b')]]))
    await kept.stage({ ...whole, otherwise: applied, except: new Map(), marked: true })
    expect((await outcomes()).map(({ seq }) => seq)).toEqual([2])
  })

  test.each([
    ['no words', ''],
    ['control characters', 'a\u001fb\u001ec'],
    ['quotes and line breaks', `it's "a"\n{b}`],
    ['letters beyond the first plane', '𝒜ß'],
  ])('keep a reason with %s, alone and among others', async (_what, reason) => {
    const kept = staging()
    await kept.mark(new Map([[1, bad(reason)]]))
    await kept.mark(new Map<number, Fate>([2, 3, 4].map((seq) => [seq, seq === 3 ? bad(reason) : applied])))
    await kept.stage({ ...whole, otherwise: applied, except: new Map(), marked: true })
    expect((await outcomes()).map(({ seq, kind, reason: words }) => [seq, kind, words])).toEqual([
      [1, 'rejected', reason],
      [2, 'applied', null],
      [3, 'rejected', reason],
      [4, 'applied', null],
    ])
  })

  test('of more records than one statement takes are all kept', async () => {
    const kept = staging()
    const all = { from: 0, to: 10_000 }
    await kept.mark(new Map(Array.from({ length: 10_001 }, (_, seq) => [seq, bad(`it's "${seq}"`)])))
    await kept.stage({ ...all, otherwise: applied, except: new Map(), marked: true })
    expect(await outcomes()).toHaveLength(10_001)
  })
})

describe('people are found in the outbox', () => {
  test.each([
    ['by identifier, in whatever case', ['p3@example.com', 'p5@example.com'], [3, 5]],
    ['not beyond the span', ['p0@example.com', 'p9@example.com'], []],
    ['not by parts, and not by words with line breaks', ['p3', 'p3@example.com\np4@example.com', "'", ''], []],
    ['not at all when nobody is named', [], []],
  ])('%s', async (_what, identifiers, seqs) => {
    const found = await outboxOf(engine, RUN, []).find({ from: 1, to: 8 }, identifiers)
    expect(found.map(({ seq }) => seq).sort()).toEqual(seqs)
  })
})
