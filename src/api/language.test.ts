/** Which language a reader wants. */
import { expect, test } from 'vitest'
import { languageOf } from './language.ts'

test.each([
  [undefined, 'en'],
  ['', 'en'],
  ['nb', 'nb'],
  ['nb-NO', 'nb'],
  ['no', 'nb'],
  ['nn-NO', 'nb'],
  ['en-GB,nb;q=0.9', 'en'],
  ['en;q=0.5,nb;q=0.9', 'nb'],
  ['nb;q=0,en', 'en'],
  ['de, fr', 'en'],
  ['de, nb;q=0.1', 'nb'],
  ['*', 'en'],
  [';;q=,,', 'en'],
  ['x'.repeat(100_000), 'en'],
])('%s: %s', (header, language) => expect(languageOf(header)).toBe(language))
