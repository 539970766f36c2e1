import { describe, expect, it } from 'vitest'
import { Pages } from './pages.ts'

describe('Pages', () => {
  it('begins at the first row where nothing is known', () => {
    expect(new Pages<string>().start('a', 1, 30)).toEqual({ from: undefined, offset: 30 })
  })

  it.each([
    ['the edge itself', 9, { from: 'k', offset: 0 }],
    ['the row after it', 10, { from: 'k', offset: 1 }],
    ['a row before it', 8, { from: undefined, offset: 8 }],
  ])('begins at the edge of the page before: %s', (_, skip, start) => {
    const pages = new Pages<string>()
    pages.note('a', 1, 9, 'k')
    expect(pages.start('a', 1, skip)).toEqual(start)
  })

  it('forgets an edge and a total when the rows changed, and keeps those of other lists', () => {
    const pages = new Pages<string>()
    for (const list of ['a', 'b']) pages.note(list, 1, 9, list)
    expect(pages.total('a', 1, () => 20)).toBe(20)
    expect(pages.total('a', 1, () => 21)).toBe(20)
    expect(pages.total('a', 2, () => 22)).toBe(22)
    expect(pages.start('a', 2, 9)).toEqual({ from: undefined, offset: 9 })
    expect(pages.start('b', 1, 9)).toEqual({ from: 'b', offset: 0 })
  })
})
