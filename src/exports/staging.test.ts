import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import type { Outcomes } from '../delivery/ports.ts'
import type { Fate } from '../destination-kit/kit.ts'
import { openDuckDb } from '../engine/duckdb.ts'
import type { DataEngine } from '../engine/engine.ts'
import { stagingOf } from './staging.ts'
import { ensureExportTables } from './tables.ts'

const RUN = '7'
const at = new Date('2026-11-21T10:00:00Z')
const applied: Fate = { kind: 'applied' }

let engine: DataEngine
const open = () => stagingOf(engine, RUN, () => at)

beforeEach(async () => {
  engine = await openDuckDb({ file: ':memory:', threads: 1 })
  await ensureExportTables(engine)
})

afterEach(async () => {
  await engine.close()
})

const outcomes = (from: number, to: number, except: [number, Fate][] = [], otherwise: Fate = applied): Outcomes => ({
  from,
  to,
  otherwise,
  except: new Map(except),
})

const spans = async () =>
  await engine.rows(
    sql`select from_seq as "from", to_seq as "to", kind from outcome_span where run_id = 7 order by 1`,
    z.object({ from: z.number(), to: z.number(), kind: z.string() }),
  )

const exceptions = async () =>
  await engine.rows(
    sql`select seq, kind, code, reason, final, absent, remote_id as "remoteId" from outcome where run_id = 7 order by 1`,
    z.record(z.string(), z.unknown()),
  )

test('outcomes that come at the same time are all on disk when their calls resolve', async () => {
  const staging = open()
  await Promise.all([outcomes(1, 10), outcomes(11, 20), outcomes(21, 30)].map((one) => staging.stage(one)))
  expect(await spans()).toEqual([
    { from: 1, to: 10, kind: 'applied' },
    { from: 11, to: 20, kind: 'applied' },
    { from: 21, to: 30, kind: 'applied' },
  ])
  expect(await staging.staged({ from: 1, to: 30 })).toBe(true)
  expect(await staging.staged({ from: 30, to: 31 })).toBe(false)
})

test('exceptions keep what the vendor said, also where its words are odd', async () => {
  await open().stage(
    outcomes(1, 9, [
      [2, { kind: 'rejected', code: '40"0', reason: 'nul \0 half \ud83d end', final: true }],
      [3, { kind: 'applied', absent: true }],
      [4, { kind: 'applied', remoteId: 'r-4' }],
      [5, { kind: 'unknown', reason: 'no answer' }],
    ]),
  )
  const none = { code: null, reason: null, final: false, absent: false, remoteId: null }
  expect(await exceptions()).toEqual([
    { ...none, seq: 2, kind: 'rejected', code: '40"0', reason: 'nul \ufffd half \ufffd end', final: true },
    { ...none, seq: 3, kind: 'applied', absent: true },
    { ...none, seq: 4, kind: 'applied', remoteId: 'r-4' },
    { ...none, seq: 5, kind: 'unknown', reason: 'no answer' },
  ])
})

test('staging a span again replaces it with its exceptions, also after a restart', async () => {
  await open().stage(outcomes(1, 10, [[4, { kind: 'unknown', reason: 'no answer' }]]))
  await open().stage(outcomes(1, 10, [], { kind: 'rejected', code: 'x', reason: 'y' }))
  expect(await spans()).toEqual([{ from: 1, to: 10, kind: 'rejected' }])
  expect(await exceptions()).toEqual([])
})

test('what an earlier process staged is staged', async () => {
  await open().stage(outcomes(5, 9))
  const staging = open()
  expect(await staging.staged({ from: 5, to: 9 })).toBe(true)
  expect(await staging.staged({ from: 4, to: 9 })).toBe(false)
})

test('a failure to write is told to everybody whose outcomes it held, and the next try writes', async () => {
  const staging = open()
  await staging.staged({ from: 1, to: 1 })
  await engine.run(sql`alter table outcome_span rename to away`)
  const tries = await Promise.allSettled([staging.stage(outcomes(1, 10)), staging.stage(outcomes(11, 20))])
  expect(tries.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await engine.run(sql`alter table away rename to outcome_span`)
  expect(await staging.staged({ from: 1, to: 10 })).toBe(false)
  await staging.stage(outcomes(1, 10))
  expect(await spans()).toEqual([{ from: 1, to: 10, kind: 'applied' }])
})
