/** Writes down a request and its answer with their bodies, for whoever compares them with the vendor's own description. */
import { bodyText, headOf } from './answer.ts'
import type { Answer, Call } from './vendor.ts'

/** One request as it was received, unpacked, and its answer as it was sent. */
export interface Exchanged {
  readonly host: 'api' | 'storage'
  readonly method: string
  /** Path without the query. */
  readonly path: string
  readonly query: URLSearchParams
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
  readonly status: number
  /** By name in lower case. */
  readonly answerHeaders: ReadonlyMap<string, string>
  readonly answer: Buffer
}

/** Follows one exchange. Where nobody listens, nothing is kept. */
export interface Recording {
  /** The body that passes, kept on its way. */
  body(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer>
  /** The answer, kept while it is sent. */
  answer(answer: Answer): Answer
  end(call: Call): void
}

async function* keeping<T extends Uint8Array>(chunks: AsyncIterable<T>, kept: Uint8Array[]): AsyncGenerator<T> {
  for await (const chunk of chunks) {
    kept.push(chunk)
    yield chunk
  }
}

const silent: Recording = { body: (chunks) => chunks, answer: (answer) => answer, end: () => undefined }

export const startRecording = (
  host: Exchanged['host'],
  listen: ((exchanged: Exchanged) => void) | undefined,
): Recording => {
  if (listen === undefined) return silent
  const received: Uint8Array[] = []
  const sent: Uint8Array[] = []
  let answered: Answer = { status: 0 }
  return {
    body: (chunks) => keeping(chunks, received),
    answer(answer) {
      answered = answer
      return answer.pieces === undefined ? answer : { ...answer, pieces: keeping(answer.pieces, sent) }
    },
    end({ method, path, query, headers, body }) {
      const { status, headers: told } = headOf(answered)
      const answerHeaders = Object.entries(told).map(([name, value]) => [name.toLowerCase(), String(value)] as const)
      listen({
        ...{ host, method, path, query, headers, status },
        body: body.length === 0 ? Buffer.concat(received) : body,
        answerHeaders: new Map(answerHeaders),
        answer: answered.pieces === undefined ? Buffer.from(bodyText(answered)) : Buffer.concat(sent),
      })
    },
  }
}
