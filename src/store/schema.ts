/** The tables of migrations/ as Kysely sees them. Ids are bigint and come back as strings; counters too, see `count`. */
import type { ColumnType, GeneratedAlways } from 'kysely'

type Id = GeneratedAlways<string>
/** Read parsed, and written as JSON text: pg would make an SQL array of a bare array. */
type Json = ColumnType<unknown, string, string>
type JsonOrNull = ColumnType<unknown, string | null | undefined, string | null>
/** A bigint that counts: a string from the driver, read with `count`. */
type Counter = ColumnType<string, number | undefined, number>
type Time = ColumnType<Date, Date | undefined, Date>
type TimeOrNull = ColumnType<Date | null, Date | null | undefined, Date | null>
type TextOrNull = ColumnType<string | null, string | null | undefined, string | null>
type Flag = ColumnType<boolean, boolean | undefined, boolean>

export const refreshStatuses = ['Queued', 'Refreshing', 'Successful', 'Failed'] as const
export type RefreshStatus = (typeof refreshStatuses)[number]

export type RunPhase = 'queued' | 'planning' | 'sealed' | 'delivering' | 'settling' | 'ended'
export type RunStatus = 'Queued' | 'Processing' | 'Successful' | 'Partial' | 'Held' | 'Failed' | 'Skipped' | 'Canceled'
export const ownershipAnswers = ['ours', 'add-only'] as const
/** Whose a list is that Sund did not make and cannot read. */
export type OwnershipAnswer = (typeof ownershipAnswers)[number]
export type Ownership = 'undecided' | OwnershipAnswer
export type BatchState = 'pending' | 'sending' | 'accepted' | 'done' | 'split'

interface SettingTable {
  name: string
  value: Json
}

interface SourceTable {
  id: Id
  name: string
  definition: Json
}

interface UnificationTable {
  id: Flag
  definition: Json
}

interface ConnectionTable {
  id: Id
  name: string
  destination: string
  settings: Json
  found: JsonOrNull
  credentials: ColumnType<Uint8Array, Uint8Array, Uint8Array>
  tokens: ColumnType<Uint8Array | null, Uint8Array | null | undefined, Uint8Array | null>
  people_limit: ColumnType<string | null, number | null | undefined, number | null>
  limit_lifted: Flag
  created_at: Time
}

interface SegmentTable {
  id: Id
  name: string
  rule: Json
}

interface ExportTable {
  id: Id
  name: string
  connection_id: ColumnType<string | null, string, string | null>
  settings: Json
  matching: Json
  list_remote_id: TextOrNull
  leaving: Flag
  removed_at: TimeOrNull
}

interface ExportSegmentTable {
  export_id: string
  segment_id: string
  position: number
}

interface ListTable {
  id: Id
  export_id: string
  segment_id: TextOrNull
  destination: string
  account: string
  name: string
  mark: ColumnType<string, string | undefined, never>
  remote_id: TextOrNull
  closed_at: TimeOrNull
  made_by_us: Flag
  ownership: ColumnType<Ownership | null, Ownership | null | undefined, Ownership | null>
  ownership_of: TextOrNull
  emptying: Flag
  forgotten_at: TimeOrNull
  named_for: TextOrNull
}

interface RefreshTable {
  id: Id
  status: RefreshStatus
  step: TextOrNull
  reason: TextOrNull
  created_at: Time
  finished_at: TimeOrNull
}

interface RunTable {
  id: Id
  export_id: string
  refresh_id: TextOrNull
  phase: RunPhase
  status: RunStatus
  reason_code: TextOrNull
  reason: TextOrNull
  pinned: JsonOrNull
  delta_hash: TextOrNull
  approved_hash: TextOrNull
  again: Flag
  added: Counter
  updated: Counter
  removed: Counter
  rejected: Counter
  unknown: Counter
  invalid: Counter
  duplicates: Counter
  requests: Counter
  writes: Counter
  created_at: Time
  started_at: TimeOrNull
  settled_at: TimeOrNull
  cancel_requested_at: TimeOrNull
  last: Flag
}

interface IdempotencyTable {
  key: string
  request: ColumnType<Uint8Array, Uint8Array, never>
  process: string
  status: ColumnType<number | null, never, number>
  headers: JsonOrNull
  body: TextOrNull
  created_at: ColumnType<Date, Date, never>
}

interface RunListTable {
  run_id: string
  list_id: string
  expected: Counter
  added: Counter
  updated: Counter
  removed: Counter
  approved: Flag
  theirs: Counter
  kept: Counter
}

interface BatchTable {
  run_id: string
  number: number
  list_id: string
  operation: 'add' | 'remove'
  route: number
  from_seq: ColumnType<string, number, number>
  to_seq: ColumnType<string, number, number>
  state: BatchState
  job: TextOrNull
  known: JsonOrNull
  due_at: TimeOrNull
  lost_at: TimeOrNull
  sent_at: TimeOrNull
}

export interface Database {
  setting: SettingTable
  source: SourceTable
  unification: UnificationTable
  connection: ConnectionTable
  segment: SegmentTable
  export: ExportTable
  export_segment: ExportSegmentTable
  list: ListTable
  refresh: RefreshTable
  run: RunTable
  run_list: RunListTable
  batch: BatchTable
  idempotency: IdempotencyTable
}
