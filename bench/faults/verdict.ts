/** Compares what lists hold with what they hold when nothing fails, and tells the faults that were met. */
import { type FaultKind, faultKinds } from '../../sandbox/frame/faults.ts'
import type { Stage } from './journey.ts'

const missing = (from: readonly string[], those: readonly string[]): number => {
  const there = new Set(from)
  return those.filter((one) => !there.has(one)).length
}

/** "changed sendgrid/Newsletter lost 3, has 1 too many"; empty where all is equal. */
export const differencesOf = (stages: readonly Stage[], wanted: readonly Stage[]): string[] =>
  wanted.flatMap(({ name, sets }, index) => {
    const found = stages[index]?.sets ?? new Map<string, readonly string[]>()
    const lists = new Set([...sets.keys(), ...found.keys()])
    return [...lists].flatMap((list) => {
      const [want, have] = [sets.get(list), found.get(list)]
      if (want === undefined) return [`${name} ${list} should not be there`]
      if (have === undefined) return [`${name} ${list} is not there`]
      const [lost, extra] = [missing(have, want), missing(want, have)]
      return lost + extra === 0 ? [] : [`${name} ${list} lost ${lost}, has ${extra} too many`]
    })
  })

/** "23 faults (3 reset before, ...)". */
export const faultsTold = (faults: ReadonlyMap<FaultKind, number>): string => {
  const parts = faultKinds.flatMap((kind) => {
    const count = faults.get(kind)
    return count === undefined ? [] : [`${count} ${kind}`]
  })
  const all = [...faults.values()].reduce((sum, count) => sum + count, 0)
  return parts.length === 0 ? 'no faults' : `${all} faults (${parts.join(', ')})`
}
