/** The `sund sandbox` command: all simulators in one process, until it is told to stop. */
import { exampleCredentials } from './credentials.ts'
import type { FaultOptions } from './frame/faults.ts'
import { startSandbox } from './sandbox.ts'
import { type SandboxVendor, sandboxVendors } from './vendors.ts'

export interface SandboxArguments {
  readonly home: string
  readonly pace: number
  readonly limits: boolean
  readonly latencyMs: number
  readonly ports: Partial<Record<SandboxVendor, number>>
  readonly faults?: FaultOptions
}

const stopped = (): Promise<void> =>
  new Promise((resolve) => {
    const stop = (): void => {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
      resolve()
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  })

const tellFaults = (faults: FaultOptions | undefined): string =>
  faults === undefined || faults.share === 0
    ? ''
    : `${faults.share * 100} % of all requests go wrong, by seed ${faults.seed}.\n`

/** Prints each simulator's address and the credentials it takes, then serves until SIGINT or SIGTERM. */
export async function runSandbox(args: SandboxArguments): Promise<void> {
  const sandbox = await startSandbox(args)
  // Listening before anything is printed: whoever reads the addresses may stop us at once.
  const stop = stopped()
  const lines = sandboxVendors.flatMap((vendor) => [
    `${vendor}  ${sandbox.urls[vendor]}`,
    ...Object.entries(exampleCredentials[vendor]).map(([name, value]) => `  ${name}  ${value}`),
    '',
  ])
  process.stdout.write(
    `${lines.join('\n')}${tellFaults(args.faults)}State is kept in ${args.home}. Stop with Ctrl+C.\n`,
  )
  await stop
  await sandbox.close()
}
