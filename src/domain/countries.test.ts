/** The table of countries: whole, without doubles, and found by what people write. */
import { expect, test } from 'vitest'
import { countries, countryByName } from './countries.ts'

test('no code and no name stands for two countries', () => {
  const known = countries.flatMap(({ alpha2, alpha3, name }) => [alpha2, alpha3, name.toLowerCase()])
  expect(new Set(known).size).toBe(known.length)
  expect(countries).toHaveLength(250)
  for (const { alpha2, alpha3, name } of countries) {
    expect([alpha2, alpha3]).toEqual([expect.stringMatching(/^[A-Z]{2}$/), expect.stringMatching(/^[A-Z]{3}$/)])
    expect(countryByName.get(name.toLowerCase())?.alpha2).toBe(alpha2)
    expect(countryByName.get(alpha2.toLowerCase())?.alpha3).toBe(alpha3)
  }
})

test('every alpha-2 code is one that the platform knows too', () => {
  const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })
  expect(countries.filter(({ alpha2 }) => names.of(alpha2) === undefined)).toEqual([])
})

test.each([
  ['norway', 'NO'],
  ['nor', 'NO'],
  ['uk', 'GB'],
  ['the netherlands', 'NL'],
  ['reunion', 'RE'],
  ['trinidad & tobago', 'TT'],
  ['st. lucia', 'LC'],
  ["cote d'ivoire", 'CI'],
  ['turkiye', 'TR'],
  ['ireland', 'IE'],
  ['niger', 'NE'],
])('%s is %s', (written, code) => {
  expect(countryByName.get(written)?.alpha2).toBe(code)
})

test.each(['', 'n', 'norge', 'nowhere', '47'])('%j is no country that we know', (written) => {
  expect(countryByName.get(written)).toBeUndefined()
})
