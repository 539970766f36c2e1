/** DuckDB is given little memory while records are only read out, and all of it for whatever else is asked. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { openDuckDb } from './duckdb.ts'
import type { DataEngine } from './engine.ts'

// The limit that counts: `current_setting` gives what was asked for, also where that was refused.
const limit = sql`select memory_limit as v from pragma_database_size()`
const FULL = '953.6 MiB'
const LITTLE = '91.5 MiB'

const asColumn = async (engine: DataEngine) => (await engine.columns(limit)).at(0)[0]
const asRow = async (engine: DataEngine) => (await engine.rows(limit, z.object({ v: z.string() })))[0]?.v

describe('memory while records are read out', () => {
  let folder: string
  let engine: DataEngine

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sund-memory-'))
    engine = await openDuckDb({ file: join(folder, 'sund.duckdb'), memoryLimit: '1GB', spillFolder: folder })
  })
  afterEach(async () => {
    await engine.close()
    await rm(folder, { recursive: true })
  })

  test('is little, save for statements that may need more, and is all before and after', async () => {
    expect(await asColumn(engine)).toBe(FULL)
    const [read, asked, written, again] = await engine.sparing(async () => [
      await asColumn(engine),
      await asRow(engine),
      await engine.transaction(async (session) => (await session.columns(limit)).at(0)[0]),
      await asColumn(engine),
    ])
    expect([read, asked, written, again]).toEqual([LITTLE, FULL, FULL, LITTLE])
    expect(await asColumn(engine)).toBe(FULL)
  })

  test('stays little until the last of several ends, however they end', async () => {
    let end = (): void => undefined
    const longer = engine.sparing(async () => await new Promise<void>((resolve) => (end = resolve)))
    await expect(engine.sparing(async () => await Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await asColumn(engine)).toBe(LITTLE)
    end()
    await longer
    expect(await asColumn(engine)).toBe(FULL)
  })

  test('is little although much was written that only a checkpoint lets go of', async () => {
    await engine.close()
    const file = join(folder, 'written.duckdb')
    engine = await openDuckDb({ file, memoryLimit: '1GB', sparedMb: 6, spillFolder: folder })
    await engine.run(sql`create table people as select range as n, md5(range::varchar)::uuid as id from range(1000000)`)
    // Which rows are gone is told by some eight bytes for each that was there.
    await engine.run(sql`delete from people where n % 2 = 0`)
    const spared = await engine.sparing(async () => await asColumn(engine))
    expect([spared, await asColumn(engine)]).toEqual(['5.7 MiB', FULL])
  })

  test('is all of it while somebody writes, whose work goes on', async () => {
    await engine.close()
    const file = join(folder, 'writing.duckdb')
    engine = await openDuckDb({ file, memoryLimit: '1GB', sparedMb: 8, spillFolder: folder })
    await engine.run(sql`create table people as select range as n from range(1000000)`)
    await engine.run(sql`delete from people`)
    await engine.transaction(async (session) => {
      await session.run(sql`insert into people values (7)`)
      expect(await engine.sparing(async () => await asColumn(engine))).toBe(FULL)
    })
    expect((await engine.columns(sql`select n from people`)).at(0)).toEqual([7n])
  })

  test('is enough again for what turns out to be large', async () => {
    const wide = sql`select repeat('x', 4000) || i as v from range(50000) r(i)`
    const { count } = await engine.sparing(async () => await engine.columns(wide))
    expect(count).toBe(50_000)
  })
})
