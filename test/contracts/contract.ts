/** What a vendor's description is to the check: it judges one request and its answer at a time. */
import type { Exchanged } from '../../sandbox/sandbox.ts'

/** A way in which a request or an answer is not what the vendor describes. */
export interface Deviation {
  /** Name of the operation, or method and path where the description has none such. */
  readonly operation: string
  readonly side: 'request' | `answer ${number}`
  /** What differs, without values: `body.contacts.*.email is missing`. */
  readonly what: string
}

export interface Verdict {
  /** Absent where the description has no such operation. */
  readonly operation?: string
  readonly deviations: readonly Deviation[]
}

export interface Contract {
  /** Where the description says that the vendor is reached. */
  readonly origins: readonly string[]
  check(exchanged: Exchanged): Verdict
}

/** One line, by which a deviation is listed. */
export const lineOf = ({ operation, side, what }: Deviation): string => `${operation} | ${side} | ${what}`

export type Json = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const objectIn = (value: unknown): Json => (isObject(value) ? value : {})

export const textIn = (value: unknown): string => (typeof value === 'string' ? value : '')

/** What is no JSON is undefined. */
export const jsonOf = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}

/** Long parts with digits, and numbers, are ids; `v13` and `oauth2` are not. */
const ID = /(?<=\/)(?=[^/]*\d)(?:\d+|[^/]{9,})(?=\/|$)/g

/** An operation that the description does not have; ids in its path are not told. */
export const undeclared = ({ method, path, status }: Exchanged): Verdict => {
  const operation = `${method} ${path.replace(ID, '{}')}`
  return { deviations: [{ operation, side: 'request', what: `is not declared (answered ${status})` }] }
}
