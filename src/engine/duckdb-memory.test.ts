/** DuckDB is given little memory while records are only read out, and all of it for whatever else is asked. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { openDuckDb } from './duckdb.ts'
import type { DataEngine } from './engine.ts'

const limit = sql`select current_setting('memory_limit') as v`
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

  test('is enough again for what turns out to be large', async () => {
    const wide = sql`select repeat('x', 4000) || i as v from range(50000) r(i)`
    const { count } = await engine.sparing(async () => await engine.columns(wide))
    expect(count).toBe(50_000)
  })
})
