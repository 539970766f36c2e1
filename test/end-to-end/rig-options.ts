/** What a test's company may be given in place of the usual. */
import type { FaultOptions } from '../../sandbox/frame/faults.ts'
import type { SandboxOptions, SandboxVendor } from '../../sandbox/sandbox.ts'
import type { VendorSettings } from '../../sandbox/vendors.ts'
import type { RunPorts } from '../../src/exports/run-ports.ts'
import type { Log } from '../../src/store/log.ts'

export interface RigOptions {
  /** Of the machine's own time, whatever the pace. */
  readonly patienceMs?: number
  /** How much faster the server's waits pass. */
  readonly serverPace?: number
  readonly run?: RunPorts['options']
  /** What goes wrong at the vendors. */
  readonly faults?: FaultOptions
  readonly log?: Log
  /** Where everything is kept; a temporary folder by default. */
  readonly base?: string
  /** Of simulators that run elsewhere, in place of those of this process. */
  readonly urls?: Readonly<Partial<Record<SandboxVendor, string>>>
  /** Of the simulators. */
  readonly settings?: VendorSettings
  /** How long a refresh or a run may take. */
  readonly longestMs?: number
  /** Sees what is asked of the simulators and what they answer. */
  readonly onExchanged?: SandboxOptions['onExchanged']
}
