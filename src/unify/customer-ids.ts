/** Keeps a person's CustomerId from refresh to refresh, also when records come, go, join and part. */
import { type RawBuilder, sql } from 'kysely'
import type { DataEngine, Session } from '../engine/engine.ts'
import { clusterTable } from './match.ts'
import type { UnifiedTable } from './unified-tables.ts'

/** `label`, `customer_id` and `n`, which counts from 0: one row a cluster. */
export const customerTable: RawBuilder<unknown> = sql.id('unify_customer')

const knownTable = sql.id('unify_known')

/** Which CustomerId each source record had last. Records that vanished stay, so that who returns is the same person. */
const createRegistry = sql`create table if not exists known_record (
  source_table varchar not null,
  key varchar not null,
  customer_id varchar not null
)`

const tableNames = (tables: readonly UnifiedTable[]): RawBuilder<unknown> =>
  sql`(values ${sql.join(tables.map(({ place, sealed }) => sql`(${sql.lit(place)}, ${sealed.name}::varchar)`))}) n (place, source_table)`

/**
 * A cluster keeps the id of its most important record that is known. Where a cluster parted, the part with the most
 * important of those records keeps the id, and the others get new ones.
 */
async function keepIds(session: Session, tables: readonly UnifiedTable[]): Promise<void> {
  await session.run(sql`create or replace temp table ${knownTable} as
    select label, customer_id from (
      select label, customer_id, row_number() over (partition by customer_id order by holder) as nth from (
        select c.label, arg_min(k.customer_id, c.id) as customer_id, min(c.id) as holder
        from ${clusterTable} c join ${tableNames(tables)} on n.place = c.place
        join known_record k on k.source_table = n.source_table and k.key = c.key group by c.label))
    where nth = 1`)
}

/**
 * A new id is made of the cluster's first record, so the same data gives the same ids on every machine; with the
 * version as well where that id is in use already, by a record that moved to another cluster.
 */
async function giveIds(engine: DataEngine, session: Session, tables: readonly UnifiedTable[], version: number) {
  const record = [sql`n.source_table`, sql`c.key`]
  const first = sql`cast(${engine.dialect.hash(record)} as varchar)`
  const another = sql`cast(${engine.dialect.hash([...record, sql`${sql.lit(version)}`])} as varchar)`
  await session.run(sql`create or replace temp table ${customerTable} as
    select row_number() over () - 1 as n, label, customer_id from (
    select label, customer_id from ${knownTable} union all
    select c.label, case when ${first} in (select customer_id from known_record) then ${another} else ${first} end as customer_id
    from ${clusterTable} c join ${tableNames(tables)} on n.place = c.place
    where c.id = c.label and c.label not in (select label from ${knownTable}))`)
}

/** Usually nothing changes, and nothing is written. */
async function remember(session: Session, tables: readonly UnifiedTable[]): Promise<void> {
  const records = sql`(select n.source_table, c.key, u.customer_id from ${clusterTable} c
    join ${tableNames(tables)} on n.place = c.place join ${customerTable} u on u.label = c.label) r`
  const same = sql`known_record.source_table = r.source_table and known_record.key = r.key`
  await session.run(sql`update known_record set customer_id = r.customer_id from ${records}
    where ${same} and known_record.customer_id <> r.customer_id`)
  await session.run(sql`insert into known_record select * from ${records}
    where not exists (select 1 from known_record where ${same})`)
}

/** Fills `customerTable` from `clusterTable`, in the session's transaction. No two clusters get one id. */
export async function assignCustomerIds(
  engine: DataEngine,
  session: Session,
  tables: readonly UnifiedTable[],
  version: number,
): Promise<void> {
  await session.run(createRegistry)
  await keepIds(session, tables)
  await giveIds(engine, session, tables, version)
  await remember(session, tables)
  await session.run(sql`drop table ${knownTable}`)
}
