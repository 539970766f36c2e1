/** Decides, before the first request, whether a planned delta may go out; every stop has a reason a person can act on. */
import type { ErrorCode } from '../errors.ts'
import type { ListDelta } from './plan.ts'

/** Shares and counts of design: an approval is asked above both, or when nobody of ours would be left. */
const REMOVAL_SHARE = 0.2
const REMOVAL_COUNT = 50
/** Days over which removals that nobody approved add up, so that many small losses are noticed like one large one. */
export const REMOVAL_WINDOW_DAYS = 7

export interface GuardInput {
  readonly deltas: readonly ListDelta[]
  /** Names for the reader, by list id. */
  readonly listNames: ReadonlyMap<string, string>
  /** Distinct people that the limit counts, were this run done. */
  readonly people: number
  readonly peopleLimit?: { readonly value: number; readonly over: 'export' | 'connection' | 'contract' }
  /** Settled removals of the last days that nobody approved, by list id. */
  readonly recentRemovals: ReadonlyMap<string, number>
}

export interface GuardStop {
  readonly kind: 'held' | 'refused'
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, string | number>>
}

export type GuardVerdict = { readonly kind: 'pass' } | GuardStop

const limitVerdict = ({ people, peopleLimit }: GuardInput): GuardVerdict | undefined => {
  if (peopleLimit === undefined || people <= peopleLimit.value) return undefined
  const details = { people, limit: peopleLimit.value, over: people - peopleLimit.value }
  if (peopleLimit.over === 'contract') return { kind: 'refused', code: 'run.over_contract_limit', details }
  return {
    kind: 'refused',
    code: peopleLimit.over === 'export' ? 'run.over_export_limit' : 'run.over_connection_limit',
    details,
  }
}

/** Why the removals from one list have to be approved by a person; undefined where they do not. */
export const removalVerdict = (input: GuardInput, delta: ListDelta): GuardStop | undefined => {
  // Removals that an earlier run tried passed the gate then, and are only tried again.
  const { leaving, present } = delta
  if (leaving === 0) return undefined
  const list = input.listNames.get(delta.listId) ?? delta.listId
  const details = { list, removed: leaving, present }
  if (delta.expected === 0) return { kind: 'held', code: 'run.held_all_gone', details }
  const tooMany = (removed: number) => removed >= REMOVAL_COUNT && removed > REMOVAL_SHARE * present
  if (tooMany(leaving)) return { kind: 'held', code: 'run.held_many_removals', details }
  const recent = leaving + (input.recentRemovals.get(delta.listId) ?? 0)
  if (tooMany(recent)) {
    return {
      kind: 'held',
      code: 'run.held_many_removals_lately',
      details: { ...details, recent, days: REMOVAL_WINDOW_DAYS },
    }
  }
  return undefined
}

/** `refused` cannot be approved; `held` can, for exactly the delta that was shown. */
export function guard(input: GuardInput): GuardVerdict {
  const limit = limitVerdict(input)
  if (limit !== undefined) return limit
  const held = input.deltas.map((delta) => removalVerdict(input, delta)).find((verdict) => verdict !== undefined)
  return held ?? { kind: 'pass' }
}
