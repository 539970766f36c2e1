/** A host that takes requests and never answers: for the vendors that shall not come on while another is looked at. */
import { createServer } from 'node:http'
import { sandboxVendors } from '../../sandbox/vendors.ts'

export interface Silence {
  readonly url: string
  close(): void
}

export const startSilence = async (): Promise<Silence> => {
  const server = createServer(() => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The silent host has no port.')
  const close = (): void => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${address.port}`, close }
}

/** Every vendor at one address. */
export const allAt = (url: string): Record<string, string> =>
  Object.fromEntries(sandboxVendors.map((vendor) => [vendor, url]))
