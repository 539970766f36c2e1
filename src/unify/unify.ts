/** Unifies the sealed tables into a new sealed version of the profiles. */
import { sql } from 'kysely'
import { z } from 'zod'
import type { Unification } from '../domain/unification.ts'
import type { DataEngine, Session } from '../engine/engine.ts'
import type { SealedTable } from '../sources/sealed-tables.ts'
import { assignCustomerIds, customerTable } from './customer-ids.ts'
import { clusterTable, match } from './match.ts'
import { mergeProfiles } from './merge.ts'
import { createProfilesRegistry, type ProfilesVersion, profilesTable } from './profiles.ts'
import { type UnifiedTable, unifiedTables } from './unified-tables.ts'

export interface UnifyOptions {
  /** A secret of 32 bytes in hex: the key of the identities. With another key nobody is known to be on any list. */
  readonly identityKey: string
  readonly now: Date
}

const numbered = z.object({ n: z.number() })

const numberOf = async (session: Session, query: ReturnType<typeof sql>): Promise<number> =>
  (await session.rows(query, numbered))[0]?.n ?? 0

async function seal(
  engine: DataEngine,
  session: Session,
  unification: Unification,
  { tables, identityKey, now }: UnifyOptions & { readonly tables: readonly UnifiedTable[] },
): Promise<ProfilesVersion> {
  await session.run(createProfilesRegistry)
  const version = await numberOf(session, sql`select coalesce(max(version), 0) + 1 as n from sealed_profiles`)
  const table = profilesTable(version)
  await match(engine, session, unification, tables)
  await assignCustomerIds(engine, session, tables, version)
  await mergeProfiles(engine, session, unification, { tables, table, identityKey })
  const rows = await numberOf(session, sql`select count(*) as n from ${sql.id(table)}`)
  const fields = unification.fields.map(({ name, type, identifier }) => ({ name, type, identifier }))
  await session.run(sql`insert into sealed_profiles (version, rows, fields, sealed_at)
    values (${version}, ${rows}, ${JSON.stringify(fields)}, ${now.getTime()})`)
  for (const used of [clusterTable, customerTable]) await session.run(sql`drop table ${used}`)
  return { version, table, rows, fields }
}

/**
 * Matches, merges and seals in one transaction. Every row becomes part of exactly one profile. `tables` are the current
 * sealed tables. Errors: a table, column, key or type that the unification names and the tables do not have.
 */
export async function unify(
  engine: DataEngine,
  unification: Unification,
  tables: readonly SealedTable[],
  options: UnifyOptions,
): Promise<ProfilesVersion> {
  if (!/^[0-9a-f]{64}$/.test(options.identityKey)) throw new TypeError('The identity key is 32 bytes in hex.')
  const used = unifiedTables(unification, tables)
  return await engine.transaction(
    async (session) => await seal(engine, session, unification, { ...options, tables: used }),
  )
}
