/** Serves the pages of the sandbox on loopback, to be looked at: nothing can be changed here. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Sandbox } from '../sandbox.ts'
import { sandboxVendors } from '../vendors.ts'
import { html } from './html.ts'
import { document, type Here, policy } from './layout.ts'
import { listsOf, membersOf, overview, requestsTo } from './views.ts'

export interface RunningPage {
  readonly url: string
  close(): Promise<void>
}

const decoded = (part: string): string | undefined => {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

const hereOf = (url: URL): Here => {
  const page = Number(url.searchParams.get('page') ?? '1')
  return {
    path: url.pathname,
    page: Number.isSafeInteger(page) && page > 0 ? page : 1,
    refreshing: url.searchParams.get('refresh') === 'on',
  }
}

/** The page of a path; undefined where there is none. */
const pageOf = (sandbox: Sandbox, url: URL): string | undefined => {
  const here = hereOf(url)
  const [first = '', second, third, ...more] = url.pathname.slice(1).split('/')
  if (first === '' && second === undefined) return overview(sandbox, here)
  const vendor = sandboxVendors.find((one) => one === first)
  if (vendor === undefined || more.length > 0) return undefined
  if (second === undefined) return listsOf(sandbox, vendor, here)
  if (second === 'requests' && third === undefined) return requestsTo(sandbox, vendor, here)
  const id = third === undefined ? undefined : decoded(third)
  return second === 'lists' && id !== undefined ? membersOf(sandbox, vendor, id, here) : undefined
}

/** A name of another machine that leads here is how a foreign page would read along. */
const isOurs = (host: string | undefined, port: number): boolean =>
  host === `127.0.0.1:${port}` || host === `localhost:${port}`

const answer = (
  response: ServerResponse,
  status: number,
  text: string,
  more: Readonly<Record<string, string>> = {},
) => {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    ...more,
  })
  response.end(text)
}

const plain = (title: string): string =>
  document({ path: '/', page: 1, refreshing: false }, title, html`<p><a href="/">To all services</a></p>`)

const respond = (sandbox: Sandbox, port: number, request: IncomingMessage, response: ServerResponse): void => {
  if (!isOurs(request.headers.host, port)) {
    answer(response, 403, plain('Only from this machine'))
    return
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    answer(response, 405, plain('Only to be looked at'), { allow: 'GET, HEAD' })
    return
  }
  const address = `http://127.0.0.1${request.url ?? '/'}`
  const page = URL.canParse(address) ? pageOf(sandbox, new URL(address)) : undefined
  if (page === undefined) answer(response, 404, plain('There is no such page'))
  else answer(response, 200, page)
}

/** `port` 0: any free one. Rejects with the system's own error where the port is taken. */
export const servePage = (sandbox: Sandbox, port: number): Promise<RunningPage> =>
  new Promise((resolve, reject) => {
    let listening = port
    const server = createServer((request, response) => {
      try {
        respond(sandbox, listening, request, response)
      } catch (error) {
        process.stderr.write(`Sandbox page: ${error instanceof Error ? error.stack : String(error)}\n`)
        answer(response, 500, plain('This page cannot be shown'))
      }
    })
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const bound = server.address()
      if (bound === null || typeof bound === 'string') return reject(new Error('The page has no port.'))
      listening = bound.port
      resolve({
        url: `http://127.0.0.1:${listening}`,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed())
            server.closeAllConnections()
          }),
      })
    })
  })
