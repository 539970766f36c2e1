/** The most memory of this process in each phase of a run. */
import { setTimeout as pause } from 'node:timers/promises'
import { liveRuns } from '../src/store/run.ts'
import type { Home } from './home.ts'
import { MB } from './timing.ts'

const LOOK_EVERY_MS = 50

export interface Phases {
  /** MB by phase; `delivering` lasts from the first batch to the last outcome. */
  readonly most: ReadonlyMap<string, number>
  stop(): Promise<void>
}

/** Looks at the memory, and at the live run to know the phase, until it is stopped. */
export function watchPhases({ ports }: Pick<Home, 'ports'>): Phases {
  const most = new Map<string, number>()
  let watching = true
  const look = async (): Promise<void> => {
    while (watching) {
      const phase = (await liveRuns(ports.db))[0]?.phase ?? 'none'
      most.set(phase, Math.max(most.get(phase) ?? 0, process.memoryUsage.rss() / MB))
      await pause(LOOK_EVERY_MS)
    }
  }
  const looking = look()
  return {
    most,
    async stop() {
      watching = false
      await looking
    },
  }
}
