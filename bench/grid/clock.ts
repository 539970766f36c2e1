/** The time of the grid: it stands still while anything happens, and jumps to the next sleeper when nothing does. */
import type { Clock } from '../../src/delivery/ports.ts'

interface Sleeper {
  readonly at: number
  readonly order: number
  wake(): void
}

export interface GridClock extends Clock {
  /** Time does not jump while the work goes on: somebody on this machine is waited for. */
  during<T>(work: () => Promise<T>): Promise<T>
  /** Lets so many milliseconds pass. */
  pass(ms: number): void
}

const turn = (): Promise<void> => new Promise((done) => setImmediate(done))
/** Turns of the event loop in which everything that can go on without time passing goes on. */
const QUIET_TURNS = 4
const LOOK_AGAIN_MS = 1

/** `start`: milliseconds since the epoch. */
export const gridClock = (start: number): GridClock => {
  const sleepers: Sleeper[] = []
  let now = 0
  let order = 0
  let busy = 0
  let pumping = false

  const pump = async (): Promise<void> => {
    pumping = true
    while (sleepers.length > 0) {
      for (let turns = 0; turns < QUIET_TURNS; turns++) await turn()
      if (busy > 0) {
        await new Promise((done) => setTimeout(done, LOOK_AGAIN_MS))
        continue
      }
      sleepers.sort((a, b) => a.at - b.at || a.order - b.order)
      const next = sleepers.shift()
      if (next === undefined) break
      now = Math.max(now, next.at)
      next.wake()
    }
    pumping = false
  }

  return {
    now: () => new Date(start + now),
    monotonic: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const aborted = (): void => {
          sleepers.splice(sleepers.indexOf(sleeper), 1)
          reject(signal.reason)
        }
        const sleeper: Sleeper = {
          at: now + ms,
          order: order++,
          wake: () => {
            signal.removeEventListener('abort', aborted)
            resolve()
          },
        }
        signal.addEventListener('abort', aborted, { once: true })
        sleepers.push(sleeper)
        if (!pumping) void pump()
      }),
    async during(work) {
      busy++
      try {
        return await work()
      } finally {
        busy--
      }
    },
    pass(ms) {
      now += ms
    },
  }
}
