/** Listens on this machine for the one redirect by which a vendor answers a sign-in. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { SundError } from '../errors.ts'

export type Redirect =
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'error'; readonly error: string }

export interface RedirectParams {
  /** The name of this machine in the redirect address. */
  readonly host: '127.0.0.1' | 'localhost'
  readonly isState: (state: string) => boolean
  /** Called with the redirect address once it is listened on. */
  readonly open: (redirectUri: string) => Promise<void>
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

const texts = {
  received: ['Sund has the answer. You can close this page.', 'Sund har fått svaret. Du kan lukke denne siden.'],
  notOurs: ['This is not the answer to a sign-in of Sund.', 'Dette er ikke svaret på en pålogging fra Sund.'],
} as const

const page = ([en, nb]: readonly [string, string]): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>Sund</title><p>${en}</p><p lang="nb">${nb}</p></html>\n`

const show = (response: ServerResponse, status: number, text: readonly [string, string]): void => {
  response.writeHead(status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': "default-src 'none'",
    'Cache-Control': 'no-store',
    // The address of this page holds the code.
    'Referrer-Policy': 'no-referrer',
    Connection: 'close',
  })
  response.end(page(text))
}

/**
 * The redirect that a request is, or undefined when it is none of ours: another path, another name for this machine (a
 * page elsewhere may have bound its own name to 127.0.0.1), or another state.
 */
const redirectIn = (
  request: IncomingMessage,
  origin: string,
  isState: (state: string) => boolean,
): Redirect | undefined => {
  if (request.method !== 'GET' || `http://${request.headers.host}` !== origin) return undefined
  if (!URL.canParse(request.url ?? '', origin)) return undefined
  const url = new URL(request.url ?? '', origin)
  if (url.pathname !== '/' || !isState(url.searchParams.get('state') ?? '')) return undefined
  const error = url.searchParams.get('error')
  if (error) return { kind: 'error', error }
  const code = url.searchParams.get('code')
  return code ? { kind: 'code', code } : undefined
}

const listen = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port')
  return address.port
}

/** A promise that only ever rejects: with a timeout's SundError or the signal's reason. */
const rejectWhenOver = (timeoutMs: number, signal: AbortSignal): { readonly over: Promise<never>; stop(): void } => {
  const { promise, reject } = Promise.withResolvers<never>()
  const aborted = () => reject(signal.reason)
  const timer = setTimeout(() => reject(new SundError('connection.sign_in_timed_out')), timeoutMs)
  signal.addEventListener('abort', aborted, { once: true })
  if (signal.aborted) aborted()
  // It may reject while the port is still being opened, before anybody waits for it.
  promise.catch(() => undefined)
  return {
    over: promise,
    stop() {
      clearTimeout(timer)
      signal.removeEventListener('abort', aborted)
    },
  }
}

/**
 * The first redirect that bears our state; any other request is refused and waiting goes on, so that nobody else on the
 * machine can end a sign-in. The server is closed before this returns or throws.
 *
 * @throws SundError('connection.sign_in_timed_out'), the signal's reason, or what `open` throws.
 */
export const awaitRedirect = async (
  params: RedirectParams,
): Promise<{ readonly redirect: Redirect; readonly redirectUri: string }> => {
  params.signal.throwIfAborted()
  const arrived = Promise.withResolvers<Redirect>()
  let origin = ''
  const server = createServer((request, response) => {
    const redirect = redirectIn(request, origin, params.isState)
    if (redirect === undefined) return show(response, 400, texts.notOurs)
    response.once('close', () => arrived.resolve(redirect))
    show(response, 200, texts.received)
  })
  const { over, stop } = rejectWhenOver(params.timeoutMs, params.signal)
  try {
    const port = await listen(server)
    origin = `http://${params.host}:${port}`
    const opened = params.open(origin).then(() => arrived.promise)
    const redirect = await Promise.race([arrived.promise, opened, over])
    return { redirect, redirectUri: origin }
  } finally {
    stop()
    server.close()
    server.closeAllConnections()
  }
}
