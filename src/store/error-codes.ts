/** Reads the code of an unknown error: of the operating system (ENOSPC) or of PostgreSQL (an SQLSTATE). */

import { SundError } from '../errors.ts'

/** The `code` of an error, where it has one. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

/** An error that PostgreSQL answered a statement with. */
export const isDatabaseError = (error: unknown): boolean => /^[0-9A-Z]{5}$/.test(codeOf(error) ?? '')

/** An error of the statement itself, which comes again each time: values or a constraint that are not met, wrong SQL. */
export const isStatementError = (error: unknown): boolean => /^(?:22|23|42)[0-9A-Z]{3}$/.test(codeOf(error) ?? '')

/** The database failed, not the statement: it may work later, and what was asked for may be done already. */
export const isOutage = (error: unknown): boolean =>
  error instanceof SundError
    ? /^(?:home|database|postgres)\./.test(error.code)
    : isDatabaseError(error) && !isStatementError(error)

export const hasCode = (error: unknown, ...codes: readonly string[]): boolean => {
  const code = codeOf(error)
  return code !== undefined && codes.includes(code)
}

/** The name of the constraint that a statement broke, where PostgreSQL named one. */
export const constraintOf = (error: unknown): string | undefined =>
  error instanceof Error && 'constraint' in error && typeof error.constraint === 'string' ? error.constraint : undefined

const UNIQUE_VIOLATION = '23505'
const FOREIGN_KEY_VIOLATION = '23503'

export const isUniqueViolation = (error: unknown, constraint: string): boolean =>
  hasCode(error, UNIQUE_VIOLATION) && constraintOf(error) === constraint

export const isForeignKeyViolation = (error: unknown): boolean => hasCode(error, FOREIGN_KEY_VIOLATION)

/** Do these words of a PostgreSQL program say that the disk is full? Its log is all that a server leaves that could not start. */
export const isDiskFull = (words: string): boolean =>
  words.includes('No space left on device') || words.includes('Check free disk space')
