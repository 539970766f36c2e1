/** Tells one data matching from another. */
import { createHash } from 'node:crypto'
import type { FieldKind, MatchField } from '../destination-kit/fields.ts'
import type { Matching } from '../domain/matching.ts'

export type Kinds = Readonly<Record<string, FieldKind>>

/** Kinds by field, without those that are text. */
export const kindsOf = (fields: readonly MatchField[] = []): Kinds =>
  Object.fromEntries(fields.flatMap(({ name, kind = 'text' }) => (kind === 'text' ? [] : [[name, kind] as const])))

/** The same text however the keys of objects are ordered, which is lost where they are stored. */
const canonical = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, part]) => [key, canonical(part)] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

const digest = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex')

/**
 * As a UUID. A changed one makes every hash be computed again, and a list whose matching is the same as ever keeps its
 * own: what is written here for plain fields must never change.
 */
export const matchingId = ({ identifier, fields }: Matching, kinds: Kinds): string => {
  const pairs = Object.entries(fields)
    .map(([name, matched]) => [name, canonical(matched)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const own = Object.entries(kinds)
    .filter(([name]) => Object.hasOwn(fields, name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const hex = digest(own.length === 0 ? [identifier, pairs] : [identifier, pairs, own])
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`
}

/** Of the names of the matched fields, in the order of their values. */
export const namesHash = (names: readonly string[]): string => digest(names).slice(0, 16)
