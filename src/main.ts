/** The `sund` command: words in, an exit code out. */
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { runProgram } from './cli/program.ts'
import { addCommands } from './commands.ts'
import { readEnvironment } from './config.ts'

const code = await runProgram(
  {
    out: (result) => process.stdout.write(result),
    err: (line) => process.stderr.write(line),
    input: async () => await text(process.stdin),
    columns: process.stderr.isTTY ? (process.stderr.columns ?? 80) : undefined,
    environment: readEnvironment(),
    sleep: async (ms) => await sleep(ms),
  },
  process.argv.slice(2),
  addCommands,
)
// The demo sets its own.
if (code !== 0) process.exitCode = code
