/** Reads a request's body: whole up to a cap, unpacking gzip, or piece by piece as it comes. */
import type { IncomingMessage } from 'node:http'
import { gunzipSync } from 'node:zlib'

export type ReceivedBody =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  | { readonly kind: 'too large' }
  | { readonly kind: 'unreadable' }
  /** The client went away before its body was whole. */
  | { readonly kind: 'cut' }

/** Beyond this much of a body that is refused anyway, the connection is closed instead of read to its end. */
const drainBytes = 200_000_000

const unpack = (bytes: Buffer, maxBytes: number): ReceivedBody => {
  try {
    return { kind: 'whole', bytes: gunzipSync(bytes, { maxOutputLength: maxBytes }) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return { kind: code === 'ERR_BUFFER_TOO_LARGE' ? 'too large' : 'unreadable' }
  }
}

/**
 * The whole body. One that is too large is read to its end and thrown away, so that the client reads the refusal
 * rather than a broken connection.
 */
export const receiveBody = async (
  request: IncomingMessage,
  maxBytes: number,
  countBytes: (bytes: number) => void,
): Promise<ReceivedBody> => {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of request) {
      if (!Buffer.isBuffer(chunk)) return { kind: 'unreadable' }
      countBytes(chunk.length)
      size += chunk.length
      if (size <= maxBytes) chunks.push(chunk)
      else chunks.length = 0
      if (size > drainBytes) break
    }
  } catch {
    return { kind: 'cut' }
  }
  if (size > maxBytes) return { kind: 'too large' }
  const bytes = Buffer.concat(chunks)
  const encoding = request.headers['content-encoding']
  if (encoding === undefined || encoding === 'identity') return { kind: 'whole', bytes }
  return encoding === 'gzip' ? unpack(bytes, maxBytes) : { kind: 'unreadable' }
}

/** The body as it comes, to be read by one reader after another. Throws where the client goes away. */
export const streamBody = (request: IncomingMessage, countBytes: (bytes: number) => void): AsyncIterable<Buffer> => ({
  async *[Symbol.asyncIterator]() {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(chunk)) throw new Error('The sandbox reads bodies as bytes.')
      countBytes(chunk.length)
      yield chunk
    }
  },
})

/** Reads what is left, so that the client reads the answer rather than a broken connection. */
export const drain = async (body: AsyncIterable<Buffer>): Promise<void> => {
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > drainBytes) return
  }
}
