/** The fault script: which requests go wrong, and how. Drawn from the seed and the request itself, never from who came first. */
import { createHash } from 'node:crypto'
import { type Database, integer, only } from './database.ts'

/**
 * What can go wrong. `before`: the vendor did nothing; `after`: it did as asked, and its answer is lost or spoilt.
 * `cut` and `slow` are answers to what was done.
 */
export const faultKinds = [
  'too many requests',
  'server error before',
  'server error after',
  'reset before',
  'reset after',
  'timeout before',
  'timeout after',
  'web page before',
  'web page after',
  'cut answer',
  'slow answer',
] as const
export type FaultKind = (typeof faultKinds)[number]

export interface Fault {
  readonly kind: FaultKind
  /** From 0 to below 1: chooses among the forms that a kind has. */
  readonly form: number
}

/** What makes a request the same as another one. */
export interface FaultSubject {
  readonly host: 'api' | 'storage'
  readonly method: string
  /** With the query, where that is part of what is asked for. */
  readonly target: string
  /** The body, or what is known of it before it is read. */
  readonly body: Buffer | string
}

export interface FaultOptions {
  /** Of all requests, from 0 to 1. */
  readonly share: number
  readonly seed: number
}

export interface FaultScript {
  /** Counts an attempt at the request, and says what goes wrong with it. */
  draw(subject: FaultSubject): Fault | undefined
}

/** Attempts are kept beside the vendor's state, so that a restart goes on where it was. */
export const faultSchema = `
CREATE TABLE IF NOT EXISTS fault_attempt (request TEXT PRIMARY KEY, attempts INTEGER NOT NULL) STRICT;
`

const DRAWN_BYTES = 6
const WHOLE = 2 ** (8 * DRAWN_BYTES)

const identityOf = ({ host, method, target, body }: FaultSubject): string =>
  createHash('sha256').update(`${host}\n${method}\n${target}\n`).update(body).digest('base64url')

/** Three independent numbers from 0 to below 1, the same for the same attempt at the same request. */
const numbersOf = (seed: number, identity: string, attempt: number): readonly [number, number, number] => {
  const digest = createHash('sha256').update(`${seed}\n${identity}\n${attempt}`).digest()
  const number = (at: number): number => digest.readUIntBE(at * DRAWN_BYTES, DRAWN_BYTES) / WHOLE
  return [number(0), number(1), number(2)]
}

/** Each attempt is drawn anew: asked again, a request gets through with the probability that is left. */
export const openFaults = (db: Database, { share, seed }: FaultOptions): FaultScript => {
  const count = db.prepare(
    `INSERT INTO fault_attempt (request, attempts) VALUES (?, 1)
     ON CONFLICT (request) DO UPDATE SET attempts = attempts + 1 RETURNING attempts`,
  )
  return {
    draw(subject) {
      const identity = identityOf(subject)
      const attempt = integer(only(count.get(identity)), 'attempts')
      const [whether, which, form] = numbersOf(seed, identity, attempt)
      const kind = whether < share ? faultKinds[Math.floor(which * faultKinds.length)] : undefined
      return kind === undefined ? undefined : { kind, form }
    },
  }
}
