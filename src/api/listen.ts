/** Serves the API on this machine, for as long as the server behind it runs. */
import { SundError } from '../errors.ts'
import type { Log } from '../store/log.ts'
import { buildApi } from './app.ts'
import type { ApiContext } from './context.ts'
import { openSignIns } from './sign-ins.ts'
import { type InstallationToken, installationToken } from './token.ts'

export const DEFAULT_PORT = 4700

export interface ListenOptions {
  readonly server: ApiContext['server']
  /** The data folder, where the token lies. */
  readonly home: string
  /** 0: any free one. */
  readonly port: number
  readonly log: Log
}

export interface RunningApi {
  /** `http://127.0.0.1:4700` */
  readonly url: string
  readonly token: InstallationToken
  /** Ends streams and sign-ins, lets answers under way go out, and stops listening. */
  close(): Promise<void>
}

const HOST = '127.0.0.1'
const GRACE_MS = 5_000

const refusePort = (port: number, error: unknown): never => {
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    throw new SundError('api.port_in_use', { port }, error)
  }
  throw error
}

/** Throws SundError api.port_in_use, home.unwritable. */
export const listen = async ({ server, home, port, log }: ListenOptions): Promise<RunningApi> => {
  const token = await installationToken(server.ports.db, home)
  const stopping = new AbortController()
  const signIns = openSignIns(server.ports, stopping.signal)
  const { app } = await buildApi({ server, signIns, log, stopping: stopping.signal, tokenHash: token.hash })
  try {
    const url = await app.listen({ host: HOST, port })
    return {
      url,
      token,
      close: async () => {
        stopping.abort(new Error('Sund is closing.'))
        // Whoever is still asking or listening by then keeps nobody waiting.
        const forced = setTimeout(() => app.server.closeAllConnections(), GRACE_MS)
        await app.close().finally(() => clearTimeout(forced))
      },
    }
  } catch (error) {
    await app.close()
    return refusePort(port, error)
  }
}
