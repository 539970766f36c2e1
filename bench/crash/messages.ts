/** What the bench tells the server that it kills, and what that server tells of itself. */
import { z } from 'zod'
import { sandboxVendors } from '../../sandbox/vendors.ts'
import { runFigures } from '../run-figures.ts'

export const orders = z.object({
  home: z.string(),
  tables: z.string(),
  endpoints: z.record(z.string(), z.string()),
  /** Refreshes there shall have been when this ends. */
  refreshes: z.number(),
  /** How much faster than the vendors the simulators are, and with them the rates and waits of the server. */
  pace: z.number().default(1),
  /** By the routes for large files, without limits of people and without rates. */
  large: z.object({ maxRecords: z.number().optional() }).optional(),
})
export type Orders = z.input<typeof orders>

const endedRun = runFigures.extend({ kind: z.literal('run'), destination: z.enum(sandboxVendors) })
export type EndedRun = z.infer<typeof endedRun>

const memory = z.object({
  kind: z.literal('memory'),
  /** Bytes: of the process, the data engine's included, and of them on the heap of JavaScript. */
  resident: z.number(),
  heap: z.number(),
  /** Every refresh has ended, and only exports run. */
  exporting: z.boolean(),
})
export type MemoryUse = z.infer<typeof memory>
export const serverMessage = z.discriminatedUnion('kind', [memory, endedRun])
export type ServerMessage = z.infer<typeof serverMessage>
