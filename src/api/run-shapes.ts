/** Runs as the API shows them. */
import { z } from 'zod'
import { batchesByState } from '../store/batch.ts'
import type { ControlPlane } from '../store/control-plane.ts'
import type { Run } from '../store/run.ts'
import { listsOfRun } from '../store/run-settle.ts'
import { id, moment, momentOf } from './common.ts'

export const runStatus = z
  .enum(['Queued', 'Processing', 'Successful', 'Partial', 'Held', 'Failed', 'Skipped', 'Canceled'])
  .meta({ id: 'RunStatus' })

export const run = z
  .object({
    id,
    exportId: id,
    refreshId: id.optional(),
    status: runStatus,
    phase: z.enum(['queued', 'planning', 'sealed', 'delivering', 'settling', 'ended']),
    reasonCode: z.string().optional(),
    reason: z.string().optional().describe('Why it did not end Successful.'),
    deltaHash: z.string().optional().describe('Of a Held run: what an approval names.'),
    approved: z.boolean().describe('A person approved what it does.'),
    last: z.boolean().describe('It takes our people off lists that the export fills no more, and does nothing else.'),
    again: z.boolean().describe('Another run was asked for meanwhile; it starts after this one.'),
    added: z.int(),
    updated: z.int(),
    removed: z.int(),
    rejected: z.int(),
    unknown: z.int(),
    invalid: z.int(),
    duplicates: z.int(),
    requests: z.int(),
    writes: z.int(),
    createdAt: moment,
    startedAt: moment.optional(),
    cancelRequestedAt: moment.optional(),
    settledAt: moment.optional().describe('Absent while it is live.'),
  })
  .meta({ id: 'Run' })

export const requestedRun = run
  .extend({ joined: z.boolean().describe('It was under way already, or waiting, and is the same run.') })
  .meta({ id: 'RequestedRun' })

const runList = z
  .object({
    listId: id,
    expected: z.int(),
    added: z.int(),
    updated: z.int(),
    removed: z.int(),
    theirs: z.int().describe('Members found on the list; never removed by us.'),
    kept: z.int().describe('Who would have been removed, and stays, since the list is add-only.'),
    approved: z.boolean(),
  })
  .meta({ id: 'RunList' })

const batchCounts = z
  .object({ pending: z.int(), sending: z.int(), accepted: z.int(), done: z.int() })
  .meta({ id: 'BatchCounts' })

export const runProgress = run
  .extend({
    batches: batchCounts.describe('Batches in each state.'),
    lists: z.array(runList).describe('What it did to each list; empty until it is settled.'),
  })
  .meta({ id: 'RunProgress' })

export const shownRun = (one: Run): z.infer<typeof run> => {
  const { id, exportId, status, phase, last, again } = one
  return {
    ...{ id, exportId, status, phase, last, again },
    ...(one.refreshId === undefined ? {} : { refreshId: one.refreshId }),
    ...(one.reasonCode === undefined ? {} : { reasonCode: one.reasonCode }),
    ...(one.reason === undefined ? {} : { reason: one.reason }),
    ...(one.deltaHash === undefined ? {} : { deltaHash: one.deltaHash }),
    approved: one.approvedHash !== undefined,
    ...{ added: one.added, updated: one.updated, removed: one.removed },
    ...{ rejected: one.rejected, unknown: one.unknown, invalid: one.invalid, duplicates: one.duplicates },
    ...{ requests: one.requests, writes: one.writes },
    createdAt: one.createdAt.toISOString(),
    ...momentOf('startedAt', one.startedAt),
    ...momentOf('cancelRequestedAt', one.cancelRequestedAt),
    ...momentOf('settledAt', one.settledAt),
  }
}

export const progressOf = async (db: ControlPlane['db'], one: Run): Promise<z.infer<typeof runProgress>> => {
  const states = await batchesByState(db, one.id)
  const [pending, sending] = [states.get('pending') ?? 0, states.get('sending') ?? 0]
  const [accepted, done] = [states.get('accepted') ?? 0, states.get('done') ?? 0]
  return {
    ...shownRun(one),
    batches: { pending, sending, accepted, done },
    lists: await listsOfRun(db, one.id),
  }
}
