/**
 * SendGrid's storage host, an object store on an origin of its own: signed URLs that expire, and never the API key.
 * That files lie outside the API: https://www.twilio.com/docs/sendgrid/api-reference/contacts/import-contacts (checked
 * 2026-11-21). Which host, how URLs are signed and how it refuses are assumed: as Amazon's S3 does.
 */
import { createHmac } from 'node:crypto'
import { exampleCredentials } from '../credentials.ts'
import type { Answer, Call, Refusals, World } from '../frame/vendor.ts'

export const storagePath = '/storage/'

const keys = Object.values(exampleCredentials.sendgrid)
const keyBytes = keys.map((key) => Buffer.from(key))
const longestKey = Math.max(...keyBytes.map(({ length }) => length))

export const storageRefusal = (status: number, code: string, message: string): Answer => ({
  status,
  text: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  headers: { 'content-type': 'application/xml' },
})

export const storageRefusals: Refusals = {
  notFound: () => storageRefusal(404, 'NoSuchKey', 'The specified key does not exist.'),
  wrongMethod: () => storageRefusal(405, 'MethodNotAllowed', 'The specified method is not allowed.'),
  tooLarge: () => storageRefusal(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size.'),
  unreadable: () => storageRefusal(400, 'InvalidRequest', 'The request cannot be read.'),
  forbidden: (_call, what) => storageRefusal(400, 'InvalidArgument', `The sandbox never takes ${what}.`),
  crashed: () => storageRefusal(500, 'InternalError', 'We encountered an internal error.'),
  busy: () => storageRefusal(503, 'SlowDown', 'Please reduce your request rate.'),
}

const what = (call: Call): string => `the API key on the storage host: ${call.method} ${call.path}`

/** A key that is sent elsewhere than to the API is a key given away. */
export const storageForbids = (call: Call): string | undefined => {
  const texts = [call.target, ...call.headers.values()]
  const given = call.headers.has('authorization') || keys.some((key) => texts.some((text) => text.includes(key)))
  return given ? what(call) : undefined
}

/** Passes chunks on and looks for the key in them, also where it stands across two. */
export const watchForKey = () => {
  let seen = false
  return {
    refusal: (call: Call): Answer | undefined =>
      seen ? { ...storageRefusals.forbidden(call, what(call)), forbidden: what(call) } : undefined,
    async *over(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      let tail: Buffer = Buffer.alloc(0)
      for await (const chunk of chunks) {
        const edge = Buffer.concat([tail, chunk.subarray(0, longestKey)])
        seen ||= keyBytes.some((key) => edge.includes(key) || chunk.includes(key))
        tail = Buffer.concat([tail, chunk.subarray(-longestKey)]).subarray(-longestKey)
        yield chunk
      }
    },
  }
}

const signature = (path: string, expires: string): string =>
  createHmac('sha256', 'storage of the sandbox').update(`${path} ${expires}`).digest('hex')

/** The URL of a path of the storage host; `expiresAt` in milliseconds since the epoch. */
export const signedUrl = (world: World, path: string, expiresAt: number): string => {
  const expires = String(Math.ceil(expiresAt / 1000))
  return `${world.storageOrigin()}${path}?expires=${expires}&signature=${signature(path, expires)}`
}

/** The refusal of a URL that was not signed, or has expired. */
export const unsigned = (call: Call): Answer | undefined => {
  const expires = call.query.get('expires') ?? ''
  if (call.query.get('signature') !== signature(call.path, expires)) {
    return storageRefusal(403, 'SignatureDoesNotMatch', 'The request signature does not match.')
  }
  return call.now >= Number(expires) * 1000 ? storageRefusal(403, 'AccessDenied', 'Request has expired') : undefined
}
