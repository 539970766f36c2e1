/** Keeps every run of a vendor account within that account's rates: at most so many requests in any window of time. */
import type { Clock } from './ports.ts'

export interface Rate {
  /** Requests in any window. */
  readonly calls: number
  readonly perMs: number
}

/** One limiter for the whole process; runs that share a vendor account use the same keys. */
export interface Rates {
  /** Resolves when one request of `key` may be sent, which is then counted as sent now. Rejects when the signal aborts. */
  take(key: string, rate: Rate, signal: AbortSignal): Promise<void>
  /** Nothing of `key` is sent for the next `ms`: the vendor said to wait. */
  hold(key: string, ms: number): void
}

/**
 * The window is kept a little longer than the vendor's, since requests do not all travel equally fast: two percent, so
 * 98 % of the rate is used.
 */
export const MARGIN = 1.02

interface Waiter {
  go(): void
}

/** One bucket of one account. */
class Bucket {
  readonly #clock: Clock
  /** The last send times, oldest first from `#next`. A plain token bucket would allow twice the rate across a refill. */
  #sentAt = new Float64Array(0)
  #next = 0
  #heldUntil = Number.NEGATIVE_INFINITY
  /** First come, first served: a request that has waited longest must not be overtaken for ever. */
  readonly #queue: Waiter[] = []
  #emptied: AbortController | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  hold(ms: number): void {
    this.#heldUntil = Math.max(this.#heldUntil, this.#clock.monotonic() + ms)
  }

  /** Undefined when there is nothing to wait for. */
  take(rate: Rate, signal: AbortSignal): Promise<void> | undefined {
    this.#fit(rate.calls)
    if (this.#queue.length === 0 && this.#freeAt(rate) <= this.#clock.monotonic()) {
      this.#count()
      return undefined
    }
    return new Promise((resolve, reject) => {
      const aborted = (): void => {
        this.#queue.splice(this.#queue.indexOf(waiter), 1)
        if (this.#queue.length === 0) this.#emptied?.abort()
        reject(signal.reason)
      }
      const waiter: Waiter = {
        go: () => {
          signal.removeEventListener('abort', aborted)
          resolve()
        },
      }
      signal.addEventListener('abort', aborted, { once: true })
      this.#queue.push(waiter)
      if (this.#emptied === undefined) this.#serve(rate).catch(reject)
    })
  }

  #freeAt(rate: Rate): number {
    const oldest = this.#sentAt[this.#next] ?? Number.NEGATIVE_INFINITY
    return Math.max(oldest + rate.perMs * MARGIN, this.#heldUntil)
  }

  #count(): void {
    this.#sentAt[this.#next] = this.#clock.monotonic()
    this.#next = (this.#next + 1) % this.#sentAt.length
  }

  /** A changed rate starts from the send times that are known. */
  #fit(calls: number): void {
    if (this.#sentAt.length === calls) return
    const times = [...this.#sentAt].sort((a, b) => a - b).slice(-calls)
    this.#sentAt = new Float64Array(calls).fill(Number.NEGATIVE_INFINITY)
    this.#sentAt.set(times, calls - times.length)
    this.#next = 0
  }

  /** Lets those who wait go, one by one, until nobody waits. */
  async #serve(rate: Rate): Promise<void> {
    const emptied = new AbortController()
    this.#emptied = emptied
    while (this.#queue.length > 0) {
      const wait = this.#freeAt(rate) - this.#clock.monotonic()
      if (wait > 0) {
        // Rejects only when the last one who waited has gone.
        await this.#clock.sleep(wait, emptied.signal).catch(() => undefined)
      } else {
        this.#count()
        this.#queue.shift()?.go()
      }
      if (emptied.signal.aborted) break
    }
    this.#emptied = undefined
    // Somebody may have come between the last one's leaving and here.
    if (this.#queue.length > 0) await this.#serve(rate)
  }
}

export const openRates = (clock: Clock): Rates => {
  const buckets = new Map<string, Bucket>()
  const bucketOf = (key: string): Bucket => {
    const known = buckets.get(key)
    if (known !== undefined) return known
    const made = new Bucket(clock)
    buckets.set(key, made)
    return made
  }
  return {
    async take(key, rate, signal) {
      signal.throwIfAborted()
      await bucketOf(key).take(rate, signal)
    },
    hold: (key, ms) => bucketOf(key).hold(ms),
  }
}
