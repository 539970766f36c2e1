/** Free ports of this machine's own address. */
import { createServer } from 'node:net'
import { hasCode } from '../error-codes.ts'

export const LOOPBACK = '127.0.0.1'

/** Binds the port (0: any) for a moment; undefined where it is taken or not allowed. */
const tryPort = (port: number): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) => {
      if (hasCode(error, 'EADDRINUSE', 'EACCES')) resolve(undefined)
      else reject(error)
    })
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => {
      const address = server.address()
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : undefined))
    })
  })

export const isFree = async (port: number): Promise<boolean> => (await tryPort(port)) !== undefined

/** A port that nobody listens on. Somebody may take it before it is used, so users of it try again. */
export const freePort = async (): Promise<number> => {
  const port = await tryPort(0)
  if (port === undefined) throw new Error('The operating system has no free port on the loopback address.')
  return port
}
