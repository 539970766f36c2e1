/** Repeatable chance: the same seed, stream and index give the same draws, in any order and on any machine. */

export interface Random {
  /** From 0 up to, but not including, 1. */
  fraction(): number
  /** A whole number from 0 up to, but not including, `below`. */
  below(below: number): number
  pick<T>(choices: readonly [T, ...T[]]): T
  /** An item of the table, as often as its weight says. */
  weighted<T>(choices: readonly [Weighted<T>, ...Weighted<T>[]]): T
}

export type Weighted<T> = readonly [item: T, weight: number]

const WARM_UP = 12

/** Chris Doty-Humphrey's small fast counter (sfc32), which is in the public domain. */
const sfc32 = (a0: number, b0: number, c0: number): (() => number) => {
  let [a, b, c, counter] = [a0 | 0, b0 | 0, c0 | 0, 1]
  const next = (): number => {
    const result = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + result) | 0
    return (result >>> 0) / 2 ** 32
  }
  for (let round = 0; round < WARM_UP; round++) next()
  return next
}

/** Draws of their own for every `stream` (what is drawn) and `index` (for whom). All three are whole numbers. */
export const random = (seed: number, stream: number, index: number): Random => {
  const fraction = sfc32(seed, stream, index)
  const below = (limit: number): number => Math.floor(fraction() * limit)
  return {
    fraction,
    below,
    pick: (choices) => choices[below(choices.length)] ?? choices[0],
    weighted(choices) {
      let rest = fraction() * choices.reduce((sum, [, weight]) => sum + weight, 0)
      for (const [item, weight] of choices) {
        rest -= weight
        if (rest < 0) return item
      }
      return choices[0][0]
    },
  }
}
