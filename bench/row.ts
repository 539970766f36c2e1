/** One line of the bench table: what was measured, the floor beside it, and whether it is what it shall be. */

/** What a value shall reach. `ratio` is the value divided by its floor. */
export interface Reach {
  readonly atMost?: number
  readonly atLeast?: number
  readonly ratioAtMost?: number
  readonly ratioAtLeast?: number
  /** Nothing but that everybody arrived: the value is told, and has no bound. */
  readonly everybody?: { readonly wanted: number; readonly came: number }
}

export interface Measured {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** The same work without Sund, measured in the same run, in the same unit. */
  readonly floor?: number
  readonly reach: Reach
}

/** A row as it is printed with `--json`; `floor` and `ratio` are null where there is no floor. */
export interface Row {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly floor: number | null
  readonly ratio: number | null
  readonly reach: string
  readonly ok: boolean
}

const rounded = (value: number): number => Number(value.toPrecision(4))

const wordsOf = (reach: Reach, unit: string): string => {
  const parts: string[] = []
  if (reach.ratioAtMost !== undefined) parts.push(`ratio <= ${reach.ratioAtMost}`)
  if (reach.ratioAtLeast !== undefined) parts.push(`ratio >= ${reach.ratioAtLeast}`)
  if (reach.atMost !== undefined) parts.push(`<= ${reach.atMost} ${unit}`)
  if (reach.atLeast !== undefined) parts.push(`>= ${reach.atLeast} ${unit}`)
  if (reach.everybody !== undefined) parts.push(`all ${reach.everybody.wanted} came`)
  return parts.join(' and ')
}

/** A bound without anything to hold against it is not met. */
const within = (value: number | undefined, most: number | undefined, least: number | undefined): boolean => {
  if (most === undefined && least === undefined) return true
  if (value === undefined || !Number.isFinite(value)) return false
  return value <= (most ?? Number.POSITIVE_INFINITY) && value >= (least ?? Number.NEGATIVE_INFINITY)
}

/** Judges what was measured. Throws where nothing is to be reached: such a row could not fail. */
export function judged({ name, value, unit, floor, reach }: Measured): Row {
  if (Object.keys(reach).length === 0) throw new TypeError(`The row ${name} has nothing to reach.`)
  const ratio = floor === undefined ? undefined : value / floor
  const ok =
    Number.isFinite(value) &&
    reach.everybody?.wanted === reach.everybody?.came &&
    within(value, reach.atMost, reach.atLeast) &&
    within(ratio, reach.ratioAtMost, reach.ratioAtLeast)
  return {
    name,
    value: rounded(value),
    unit,
    floor: floor === undefined ? null : rounded(floor),
    ratio: ratio === undefined ? null : rounded(ratio),
    reach: wordsOf(reach, unit),
    ok,
  }
}

/** The row as one line for people. */
export function shown({ name, value, unit, floor, ratio, reach, ok }: Row): string {
  const beside = floor === null || ratio === null ? '' : `floor ${floor} ${unit}, ratio ${ratio}`
  return `${ok ? 'ok    ' : 'NOT OK'}  ${name.padEnd(52)} ${`${value} ${unit}`.padEnd(20)} ${beside.padEnd(46)} ${reach}`.trimEnd()
}
