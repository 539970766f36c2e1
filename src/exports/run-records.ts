/** The records of a run, one by one, for people to look into: what was or would be done to whom, and what became of it. */
import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import type { DataEngine } from '../engine/engine.ts'
import { tableExists } from '../engine/table-exists.ts'
import { identityColumn, type ProfilesVersion } from '../unify/profiles.ts'
import { invalidReasons } from './refused-values.ts'
import { fatesOf } from './run-fates.ts'
import { draftTable } from './tables.ts'

export const recordFates = ['applied', 'rejected', 'unknown', 'unsent'] as const
/** `unsent`: no request has held the record. */
export type RecordFate = (typeof recordFates)[number]

const recordRow = z.object({
  seq: z.number(),
  listId: z.string(),
  kind: z.enum(['add', 'update', 'remove']),
  identifier: z.string(),
  customerId: z.string().nullable(),
  fate: z.enum(recordFates),
  code: z.string().nullable(),
  reason: z.string().nullable(),
  final: z.boolean().nullable(),
  remoteId: z.string().nullable(),
})
/** `identifier` is as the vendor takes it: an address or its hash. `customerId`: among the current profiles. */
export type RunRecord = z.infer<typeof recordRow>

export interface RecordFilter {
  readonly fate?: RecordFate
  readonly listId?: string
}

export interface Window {
  readonly limit: number
  readonly offset: number
}

/** The field by which the profiles know the identities of a run; undefined where they have no such field now. */
export interface Known {
  readonly profiles: ProfilesVersion
  readonly field: string
}

const counted = z.object({ n: z.number() })

/** Whose identity it is now; of several with one address, the one that is sent. */
export const customerOf = (known: Known | undefined, identity: RawBuilder<unknown>): RawBuilder<unknown> => {
  const isThere = known?.profiles.fields.some(
    ({ name, identifier }) => name === known.field && identifier !== undefined,
  )
  if (known === undefined || isThere !== true) return sql`cast(null as varchar)`
  const column = sql`p.${sql.id(identityColumn(known.field))}`
  return sql`(select min(p.customer_id) from ${sql.id(known.profiles.table)} p where ${column} = ${identity})`
}

/** A delta that was held or not sent yet. */
const drafted = (runId: string): RawBuilder<unknown> =>
  sql`select seq, list_id, kind as delta, identity, identifier, remote_id, cast(null as varchar) as fate,
    cast(null as varchar) as code, cast(null as varchar) as reason, cast(null as boolean) as final from ${draftTable(runId)}`

const recordsOf = async (engine: DataEngine, runId: string): Promise<RawBuilder<unknown> | undefined> => {
  if (await tableExists(engine, `outbox_${runId}`)) return fatesOf(runId)
  return (await tableExists(engine, `outbox_draft_${runId}`)) ? drafted(runId) : undefined
}

const condition = ({ fate, listId }: RecordFilter): RawBuilder<unknown> =>
  sql.join(
    [
      sql`true`,
      ...(fate === undefined ? [] : [sql`coalesce(fate, 'unsent') = ${fate}`]),
      ...(listId === undefined ? [] : [sql`list_id = ${listId}::bigint`]),
    ],
    sql` and `,
  )

/**
 * In the order of sending. Undefined where the records are not kept: the run had none, or its export was planned again.
 */
export async function runRecords(
  engine: DataEngine,
  runId: string,
  filter: RecordFilter,
  { limit, offset }: Window,
  known: Known | undefined,
): Promise<{ readonly records: RunRecord[]; readonly total: number } | undefined> {
  const records = await recordsOf(engine, runId)
  if (records === undefined) return undefined
  const wanted = sql`from (${records}) where ${condition(filter)}`
  const [total] = await engine.rows(sql`select count(*) as n ${wanted}`, counted)
  const page = sql`select * ${wanted} order by seq limit ${limit} offset ${offset}`
  const rows = await engine.rows(
    sql`select r.seq, cast(r.list_id as varchar) as "listId", r.delta as kind, r.identifier,
      ${customerOf(known, sql`r.identity`)} as "customerId", coalesce(r.fate, 'unsent') as fate,
      r.code, r.reason, r.final, r.remote_id as "remoteId" from (${page}) r order by r.seq`,
    recordRow,
  )
  return { records: rows, total: total?.n ?? 0 }
}

/** `field`: the destination's name of the field that the reason is about; null where it is about the identifier. */
const invalidRow = z.object({
  listId: z.string(),
  customerId: z.string(),
  reason: z.enum(invalidReasons),
  field: z.string().nullable(),
})
export type InvalidPerson = z.infer<typeof invalidRow>

/** Members who cannot be sent, for their identifier or a value, as the run found them. */
export async function invalidPeople(
  engine: DataEngine,
  runId: string,
  listId: string | undefined,
  { limit, offset }: Window,
): Promise<{ readonly people: InvalidPerson[]; readonly total: number }> {
  const ofList = listId === undefined ? sql`` : sql`and list_id = ${listId}::bigint`
  const wanted = sql`from invalid_person where run_id = ${runId}::bigint ${ofList}`
  const [total] = await engine.rows(sql`select count(*) as n ${wanted}`, counted)
  const people = await engine.rows(
    sql`select cast(list_id as varchar) as "listId", customer_id as "customerId", reason, field ${wanted}
      order by list_id, customer_id limit ${limit} offset ${offset}`,
    invalidRow,
  )
  return { people, total: total?.n ?? 0 }
}
