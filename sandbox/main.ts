/** The `sund sandbox` command: all simulators in one process, until it is told to stop. */
import { exampleCredentials } from './credentials.ts'
import type { FaultOptions } from './frame/faults.ts'
import { type RunningPage, servePage } from './page/server.ts'
import { portInUse, type Sandbox, startSandbox } from './sandbox.ts'
import { type SandboxVendor, sandboxVendors } from './vendors.ts'

export interface SandboxArguments {
  readonly home: string
  readonly pace: number
  readonly limits: boolean
  readonly latencyMs: number
  readonly ports: Partial<Record<SandboxVendor, number>>
  readonly faults?: FaultOptions
  /** Port of the page that shows lists and requests; 0: any free one. */
  readonly page: number
}

/** Ports by vendor, as somebody named them. Throws Error for a vendor that is not simulated. */
export const portsOf = (named: ReadonlyMap<string, number>): Partial<Record<SandboxVendor, number>> => {
  const ports: Partial<Record<SandboxVendor, number>> = {}
  for (const [name, port] of named) {
    const vendor = sandboxVendors.find((one) => one === name)
    if (vendor === undefined) {
      throw new Error(`The sandbox simulates no “${name}”. It has: ${sandboxVendors.join(', ')}.`)
    }
    ports[vendor] = port
  }
  return ports
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

const pageOf = async (sandbox: Sandbox, port: number): Promise<RunningPage> => {
  try {
    return await servePage(sandbox, port)
  } catch (error) {
    await sandbox.close()
    if (portInUse(error) === undefined) throw error
    throw new Error(
      `The sandbox cannot serve its page: port ${port} of 127.0.0.1 is in use. Stop the program that uses it, or choose another port: --page <port> (0 takes any free one).`,
      { cause: error },
    )
  }
}

/** Prints each simulator's address and the credentials it takes, then serves until SIGINT or SIGTERM. Throws Error where a port is taken. */
export async function runSandbox(args: SandboxArguments): Promise<void> {
  const sandbox = await startSandbox(args)
  const page = await pageOf(sandbox, args.page)
  // Listening before anything is printed: whoever reads the addresses may stop us at once.
  const stop = stopped()
  const lines = sandboxVendors.flatMap((vendor) => [
    `${vendor}  ${sandbox.urls[vendor]}`,
    ...Object.entries(exampleCredentials[vendor]).map(([name, value]) => `  ${name}  ${value}`),
    '',
  ])
  process.stdout.write(
    `${lines.join('\n')}${tellFaults(args.faults)}Lists and requests are shown at ${page.url}\nState is kept in ${args.home}. Stop with Ctrl+C.\n`,
  )
  await stop
  await page.close()
  await sandbox.close()
}
