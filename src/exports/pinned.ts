/** What a run keeps to, whatever is changed meanwhile, and what it must know again after a crash. */
import { z } from 'zod'
import { matching } from '../domain/matching.ts'
import { keptField } from './matched-fields.ts'

const stopCauses = [
  'auth',
  'permission',
  'list-missing',
  'quota',
  'terms',
  'bad-request',
  'unreadable',
  'vendor-down',
] as const

const end = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('complete') }),
  z.object({ kind: z.literal('canceled') }),
  z.object({ kind: z.literal('stopped'), cause: z.enum(stopCauses), reason: z.string(), unread: z.number() }),
  // An error of ours, or of a definition, that would come again however often the run were resumed.
  z.object({ kind: z.literal('broken'), reasonCode: z.string(), reason: z.string() }),
])
/** How delivery ended. */
export type PinnedEnd = z.infer<typeof end>

export const pinnedShape = z.object({
  connectionId: z.string(),
  destination: z.string(),
  matching,
  /** What the destination said of each matched field. */
  fields: z.array(keptField).default([]),
  settings: z.record(z.string(), z.string()),
  found: z.record(z.string(), z.string()),
  profilesVersion: z.number(),
  invalid: z.number(),
  duplicates: z.number(),
  standing: z.number(),
  approved: z.boolean(),
  lists: z.array(
    z.object({
      listId: z.string(),
      expected: z.number(),
      segmentIds: z.array(z.string()),
      // Runs that an earlier version pinned do not say these.
      theirs: z.number().default(0),
      kept: z.number().default(0),
    }),
  ),
  /** Names of lists into which nobody can be sent, since each of their members has a value that is refused. */
  nobodyFits: z.array(z.string()).default([]),
  /** Kept before the run is settled, so that a crash does not forget why it stopped. */
  end: end.optional(),
})
export type Pinned = z.infer<typeof pinnedShape>
