/** What several tasks give back. */
import { z } from 'zod'

/** Medians in seconds, of rounds in turns. */
export const besideFloor = z.object({ ours: z.number(), floor: z.number() })

/** Most memory of the task's process so far, in MB. */
export const peak = z.number()
