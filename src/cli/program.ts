/** The commands that speak to the API, put together; and how words of a command line are carried out. */
import { Command, CommanderError } from 'commander'
import { addConnections } from './connections.ts'
import { addDestinations } from './destinations.ts'
import { addExports } from './exports.ts'
import { addLists } from './lists.ts'
import { addPlanAndApply } from './plan-apply.ts'
import { addProfiles } from './profiles.ts'
import { addRefresh } from './refresh.ts'
import { addRuns } from './runs.ts'
import { addSegments } from './segments.ts'
import { type Io, Shell } from './session.ts'
import { addSettings } from './settings.ts'
import { addSources } from './sources.ts'
import { addTables } from './tables.ts'
import { addUnification } from './unification.ts'

const nouns: readonly ((shell: Shell, program: Command) => void)[] = [
  addPlanAndApply,
  addSources,
  addTables,
  addUnification,
  addProfiles,
  addSegments,
  addDestinations,
  addConnections,
  addExports,
  addRuns,
  addLists,
  addRefresh,
  addSettings,
]

/** `others`: commands that are started here and speak to no API. */
export const buildProgram = (shell: Shell, others: (program: Command) => void = () => undefined): Command => {
  const { io } = shell
  const program = new Command('sund')
    .description('Carries segments of unified customer profiles to the services that market to them.')
    .exitOverride()
    // Told by `runProgram`, in the one way in which failures are told.
    .configureOutput({
      writeOut: (text) => io.out(text),
      outputError: () => undefined,
      writeErr: (text) => io.err(text),
    })
  others(program)
  for (const add of nouns) add(shell, program)
  return program
}

/** Carries out what the words say. Resolves with the exit code; whatever went wrong has been told. */
export const runProgram = async (
  io: Io,
  words: readonly string[],
  others?: (program: Command) => void,
): Promise<number> => {
  const shell = new Shell(io)
  try {
    await buildProgram(shell, others).parseAsync(words, { from: 'user' })
  } catch (error) {
    // Help that was asked for is a result; help in place of a missing verb is not.
    const isHelp = error instanceof CommanderError && error.code.startsWith('commander.help')
    if (!isHelp) shell.fail(error, words.includes('--json'))
    else if (error.exitCode !== 0) shell.exit = 'usage'
  }
  return shell.code
}
