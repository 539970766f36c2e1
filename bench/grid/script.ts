/** Says which requests of a run meet the fault of its cell, and remembers which did. */
import type { SandboxVendor } from '../../sandbox/vendors.ts'
import type { Fault, Phase } from './faults.ts'
import type { StandIn } from './stand-in.ts'
import { type Asked, isBodiless, isSignIn, jobAnswer, wordsFor } from './vendor-words.ts'

/** One request that meets the fault. */
export interface Hit {
  readonly fault: Fault
  readonly phase: Phase
  /** What stands in for the vendor's answer, where the fault has words. */
  readonly standIn?: StandIn
  /** Resolves once the vendor has done what it will do. */
  readonly done: Promise<void>
  settle(half: boolean): void
}

export interface Counts {
  requests: number
  signIns: number
  hits: number
  /** Hits of which half was applied. */
  halves: number
}

export interface Script {
  readonly counts: Counts
  /** Counts the request, and says what it meets. */
  draw(asked: Asked): Hit | undefined
}

/** What makes requests of one kind: the path without what names one thing. */
const kindOf = ({ method, path }: Asked): string =>
  `${method} ${path
    .split('/')
    .map((part) => (/[@%]|^[^/]*\d[^/]*$/.test(part) && !/^v\d/.test(part) ? '{}' : part))
    .join('/')}`

const most = ({ hits }: Fault): number => {
  if (hits === 'first') return 1
  return hits === 'first two' ? 2 : Number.POSITIVE_INFINITY
}

const emptyBodies = new Set(['200-empty', '204'])

interface Meets {
  readonly standIn?: StandIn
}

/** Does this request meet the fault, and with which words? */
const meets = (vendor: SandboxVendor, { name, wire }: Fault, phase: Phase, asked: Asked): Meets | undefined => {
  // There the fault is the good answer itself: nothing was spoilt, so nothing may be untrue.
  if (emptyBodies.has(name) && phase === 'not-received' && isBodiless(vendor, asked)) return undefined
  if (wire.how === 'job') {
    const standIn = jobAnswer(vendor, wire.state, asked)
    return standIn === undefined ? undefined : { standIn }
  }
  // Reading changes nothing, so it is never done with the answer lost; and only people are done in part.
  if (phase === 'applied' && asked.method === 'GET') return undefined
  if (phase === 'partly' && !asked.holdsSeveral) return undefined
  if (wire.how !== 'own words') return {}
  const standIn = wordsFor(vendor, wire.says, asked)
  return standIn === undefined ? undefined : { standIn }
}

/** For one run, and those after it that are to meet what is left of the fault. `monotonic`: milliseconds. */
export const faultScript = (
  vendor: SandboxVendor,
  plan: { readonly fault: Fault; readonly phase: Phase } | undefined,
  monotonic: () => number,
): Script => {
  const counts: Counts = { requests: 0, signIns: 0, hits: 0, halves: 0 }
  const seen = new Map<string, number>()
  const startedAt = monotonic()
  const isOver = ({ hits }: Fault): boolean =>
    typeof hits === 'object' && monotonic() - startedAt >= hits.seconds * 1000
  return {
    counts,
    draw(asked) {
      counts.requests++
      if (isSignIn(vendor, asked)) counts.signIns++
      if (plan === undefined || isOver(plan.fault)) return undefined
      const met = meets(vendor, plan.fault, plan.phase, asked)
      const kind = kindOf(asked)
      const before = seen.get(kind) ?? 0
      if (met === undefined || before >= most(plan.fault)) return undefined
      seen.set(kind, before + 1)
      counts.hits++
      let settled: () => void = () => undefined
      const done = new Promise<void>((resolve) => {
        settled = resolve
      })
      return {
        ...plan,
        ...met,
        done,
        settle(half) {
          if (half) counts.halves++
          settled()
        },
      }
    },
  }
}
