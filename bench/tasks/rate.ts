/** Task: everybody leaves a SendGrid list, which takes a look-up for each hundred: the vendor's rate is what bounds it. */
import { z } from 'zod'
import { openRates } from '../../src/delivery/rates.ts'
import { sendgrid } from '../../src/destinations/sendgrid.ts'
import { sealMembers } from '../../src/segments/members.ts'
import { fastClock, openHome, SEGMENT } from '../home.ts'
import { everybody, nobody } from '../people.ts'
import { startReceiver } from '../receiver/receiver.ts'
import { routeOf } from '../routes.ts'
import { makeExport, wholeRun } from '../runs.ts'

export const rateInput = z.object({ folder: z.string(), times: z.number() })
export const rateOutput = z.object({
  /** Look-ups of one window of the definition, and how long that is on the fast clock, in seconds. */
  calls: z.number(),
  seconds: z.number(),
  /** Look-ups a window, from the first window's start to the last one's. */
  used: z.number(),
  /** Most look-ups in any window, at the receiver. */
  most: z.number(),
})

const LOOK_UPS = '/search/emails$'

/** The most arrivals in any window of so many milliseconds; `arrivals` ascend. */
const mostWithin = (arrivals: readonly number[], windowMs: number): number => {
  let most = 0
  let first = 0
  for (const [last, at] of arrivals.entries()) {
    while (at - (arrivals[first] ?? at) >= windowMs) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}

/** Calls a window, over the whole windows that the arrivals fill: they come in bursts, as the window lets them. */
const perWindow = (arrivals: readonly number[], calls: number, windowMs: number): number => {
  const last = Math.floor((arrivals.length - 1) / calls) * calls
  const [start = 0] = arrivals
  return last === 0 ? Number.NaN : (last * windowMs) / ((arrivals[last] ?? start) - start)
}

/** `times`: how much faster than the definition's the clock is, and with it the window. */
export async function rate({ folder, times }: z.infer<typeof rateInput>): Promise<z.infer<typeof rateOutput>> {
  const receiver = await startReceiver()
  const clock = fastClock(times)
  const declared = sendgrid.rates.contacts
  if (declared === undefined) throw new Error('SendGrid declares no rate of look-ups.')
  const { calls, per } = declared
  const windowMs = (per * 1000) / times
  const home = await openHome({ folder, endpoint: receiver.url, clock, rates: openRates(clock) })
  const sealRule = async (rule: unknown) => {
    const options = { now: new Date(), today: '2026-11-21' }
    await sealMembers(home.ports.engine, [{ id: home.segmentId, name: SEGMENT, rule }], home.profiles, options)
  }
  try {
    const exportId = await makeExport(home, routeOf('sendgrid put'))
    await wholeRun(home, exportId)
    await sealRule(nobody)
    // That all are gone is asked about, as it must be.
    const { deltaHash } = await wholeRun(home, exportId, { status: 'Held' })
    await receiver.take({ watch: LOOK_UPS })
    await wholeRun(home, exportId, deltaHash === undefined ? {} : { approvedHash: deltaHash })
    const { records, arrivals } = await receiver.take()
    if (records !== home.profiles.rows) throw new Error(`${records} of ${home.profiles.rows} people were taken off.`)
    return {
      calls: calls.value,
      seconds: windowMs / 1000,
      used: perWindow(arrivals, calls.value, windowMs),
      most: mostWithin(arrivals, windowMs),
    }
  } finally {
    await sealRule(everybody)
    await home.close()
    await receiver.close()
  }
}
