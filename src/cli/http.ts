/** Sends the calls of the generated client to the API of Sund: the only file of the command line that uses the network. */
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { SundError } from '../errors.ts'
import type { Answer, Call, ServerEvent, Transport } from './client.gen.ts'
import { ApiProblem } from './failure.ts'

/** Longer than the API takes for an answer. */
const ANSWER_WITHIN_MS = 150_000
/** For a server that starts again while it is followed. */
const CALLS_AGAIN = 40
const CALL_AGAIN_AFTER_MS = 500
const MAX_EVENT_CHARACTERS = 16 * 1024 * 1024

const problem = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  hint: z.string(),
  errors: z
    .array(z.object({ in: z.enum(['body', 'query', 'path', 'header']), pointer: z.string(), detail: z.string() }))
    .exactOptional(),
})

export interface TransportOptions {
  readonly server: URL
  readonly token: () => Promise<string>
}

const addressOf = (server: URL, { address, path = {}, query = {} }: Call): URL => {
  const filled = address.replace(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(path[name] ?? ''))
  const url = new URL(`${server.pathname.replace(/\/$/, '')}${filled}`, server)
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value ?? []].flat()) url.searchParams.append(name, String(one))
  }
  return url
}

const parsed = (text: string, server: URL): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new SundError('cli.not_sund', { server: server.origin }, error)
  }
}

const refuse = async (response: Response, server: URL): Promise<never> => {
  const found = problem.safeParse(parsed(await response.text(), server))
  if (!found.success) throw new SundError('cli.not_sund', { server: server.origin })
  throw new ApiProblem(found.data)
}

/** Answers of a Sund of the same version have the types that the client gives them, which were made from its own. */
const bodyOf = <T>(text: string): T => {
  const body: T = text === '' ? undefined : JSON.parse(text)
  return body
}

/** The blocks of a stream of server-sent events, as they come. */
async function* blocksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = ''
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split('\n\n')
    rest = blocks.pop() ?? ''
    if (rest.length > MAX_EVENT_CHARACTERS) throw new Error('An event of the server is too long.')
    yield* blocks
  }
}

const fieldOf = (block: string, name: string): string =>
  block
    .split('\n')
    .filter((line) => line.startsWith(`${name}: `))
    .map((line) => line.slice(name.length + 2))
    .join('\n')

const isGone = (error: unknown): boolean =>
  error instanceof TypeError || (error instanceof SundError && error.code === 'cli.unreachable')

/** Calls throw ApiProblem, and SundError cli.unreachable, cli.not_sund and what `token` throws. */
export const openTransport = ({ server, token }: TransportOptions): Transport => {
  const ask = async (call: Call, signal?: AbortSignal): Promise<Response> => {
    const headers: Record<string, string> = { authorization: `Bearer ${await token()}`, accept: 'application/json' }
    for (const [name, value] of Object.entries(call.headers ?? {})) if (value !== undefined) headers[name] = value
    if (call.body !== undefined) headers['content-type'] = 'application/json'
    try {
      return await fetch(addressOf(server, call), {
        method: call.method,
        headers,
        redirect: 'error',
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
        ...(signal === undefined ? {} : { signal }),
      })
    } catch (error) {
      throw new SundError('cli.unreachable', { server: server.origin }, error)
    }
  }

  const request = async <T>(call: Call): Promise<Answer<T>> => {
    const response = await ask(call, AbortSignal.timeout(ANSWER_WITHIN_MS))
    if (!response.ok) return await refuse(response, server)
    const text = await response.text()
    if (text !== '') parsed(text, server)
    const etag = response.headers.get('etag')
    return { status: response.status, body: bodyOf<T>(text), ...(etag === null ? {} : { etag }) }
  }

  async function* eventsOnce<T>(call: Call): AsyncGenerator<ServerEvent<T>> {
    const response = await ask(call)
    if (!response.ok) await refuse(response, server)
    if (response.body === null) return
    for await (const block of blocksOf(response.body)) {
      const event = fieldOf(block, 'event')
      if (event === 'progress' || event === 'end') yield { event, state: bodyOf<T>(fieldOf(block, 'data')) }
    }
  }

  /** What is followed goes on when the server starts again, so a lost stream is taken up anew. */
  async function* events<T>(call: Call): AsyncGenerator<ServerEvent<T>> {
    let lost: unknown
    for (let left = CALLS_AGAIN; left > 0; left--) {
      try {
        for await (const event of eventsOnce<T>(call)) {
          yield event
          if (event.event === 'end') return
          left = CALLS_AGAIN
        }
        lost = undefined
      } catch (error) {
        if (!isGone(error)) throw error
        lost = error
        // The first call finds no server: nobody is there to come back.
        if (left === CALLS_AGAIN && error instanceof SundError) throw error
      }
      await sleep(CALL_AGAIN_AFTER_MS)
    }
    throw new SundError('cli.unreachable', { server: server.origin }, lost)
  }

  return { request, events }
}
