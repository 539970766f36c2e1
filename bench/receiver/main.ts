/** The receiving process: takes what is sent, counts it, throws it away, and tells its counts when it is asked. Files are kept until then. */
import { createServer } from 'node:http'
import { answerTo } from './answers.ts'
import { forgetImports } from './dotdigital.ts'
import type { FileKind } from './endpoint.ts'
import { peopleIn } from './files.ts'
import type { Counts, Ordered } from './receiver.ts'

let counts: Counts = { requests: 0, records: 0, bytes: 0, refused: 0, arrivals: [] }
let files: { readonly kind: FileKind; readonly body: Buffer }[] = []
let watched: RegExp | undefined

const server = createServer((request, response) => {
  const arrived = performance.now()
  const pieces: Buffer[] = []
  request.on('data', (piece: Buffer) => pieces.push(piece))
  request.on('end', () => {
    const [only] = pieces
    const body = pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces)
    const url = new URL(request.url ?? '/', 'http://receiver')
    const { status, json, text: given, records = 0, file } = answerTo({ method: request.method ?? 'GET', url, body })
    counts = {
      requests: counts.requests + 1,
      records: counts.records + records,
      bytes: counts.bytes + body.length,
      refused: counts.refused + (status >= 400 ? 1 : 0),
      arrivals: counts.arrivals,
    }
    if (file !== undefined) files.push({ kind: file, body })
    if (watched?.test(url.pathname) === true) counts.arrivals.push(arrived)
    const text = given ?? JSON.stringify(json)
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    response.end(text)
  })
})
server.keepAliveTimeout = 120_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.({ port: typeof address === 'object' ? (address?.port ?? 0) : 0 })
})

process.on('message', ({ watch }: Ordered) => {
  const filed = files.reduce((sum, { kind, body }) => sum + peopleIn(kind, body), 0)
  process.send?.({ counts: { ...counts, records: counts.records + filed } })
  files = []
  forgetImports()
  counts = { requests: 0, records: 0, bytes: 0, refused: 0, arrivals: [] }
  if (watch !== undefined) watched = new RegExp(watch)
})
// Its parent is gone, however it ended.
process.on('disconnect', () => process.exit())
