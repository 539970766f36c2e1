/** Drops versions of tables, profiles and members that nothing uses any more: personal data is not kept for longer. */
import { sql } from 'kysely'
import { z } from 'zod'
import type { DataEngine, Session } from '../engine/engine.ts'
import { tableExists } from '../engine/table-exists.ts'
import { dropFileCounts } from '../sources/sealed-files.ts'
import { allSealedTables, sealedTables, setAsideTableOf } from '../sources/sealed-tables.ts'
import { profilesTable } from '../unify/profiles.ts'
import { membersTable } from './members.ts'

const version = z.object({ version: z.number() })

async function dropOldTables(session: Session): Promise<void> {
  const current = new Set((await sealedTables(session)).map(({ table }) => table))
  for (const old of await allSealedTables(session)) {
    if (current.has(old.table)) continue
    await session.run(sql`drop table if exists ${sql.id(old.table)}`)
    await session.run(sql`drop table if exists ${setAsideTableOf(old.name, old.version)}`)
    await session.run(sql`delete from sealed_table where name = ${old.name} and version = ${old.version}`)
    await dropFileCounts(session, old.version)
  }
}

async function dropMembers(session: Session, profilesVersion: number): Promise<void> {
  if (!(await tableExists(session, 'sealed_members'))) return
  const sealed = await session.rows(
    sql`select cast(segment_id as varchar) as id from sealed_members where profiles_version = ${profilesVersion}`,
    z.object({ id: z.string() }),
  )
  for (const { id } of sealed) {
    await session.run(sql`drop table if exists ${sql.id(membersTable(id, profilesVersion))}`)
  }
  await session.run(sql`delete from sealed_members where profiles_version = ${profilesVersion}`)
}

async function dropOldProfiles(session: Session, kept: ReadonlySet<number>): Promise<number[]> {
  if (!(await tableExists(session, 'sealed_profiles'))) return []
  const sealed = await session.rows(sql`select version from sealed_profiles order by version desc`, version)
  const old = sealed.slice(1).filter((one) => !kept.has(one.version))
  for (const one of old) {
    await dropMembers(session, one.version)
    await session.run(sql`drop table if exists ${sql.id(profilesTable(one.version))}`)
    await session.run(sql`delete from sealed_profiles where version = ${one.version}`)
  }
  return old.map((one) => one.version)
}

/**
 * Keeps the current version of everything and the profiles (with their members) that runs have pinned; drops the rest,
 * in one transaction. Gives the versions of the profiles that went.
 */
export async function dropOldVersions(
  engine: DataEngine,
  pinned: { readonly profiles: readonly number[] },
): Promise<number[]> {
  return await engine.transaction(async (session) => {
    await dropOldTables(session)
    return await dropOldProfiles(session, new Set(pinned.profiles))
  })
}
