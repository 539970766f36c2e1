/** The simulator of one vendor on loopback, with the suite's clock in place of the machine's, and nothing on disk. */
import { openDatabase } from '../../sandbox/frame/database.ts'
import { faultSchema } from '../../sandbox/frame/faults.ts'
import { logSchema, requestLog } from '../../sandbox/frame/request-log.ts'
import { router } from '../../sandbox/frame/router.ts'
import { serve } from '../../sandbox/frame/server.ts'
import type { Simulation, VendorDefinition } from '../../sandbox/frame/vendor.ts'

export interface Simulator {
  readonly port: number
  /** The origin of addresses in its answers; its own until it is told. */
  answersAt(origin: string): void
  /** Can a request of this method and path change what the vendor keeps? */
  writes(method: string, path: string): boolean
  /** Members of the list, sorted, with all that is due applied. */
  members(listId: string): string[]
  lists(): Simulation['lists'] extends () => infer Lists ? Lists : never
  /** Each use of a switch that must never be sent. */
  forbidden(): string[]
  close(): Promise<void>
}

/** `now` in milliseconds since the epoch. Waits and rates are the vendor's own. */
export const openSimulator = async (definition: VendorDefinition, now: () => number): Promise<Simulator> => {
  const db = openDatabase(':memory:', `${logSchema}${faultSchema}${definition.schema}`)
  let origin = ''
  const log = requestLog(db, true)
  const simulation = definition.start({
    ...{ db, now, limits: true, discard: false },
    wait: (seconds) => seconds * 1000,
    origin: () => origin,
    storageOrigin: () => origin,
    stageDelivery: log.stage,
    dropDelivery: log.dropStaged,
  })
  const server = await serve(simulation, {
    ...{ vendor: 'conformance', port: 0, storagePort: 0, latencyMs: 0, db, log, now },
    onPhase: () => undefined,
    onForbidden: () => undefined,
  })
  origin = `http://127.0.0.1:${server.port}`
  const match = router(simulation.routes)
  return {
    port: server.port,
    answersAt(told) {
      origin = told
    },
    writes(method, path) {
      const found = match(method, path)
      return found.kind === 'route' && found.route.write === true
    },
    members(listId) {
      simulation.settle()
      return [...simulation.members(listId)].sort()
    },
    lists: () => simulation.lists(),
    forbidden: () => log.forbidden(),
    async close() {
      await server.close()
      db.close()
    },
  }
}
