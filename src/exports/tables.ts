/** The tables of the data plane that exports keep: ledger, rejects, invalid people, outcomes, and a run's outbox. */
import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import type { Dialect } from '../engine/dialect.ts'
import type { DataEngine, Session } from '../engine/engine.ts'

/** A run's sealed delta. While it is there and the run is not settled, its rows are the ledger's intents. */
export const outboxTable = (runId: string): RawBuilder<unknown> => sql.table(`outbox_${runId}`)
/** A run's delta before the guard has let it pass. */
export const draftTable = (runId: string): RawBuilder<unknown> => sql.table(`outbox_draft_${runId}`)
/**
 * The outbox column of a destination's field. Engines take columns that differ only in case for one, and services have fields
 * that do: a capital is marked.
 */
export const fieldColumn = (field: string): RawBuilder<unknown> =>
  sql.id(`field ${field.replaceAll(/[\^\p{Lu}]/gu, (character) => `^${character}`)}`)

const operations = ['add', 'remove'] as const
const kinds = ['add', 'update', 'remove'] as const

const statements = (dialect: Dialect) => [
  sql`create table if not exists plane (id varchar not null)`,
  // What we know the destination may hold. No row: never ours. `late_add_until` and `late_remove_until`: a write whose
  // answer was lost may still work until then. `again_at`: the last write has to be repeated from then on.
  // Of somebody who is leaving or left, an intent of `add` says that they were gone before we came to it.
  sql`create table if not exists ledger (
    list_id bigint not null,
    identity uuid not null,
    owner ${dialect.oneOf(['ours', 'theirs'])} not null,
    state ${dialect.oneOf(['present', 'unknown', 'removing', 'left'])} not null,
    intent ${dialect.oneOf(['add', 'return', 'remove'])},
    identifier ${dialect.uniqueText()},
    remote_id ${dialect.uniqueText()},
    hash uuid,
    row_hash uuid,
    matching uuid,
    run_id bigint not null,
    since bigint not null,
    acknowledged_at bigint,
    late_add_until bigint,
    late_remove_until bigint,
    again_at bigint
  )`,
  // Records that the vendor refused, in its own words, until it takes them or they leave the segment. No hash: a removal.
  sql`create table if not exists reject (
    list_id bigint not null,
    identity uuid not null,
    hash uuid,
    code varchar not null,
    reason varchar not null,
    final boolean not null,
    run_id bigint not null,
    first_at bigint not null,
    next_try_at bigint not null
  )`,
  // Members who cannot be sent: without an identifier that can be, or with a value that the destination does not take.
  sql`create table if not exists invalid_person (
    run_id bigint not null,
    list_id bigint not null,
    customer_id varchar not null,
    reason varchar not null
  )`,
  // The destination's name of the field that the reason is about; null where it is about the identifier.
  sql`alter table invalid_person add column if not exists field varchar`,
  // Outcomes of a run by span, and one by one where they differ from their span's.
  sql`create table if not exists outcome_span (
    run_id bigint not null,
    from_seq bigint not null,
    to_seq bigint not null,
    kind varchar not null,
    code varchar,
    reason varchar,
    final boolean not null,
    absent boolean not null,
    remote_id varchar,
    lost_at bigint,
    staged_at bigint not null
  )`,
  sql`create table if not exists outcome (
    run_id bigint not null,
    seq bigint not null,
    kind varchar not null,
    code varchar,
    reason varchar,
    final boolean not null,
    absent boolean not null,
    remote_id varchar
  )`,
  // Fates of single records from a report that is being read. They become outcomes when their batch is staged.
  sql`create table if not exists report_mark (
    run_id bigint not null,
    seq bigint not null,
    kind varchar not null,
    code varchar,
    reason varchar,
    final boolean not null,
    absent boolean not null,
    remote_id varchar
  )`,
  // Who is on a list that is being read, as the vendor says it. Nobody is where no reading is under way.
  sql`create table if not exists list_reading (
    list_id bigint not null,
    identifier varchar not null,
    remote_id varchar
  )`,
  // Drafts that were not sealed: they hold people, so each goes with the next plan of its export.
  sql`create table if not exists draft_outbox (run_id bigint not null, export_id bigint not null)`,
  // One row a run: its outbox is sealed, and later it is settled.
  sql`create table if not exists sealed_outbox (
    run_id bigint not null,
    export_id bigint not null,
    records bigint not null,
    sealed_at bigint not null,
    settled_at bigint
  )`,
]

const planeIdRow = z.object({ id: z.string() })

/** The name that the data plane bears, and whether it knows of any run; undefined for a new one. */
export async function planeOf(session: Session): Promise<string | undefined> {
  return (await session.rows(sql`select id from plane`, planeIdRow))[0]?.id
}

/** Names the data plane once, so that it is never taken for that of another control plane. */
export async function namePlane(session: Session, id: string): Promise<void> {
  await session.run(sql`insert into plane values (${id})`)
}

/** Makes the tables and columns that are missing, and forgets readings of lists that an earlier process had begun: they are begun anew. */
export async function ensureExportTables(engine: DataEngine): Promise<void> {
  for (const statement of statements(engine.dialect)) await engine.run(statement)
  await engine.run(sql`delete from list_reading`)
}

/** The draft outbox of a run, empty; `fields` are the destination's names of the matched fields. */
export const createDraftTable = (dialect: Dialect, runId: string, fields: readonly string[]): RawBuilder<unknown> => {
  const columns = [
    sql`seq bigint, list_id bigint, operation ${dialect.oneOf(operations)}, kind ${dialect.oneOf(kinds)}`,
    sql`identity uuid, identifier ${dialect.uniqueText()}, hash uuid, row_hash uuid`,
    sql`remote_id ${dialect.uniqueText()}, was_left boolean`,
    ...fields.map((field) => sql`${fieldColumn(field)} varchar`),
  ]
  return sql`create table ${draftTable(runId)} (${sql.join(columns)})`
}
