/** Task: one first run from its start to its end, in a process that did nothing before, with its memory. */
import { z } from 'zod'
import { fastClock, noRates, openHome } from '../home.ts'
import { watchPhases } from '../phases.ts'
import { startReceiver } from '../receiver/receiver.ts'
import { routeOf } from '../routes.ts'
import { makeExport, wholeRun } from '../runs.ts'
import { peakMemory, secondsOf } from '../timing.ts'
import { peak } from './shapes.ts'

export const wholeRunInput = z.object({ folder: z.string(), route: z.string() })
export const wholeRunOutput = z.object({
  exportId: z.string(),
  people: z.number(),
  /** Who came at the receiver. */
  received: z.number(),
  seconds: z.number(),
  /** Most memory of all of it, and while batches were sent, in MB. */
  peak,
  delivering: z.number(),
})

export async function wholeFirstRun(input: z.infer<typeof wholeRunInput>): Promise<z.infer<typeof wholeRunOutput>> {
  const receiver = await startReceiver()
  const route = routeOf(input.route)
  const options = { folder: input.folder, endpoint: receiver.url, rates: noRates, clock: fastClock(1000) }
  const home = await openHome({ ...options, route: route.route })
  try {
    const exportId = await makeExport(home, route)
    const phases = watchPhases(home)
    const seconds = await secondsOf(() => wholeRun(home, exportId))
    await phases.stop()
    return {
      exportId,
      people: home.profiles.rows,
      received: (await receiver.take()).records,
      seconds,
      peak: await peakMemory(),
      delivering: phases.most.get('delivering') ?? Number.NaN,
    }
  } finally {
    await home.close()
    await receiver.close()
  }
}
