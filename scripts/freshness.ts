/** Tells whether a generated file holds what would be generated now, and reads what is written by hand for it. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

export const isFresh = (file: string, wanted: string): boolean =>
  existsSync(file) && readFileSync(file, 'utf8') === wanted

/** What is written by hand about a destination, beside its definition; empty where nothing is. */
export const gotchasOf = (slug: string): string => {
  const file = join(root, 'src/destinations', slug, 'gotchas.md')
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}
