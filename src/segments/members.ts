/** Seals who is in each segment, over one version of the profiles. */
import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import type { DataEngine, Query, Session } from '../engine/engine.ts'
import { tableExists } from '../engine/table-exists.ts'
import { SundError } from '../errors.ts'
import type { ProfilesVersion } from '../unify/profiles.ts'
import { compileSegment, type Segment } from './compile.ts'

/** Members of a segment among one version of the profiles: `table` has their `_n`. */
export interface MembersVersion {
  readonly segmentId: string
  readonly profilesVersion: number
  readonly table: string
  readonly rows: number
}

export interface SealMembersOptions {
  readonly now: Date
  /** The day that relative dates count from, as ISO date in the time zone of the schedule. */
  readonly today: string
  /** Called for a segment that cannot be evaluated, which is then left unsealed; without it the error is thrown. */
  readonly onInvalid?: (segmentId: string, error: SundError) => void
}

export const membersTable = (segmentId: string, profilesVersion: number): string => {
  if (!/^[1-9]\d*$/.test(segmentId)) throw new TypeError('The id of a segment is a whole number.')
  return `members_${segmentId}_${profilesVersion}`
}

const createRegistry: Query = sql`create table if not exists sealed_members (
  segment_id bigint not null,
  profiles_version bigint not null,
  rows bigint not null,
  sealed_at bigint not null
)`

interface Compiled {
  readonly id: string
  readonly table: string
  readonly condition: RawBuilder<boolean>
}

const compileAll = (
  segments: readonly Segment[],
  profiles: ProfilesVersion,
  { today, onInvalid }: SealMembersOptions,
): Compiled[] =>
  segments.flatMap((segment) => {
    const table = membersTable(segment.id, profiles.version)
    try {
      return [{ id: segment.id, table, condition: compileSegment(segment, { fields: profiles.fields, today }) }]
    } catch (error) {
      if (!(error instanceof SundError) || onInvalid === undefined) throw error
      onInvalid(segment.id, error)
      return []
    }
  })

/** What was sealed before for these segments and profiles counts no more, also where the segment is invalid now. */
async function forget(session: Session, segments: readonly Segment[], version: number): Promise<void> {
  for (const { id } of segments) {
    await session.run(sql`drop table if exists ${sql.id(membersTable(id, version))}`)
    await session.run(
      sql`delete from sealed_members where segment_id = cast(${id} as bigint) and profiles_version = ${version}`,
    )
  }
}

/**
 * Seals the members of all segments in one transaction, replacing what was sealed for them over the same profiles.
 * Gives the sealed ones in order.
 */
export async function sealMembers(
  engine: DataEngine,
  segments: readonly Segment[],
  profiles: ProfilesVersion,
  options: SealMembersOptions,
): Promise<MembersVersion[]> {
  const compiled = compileAll(segments, profiles, options)
  return await engine.transaction(async (session) => {
    await session.run(createRegistry)
    await forget(session, segments, profiles.version)
    const sealed: MembersVersion[] = []
    for (const { id, table, condition } of compiled) {
      await session.run(sql`create table ${sql.id(table)} as
        select ${sql.id('_n')} from ${sql.id(profiles.table)} where ${condition}`)
      const [counted] = await session.rows(sql`select count(*) as n from ${sql.id(table)}`, z.object({ n: z.number() }))
      const rows = counted?.n ?? 0
      await session.run(sql`insert into sealed_members values (cast(${id} as bigint), ${profiles.version}, ${rows},
        ${options.now.getTime()})`)
      sealed.push({ segmentId: id, profilesVersion: profiles.version, table, rows })
    }
    return sealed
  })
}

/** The sealed members of a segment over these profiles; undefined when it is not sealed over them. */
export async function membersOf(
  session: Session,
  segmentId: string,
  profilesVersion: number,
): Promise<MembersVersion | undefined> {
  if (!(await tableExists(session, 'sealed_members'))) return undefined
  const [found] = await session.rows(
    sql`select rows as n from sealed_members
      where segment_id = cast(${segmentId} as bigint) and profiles_version = ${profilesVersion}`,
    z.object({ n: z.number() }),
  )
  if (found === undefined) return undefined
  return { segmentId, profilesVersion, table: membersTable(segmentId, profilesVersion), rows: found.n }
}

/** How many profiles the rule would take, without sealing anything: for a segment that is being edited. */
export async function countMembers(
  session: Session,
  segment: Omit<Segment, 'id'>,
  profiles: ProfilesVersion,
  today: string,
): Promise<number> {
  const condition = compileSegment(segment, { fields: profiles.fields, today })
  const query = sql`select count(*) as n from ${sql.id(profiles.table)} where ${condition}`
  return (await session.rows(query, z.object({ n: z.number() })))[0]?.n ?? 0
}
