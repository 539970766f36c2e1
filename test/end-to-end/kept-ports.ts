/** Ports that a test can come back to. */
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { type SandboxVendor, sandboxVendors } from '../../sandbox/vendors.ts'

// Beneath the ports that systems lend to whoever asks for any: one of those may be another program's when we come back.
const LOWEST = 12_000
const HIGHEST = 32_000
const TRIES = 50

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}

const areFree = async (first: number, count: number): Promise<boolean> => {
  for (let port = first; port < first + count; port++) if (!(await isFree(port))) return false
  return true
}

/** The first of so many free ports in a row, beneath those that the system lends. */
export const portsInARow = async (count: number): Promise<number> => {
  for (let left = TRIES; left > 0; left--) {
    const first = randomInt(LOWEST, HIGHEST)
    if (await areFree(first, count)) return first
  }
  throw new Error(`No ${count} ports in a row were free from ${LOWEST} to ${HIGHEST}.`)
}

/** A port for each vendor, with the next one free for its files. */
export const keptPorts = async (): Promise<Record<SandboxVendor, number>> => {
  const first = await portsInARow(sandboxVendors.length * 2)
  return {
    'campaign-monitor': first,
    dotdigital: first + 2,
    iterable: first + 4,
    'microsoft-advertising': first + 6,
    sendgrid: first + 8,
    webhook: first + 10,
  }
}
