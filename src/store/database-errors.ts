/** Turns the failures of the database that a person must act on into SundErrors; every other error passes unchanged. */
import { SundError } from '../errors.ts'
import { codeOf } from './error-codes.ts'

// SQLSTATEs: https://www.postgresql.org/docs/18/errcodes-appendix.html, checked 2026-11-21.
const diskFull = new Set(['53100', 'ENOSPC'])
const unreachable = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EPIPE'],
  ...['ERR_TLS_CERT_ALTNAME_INVALID', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'CERT_HAS_EXPIRED'],
  // Wrong role or password, no such database, too many connections.
  ...['28000', '28P01', '3D000', '53300'],
  // The server stops, starts, or was killed under us; connection exceptions.
  ...['57P01', '57P02', '57P03', '57P05', '08000', '08001', '08003', '08004', '08006', '08P01'],
])

/** pg has no code for a connection that ended under a query, nor for its own timeouts. */
const lostWords = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'Client has encountered a connection error',
]

/** `postgres://role:secret@host:5432/name` as `host:5432/name`. */
export const placeOf = (url: string): string => {
  const { host, pathname } = new URL(url)
  return `${host}${pathname}`
}

const reasonOf = (error: unknown): string => {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ')
  return error instanceof Error && error.message !== '' ? error.message : (codeOf(error) ?? String(error))
}

const isUnreachable = (error: unknown): boolean => {
  const code = codeOf(error)
  if (code !== undefined) return unreachable.has(code)
  return error instanceof Error && lostWords.some((words) => error.message.includes(words))
}

/** The SundError home.disk_full or database.unreachable that `error` stands for, else `error` itself. */
export const explained = (error: unknown, url: string): unknown => {
  if (error instanceof SundError) return error
  if (diskFull.has(codeOf(error) ?? '')) return new SundError('home.disk_full', {}, error)
  if (!isUnreachable(error)) return error
  return new SundError('database.unreachable', { where: placeOf(url), reason: reasonOf(error) }, error)
}

export const isDatabaseGone = (error: unknown): boolean =>
  error instanceof SundError && error.code === 'database.unreachable'
