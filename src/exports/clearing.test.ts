/** Whoever has a field to be cleared is not given to a route of which it is not known that it clears. */
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sendgrid } from '../destinations/sendgrid.ts'
import { openDuckDb } from '../engine/duckdb.ts'
import type { DataEngine } from '../engine/engine.ts'
import { outboxParts } from './outbox.ts'
import { routeFor } from './routes.ts'
import { createDraftTable, draftTable, ensureExportTables } from './tables.ts'

const KNOWN = '00000000-0000-4000-8000-000000000001'
const NEW = '00000000-0000-4000-8000-000000000002'

let engine: DataEngine
let runs = 0
beforeAll(async () => {
  engine = await openDuckDb({ file: ':memory:', threads: 1 })
  await ensureExportTables(engine)
  await engine.run(sql`insert into ledger values (7, ${KNOWN}::uuid, 'ours', 'unknown', 'add', 'a@x.example', null, null,
    null, null, 1, 1, null, null, null, null)`)
})
afterAll(async () => await engine.close())

interface Sent {
  readonly kind: 'add' | 'update'
  readonly wasLeft: boolean
  readonly city: string | null
  /** An answer about them was lost, so the ledger knows them as perhaps there. */
  readonly known?: boolean
}

const partOf = async ({ kind, wasLeft, city, known = false }: Sent) => {
  const run = String(++runs)
  await engine.run(createDraftTable(engine.dialect, run, ['first_name', 'city']))
  await engine.run(sql`insert into ${draftTable(run)}
    select 1, 7, 'add', ${kind}, ${known ? KNOWN : NEW}::uuid, 'a@x.example', null, null, null, ${wasLeft}, 'Ada', ${city}::varchar`)
  await engine.run(sql`insert into ${draftTable(run)}
    select 2, 7, 'remove', 'remove', null, 'b@x.example', null, null, null, false, null, null`)
  await engine.run(sql`alter table ${draftTable(run)} rename to ${sql.id(`outbox_${run}`)}`)
  return await outboxParts(engine, run, { fields: ['first_name', 'city'], returnersApart: false })
}

describe('a part of an outbox', () => {
  test.each<[string, Sent, boolean]>([
    ['somebody new without a value', { kind: 'add', wasLeft: false, city: null }, false],
    ['an update that has all values', { kind: 'update', wasLeft: false, city: 'Oslo' }, false],
    ['an update without a value', { kind: 'update', wasLeft: false, city: null }, true],
    ['an update with an empty value', { kind: 'update', wasLeft: false, city: '' }, true],
    ['somebody whose answer was lost, without a value', { kind: 'add', wasLeft: false, city: null, known: true }, true],
    [
      'somebody whose answer was lost, with all values',
      { kind: 'add', wasLeft: false, city: 'Oslo', known: true },
      false,
    ],
    ['somebody who comes back without a value', { kind: 'add', wasLeft: true, city: null }, true],
  ])('with %s', async (_what, sent, clears) => {
    expect(await partOf(sent)).toEqual([
      { listId: '7', operation: 'add', returners: false, from: 1, to: 1, clears },
      { listId: '7', operation: 'remove', returners: false, from: 2, to: 2, clears: false },
    ])
  })

  test('without matched fields clears nothing', async () => {
    await partOf({ kind: 'update', wasLeft: false, city: null })
    expect(
      (await outboxParts(engine, String(runs), { fields: [], returnersApart: false })).map(({ clears }) => clears),
    ).toEqual([false, false])
  })
})

test.each([
  [30_000, false, 0],
  [30_001, false, 1],
  [30_001, true, 0],
  [1_000_000, true, 0],
])('%d records, clearing %s, go to SendGrid by route %d', (records, clearing, route) => {
  expect(routeFor(sendgrid.add, records, { returners: false, clears: clearing })).toBe(route)
})
