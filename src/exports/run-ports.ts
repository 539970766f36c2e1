/** What the execution of a run needs from around it. */
import type { ConnectionPorts } from '../connections/open-connection.ts'
import type { DataEngine } from '../engine/engine.ts'

export interface RunPorts extends ConnectionPorts {
  readonly engine: DataEngine
  /** The secret, in hex, by which people in the ledger are named: the same as for profiles. */
  readonly identityKey: string
  readonly options?: {
    /** Records in one call, where fewer than the vendor takes are wanted: to measure and to test. */
    readonly maxRecords?: number
    /** No limits of people: to measure. Never a setting. */
    readonly guardOff?: boolean
    /** Place of the route that is taken whatever its threshold, where a destination has several: to measure each. */
    readonly route?: number
  }
}
