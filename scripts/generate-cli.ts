/** Makes docs/cli.md, the reference of the command line, from the commands themselves. */
import type { Command } from 'commander'
import { exitCodes } from '../src/cli/exit-codes.ts'
import { buildProgram } from '../src/cli/program.ts'
import { Shell } from '../src/cli/session.ts'
import { addCommands } from '../src/commands.ts'

const HEAD = `# The command line

Made from the commands themselves by scripts/generate.ts: change those, not this file.

\`sund\` stands for \`npx sund\`, or for \`npm run -s sund --\` in a checkout. Every verb that speaks to Sund takes:

| option | |
|---|---|
| \`--json\` | One JSON document on standard output, also when it fails: then it holds \`error\` with code, what and next. |
| \`--server <url>\` | Where Sund is. Without it: \`SUND_SERVER\`, else http://127.0.0.1:4700. Elsewhere than on this machine only by https. |
| \`--home <folder>\` | The data folder, whose file \`token\` is borne. Without it: \`SUND_HOME\`, else ./.sund. \`SUND_TOKEN\` takes its place. |

Things are named by their name or their id; digits alone are an id. A \`<file>\` is YAML or JSON, in the form that it has in
\`sund.yaml\` (docs/sund.yaml is one); \`-\` is standard input. Standard output carries the result only: progress and errors go to
standard error.

## Exit codes

| code | means |
|---|---|
`

const COMMON = ['--json', '--server', '--home']

const cell = (text: string): string => text.replaceAll('|', '\\|')

const usageOf = (command: Command, path: readonly string[]): string => {
  const words = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  )
  return ['sund', ...path, ...words].join(' ')
}

const isCommon = (command: Command, flag: string | undefined): boolean =>
  COMMON.every((one) => command.options.some(({ long }) => long === one)) && COMMON.includes(flag ?? '')

const verbText = (command: Command, path: readonly string[]): string => {
  const options = command.options
    .filter(({ long }) => !isCommon(command, long))
    .map(({ flags, description, mandatory, argChoices }) => {
      const choices = argChoices === undefined ? '' : `: ${argChoices.join(', ')}`
      return `- \`${flags}\`${mandatory ? ' (required)' : ''}: ${description}${choices}`
    })
  return [
    `### \`${usageOf(command, path)}\``,
    `${command.description()}.`,
    ...(options.length === 0 ? [] : [options.join('\n')]),
  ].join('\n\n')
}

const sections = (command: Command): string[] =>
  command.commands.length === 0
    ? [verbText(command, [command.name()]).replace(/^###/, '##')]
    : [
        `## ${command.name()}\n\n${command.description()}.`,
        ...command.commands.map((verb) => verbText(verb, [command.name(), verb.name()])),
      ]

/** The text of docs/cli.md. */
export const cliReference = (): string => {
  const nothing = () => undefined
  const io = {
    out: nothing,
    err: nothing,
    input: async () => '',
    columns: undefined,
    environment: {},
    sleep: async () => undefined,
  }
  const program = buildProgram(new Shell(io), addCommands)
  const codes = Object.values(exitCodes).map(({ code, means }) => `| ${code} | ${cell(means)} |`)
  return `${HEAD}${codes.join('\n')}\n\n${program.commands.flatMap(sections).join('\n\n')}\n`
}
