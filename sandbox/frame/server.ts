/** Listens for one simulator, on one origin, or on two where it has a storage host. */
import { createServer, type Server } from 'node:http'
import { type ExchangeOptions, type Received, startExchange } from './exchange.ts'
import type { Simulation } from './vendor.ts'

export interface ServerOptions extends ExchangeOptions {
  /** 0: any free port. */
  readonly port: number
  readonly storagePort: number
}

export interface RunningServer {
  readonly port: number
  /** The same as `port` where the vendor has no storage host. */
  readonly storagePort: number
  received(): Received
  /** Requests received and not yet answered. */
  open(): number
  /** Takes no new connection, answers what was received, then closes. */
  close(): Promise<void>
}

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('The sandbox has no port.'))
      else resolve(address.port)
    })
  })

const close = async (server: Server, idle: () => Promise<void>): Promise<void> => {
  if (!server.listening) return
  const ended = new Promise<void>((resolve) => server.close(() => resolve()))
  await idle()
  server.closeAllConnections()
  await ended
}

/** Rejects with the system's own error where a port is taken; then it listens on none. */
export const serve = async (simulation: Simulation, options: ServerOptions): Promise<RunningServer> => {
  const exchange = startExchange(simulation, options)
  const { storage } = simulation
  const handlers = [exchange.on(simulation, 'api'), ...(storage === undefined ? [] : [exchange.on(storage, 'storage')])]
  const servers = handlers.map((handler) => {
    const server = createServer(handler)
    // Longer than clients keep an idle connection, so that none is closed under a request on its way.
    server.keepAliveTimeout = 120_000
    server.requestTimeout = 0
    return server
  })
  const closeAll = async (): Promise<void> => {
    exchange.hurry()
    await Promise.all(servers.map((server) => close(server, exchange.idle)))
    await exchange.stop()
  }
  const ports: number[] = []
  try {
    for (const [index, server] of servers.entries()) {
      ports.push(await listen(server, index === 0 ? options.port : options.storagePort))
    }
  } catch (error) {
    await closeAll()
    throw error
  }
  const [port = 0, storagePort = port] = ports
  return { port, storagePort, received: exchange.received, open: exchange.open, close: closeAll }
}
