/** What a server needs to live at the simulators' pace: waits, rates and patience as much shorter as theirs are. */
import type { Clock } from '../src/delivery/ports.ts'
import { systemClock } from '../src/delivery/system-clock.ts'
import { type Timeouts, usualTimeouts } from '../src/outbound/exchange.ts'

/** `pace`: how much faster than the vendors the simulators are. Moments stay those of the machine. */
export const atPace = (pace: number): { readonly clock: Clock; readonly timeouts: Timeouts } => ({
  clock: {
    now: systemClock.now,
    monotonic: () => systemClock.monotonic() * pace,
    sleep: async (ms, signal) => await systemClock.sleep(ms / pace, signal),
  },
  // What happens on the machine takes as long as ever; what the vendor makes of it does not.
  timeouts: {
    ...usualTimeouts,
    headersMs: usualTimeouts.headersMs / pace,
    bodyMs: usualTimeouts.bodyMs / pace,
  },
})
