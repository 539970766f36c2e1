/** Server-sent events: a state, told whenever it has changed, until it changes no more. */
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { z } from 'zod'
import type { ApiContext } from './context.ts'

const LOOK_EVERY_MS = 500
/** Proxies and browsers take a silent connection for a dead one. */
const SILENT_LOOKS = 30

export interface Watched<T> {
  readonly state: T
  /** It will not change any more. */
  readonly ended: boolean
}

const event = (name: string, text: string): string => `event: ${name}\ndata: ${text}\n\n`

async function* told<T>(
  { server, stopping }: ApiContext,
  shape: z.ZodType<T>,
  look: () => Promise<Watched<T>>,
): AsyncGenerator<string> {
  let last = ''
  let silent = 0
  for (;;) {
    const { state, ended } = await look()
    const text = JSON.stringify(shape.parse(state))
    if (text !== last) yield event('progress', text)
    else if (++silent % SILENT_LOOKS === 0) yield ': still there\n\n'
    last = text
    if (ended) {
      yield event('end', text)
      return
    }
    try {
      await server.ports.clock.sleep(LOOK_EVERY_MS, stopping)
    } catch {
      // Sund is closing; the reader connects again after its next start.
      return
    }
  }
}

/** Answers with the stream. `look` was asked once before by the caller, so that what is missing is answered as that. */
export const sendEvents = <T>(
  context: ApiContext,
  reply: FastifyReply,
  shape: z.ZodType<T>,
  look: () => Promise<Watched<T>>,
): FastifyReply =>
  // The connection ends with the stream: kept open it would hold up the closing of Sund.
  reply
    .type('text/event-stream')
    .header('connection', 'close')
    .send(Readable.from(told(context, shape, look)))
