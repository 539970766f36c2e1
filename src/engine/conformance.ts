/** What every data engine must do: run on each of them. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { openEngine } from './conformance-engine.ts'
import type { DataEngine } from './engine.ts'

const counted = z.object({ n: z.number() })
const valued = z.object({ v: z.unknown() })

/** Runs conformance-child.ts until it ends, by itself or by its own SIGKILL. */
const runChild = async (kind: string, folder: string, task: string) =>
  await new Promise<{ signal: string | null; output: string }>((resolve, reject) => {
    const script = fileURLToPath(new URL('./conformance-child.ts', import.meta.url))
    const child = spawn(process.execPath, [script, kind, folder, task], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    child.once('error', reject)
    child.once('close', (_code, signal) => resolve({ signal, output }))
  })

/** `kind` is one that `openEngine` knows. */
export function describeEngine(kind: string): void {
  describe(`the ${kind} engine`, () => {
    let folder: string
    let engine: DataEngine

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'sund-engine-'))
      engine = await openEngine(kind, folder)
    })

    afterEach(async () => {
      await engine.close()
      await rm(folder, { recursive: true })
    })

    const rowCount = async (): Promise<number> =>
      (await engine.rows(sql`select count(*) as n from record`, counted))[0]?.n ?? -1

    describe('transactions', () => {
      test('undo everything when one statement fails', async () => {
        await engine.run(sql`create table record (n bigint not null)`)
        const failing = engine.transaction(async (session) => {
          await session.run(sql`insert into record values (1)`)
          await session.run(sql`create table other (n bigint)`)
          await session.run(sql`insert into record values (null)`)
        })
        await expect(failing).rejects.toThrow()
        expect(await rowCount()).toBe(0)
        await expect(engine.run(sql`insert into other values (1)`)).rejects.toThrow()
      })

      test('undo everything when the work itself throws, and leave the engine usable', async () => {
        await engine.run(sql`create table record (n bigint)`)
        const failing = engine.transaction(async (session) => {
          await session.run(sql`insert into record values (1)`)
          throw new Error('no further')
        })
        await expect(failing).rejects.toThrow('no further')
        await engine.run(sql`insert into record values (2)`)
        expect(await rowCount()).toBe(1)
      })

      test('show nobody else what is not committed', async () => {
        await engine.run(sql`create table record (n bigint)`)
        await engine.transaction(async (session) => {
          await session.run(sql`insert into record values (1)`)
          expect(await rowCount()).toBe(0)
        })
        expect(await rowCount()).toBe(1)
      })

      test('of a rehearsal leave nothing behind, whatever its end', async () => {
        await engine.run(sql`create table record (n bigint)`)
        await engine.run(sql`insert into record values (1)`)
        const seen = await engine.rehearse(async (rehearsed) => {
          await rehearsed.run(sql`create table draft as select n from record`)
          await rehearsed.transaction(async (session) => {
            await session.run(sql`insert into draft values (2)`)
            await session.run(sql`delete from record`)
          })
          await rehearsed.run(sql`alter table draft rename to sealed`)
          expect(await rowCount()).toBe(1)
          return await rehearsed.rows(sql`select count(*) as n from sealed`, counted)
        })
        expect(seen).toEqual([{ n: 2 }])
        const failing = engine.rehearse(async (rehearsed) => {
          await rehearsed.run(sql`delete from record`)
          throw new Error('no further')
        })
        await expect(failing).rejects.toThrow('no further')
        await engine.run(sql`insert into record values (3)`)
        expect(await rowCount()).toBe(2)
        await expect(engine.run(sql`insert into sealed values (1)`)).rejects.toThrow()
      })

      test('of a rehearsal are asked one after the other, also where nobody waits', async () => {
        await engine.run(sql`create table record (n bigint)`)
        const counts = await engine.rehearse(async (rehearsed) => {
          const asked = Array.from({ length: 8 }, async (_, n) => {
            await rehearsed.run(sql`insert into record values (${n})`)
            return (await rehearsed.columns(sql`select n from record`)).count
          })
          return await Promise.all(asked)
        })
        expect(counts.every((count) => count > 0)).toBe(true)
        expect(await rowCount()).toBe(0)
      })

      test('of a rehearsal are refused when it is over', async () => {
        await engine.run(sql`create table record (n bigint)`)
        const kept = await engine.rehearse(async (rehearsed) => rehearsed)
        const insert = sql`insert into record values (1)`
        await expect(kept.run(insert)).rejects.toThrow('over')
        await expect(kept.transaction(async (session) => await session.run(insert))).rejects.toThrow('over')
        await expect(kept.stream(sql`select n from record`)[Symbol.asyncIterator]().next()).rejects.toThrow('over')
        expect(await rowCount()).toBe(0)
      })

      test('write one after the other, in the order they were asked for', async () => {
        await engine.run(sql`create table record (n bigint)`)
        await engine.run(sql`insert into record values (0)`)
        const increments = Array.from({ length: 20 }, async () =>
          engine.transaction(async (session) => {
            const [row] = await session.rows(sql`select n from record`, counted)
            await session.run(sql`update record set n = ${(row?.n ?? 0) + 1}`)
          }),
        )
        await Promise.all(increments)
        expect(await engine.rows(sql`select n from record`, counted)).toEqual([{ n: 20 }])
      })

      test.each([
        ['what was committed is there', 'die after commit'],
        ['what was not committed is not', 'die inside'],
      ])('after kill -9, %s', async (_name, task) => {
        await engine.close()
        expect((await runChild(kind, folder, task)).signal).toBe('SIGKILL')
        engine = await openEngine(kind, folder)
        expect(await rowCount()).toBe(1000)
        await expect(engine.run(sql`select * from half_done`)).rejects.toThrow()
      })
    })

    test('refuses a second process', async () => {
      expect((await runChild(kind, folder, 'open')).output).toBe('home.in_use')
    })

    test('gives how many rows a statement changed', async () => {
      await engine.run(sql`create table record (n bigint)`)
      expect(await engine.run(sql`insert into record select * from range(7)`)).toBe(7)
      expect(await engine.run(sql`delete from record where n < 3`)).toBe(3)
    })

    describe('values', () => {
      test.each<[string, string | number | bigint | boolean | null, unknown]>([
        ['text', "it's “æøå” 🦑; drop table record --", "it's “æøå” 🦑; drop table record --"],
        ['text with a line break and a quote', 'a\r\n"b"', 'a\r\n"b"'],
        ['empty text', '', ''],
        ['a whole number', 42, 42],
        ['a number with a fraction', -1.5, -1.5],
        ['a number beyond 2^53', 2n ** 60n, 2n ** 60n],
        ['true', true, true],
        ['false', false, false],
        ['null', null, null],
      ])('%s is bound and comes back', async (_name, value, back) => {
        expect(await engine.rows(sql`select ${value} as v`, valued)).toEqual([{ v: back }])
      })

      test('anything else is refused', async () => {
        await expect(engine.rows(sql`select ${new Date(0)} as v`, valued)).rejects.toThrow(TypeError)
      })
    })

    test.each([
      'plain',
      'two words',
      '"quoted"',
      'a]b',
      '`tick`',
      'a -- b',
      "it's",
      'æøå',
      '__proto__',
      'select',
      'a.b',
    ])('takes %s for the name of a table and a column', async (name) => {
      await engine.run(sql`create table ${sql.id(name)} (${sql.id(name)} varchar)`)
      await engine.run(sql`insert into ${sql.id(name)} values ('x')`)
      expect(await engine.rows(sql`select ${sql.id(name)} as v from ${sql.id(name)}`, valued)).toEqual([{ v: 'x' }])
    })

    describe('large results', () => {
      test('begin to stream before they are complete', async () => {
        let seen = 0n
        for await (const columns of engine.stream(
          sql`select range as n, 'x' || range as t from range(1000000000000)`,
        )) {
          expect(columns.at(0)).toHaveLength(columns.count)
          expect(columns.at(1)[0]).toBe(`x${seen}`)
          seen += BigInt(columns.count)
          if (seen > 10_000n) break
        }
        expect(seen).toBeGreaterThan(10_000n)
      })

      test('are streamed whole, and nothing is streamed of an empty one', async () => {
        let sum = 0n
        for await (const columns of engine.stream(sql`select range as n from range(10001)`)) {
          for (const value of columns.at(0)) if (typeof value === 'bigint') sum += value
        }
        expect(sum).toBe(50_005_000n)
        for await (const columns of engine.stream(sql`select 1 where false`)) expect(columns.count).toBe(0)
      })

      test.each([
        ['ordinary text', 'a'],
        ['the separator of packed text', 'a\u001fb'],
        ['the mark of a null in packed text', '\u001e'],
        ['empty text', ''],
      ])('are read in columns: %s', async (_name, odd) => {
        const query = sql`select range as n, case when range % 3 = 0 then null when range % 3 = 1 then ${odd} else 'z' || range end as t,
          range % 2 = 0 as b, cast('2020-01-02' as date) as d from range(1000)`
        const columns = await engine.columns(query)
        expect(columns.count).toBe(1000)
        const [numbers, texts, flags, dates] = [columns.at(0), columns.at(1), columns.at(2), columns.at(3)]
        const rows = numbers.map((n, index) => [n, texts[index], flags[index], dates[index]])
        const expected = Array.from({ length: 1000 }, (_, n) => [
          BigInt(n),
          [null, odd, `z${n}`][n % 3],
          n % 2 === 0,
          '2020-01-02',
        ])
        expect(rows.sort((a, b) => Number(a[0]) - Number(b[0]))).toEqual(expected)
      })

      test('no rows at all are read in columns', async () => {
        const columns = await engine.columns(sql`select 'x' as t, cast(1 as bigint) as n where false`)
        expect([columns.count, columns.at(0), columns.at(1)]).toEqual([0, [], []])
      })
    })
  })
}
