/** A vendor's answer as talks see it. */
import type { z } from 'zod'
import { type Reply, type Scanned, Stop } from '../destination-kit/kit.ts'
import type { OutboundAnswer } from '../outbound/door.ts'
import { capped, excerpt, redact } from '../outbound/redact.ts'

export class HttpReply implements Reply {
  readonly status: number
  readonly text: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #secrets: readonly string[]
  readonly #spooledBytes: number

  /** `spooledBytes`: of a body that was not kept as text. */
  constructor(answer: OutboundAnswer, secrets: readonly string[], spooledBytes = 0) {
    this.#spooledBytes = spooledBytes
    this.status = answer.status
    this.text = answer.text
    this.#headers = answer.headers
    this.#secrets = secrets
  }

  header(name: string): string | undefined {
    return this.#headers[name.toLowerCase()]
  }

  json<T>(shape: z.ZodType<T>): T {
    let parsed: unknown
    try {
      parsed = JSON.parse(this.text)
    } catch {
      // JSON.parse quotes the text in its message, and the text may hold people.
      throw new Stop('unreadable', `An answer (HTTP ${this.status}) is not JSON. It was: ${this.excerpt()}`)
    }
    const read = shape.safeParse(parsed)
    if (read.success) return read.data
    const issue = read.error.issues[0]
    const where = issue === undefined ? '' : ` at "${issue.path.join('.')}" (${capped(issue.message, 200)})`
    throw new Stop(
      'unreadable',
      redact(`An answer (HTTP ${this.status}) is not of the expected form${where}. It was: `, this.#secrets) +
        this.excerpt(),
    )
  }

  /** A page for people, where a service for programs was asked: something else answered in its place. */
  get isPage(): boolean {
    const isHtml = /^\s*(?:text\/html|application\/xhtml\+xml)\b/i.test(this.header('content-type') ?? '')
    return isHtml && (this.#spooledBytes > 0 || this.text.trim() !== '')
  }

  /** A short look at the body that shows no secret and no personal value. */
  excerpt(): string {
    return excerpt(this.text, this.#secrets)
  }
}

/** The answer of a request whose body was read item by item. */
export class ScannedReply implements Reply {
  readonly status: number
  readonly text = ''
  readonly scanned: Scanned
  readonly #reply: Reply

  constructor(reply: Reply, scanned: Scanned) {
    this.status = reply.status
    this.scanned = scanned
    this.#reply = reply
  }

  header(name: string): string | undefined {
    return this.#reply.header(name)
  }

  json<T>(shape: z.ZodType<T>): T {
    return this.#reply.json(shape)
  }
}
