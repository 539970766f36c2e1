/** Credentials of a file: read from the environment at the last moment, and shown nowhere. */

import { type Environment, readNamed } from '../config.ts'
import { type FileConnection, variableOf } from '../domain/sund-file.ts'
import { WrongFile } from './failure.ts'
import type { ReadFile } from './input-file.ts'

/**
 * The credentials with their values; undefined where the file gives none. `at`: where the connection stands in the file.
 * Throws WrongFile where a variable is not set.
 */
export const credentialsOf = (
  { credentials }: FileConnection,
  source: Pick<ReadFile<unknown>, 'file' | 'place'>,
  at: readonly PropertyKey[],
  environment: Environment,
): Readonly<Record<string, string>> | undefined => {
  if (credentials === undefined) return undefined
  const values = Object.entries(credentials).map(([name, reference]) => {
    const variable = variableOf(reference)
    return { name, variable, value: variable === undefined ? '' : readNamed(variable, environment) }
  })
  const unset = values.filter(({ value }) => value === undefined)
  if (unset.length > 0) {
    throw new WrongFile(
      source.file,
      unset.map(({ name, variable }) =>
        source.place([...at, 'credentials', name], `The variable ${variable} is not set in the environment.`),
      ),
    )
  }
  return Object.fromEntries(values.map(({ name, value }) => [name, value ?? '']))
}
