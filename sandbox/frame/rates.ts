/** Rate windows as vendors keep them: aligned to the clock, or sliding. */

export interface Taken {
  readonly allowed: boolean
  readonly limit: number
  readonly remaining: number
  /** When the window gives calls again, in milliseconds since the epoch. */
  readonly resetAt: number
}

export interface RateWindow {
  /** Counts one call made at `now`, unless there is no room for it. */
  take(now: number): Taken
}

/** `calls` in each stretch of `length` milliseconds, stretches counted from the epoch: at vendor pace, from minute to minute. */
export const alignedWindow = (calls: number, length: number): RateWindow => {
  let current = -1
  let used = 0
  return {
    take(now) {
      const index = Math.floor(now / length)
      if (index !== current) {
        current = index
        used = 0
      }
      const allowed = used < calls
      if (allowed) used++
      return { allowed, limit: calls, remaining: calls - used, resetAt: Math.ceil((index + 1) * length) }
    },
  }
}

/** `calls` in any `length` milliseconds. */
export const slidingWindow = (calls: number, length: number): RateWindow => {
  let times: number[] = []
  return {
    take(now) {
      times = times.filter((time) => time > now - length)
      const allowed = times.length < calls
      if (allowed) times.push(now)
      const oldest = times[0] ?? now
      return { allowed, limit: calls, remaining: calls - times.length, resetAt: Math.ceil(oldest + length) }
    },
  }
}
