/** Sealed versions of the unified profiles: their table, their columns, and which one is current. */
import { sql } from 'kysely'
import { z } from 'zod'
import { columnTypes } from '../domain/source.ts'
import type { ProfileField } from '../domain/unification.ts'
import type { Query, Session } from '../engine/engine.ts'
import { tableExists } from '../engine/table-exists.ts'

/** A field as the profiles have it: a column of the same name. */
export type SealedField = Pick<ProfileField, 'name' | 'type' | 'identifier'>

/**
 * One sealed version. `table` has `_n` (0 to rows-1), `customer_id`, a column per field, `_hash` over all fields, and
 * for each field with an identifier the columns that `identifierColumn` and `identityColumn` name.
 */
export interface ProfilesVersion {
  readonly version: number
  readonly table: string
  readonly rows: number
  readonly fields: readonly SealedField[]
}

/** The column of a field's normalised identifier; null where the value cannot be one. */
export const identifierColumn = (field: string): string => `_identifier ${field}`

/** The column of the keyed hash of a field's normalised identifier. */
export const identityColumn = (field: string): string => `_identity ${field}`

export const profilesTable = (version: number): string => `profiles_${version}`

export const createProfilesRegistry: Query = sql`create table if not exists sealed_profiles (
  version bigint not null,
  rows bigint not null,
  fields varchar not null,
  sealed_at bigint not null
)`

const sealed = z.object({ version: z.number(), rows: z.number(), fields: z.string() })
const sealedFields = z.array(
  z.object({ name: z.string(), type: z.enum(columnTypes), identifier: z.literal('email').optional() }),
)

/** The newest sealed version, or the given one; undefined when there is none. */
export async function currentProfiles(session: Session, version?: number): Promise<ProfilesVersion | undefined> {
  if (!(await tableExists(session, 'sealed_profiles'))) return undefined
  const [row] = await session.rows(
    sql`select version, rows, fields from sealed_profiles
      ${version === undefined ? sql`` : sql`where version = ${version}`} order by version desc limit 1`,
    sealed,
  )
  if (row === undefined) return undefined
  const fields = sealedFields.parse(JSON.parse(row.fields))
  return { version: row.version, table: profilesTable(row.version), rows: row.rows, fields }
}
