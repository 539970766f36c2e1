/** Starts the receiving process and asks it what it got. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const counts = z.object({
  requests: z.number(),
  /** People in the calls that change a list. */
  records: z.number(),
  bytes: z.number(),
  refused: z.number(),
  /** Milliseconds, on the receiver's clock, of requests to the watched path. */
  arrivals: z.array(z.number()),
})
export type Counts = z.infer<typeof counts>

/** Asks for the counts since the last time; `watch` is the path, as a pattern, whose arrivals are noted from now on. */
export interface Ordered {
  readonly watch?: string
}

export interface Receiver {
  readonly url: URL
  /** What came since the last call. */
  take(order?: Ordered): Promise<Counts>
  close(): Promise<void>
}

export async function startReceiver(): Promise<Receiver> {
  const child = fork(fileURLToPath(new URL('./main.ts', import.meta.url)), { serialization: 'advanced' })
  const said = async (): Promise<unknown> => (await once(child, 'message'))[0]
  const { port } = z.object({ port: z.number() }).parse(await said())
  return {
    url: new URL(`http://127.0.0.1:${port}`),
    async take(order = {}) {
      child.send(order)
      return z.object({ counts }).parse(await said()).counts
    },
    async close() {
      const gone = once(child, 'exit')
      child.disconnect()
      await gone
    },
  }
}
