/** What the limits bench tells its server processes, and what they tell of themselves. */
import { z } from 'zod'
import { sandboxVendors } from '../../sandbox/vendors.ts'
import { runFigures } from '../run-figures.ts'

const span = z.object({ from: z.number(), to: z.number() })
const named = z.object({ name: z.string(), people: span })

const speed = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('full') }),
  z.object({ kind: z.literal('vendor'), pace: z.number() }),
])

export const orders = z.discriminatedUnion('kind', [
  /** Makes profiles and segments of the people file; ends when they are sealed. */
  z.object({ kind: z.literal('prepare'), home: z.string(), tables: z.string(), segments: z.array(named).readonly() }),
  /** Sets up a connection and its exports, says `ready`, and runs each of them once when it is told to. */
  z.object({
    kind: z.literal('run'),
    home: z.string(),
    endpoints: z.record(z.string(), z.string()),
    vendor: z.enum(sandboxVendors),
    /** Of the connection. */
    name: z.string(),
    exports: z.array(named).readonly(),
    speed,
    contractLimit: z.number().optional(),
  }),
])
export type Orders = z.infer<typeof orders>
export type RunOrders = Extract<Orders, { kind: 'run' }>

const ended = z.object({
  kind: z.literal('ended'),
  runs: z.array(runFigures),
  /** Most memory of the process, and while batches were sent, in MB. */
  peak: z.number(),
  delivering: z.number(),
})
export type Ended = z.infer<typeof ended>

export const serverMessage = z.discriminatedUnion('kind', [z.object({ kind: z.literal('ready') }), ended])
export type ServerMessage = z.infer<typeof serverMessage>
