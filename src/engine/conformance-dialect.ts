/** What the expressions of every dialect must mean: run on each engine. */
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { openEngine } from './conformance-engine.ts'
import type { DateForm, Expression } from './dialect.ts'
import type { DataEngine } from './engine.ts'

const one = z.object({ v: z.union([z.string(), z.number(), z.null()]) })

const text = (value: string | null): Expression => sql`cast(${value} as varchar)`

const uuidOf = (hex: string): string =>
  [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')

/** The rule for addresses, a character at a time. */
const normalisedByRule = (value: string): string | null => {
  if (/[\u0130\u212a\ufffd]/.test(value)) return null
  const trimmed = value.replace(/^[\s\u0085\u200b]+|[\s\u0085\u200b]+$/gu, '').toLowerCase()
  const [local = '', host = '', ...more] = trimmed.split('@')
  const isClean = (part: string): boolean => part !== '' && !/[\s\p{Z}\p{Cc}\p{Cf}"(),:;<>[\]\\]/u.test(part)
  const dot = host.lastIndexOf('.')
  const fits = Buffer.byteLength(trimmed) <= 254 && Buffer.byteLength(local) <= 64
  const isAddress = more.length === 0 && fits && isClean(local) && dot > 0 && dot < host.length - 1 && isClean(host)
  return isAddress ? trimmed : null
}

/** `kind` is one that `openEngine` knows. */
export function describeDialect(kind: string): void {
  describe(`the dialect of ${kind}`, () => {
    let folder: string
    let engine: DataEngine

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'sund-dialect-'))
      engine = await openEngine(kind, folder)
    })

    afterAll(async () => {
      await engine.close()
      await rm(folder, { recursive: true })
    })

    const resultOf = async (expression: Expression): Promise<string | number | null> => {
      const [row] = await engine.rows(sql`select ${expression} as v`, one)
      if (row === undefined) throw new TypeError('no row')
      return row.v
    }

    const asText = async (expression: Expression) => await resultOf(sql`cast(${expression} as varchar)`)

    const domain = 'example.com'
    const longest = `${'a'.repeat(64)}@${'b'.repeat(254 - 65 - 4)}.com`

    test.each<[string, string | null, string | null]>([
      ['ordinary', 'Ada@Example.COM', 'ada@example.com'],
      ['blanks around', ' \t ada@example.com\r\n', 'ada@example.com'],
      ['no-break and zero-width blanks around', '\u00a0\u200bada@example.com\u3000\ufeff', 'ada@example.com'],
      ['plus tag kept', 'ada+news@example.com', 'ada+news@example.com'],
      ['apostrophe', "o'neil@example.com", "o'neil@example.com"],
      ['international domain', 'ADA@BLÅBÆR.NO', 'ada@blåbær.no'],
      ['international local part', 'Åse@example.no', 'åse@example.no'],
      ['254 octets', longest, longest],
      ['255 octets', longest.replace('.com', '.info'), null],
      ['254 characters, more octets', longest.replace('bbb', 'bøb'), null],
      ['local part of 65', `${'a'.repeat(65)}@${domain}`, null],
      ['two at signs', `a@b@${domain}`, null],
      ['no at sign', 'ada.example.com', null],
      ['no local part', `@${domain}`, null],
      ['no dot in the domain', 'ada@localhost', null],
      ['blank inside', `a da@${domain}`, null],
      ['no-break blank inside', `a\u00a0da@${domain}`, null],
      ['line break inside', `ada@example.com\r\nBcc: x@${domain}`, null],
      ['NUL inside', `a\0da@${domain}`, null],
      ['right-to-left override', `a\u202eda@${domain}`, null],
      ['zero-width inside', `a\u200bda@${domain}`, null],
      ['a Kelvin sign, whose small letter is that of another address', `\u212aate@${domain}`, null],
      ['a dotted capital I, whose small letter is that of another address', `\u0130da@${domain}`, null],
      ['a sign that stands for one that was lost', `a\ufffdda@${domain}`, null],
      ['half of a sign', `a\ud800da@${domain}`, null],
      ['display name', `Ada <ada@${domain}>`, null],
      ['list', `a@${domain},b@${domain}`, null],
      ['empty', '', null],
      ['blank', '   ', null],
      ['missing', null, null],
    ])('normalised address: %s', async (_name, value, normalised) => {
      expect(await resultOf(engine.dialect.normalisedEmail(text(value)))).toBe(normalised)
    })

    // An engine may look at common addresses in a quicker way: it must come to the same.
    test('addresses are normalised by one rule, whatever they are made of', async () => {
      const sign = fc.constantFrom(
        ...'aZ09',
        ...'.-_+\'@"(),:;<>[]\\`{}%',
        ' ',
        '\t',
        '\0',
        'å',
        'Å',
        '\u00a0',
        '\u200b',
        '\u202e',
        ...'\u0130\u212a\ufffd',
      )
      const part = fc.string({
        unit: fc.oneof({ weight: 6, arbitrary: fc.constantFrom('a', 'B', '7') }, sign),
        maxLength: 70,
      })
      const address = fc
        .tuple(part, part, fc.constantFrom('no', 'Com', 'a.b', '', ' '))
        .map(([a, b, c]) => `${a}@${b}.${c}`)
      await fc.assert(
        fc.asyncProperty(fc.array(fc.oneof(address, part), { minLength: 1, maxLength: 60 }), async (addresses) => {
          const values = sql.join(addresses.map((value, index) => sql`(${index}::integer, ${text(value)})`))
          const rows = await engine.rows(
            sql`select ${engine.dialect.normalisedEmail(sql`v`)} as v from (values ${values}) t (i, v) order by i`,
            one,
          )
          expect(rows.map(({ v }) => v)).toEqual(addresses.map(normalisedByRule))
        }),
        { numRuns: 60 },
      )
    })

    test('an identity is the keyed SHA-256 of the address, cut to 128 bits', async () => {
      const key = '00112233445566778899aabbccddeeff'.repeat(2)
      const hex = createHash('sha256').update(`${key}ada@blåbær.no`).digest('hex')
      expect(await asText(engine.dialect.identity(key, text('ada@blåbær.no')))).toBe(uuidOf(hex))
      expect(await asText(engine.dialect.identity(key, text(null)))).toBeNull()
    })

    test('SHA-256 is in lower-case hex over UTF-8', async () => {
      const hex = createHash('sha256').update('ada@blåbær.no').digest('hex')
      expect(await resultOf(engine.dialect.sha256(text('ada@blåbær.no')))).toBe(hex)
    })

    test('no two different lists of values have one hash', async () => {
      const lists: (string | null)[][] = [
        [null, 'a'],
        ['', 'a'],
        ['null', 'a'],
        ['\u001e', 'a'],
        ['a', null],
        ['a', ''],
        ['a\u001fb', 'c'],
        ['a', 'b\u001fc'],
        ['a","b', 'c'],
        ['a', 'b","c'],
        ['ab', 'c'],
        ['a', 'bc'],
        [null, null],
        ['a', 'a'],
        ['A', 'a'],
      ]
      const hashes = await Promise.all(lists.map((values) => asText(engine.dialect.hash(values.map(text)))))
      expect(new Set(hashes).size).toBe(lists.length)
      expect(await asText(engine.dialect.hash([text('a'), text(null)]))).toBe(hashes[4])
    })

    const all: readonly DateForm[] = ['month-first', 'iso']
    test.each<[string | null, readonly DateForm[], string | null]>([
      ['5/8/1986', ['month-first'], '1986-05-08'],
      ['5/8/1986', ['day-first'], '1986-08-05'],
      ['05/08/1986', all, '1986-05-08'],
      [' 5/8/1986 ', all, '1986-05-08'],
      ['2018-05-08', all, '2018-05-08'],
      ['2018-05-08', ['month-first'], null],
      ['5/8/1986', ['iso'], null],
      ['13/1/1986', ['month-first'], null],
      ['13/1/1986', ['day-first'], '1986-01-13'],
      ['5/8/86', all, null],
      ['1900-02-29', all, null],
      ['2/29/1900', all, null],
      ['2000-02-29', all, '2000-02-29'],
      ['0001-01-01', all, '0001-01-01'],
      ['9999-12-31', all, '9999-12-31'],
      ['0000-01-01', all, null],
      ['10000-01-01', all, null],
      ['2018-05-08T00:00:00Z', all, null],
      ['5/8/1986x', all, null],
      ['yesterday', all, null],
      ['', all, null],
      [null, all, null],
    ])('date of %s as %s', async (value, forms, date) => {
      expect(await asText(engine.dialect.date(text(value), forms))).toBe(date)
    })

    test.each<[string | null, number | null]>([
      ['12', 12],
      [' -1.5 ', -1.5],
      ['1e3', 1000],
      ['-0', 0],
      ['9007199254740991', 9007199254740991],
      ['9007199254740993', null],
      ['1e400', null],
      ['nan', null],
      ['inf', null],
      ['1_000', null],
      ['1,5', null],
      ['0x10', null],
      ['twelve', null],
      ['', null],
      [null, null],
    ])('number of %s', async (value, number) => {
      expect(await resultOf(engine.dialect.number(text(value)))).toBe(number)
    })

    test.each<[string | null, string | null]>([
      [' \t Ada \r\n', 'Ada'],
      ['\u00a0\u200bAda Lovelace\u3000\ufeff', 'Ada Lovelace'],
      ["'", "'"],
      ['a\0', 'a\0'],
      ['', null],
      [' \u2028 ', null],
      [null, null],
    ])('trimmed %j', async (value, trimmed) => {
      expect(await resultOf(engine.dialect.trimmed(text(value)))).toBe(trimmed)
    })

    test.each<[string | null, string | null]>([
      ['ADA LOVELACE', 'Ada Lovelace'],
      ['ada  lovelace ', 'Ada  Lovelace '],
      ['anne-marie ØDEGÅRD', 'Anne-Marie Ødegård'],
      ["o'neil", "O'neil"],
      ['ÅSE\u00a0ÆRLIG', 'Åse\u00a0Ærlig'],
      ['élodie\tdoe', 'Élodie\tDoe'],
      ['- 1st 🦑squid', '- 1st 🦑squid'],
      ['a\nb', 'A\nB'],
      ['', ''],
      [null, null],
    ])('title case of %j', async (value, titled) => {
      expect(await resultOf(engine.dialect.titled(text(value)))).toBe(titled)
    })

    test('JSON keeps odd text and says null for a null', async () => {
      const odd = { 'na"me': 'quote " backslash \\ line\nbreak \u001f 🦑', __proto__x: "it's", ' ': '' }
      const entries = Object.entries(odd).map(([name, value]) => [name, text(value)] as const)
      const written = await resultOf(engine.dialect.json([...entries, ['none', text(null)]]))
      expect(JSON.parse(String(written))).toEqual({ ...odd, none: null })
    })

    test('records of JSON become rows', async () => {
      const records = [
        { n: 1, t: "it's" },
        { n: 2, t: null },
      ]
      const shape = [
        { name: 'n', type: 'bigint' },
        { name: 't', type: 'varchar' },
      ] as const
      const rows = await engine.rows(
        sql`select n, t from ${engine.dialect.records(JSON.stringify(records), shape)} order by n`,
        z.object({ n: z.number(), t: z.string().nullable() }),
      )
      expect(rows).toEqual(records)
    })

    test('a column of few words takes those, compares as text, and refuses any other', async () => {
      await engine.run(
        sql`create table worded (word ${engine.dialect.oneOf(['add', "it's"])}, id ${engine.dialect.uniqueText()})`,
      )
      await engine.run(sql`insert into worded values (${'add'}, ${'a'}), (${"it's"}, ${'b'}), (null, null)`)
      const words = await engine.rows(
        sql`select word as v from worded where word is distinct from ${'add'}::varchar order by id`,
        one,
      )
      expect(words).toEqual([{ v: "it's" }, { v: null }])
      await expect(engine.run(sql`insert into worded values (${'remove'}, ${'c'})`)).rejects.toThrow()
    })

    test('rows keep their order of insertion, also within the transaction that makes the table', async () => {
      const order = engine.dialect.rowOrder()
      await engine.transaction(async (session) => {
        await session.run(sql`create table ordered as select range as n from range(300000)`)
        await session.run(sql`insert into ordered select range + 300000 as n from range(10)`)
        const wrong = await session.rows(
          sql`select count(*) as v from ordered where n <> ${order} - (select min(${order}) from ordered)`,
          one,
        )
        expect(wrong).toEqual([{ v: 0 }])
      })
    })
  })
}
