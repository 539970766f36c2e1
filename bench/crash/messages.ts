/** What the bench tells the server that it kills, and what that server tells of itself. */
import { z } from 'zod'
import { sandboxVendors } from '../../sandbox/vendors.ts'

export const orders = z.object({
  home: z.string(),
  tables: z.string(),
  endpoints: z.record(z.string(), z.string()),
  /** Refreshes there shall have been when this ends. */
  refreshes: z.number(),
  /** By the routes for large files, without limits of people and without rates. */
  large: z.object({ maxRecords: z.number().optional() }).optional(),
})
export type Orders = z.infer<typeof orders>

const runFigures = z.object({
  kind: z.literal('run'),
  destination: z.enum(sandboxVendors),
  status: z.string(),
  reason: z.string(),
  added: z.number(),
  updated: z.number(),
  removed: z.number(),
  rejected: z.number(),
  unknown: z.number(),
  requests: z.number(),
  writes: z.number(),
  seconds: z.number(),
})
export type RunFigures = z.infer<typeof runFigures>

const memory = z.object({
  kind: z.literal('memory'),
  /** Bytes: of the process, the data engine's included, and of them on the heap of JavaScript. */
  resident: z.number(),
  heap: z.number(),
  /** Every refresh has ended, and only exports run. */
  exporting: z.boolean(),
})
export type MemoryUse = z.infer<typeof memory>
export const serverMessage = z.discriminatedUnion('kind', [memory, runFigures])
export type ServerMessage = z.infer<typeof serverMessage>
