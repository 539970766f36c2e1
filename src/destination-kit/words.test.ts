import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { readCsv } from './csv.ts'
import { personalValues, readJson, vendorWords } from './words.ts'

describe('vendorWords', () => {
  it.each([
    ['keeps plain words', 'the list is full', [], 'the list is full'],
    ['takes out any address', "email 'a.b+c@x.example' is not valid", [], "email '…' is not valid"],
    ['takes out what was sent', "email 'not-an-address' is not valid", ['not-an-address'], "email '…' is not valid"],
    ['takes out an address with an apostrophe', "email 'o'neil@x.example' bad", ["o'neil@x.example"], "email '…' bad"],
    ['takes out hashes', `item ${'0a'.repeat(32)} is wrong`, [], 'item … is wrong'],
    ['spares words that hold a short value', 'invalid status for Al', ['Al', 'us'], 'invalid status for …'],
    ['takes out a value that overlaps a longer word', 'xa-a-a is bad', ['a-a'], 'xa-… is bad'],
    [
      'takes out any case, whatever the letters',
      'GRÜSSE ÅSE, \u212aari and ſam',
      ['grüsse', 'åse', 'kari', 'sam'],
      '… …, … and …',
    ],
    ['spares a letter beyond the first plane', 'sam𝒜 sam', ['sam'], 'sam𝒜 …'],
    ['has no line breaks', 'one\r\ntwo\u0000three', [], 'one two three'],
    ['takes values literally', 'cost (a+b)* is bad', ['(a+b)*'], 'cost … is bad'],
  ])('%s', (_what, text, personal, words) => {
    expect(vendorWords(text, personal)).toBe(words)
  })

  it.each([
    ['DELETE /people?email=ada%40x.example failed', [], 'DELETE … failed'],
    ['No field Name=Ada%20L%C3%B8v', ['Ada Løv'], 'No field Name=…'],
    ['No field Name=\ud800', ['\ud800'], 'No field Name=…'],
  ])('leaves out of %j what stands in it as in an address of the web', (text, personal, words) => {
    expect(vendorWords(text, personal)).toBe(words)
  })

  it('is at most 200 characters', () => {
    expect(vendorWords('x '.repeat(500))).toHaveLength(200)
  })

  it('takes out what a pattern with the letters around would', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'B', 'b', '-', ' ', '1', 'é') })
    const slow = (said: string, value: string) =>
      said.replace(new RegExp(`(?<![\\p{L}\\p{N}])${value}(?![\\p{L}\\p{N}])`, 'giu'), '…')
    fc.assert(
      fc.property(text, fc.stringMatching(/^[aBé][ab1-]{0,2}$/), (said, value) => {
        expect(vendorWords(said, [value])).toBe(slow(said, value).trim())
      }),
    )
  })

  it('never repeats the address that it is about', () => {
    fc.assert(
      fc.property(fc.emailAddress(), fc.string({ maxLength: 40 }), (address, around) => {
        const words = vendorWords(`${around} '${address}' ${around}`, [address])
        expect(words.includes(address)).toBe(false)
      }),
    )
  })
})

describe('personalValues', () => {
  it('are the identifier and every matched value', () => {
    const row = { ref: '1', identifier: 'a@x.example', fields: { first: 'Ada', last: null }, text: '' }
    expect(personalValues(row)).toEqual(['a@x.example', 'Ada'])
  })
})

describe('readJson', () => {
  it.each([
    ['{"n":1}', { n: 1 }],
    ['{"n":"1"}', undefined],
    ['<html>', undefined],
    ['', undefined],
  ])('reads %s', (text, value) => {
    expect(readJson(text, z.object({ n: z.number() }))).toEqual(value)
  })
})

describe('readCsv', () => {
  it.each([
    [
      'a table',
      'Email,Error\na@x,bad\r\nb@x,worse\n',
      [
        { email: 'a@x', error: 'bad' },
        { email: 'b@x', error: 'worse' },
      ],
    ],
    ['quotes', 'email,error\n"a,b","say ""no""\nagain"', [{ email: 'a,b', error: 'say "no"\nagain' }]],
    ['a byte order mark', '\uFEFFemail\na@x', [{ email: 'a@x' }]],
    ['a short line', 'email,error\na@x', [{ email: 'a@x' }]],
    ['empty lines', 'email\n\na@x\n\n', [{ email: 'a@x' }]],
    ['an unclosed quote', 'email\n"a@x', undefined],
    ['a line longer than the header', 'email\na@x,more', undefined],
    ['nothing', '', undefined],
  ])('reads %s', (_what, text, records) => {
    expect(readCsv(text)).toEqual(records)
  })

  it('gives back what was quoted', () => {
    const cell = fc.string()
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (lines) => {
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
        const text = ['a,b', ...lines.map((line) => line.map(quoted).join(','))].join('\n')
        expect(readCsv(text)).toEqual(lines.map(([a, b]) => ({ a, b })))
      }),
    )
  })
})
