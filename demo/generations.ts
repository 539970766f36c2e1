/** Who is in the sample tables: a first generation, or what it became after some joined, left and changed. */
import { changedPerson, type Person, personOf, STREAM } from './people.ts'
import { random } from './random.ts'

/** Shares of the first generation, from 0 to 1; `removed` and `changed` together at most 1. */
export interface Changes {
  readonly added?: number
  readonly removed?: number
  readonly changed?: number
}

export interface Generation {
  /** How many there were at first. */
  readonly people: number
  /** A whole number. */
  readonly seed: number
  readonly changes?: Changes
}

export type Fate =
  | { readonly kind: 'kept'; readonly before: Person; readonly after: Person }
  | { readonly kind: 'changed'; readonly before: Person; readonly after: Person }
  | { readonly kind: 'removed'; readonly before: Person }
  | { readonly kind: 'added'; readonly after: Person }

export interface Counts {
  /** In the tables now. */
  readonly people: number
  readonly added: number
  readonly removed: number
  readonly changed: number
}

const fateOf = (seed: number, index: number, { removed = 0, changed = 0 }: Changes): Fate => {
  const before = personOf(seed, index)
  const chance = random(seed, STREAM.evolution, index)
  const drawn = chance.fraction()
  if (drawn < removed) return { kind: 'removed', before }
  if (drawn < removed + changed) return { kind: 'changed', before, after: changedPerson(before, chance) }
  return { kind: 'kept', before, after: before }
}

/** What became of everybody of the first generation, then who joined: what a second refresh is expected to find. */
export function* evolution({ people, seed, changes = {} }: Generation): Generator<Fate> {
  for (let index = 0; index < people; index++) yield fateOf(seed, index, changes)
  const joined = Math.round(people * (changes.added ?? 0))
  for (let index = people; index < people + joined; index++) yield { kind: 'added', after: personOf(seed, index) }
}

/** Everybody in the tables of this generation, by number. */
export function* samplePeople(generation: Generation): Generator<Person> {
  for (const fate of evolution(generation)) if (fate.kind !== 'removed') yield fate.after
}

export const countsOf = (generation: Generation): Counts => {
  const counts = { kept: 0, added: 0, removed: 0, changed: 0 }
  for (const { kind } of evolution(generation)) counts[kind]++
  const { kept, ...rest } = counts
  return { people: kept + rest.added + rest.changed, ...rest }
}
