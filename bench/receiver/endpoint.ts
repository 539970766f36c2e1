/** What the receiver's answers are made of. */

/** A request as the receiver has it: the body is read and thrown away after this. */
export interface Received {
  readonly method: string
  readonly url: URL
  readonly body: Buffer
}

export interface Answer {
  readonly status: number
  /** Sent as JSON; left out with `text`. */
  readonly json?: unknown
  readonly text?: string
  /** People who were added or taken off by the call. */
  readonly records?: number
  /** The body is a file of people: it is kept as it came, and counted when somebody asks who arrived. */
  readonly file?: FileKind
}

/** How a file is packed, and with that which of its lines are people. */
export type FileKind = 'gzip' | 'zip'

export interface Endpoint {
  readonly method: string
  /** Matched against the whole path; its first group is given to `answer`. */
  readonly path: RegExp
  answer(received: Received, id: string): Answer
}

/** How often the text stands in the body: the records need not be parsed to be counted. */
export const occurrences = (body: Buffer, text: string): number => {
  let count = 0
  for (let at = body.indexOf(text); at !== -1; at = body.indexOf(text, at + text.length)) count++
  return count
}
