/** Waits until a server has nothing left to do, and shows how far it is on a terminal. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Server } from '../src/server.ts'
import { batchesByState } from '../src/store/batch.ts'
import { getExport } from '../src/store/export.ts'
import { liveRefreshes } from '../src/store/refresh.ts'
import { exportsOwedRun, liveRuns, type Run } from '../src/store/run.ts'

const LOOK_EVERY_MS = 50

async function progressOf({ ports: { db } }: Server, run: Run): Promise<string> {
  const { name } = await getExport(db, run.exportId)
  const states = await batchesByState(db, run.id)
  const of = (...wanted: readonly ('pending' | 'sending' | 'accepted' | 'done')[]) =>
    wanted.reduce((sum, state) => sum + (states.get(state) ?? 0), 0)
  const all = of('pending', 'sending', 'accepted', 'done')
  const waiting = of('accepted')
  const how =
    all === 0
      ? run.phase
      : `${of('done')} of ${all} batches${waiting === 0 ? '' : `, ${waiting} waiting for the service`}`
  return `${name}: ${how}`
}

/** What is going on, in one line; undefined when nothing is. */
export async function progressLine(server: Server): Promise<string | undefined> {
  const { db } = server.ports
  const [refresh] = await liveRefreshes(db)
  const runs = await liveRuns(db)
  if (refresh === undefined && runs.length === 0) {
    return (await exportsOwedRun(db)).length === 0 ? undefined : 'one more run is due'
  }
  const parts = await Promise.all(runs.map(async (run) => await progressOf(server, run)))
  return [...(refresh === undefined ? [] : [`refresh: ${refresh.step ?? 'starting'}`]), ...parts].join('  |  ')
}

/** Resolves when no refresh and no run is live. `show` gets each new line. */
export async function untilIdle(server: Server, show: (line: string) => void, signal: AbortSignal): Promise<void> {
  let shown = ''
  for (;;) {
    signal.throwIfAborted()
    const line = await progressLine(server)
    if (line === undefined) return
    if (line !== shown) show(line)
    shown = line
    await pause(LOOK_EVERY_MS, undefined, { signal })
  }
}
