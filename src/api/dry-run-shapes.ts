/** How a dry run looks to a client. */
import { z } from 'zod'
import type { DryRun } from '../exports/dry-run.ts'
import { id, moment } from './common.ts'
import { maskedIdentifier } from './masking.ts'

const range = z
  .object({ least: z.number(), most: z.number() })
  .describe('The same twice where it is certain.')
  .meta({ id: 'Range' })

const stop = { code: z.string(), reason: z.string() }

const figures = { added: z.int(), updated: z.int(), removed: z.int(), invalid: z.int(), duplicates: z.int() }

const list = z
  .object({
    id: id.optional().describe('Absent where no run has bound the list yet.'),
    name: z.string(),
    made: z.boolean().describe('The run would make it at the service.'),
    segmentIds: z.array(id),
    expected: z.int().describe('Members that the segments ask for.'),
    ...figures,
    standing: z.int().describe('Refusals that stand, and would not be tried again yet.'),
    present: z.int().describe('People of ours who are on the list now.'),
    theirs: z.int().describe('People who were found on the list; never removed.'),
    kept: z.int().describe('People who would be removed, and stay, since nobody may be removed from this list.'),
    gate: z.object(stop).optional().describe('Why its removals would wait for an approval.'),
  })
  .meta({ id: 'DryRunList' })

const route = z
  .object({
    list: z.string(),
    operation: z.enum(['add', 'remove']),
    route: z.int(),
    records: z.int(),
    calls: z.int().describe('Calls or files that hold people.'),
    requests: z.int().describe('Looks at jobs apart.'),
    looks: range,
  })
  .meta({ id: 'DryRunRoute' })

const result = z
  .object({
    verdict: z
      .object({ kind: z.enum(['pass', 'held', 'refused']), code: z.string().optional(), reason: z.string().optional() })
      .describe('`held`: the run would wait for an approval. `refused`: it would end Failed, and send nobody.'),
    ...figures,
    lists: z.array(list),
    routes: z.array(route),
    requests: range.describe('HTTP requests of the run; of a held one, once it is approved.'),
    looks: range.describe(
      'Of them, those that look at jobs, or ask again for a list that is too new: the service’s own time decides how many.',
    ),
    seconds: range.describe('Of sending, under the rates that Sund keeps to at this service.'),
    limit: z
      .object({
        people: z.int(),
        value: z.int(),
        over: z.enum(['export', 'connection', 'contract']),
        share: z.number().describe('1 is all of it.'),
      })
      .optional()
      .describe('The nearest limit of people, and how much of it the run would use.'),
    sample: z.array(
      z.object({
        list: z.string(),
        kind: z.enum(['add', 'update', 'remove']),
        identifier: z.string(),
        customerId: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'DryRunResult' })

export const dryRunShape = z
  .object({
    id,
    exportId: id,
    status: z.enum(['Processing', 'Ready', 'Failed']),
    createdAt: moment,
    endedAt: moment.optional(),
    code: z.string().optional().describe('Of a failed one: why a run would fail too.'),
    reason: z.string().optional(),
    result: result.optional().describe('Of one that is ready.'),
  })
  .meta({ id: 'DryRun' })

/** People are masked unless `reveal`. */
export const shownResult = (told: DryRun, reveal: boolean): z.infer<typeof result> => {
  const { exportId: _exportId, verdict, lists, routes, limit, sample, ...same } = told
  return {
    ...same,
    verdict: { ...verdict },
    lists: lists.map((one) => ({ ...one, segmentIds: [...one.segmentIds] })),
    routes: [...routes],
    ...(limit === undefined ? {} : { limit: { ...limit, share: limit.people / limit.value } }),
    sample: sample.map((one) => ({
      ...one,
      identifier: reveal ? one.identifier : maskedIdentifier(one.identifier),
    })),
  }
}
