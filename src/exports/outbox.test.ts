/** Personal data of a run is not kept for longer than the run and the next plan need it. */
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { EXPORT, type LedgerCompany, withCompany } from './fixtures/ledger-company.ts'
import { crowdOf } from './fixtures/sealed-world.ts'
import { dropOldOutboxes } from './outbox.ts'

/** Tables that hold people of runs, temporary ones included, and the runs that have rows about people. */
const kept = async ({ engine }: LedgerCompany): Promise<string[]> =>
  // Within a transaction, since temporary tables are seen by the connection that made them alone.
  await engine.transaction(async (session) => {
    const tables = await session.rows(
      sql`select table_name as name from duckdb_tables() where table_name similar to '.*_[0-9]+(_[0-9]+)?' order by 1`,
      z.object({ name: z.string() }),
    )
    const rows = await session.rows(
      sql`select distinct t || ' of ' || run_id as name from (
        select 'outcome' as t, run_id from outcome union all select 'outcome_span', run_id from outcome_span
        union all select 'invalid_person', run_id from invalid_person union all select 'draft', run_id from draft_outbox
        union all select 'seal', run_id from sealed_outbox) order by 1`,
      z.object({ name: z.string() }),
    )
    return [...tables, ...rows].map(({ name }) => name)
  })

test('drafts of runs that were held or failed are gone with the next plan; so are temporary tables', async () => {
  await withCompany(async (company) => {
    const people = crowdOf(4)
    await company.plan(people)
    await company.plan(people)
    expect(await kept(company)).toEqual(['outbox_draft_2', 'draft of 2'])
    const { figures } = await company.run(people)
    expect(figures[0]).toMatchObject([{ added: 4 }])
    expect(await kept(company)).toEqual(['outbox_3', 'outcome_span of 3', 'seal of 3'])
    await dropOldOutboxes(company.engine, EXPORT, '4')
    expect(await kept(company)).toEqual([])
  })
})

test('a sealed run that is not settled keeps its outbox; drafts of other exports are left alone', async () => {
  await withCompany(async (company) => {
    await company.plan(crowdOf(2))
    await dropOldOutboxes(company.engine, '2', '99')
    expect(await kept(company)).toEqual(['outbox_draft_1', 'draft of 1'])
    const { engine } = company
    await engine.run(sql`alter table outbox_draft_1 rename to outbox_1`)
    await engine.run(sql`delete from draft_outbox`)
    await engine.run(sql`insert into sealed_outbox values (1, 1, 2, 0, null)`)
    await dropOldOutboxes(engine, EXPORT, '2')
    expect(await kept(company)).toEqual(['outbox_1', 'seal of 1'])
  })
})
