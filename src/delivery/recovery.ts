/** While a vendor fails, all requests of a connection wait together and one at a time tries whether it is back. */
import { VendorDown } from './failures.ts'
import type { Clock } from './ports.ts'
import { fullJitter, openRetryBudget } from './retry.ts'

const BASE_MS = 200
const CAP_MS = 30_000

/** What one request has met so far. */
export interface Trouble {
  attempts: number
  since: number | undefined
}

export interface Recovery {
  /** Resolves when a request may be sent; true when it is the one that tries a failing vendor. */
  enter(signal: AbortSignal): Promise<boolean>
  /** The vendor answered in a way that shows it works. */
  passed(tries: boolean): void
  /** Neither good nor bad: the request was aborted. */
  left(tries: boolean): void
  /**
   * The vendor failed. Returns how many milliseconds this request waits before it enters again, at least `atLeastMs`;
   * throws VendorDown when the vendor, or this request, has failed for longer than the patience.
   */
  failed(tries: boolean, trouble: Trouble, reason: string, atLeastMs: number): number
}

export const openRecovery = (clock: Clock, random: () => number, patienceMs: number): Recovery => {
  const budget = openRetryBudget()
  let failures = 0
  let downSince: number | undefined
  let resumeAt = 0
  let trying = false
  let waiting: (() => void)[] = []

  const wake = (): void => {
    const woken = waiting
    waiting = []
    for (const go of woken) go()
  }
  const untilWoken = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const aborted = (): void => reject(signal.reason)
      signal.addEventListener('abort', aborted, { once: true })
      waiting.push(() => {
        signal.removeEventListener('abort', aborted)
        resolve()
      })
    })
  const release = (tries: boolean): void => {
    if (tries) trying = false
    wake()
  }

  return {
    async enter(signal) {
      for (;;) {
        signal.throwIfAborted()
        if (failures === 0) return false
        const wait = resumeAt - clock.monotonic()
        if (wait > 0) {
          await clock.sleep(wait, signal)
        } else if (trying) {
          await untilWoken(signal)
        } else {
          trying = true
          return true
        }
      }
    },
    passed(tries) {
      budget.earn()
      failures = 0
      downSince = undefined
      release(tries)
    },
    left: release,
    failed(tries, trouble, reason, atLeastMs) {
      const now = clock.monotonic()
      downSince ??= now
      trouble.since ??= now
      if (now - Math.min(downSince, trouble.since) >= patienceMs) {
        release(tries)
        const minutes = Math.max(1, Math.round((now - Math.min(downSince, trouble.since)) / 60_000))
        throw new VendorDown(`The service has failed for ${minutes} min. Last: ${reason}`)
      }
      // Requests that were under way together fail together: that is one failure, not several.
      if (failures === 0 || tries) failures++
      const ceiling = Math.max(failures, ++trouble.attempts) - 1
      const soon = fullJitter(ceiling, random, BASE_MS, CAP_MS)
      const delay = Math.max(atLeastMs, budget.spend() ? soon : CAP_MS / 2 + (random() * CAP_MS) / 2)
      if (resumeAt < now + delay) resumeAt = now + delay
      release(tries)
      return delay
    },
  }
}
