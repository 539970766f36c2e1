/** Every error says in both languages what happened and what to do next, with the same details. */
import { describe, expect, it } from 'vitest'
import { errorEntries } from '../src/errors.ts'

const entries = Object.entries(errorEntries)
const placeholders = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g))].sort()

describe.each(entries)('%s', (_code, { status, what, next }) => {
  it.each(['en', 'nb'] as const)('is written in %s', (language) => {
    for (const text of [what[language], next[language]]) expect(text.trim()).toMatch(/^\S.{9,}[.?!:]$|^\S.{9,}\}$/su)
  })

  it('names the same details in both languages', () => {
    expect(placeholders(what.nb)).toEqual(placeholders(what.en))
    expect(placeholders(next.nb)).toEqual(placeholders(next.en))
  })

  it('is translated', () => {
    expect(what.nb).not.toBe(what.en)
    expect(next.nb).not.toBe(next.en)
  })

  it('has the status of an error', () => {
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(600)
  })
})

it('lists the codes in alphabetical order, each as room.what_happened', () => {
  const codes = entries.map(([code]) => code)
  expect(codes).toEqual([...codes].sort())
  for (const code of codes) expect(code).toMatch(/^[a-z]+\.[a-z][a-z0-9_]*$/)
})
