/** Members are sealed together, per version of the profiles, and old versions go when nothing uses them. */
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { openDuckDb } from '../engine/duckdb.ts'
import type { DataEngine } from '../engine/engine.ts'
import { createTablesRegistry } from '../sources/sealed-tables.ts'
import { createProfilesRegistry, type ProfilesVersion } from '../unify/profiles.ts'
import { countMembers, membersOf, sealMembers } from './members.ts'
import { dropOldVersions } from './retention.ts'

const now = new Date('2026-11-21T10:00:00Z')
const options = { now, today: '2026-11-21' }
const young = { id: '3', name: 'Young', rule: { field: 'Age', op: 'less than', value: 3 } }
const old = { id: '4', name: 'Old', rule: { field: 'Age', op: 'at least', value: 3 } }
const broken = { id: '5', name: 'Broken', rule: { field: 'Gone', op: 'is', value: 3 } }

let engine: DataEngine

beforeEach(async () => {
  engine = await openDuckDb({ file: ':memory:' })
})
afterEach(async () => engine.close())

/** Ten profiles, aged 0 to 9. */
const sealProfiles = async (version: number): Promise<ProfilesVersion> => {
  const fields = [{ name: 'Age', type: 'number' as const }]
  await engine.run(createProfilesRegistry)
  await engine.run(
    sql`create table ${sql.id(`profiles_${version}`)} as select range as _n, cast(range as double) as ${sql.id('Age')} from range(10)`,
  )
  await engine.run(sql`insert into sealed_profiles values (${version}, 10, ${JSON.stringify(fields)}, 0)`)
  return { version, table: `profiles_${version}`, rows: 10, fields }
}

const tableNames = async (): Promise<string[]> =>
  (
    await engine.rows(
      sql`select table_name as name from information_schema.tables order by 1`,
      z.object({ name: z.string() }),
    )
  ).map(({ name }) => name)

test('each segment gets its members, by their number', async () => {
  const profiles = await sealProfiles(1)
  const sealed = await sealMembers(engine, [young, old], profiles, options)
  expect(sealed).toEqual([
    { segmentId: '3', profilesVersion: 1, table: 'members_3_1', rows: 3 },
    { segmentId: '4', profilesVersion: 1, table: 'members_4_1', rows: 7 },
  ])
  const rows = await engine.rows(sql`select _n as n from members_3_1 order by 1`, z.object({ n: z.number() }))
  expect(rows.map(({ n }) => n)).toEqual([0, 1, 2])
  expect(await membersOf(engine, '4', 1)).toEqual(sealed[1])
  expect(await membersOf(engine, '4', 2)).toBeUndefined()
  expect(await countMembers(engine, young, profiles, '2026-11-21')).toBe(3)
})

test('nothing is known before anything was sealed', async () => {
  expect(await membersOf(engine, '3', 1)).toBeUndefined()
})

test('sealing again over the same profiles replaces the members', async () => {
  const profiles = await sealProfiles(1)
  await sealMembers(engine, [young], profiles, options)
  await sealMembers(engine, [{ ...young, rule: { field: 'Age', op: 'is', value: 9 } }], profiles, options)
  expect(await membersOf(engine, '3', 1)).toMatchObject({ rows: 1 })
})

test('an invalid segment fails them all, and what was sealed stays', async () => {
  const profiles = await sealProfiles(1)
  await sealMembers(engine, [young], profiles, options)
  await expect(sealMembers(engine, [old, broken], profiles, options)).rejects.toMatchObject({
    code: 'segment.invalid',
    details: { segment: 'Broken', field: 'Gone' },
  })
  expect(await membersOf(engine, '3', 1)).toMatchObject({ rows: 3 })
  expect(await membersOf(engine, '4', 1)).toBeUndefined()
})

test('or is reported and left unsealed, also where it was valid before', async () => {
  const profiles = await sealProfiles(1)
  await sealMembers(engine, [young, old], profiles, options)
  const invalid: [string, string][] = []
  const onInvalid = (id: string, { code }: { code: string }) => invalid.push([id, code])
  const sealed = await sealMembers(engine, [{ ...broken, id: '3' }, old], profiles, { ...options, onInvalid })
  expect(sealed.map(({ segmentId }) => segmentId)).toEqual(['4'])
  expect(invalid).toEqual([['3', 'segment.invalid']])
  expect(await membersOf(engine, '3', 1)).toBeUndefined()
  expect(await tableNames()).not.toContain('members_3_1')
})

test.each(['', '0', '1; drop table x', '-1', '1_2', 'x'])('refused: %s as the id of a segment', async (id) => {
  const profiles = await sealProfiles(1)
  await expect(sealMembers(engine, [{ ...young, id }], profiles, options)).rejects.toThrow(TypeError)
})

test('old versions go, save the current ones and what is pinned', async () => {
  await engine.run(createTablesRegistry)
  for (const version of [1, 2]) {
    await engine.run(sql`create table ${sql.id(`table_people_${version}`)} as select 1 as n`)
    await engine.run(sql`create table ${sql.id(`set_aside_people_${version}`)} as select 1 as n`)
    await engine.run(sql`insert into sealed_table values ('people', ${version}, 1, 0, 0, 'people.csv', 'n', '[]')`)
  }
  for (const version of [1, 2, 3, 4]) await sealMembers(engine, [young], await sealProfiles(version), options)
  expect(await dropOldVersions(engine, { profiles: [2] })).toEqual([3, 1])
  expect(await tableNames()).toEqual([
    'members_3_2',
    'members_3_4',
    'profiles_2',
    'profiles_4',
    'sealed_members',
    'sealed_profiles',
    'sealed_table',
    'set_aside_people_2',
    'table_people_2',
  ])
  expect(await membersOf(engine, '3', 3)).toBeUndefined()
  expect(await membersOf(engine, '3', 2)).toMatchObject({ rows: 3 })
  expect(await dropOldVersions(engine, { profiles: [] })).toEqual([2])
  expect(await dropOldVersions(engine, { profiles: [] })).toEqual([])
})

test('dropping before anything was sealed does nothing', async () => {
  expect(await dropOldVersions(engine, { profiles: [] })).toEqual([])
})
