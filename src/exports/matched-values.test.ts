/** What each transform makes of a value, against small references, and which values a destination does not take. */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Limit, MatchField } from '../destination-kit/fields.ts'
import type { MatchedField } from '../domain/matched-value.ts'
import type { DataEngine } from '../engine/engine.ts'
import { type Attributes, matchedOf, openEngine } from './fixtures/matched-people.ts'

let engine: DataEngine
beforeAll(async () => {
  engine = await openEngine()
})
afterAll(async () => await engine.close())

const one = async (matched: MatchedField, person: Attributes, field: Omit<MatchField, 'name' | 'label'> = {}) =>
  (await matchedOf(engine, matched, [person], field))[0]

const sent = (value: string | null) => ({ value, refused: null })
const refused = (reason: string) => expect.objectContaining({ refused: reason })
const long = 'x'.repeat(320)
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

describe('a value as it is', () => {
  test.each<[MatchedField, Attributes, string | null]>([
    ['Text', { text: "  O'Neil; drop table profiles --" }, "  O'Neil; drop table profiles --"],
    ['Text', { text: '' }, ''],
    ['Text', { text: null }, null],
    ['Text', { text: long }, long],
    ['Text', { text: 'a\0b' }, 'a\0b'],
    ['Text', { text: '🦑\u202e"\\' }, '🦑\u202e"\\'],
    ['Number', { number: 12 }, '12'],
    ['Number', { number: -0.5 }, '-0.5'],
    ['Number', { number: null }, null],
    ['Boolean', { boolean: true }, 'true'],
    ['Boolean', { boolean: null }, null],
    ['Date', { date: '0001-02-03' }, '0001-02-03'],
    ['Date', { date: null }, null],
  ])('%j of %j', async (matched, person, value) => {
    expect(await one(matched, person)).toEqual(sent(value))
  })
})

describe('transforms', () => {
  test.each<[MatchedField, Attributes, string | null]>([
    [{ trim: 'Text' }, { text: '\u00a0 Ada\t\n' }, 'Ada'],
    [{ trim: 'Text' }, { text: ' \u200b ' }, null],
    [{ trim: 'Number' }, { number: 7 }, '7'],
    [{ case: 'upper', of: 'Text' }, { text: 'blåbær' }, 'BLÅBÆR'],
    [{ case: 'lower', of: 'Text' }, { text: 'ÅSE ' }, 'åse '],
    [{ case: 'title', of: { trim: 'Text' } }, { text: ' ANNE-marie ' }, 'Anne-Marie'],
    [{ case: 'upper', of: 'Text' }, { text: null }, null],
    [{ country: 'name', of: 'Text' }, { text: ' nor ' }, 'Norway'],
    [{ country: 'alpha-2', of: 'Text' }, { text: 'The Netherlands' }, 'NL'],
    [{ country: 'alpha-3', of: 'Text' }, { text: "CÔTE D'IVOIRE" }, 'CIV'],
    [{ country: 'name', of: 'Text' }, { text: '  ' }, null],
    [{ country: 'name', of: 'Text' }, { text: null }, null],
    [{ date: 'DD.MM.YYYY', of: 'Date' }, { date: '1986-05-08' }, '08.05.1986'],
    [{ date: 'MM/DD/YYYY', of: 'Date' }, { date: '0986-05-08' }, '05/08/0986'],
    [{ date: 'DD/MM/YYYY', of: 'Text' }, { text: ' 1986-05-08 ' }, '08/05/1986'],
    [{ date: 'YYYYMMDD', of: 'Text' }, { text: '1986-05-08T23:59:59+02:00' }, '19860508'],
    [{ date: 'YYYY', of: 'Date' }, { date: '1986-05-08' }, '1986'],
    [{ date: 'YYYY-MM-DD', of: 'Date' }, { date: null }, null],
    [{ date: 'YYYY-MM-DD', of: 'Text' }, { text: '' }, null],
    [{ hash: 'sha256', of: 'Text' }, { text: ' Ada@Example.com ' }, sha256('ada@example.com')],
    [{ hash: 'sha256', of: 'Text' }, { text: ' ' }, null],
    [{ constant: "it's; --" }, {}, "it's; --"],
    [{ firstOf: ['Text', 'Other'] }, { text: ' ', other: 'b' }, 'b'],
    [{ firstOf: ['Text', 'Number', { constant: 'c' }] }, { text: null, number: null }, 'c'],
    [{ firstOf: ['Text', 'Other'] }, { text: null, other: '' }, null],
    [{ firstOf: [{ country: 'name', of: 'Text' }, 'Text'] }, { text: 'Atlantis' }, 'Atlantis'],
    [{ firstOf: [{ country: 'name', of: 'Text' }, 'Text'] }, { text: 'se' }, 'Sweden'],
    [{ clear: true }, { text: 'a' }, null],
  ])('%j of %j', async (matched, person, value) => {
    expect(await one(matched, person)).toEqual(sent(value))
  })

  test.each<[MatchedField, Attributes]>([
    [{ country: 'name', of: 'Text' }, { text: 'Atlantis' }],
    [{ case: 'upper', of: { country: 'name', of: 'Text' } }, { text: 'Atlantis' }],
    [{ trim: { country: 'name', of: 'Text' } }, { text: '47' }],
    [{ date: 'YYYY-MM-DD', of: 'Text' }, { text: 'yesterday' }],
    [{ date: 'YYYY-MM-DD', of: 'Text' }, { text: '1986-02-30' }],
    [{ date: 'YYYY-MM-DD', of: 'Text' }, { text: '1986-05-081' }],
    [{ date: 'YYYY', of: 'Number' }, { number: 1986 }],
    [{ firstOf: [{ country: 'name', of: 'Text' }, 'Other'] }, { text: 'Atlantis', other: ' ' }],
  ])('%j of %j is refused: what is there is neither cut nor cleared', async (matched, person) => {
    expect(await one(matched, person)).toEqual({ value: null, refused: 'malformed' })
  })
})

describe('kinds', () => {
  test.each<[MatchField['kind'], MatchedField, Attributes, string | null]>([
    ['number', 'Number', { number: 12.5 }, '12.5'],
    ['number', 'Text', { text: ' 12.50 ' }, '12.5'],
    ['number', 'Text', { text: '1e3' }, '1000'],
    ['number', 'Text', { text: '' }, null],
    ['boolean', 'Boolean', { boolean: false }, 'false'],
    ['boolean', 'Text', { text: ' Ja' }, 'true'],
    ['boolean', 'Number', { number: 0 }, 'false'],
    ['boolean', 'Text', { text: ' ' }, null],
    ['date', 'Date', { date: '1986-05-08' }, '1986-05-08'],
    ['date', 'Text', { text: '1986-05-08 10:00' }, '1986-05-08 10:00'],
    ['date', 'Text', { text: null }, null],
    ['number', { constant: '007' }, {}, '7'],
    ['boolean', { clear: true }, {}, null],
  ])('%s of %j %j', async (kind, matched, person, value) => {
    expect(await one(matched, person, { ...(kind === undefined ? {} : { kind }) })).toEqual(sent(value))
  })

  test.each<[NonNullable<MatchField['kind']>, MatchedField, Attributes]>([
    ['number', 'Text', { text: '1,5' }],
    ['number', 'Text', { text: 'NaN' }],
    ['number', 'Boolean', { boolean: true }],
    ['number', 'Text', { text: '12\0' }],
    ['boolean', 'Text', { text: 'perhaps' }],
    ['boolean', 'Number', { number: 2 }],
    ['date', 'Text', { text: '08.05.1986' }],
    ['date', { date: 'DD/MM/YYYY', of: 'Date' }, { date: '1986-05-08' }],
  ])('%s does not take %j %j', async (kind, matched, person) => {
    expect(await one(matched, person, { kind })).toEqual(refused('malformed'))
  })
})

describe('what a destination takes', () => {
  const max: Limit = { value: 5, source: 'a test', checked: '2026-11-21', kind: 'documented' }
  test.each<[string, Omit<MatchField, 'name' | 'label'>, string | null, string | null]>([
    ['as long as allowed', { max }, '12345', null],
    ['too long', { max }, '123456', 'too-long'],
    ['320 characters', { max }, long, 'too-long'],
    ['characters, not bytes', { max }, 'åæøñ🦑', null],
    ['one of a set', { oneOf: ['M', "it's"] }, "it's", null],
    ['none of a set', { oneOf: ['M', 'F'] }, 'm', 'not-among'],
    ['no value of a set', { oneOf: ['M', 'F'] }, null, null],
    ['an empty text of a set', { oneOf: ['M', 'F'] }, '', null],
    ['required and there', { required: true }, 'a', null],
    ['required and blank', { required: true }, ' ', 'missing'],
    ['required and missing', { required: true }, null, 'missing'],
  ])('%s', async (_what, field, text, reason) => {
    expect(await one('Text', { text }, field)).toMatchObject({ refused: reason })
  })
})

describe('the engine makes of any text what the reference does', () => {
  // Letters whose upper and lower case are one character each: in others, languages differ.
  const alphabet = [...'abzABZåÅøØéÉñ019 \t\u00a0\u3000-\'"\\;,%_🦑\u0301\u202e\n\0']
  const texts = fc.array(fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 12 }), {
    minLength: 1,
    maxLength: 30,
  })
  const blanks = /^[\s\u0085\u200b]+|[\s\u0085\u200b]+$/g
  const trimmed = (text: string): string | null => text.replace(blanks, '') || null
  const references: readonly (readonly [MatchedField, (text: string) => string | null])[] = [
    ['Text', (text) => text],
    [{ trim: 'Text' }, trimmed],
    [{ case: 'upper', of: 'Text' }, (text) => text.toUpperCase()],
    [{ case: 'lower', of: 'Text' }, (text) => text.toLowerCase()],
    [
      { case: 'title', of: 'Text' },
      (text) =>
        text.toLowerCase().replace(/[^\s\p{Z}-]+/gu, ([first = '', ...rest]) => first.toUpperCase() + rest.join('')),
    ],
    [
      { hash: 'sha256', of: 'Text' },
      (text) => (trimmed(text) === null ? null : sha256(trimmed(text)?.toLowerCase() ?? '')),
    ],
    [{ firstOf: ['Text', { constant: 'x' }] }, (text) => (trimmed(text) === null ? 'x' : text)],
  ]
  test.each(references)('%j', async (matched, reference) => {
    await fc.assert(
      fc.asyncProperty(texts, async (given) => {
        const found = await matchedOf(
          engine,
          matched,
          given.map((text) => ({ text })),
        )
        expect(found.map(({ value }) => value)).toEqual(given.map(reference))
      }),
      { numRuns: 40 },
    )
  })

  test('dates', async () => {
    const days = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
    await fc.assert(
      fc.asyncProperty(fc.array(days, { minLength: 1, maxLength: 30 }), async (given) => {
        const iso = given.map((day) => day.toISOString().slice(0, 10))
        const found = await matchedOf(
          engine,
          { date: 'DD.MM.YYYY', of: 'Date' },
          iso.map((date) => ({ date })),
        )
        expect(found.map(({ value }) => value)).toEqual(iso.map((day) => day.split('-').reverse().join('.')))
      }),
      { numRuns: 40 },
    )
  })
})
