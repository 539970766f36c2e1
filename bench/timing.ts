/** How time and memory are measured: ours and the floor in turns, so that a busy machine slows both. */
import { readFile } from 'node:fs/promises'

/** Seconds that the work takes. */
export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

export interface Side {
  /** Undoes what the round before left; not measured. */
  readonly before?: () => Promise<unknown>
  readonly work: () => Promise<unknown>
}

/**
 * Medians of seconds, ours and the floor in turns; the order changes from round to round, since what runs second finds
 * warm caches.
 */
export async function inTurns(rounds: number, ours: Side, floor: Side): Promise<{ ours: number; floor: number }> {
  const times: Record<'ours' | 'floor', number[]> = { ours: [], floor: [] }
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? (['floor', 'ours'] as const) : (['ours', 'floor'] as const)
    for (const side of order) {
      const { before, work } = side === 'ours' ? ours : floor
      await before?.()
      times[side].push(await secondsOf(work))
    }
  }
  return { ours: median(times.ours), floor: median(times.floor) }
}

export const MB = 1024 * 1024

/** The most memory that this process ever had, in MB. */
export async function peakMemory(): Promise<number> {
  // The kernel's own mark; other systems give it through getrusage.
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '')
  const marked = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]
  return marked === undefined ? process.resourceUsage().maxRSS / 1024 : Number(marked) / 1024
}
