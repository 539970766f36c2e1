/** File names of dumped lists. */
import { basename } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dumpNames } from './dump.ts'

const list = (id: string, name: string) => ({ id, name, members: 0 })

describe('dumpNames', () => {
  it('replaces slashes and control characters, and nothing else', () => {
    expect(dumpNames([list('1', 'a/b\u0000c\n æøå.: ')]).get('1')).toBe('a_b_c_ æøå.: .txt')
  })

  it('appends the ids where two lists would share a file', () => {
    const names = dumpNames([list('1', 'VIP'), list('2', 'VIP'), list('3', 'a/b'), list('4', 'a_b'), list('5', 'Own')])
    expect([...names.values()]).toEqual(['VIP.1.txt', 'VIP.2.txt', 'a_b.3.txt', 'a_b.4.txt', 'Own.txt'])
  })

  it('never leaves the folder, nor the length of a file name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 128 }), (name) => {
        const [file = ''] = dumpNames([list('00000000-0000-4000-8000-000000000000', name)]).values()
        expect(basename(file)).toBe(file)
        expect(file).toMatch(/^.+\.txt$/su)
        expect(Buffer.byteLength(file)).toBeLessThanOrEqual(255)
      }),
    )
  })
})
