/** Says of a case whether it ended as it must, and how, in one line. */

import type { RunFigures } from '../run-figures.ts'
import type { Case } from './cases.ts'
import type { Ended } from './messages.ts'
import type { Comparison } from './people.ts'

/** What was seen at the vendor. */
export interface Seen extends Comparison {
  /** Requests that change anything there, sent by the runs. */
  readonly writes: number
  readonly members: number
}

/** One line of the bench, as it is printed with `--json`. */
export interface Outcome {
  readonly name: string
  readonly ok: boolean
  readonly status: string
  readonly reason: string
  readonly requests: number
  readonly members: number
  readonly missing: number
  readonly extra: number
  /** Of the run; where the vendor's pace is kept, in the vendor's time. */
  readonly seconds: number
  /** Most memory of the server, and while batches were sent, in MB. */
  readonly memory: number
  readonly sending: number
}

/** MB that a server may take, whatever the number of people. */
const MOST_MEMORY = 2048

const isRefused = ({ status, reasonCode, reason, writes }: RunFigures, over: number, seen: Seen): boolean =>
  status === 'Failed' &&
  /^run\.over_(export|connection|contract)_limit$/.test(reasonCode) &&
  new RegExp(`\\b${over} more than\\b`).test(reason) &&
  seen.members === 0 &&
  seen.writes === 0 &&
  writes === 0

const isDone = (kase: Exclude<Case, { kind: 'over' }>, run: RunFigures): boolean => {
  const [only] = kase.exports
  const people = (only?.people.to ?? 0) - (only?.people.from ?? 0) + 1
  const { status, added, updated, removed, rejected, unknown } = run
  const nothingElse = removed === 0 && rejected === 0 && unknown === 0
  const [wantedAdds, wantedUpdates] = kase.kind === 'at limit' ? [people, 0] : [0, people]
  return status === 'Successful' && nothingElse && added === wantedAdds && updated === wantedUpdates
}

/** How the case ended. */
export function outcomeOf(kase: Case, { runs, peak, delivering }: Ended, seen: Seen): Outcome {
  const asItMust = runs.every((run) =>
    kase.kind === 'over' ? isRefused(run, kase.over, seen) : isDone(kase, run) && seen.missing + seen.extra === 0,
  )
  const pace = kase.speed.kind === 'vendor' ? kase.speed.pace : 1
  return {
    name: kase.name,
    ok: runs.length === kase.exports.length && asItMust && peak <= MOST_MEMORY,
    status: runs.map(({ status }) => status).join(', '),
    reason: [...new Set(runs.map(({ reason }) => reason))].join(' '),
    requests: runs.reduce((sum, run) => sum + run.requests, 0),
    members: seen.members,
    missing: seen.missing,
    extra: seen.extra,
    seconds: Math.max(...runs.map(({ seconds }) => seconds)) * pace,
    memory: Math.round(peak),
    sending: Math.round(delivering),
  }
}

const timed = (seconds: number): string =>
  seconds < 120 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`

/** The outcome for people. */
export function shown({ speed }: Case, outcome: Outcome): string {
  const { ok, name, status, reason, requests, members, missing, extra, seconds, memory, sending } = outcome
  const list = `${members} on the list, ${missing} missing, ${extra} too many`
  const time = speed.kind === 'vendor' ? `${timed(seconds)} of the vendor’s time` : timed(seconds)
  const told = reason === '' ? '' : ` ${reason}`
  const most = `most memory ${memory} MB${sending === 0 ? '' : `, ${sending} MB while sending`}`
  return `${ok ? 'ok    ' : 'NOT OK'}  ${name}: ${status} in ${time}, ${requests} requests; ${list}; ${most}.${told}`
}
