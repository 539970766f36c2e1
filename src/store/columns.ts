/** Values on their way between columns and our types. */
import { z } from 'zod'

/** A counting bigint. Throws where it is too large to be exact, which no counter of ours reaches. */
export const count = (column: string): number => {
  const value = Number(column)
  if (!Number.isSafeInteger(value)) throw new RangeError(`A counter is out of range: ${column}.`)
  return value
}

/** JSON text for a jsonb column. */
export const json = (value: unknown): string => JSON.stringify(value)

/** A column of names and texts: settings, findings, credentials. */
export const texts = z.record(z.string(), z.string())
export type Texts = Readonly<Record<string, string>>

/** A property only where there is a value, so that absent and null are one thing on our side. */
export const present = <K extends string, V>(name: K, value: V | null | undefined): { [P in K]?: V } => {
  const one: { [P in K]?: V } = {}
  if (value !== null && value !== undefined) one[name] = value
  return one
}
