/** Why an exchange gave no answer, told apart by whether the request may have reached the other side. */

/**
 * `not-sent`: no byte of the request left. `lost`: it may have been received and acted on, and no answer was read.
 * `unreadable`: an answer came, but it is too large or packed in a way that cannot be read.
 */
export type FailureKind = 'not-sent' | 'lost' | 'unreadable'

/** Sentences for the codes that people meet; any other code is shown as it is. */
const sentences: Readonly<Record<string, string>> = {
  ADDRESS_REFUSED: 'it is at an address that Sund does not connect to',
  BAD_COMPRESSION: 'its answer is damaged or too large when unpacked',
  BODY_TOO_LARGE: 'its answer is larger than allowed',
  CREDENTIALS_IN_URL: 'the address contains a user name or password',
  EAI_AGAIN: 'its name could not be resolved',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut',
  ENOTFOUND: 'its name could not be resolved',
  NOT_HTTPS: 'the address is not https',
  TOTAL_TIMEOUT: 'the whole exchange took too long',
  UND_ERR_BODY_TIMEOUT: 'its answer stopped in the middle',
  UND_ERR_CONNECT_TIMEOUT: 'no connection within the time allowed',
  UND_ERR_HEADERS_TIMEOUT: 'no answer within the time allowed',
  UND_ERR_SOCKET: 'the connection was cut',
  UNKNOWN_ENCODING: 'its answer is packed in a way that was not asked for',
}

/** Its message names the host and the reason, and nothing of the request. */
export class OutboundFailure extends Error {
  readonly kind: FailureKind
  /** May it go better later without anybody doing anything? */
  readonly transient: boolean
  readonly code: string

  constructor(kind: FailureKind, transient: boolean, code: string, host: string) {
    super(`${host}: ${sentences[code] ?? 'the exchange failed'} (${code}).`)
    this.name = 'OutboundFailure'
    this.kind = kind
    this.transient = transient
    this.code = code
  }
}

/** Codes of Node and OpenSSL for a certificate or handshake that was refused: no waiting makes those good. */
const refusedTls =
  /^(?:ERR_TLS|ERR_SSL|EPROTO|CERT_|CRL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|UNSPECIFIED|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH)/

const lasting = new Set(['ADDRESS_REFUSED', 'UND_ERR_INVALID_ARG', 'ERR_INVALID_URL'])

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'UNEXPECTED'

/** Reads an error of the socket or the HTTP client; `started` says whether the request may have begun to leave. */
export const failureOf = (error: unknown, started: boolean, host: string): OutboundFailure => {
  const code = codeOf(error)
  if (started) return new OutboundFailure('lost', true, code, host)
  return new OutboundFailure('not-sent', !refusedTls.test(code) && !lasting.has(code), code, host)
}
