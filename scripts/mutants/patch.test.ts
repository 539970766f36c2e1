/** What a mutant may look like, and that every one that is kept still fits the code it breaks. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { broken, readMutant } from './patch.ts'

const root = join(import.meta.dirname, '../..')
const folder = join(import.meta.dirname, 'patches')
const names = readdirSync(folder).sort()

const patchOf = (path: string, head = 'What: it breaks.\nSuites: src/a src/b\n') =>
  `${head}\n--- a/${path}\n+++ b/${path}\n@@ -1 +1 @@\n-a\n+b\n`

describe('readMutant', () => {
  it('says what is broken, who is asked first, and what is changed', () => {
    expect(readMutant('/somewhere/07-it.patch', patchOf('src/a.ts'))).toEqual({
      name: '07-it',
      what: 'it breaks.',
      suites: ['src/a', 'src/b'],
      touches: ['src/a.ts'],
    })
  })

  it.each(['src/a.test.ts', 'src/exports/fixtures/a.ts', 'test/rig.ts', 'sandbox/a.ts', 'package.json'])(
    'refuses a change of %s',
    (path) => {
      expect(() => readMutant('a.patch', patchOf(path))).toThrow(path)
    },
  )

  it.each(['What', 'Suites'])('refuses one that does not say %s', (name) => {
    const head = 'What: it breaks.\nSuites: src/a\n'.replace(new RegExp(`^${name}.*\n`, 'm'), '')
    expect(() => readMutant('a.patch', patchOf('src/a.ts', head))).toThrow(name)
  })

  it('refuses one that changes nothing', () => {
    expect(() => readMutant('a.patch', 'What: it breaks.\nSuites: src/a\n')).toThrow('changes nothing')
  })
})

it('there are twenty, each of which breaks something else', () => {
  const whats = names.map((name) => readMutant(name, readFileSync(join(folder, name), 'utf8')).what)
  expect(new Set(whats).size).toBe(20)
})

it.each(names)('%s fits the code as it is', (name) => {
  const patch = readFileSync(join(folder, name), 'utf8')
  for (const path of readMutant(name, patch).touches) {
    const text = readFileSync(join(root, path), 'utf8')
    expect(broken(name, patch, path, text)).not.toBe(text)
  }
})

describe('broken', () => {
  const patch = `${patchOf('src/a.ts')}--- a/src/b.ts\n+++ b/src/b.ts\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n`

  it.each([
    ['src/a.ts', 'a\nrest\n', 'b\nrest\n'],
    ['src/b.ts', 'zero\none\ntwo\nthree\n', 'zero\none\n2\nthree\n'],
  ])('changes %s where the patch says', (path, before, after) => {
    expect(broken('it.patch', patch, path, before)).toBe(after)
  })

  it.each(['one\nthree\n', 'one\ntwo\nthree\none\ntwo\nthree\n'])('refuses %j', (text) => {
    expect(() => broken('it.patch', patch, 'src/b.ts', text)).toThrow('does not fit')
  })
})
