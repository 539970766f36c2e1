/** The machine's own time. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from './ports.ts'

// The longest that Node's timers take; longer waits are cut into several.
const LONGEST_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    signal.throwIfAborted()
    for (let left = ms; left > 0; left -= LONGEST_MS) {
      try {
        await wait(Math.min(left, LONGEST_MS), undefined, { signal })
      } catch (error) {
        // The timer's own error says only that it was aborted; the signal's reason says why.
        signal.throwIfAborted()
        throw error
      }
    }
  },
}
