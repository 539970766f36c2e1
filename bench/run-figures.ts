/** What a server of a bench tells of a run that ended. */
import { z } from 'zod'
import type { Run } from '../src/store/run.ts'

export const runFigures = z.object({
  status: z.string(),
  reasonCode: z.string(),
  reason: z.string(),
  added: z.number(),
  updated: z.number(),
  removed: z.number(),
  rejected: z.number(),
  unknown: z.number(),
  requests: z.number(),
  writes: z.number(),
  /** From its start to its end, by the machine's clock; 0 before it ended. */
  seconds: z.number(),
})
export type RunFigures = z.infer<typeof runFigures>

const secondsBetween = (from: Date | undefined, to: Date | undefined): number =>
  from === undefined || to === undefined ? 0 : (to.getTime() - from.getTime()) / 1000

export const figuresOf = (run: Run): RunFigures => {
  const { status, reasonCode = '', reason = '', added, updated, removed, rejected, unknown, requests, writes } = run
  const seconds = secondsBetween(run.startedAt, run.settledAt)
  return { status, reasonCode, reason, added, updated, removed, rejected, unknown, requests, writes, seconds }
}
