/** The seed of all properties: the same at every run, so that a failure is about the change; another where it is asked for. */
import fc from 'fast-check'

const USUAL = 20261122

/** `SUND_SEED`: a whole number, or `random` to explore. Throws for anything else. */
export const seedOf = (asked: string | undefined, random: () => number): number => {
  if (asked === undefined || asked === '') return USUAL
  if (asked === 'random') return Math.floor(random() * 2 ** 31)
  const seed = Number(asked)
  if (Number.isSafeInteger(seed)) return seed
  throw new Error(`SUND_SEED is a whole number or "random", not "${asked}".`)
}

const { SUND_SEED } = process.env
fc.configureGlobal({ seed: seedOf(SUND_SEED, Math.random) })
