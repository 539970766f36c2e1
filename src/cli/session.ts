/** One call of the command line: its streams and environment, its options, and how its result goes out. */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { z } from 'zod'
import { type Environment, readClientConfig } from '../config.ts'
import { SundError } from '../errors.ts'
import { type Client, createClient } from './client.gen.ts'
import { type Exit, exitCodes } from './exit-codes.ts'
import { failureJson, failureText, toldOf } from './failure.ts'
import { openTransport } from './http.ts'

/** What a command has of the world. */
export interface Io {
  /** The result: standard output. */
  out(text: string): void
  /** Everything else: standard error. */
  err(text: string): void
  /** All of standard input. */
  input(): Promise<string>
  /** Columns of the terminal that reads standard error; undefined where none does. */
  readonly columns: number | undefined
  readonly environment: Environment
  sleep(ms: number): Promise<void>
}

export interface Session {
  readonly client: Client
  readonly io: Io
  readonly isJson: boolean
}

/** What a command ends with: the same for a script and for a person. */
export interface Result {
  readonly json: unknown
  readonly text: string
  readonly exit?: Exit
}

const commonOptions = z.looseObject({
  json: z.boolean().default(false),
  server: z.string().optional(),
  home: z.string().optional(),
})
type CommonOptions = z.infer<typeof commonOptions>

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]'])
const isHere = ({ hostname }: URL): boolean => LOOPBACK.has(hostname)

/** Throws SundError cli.address: the token goes with every request, so it goes elsewhere only under TLS. */
const serverOf = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isUsable = url?.protocol === 'https:' || (url?.protocol === 'http:' && isHere(url))
  if (url === undefined || !isUsable || url.username !== '' || url.password !== '') throw new SundError('cli.address')
  return url
}

const readToken = async (file: string): Promise<string> => {
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    throw new SundError('cli.no_token', { file }, error)
  }
}

const openSession = (io: Io, options: CommonOptions): Session => {
  const config = readClientConfig(io.environment)
  const server = serverOf(options.server ?? config.server)
  const home = options.home === undefined ? config.home : resolve(options.home)
  const file = join(home, 'token')
  const token = async (): Promise<string> => {
    if (config.token !== undefined) return config.token
    // The token of this machine's Sund is not for another one.
    if (!isHere(server)) throw new SundError('cli.no_token', { file: 'SUND_TOKEN' })
    return await readToken(file)
  }
  return { client: createClient(openTransport({ server, token })), io, isJson: options.json }
}

/** Adds verbs whose results and failures go out in one way, and remembers how the last ended. */
export class Shell {
  readonly io: Io
  exit: Exit = 'done'

  constructor(io: Io) {
    this.io = io
  }

  /** A verb with the options that every verb has. `usage` as commander has it: `show <segment>`. */
  verb(noun: Command, usage: string, summary: string): Command {
    return noun
      .command(usage)
      .description(summary)
      .option('--json', 'print one JSON document')
      .option('--server <url>', 'where Sund is (default: SUND_SERVER or http://127.0.0.1:4700)')
      .option('--home <folder>', 'data folder, for its token (default: SUND_HOME or ./.sund)')
  }

  /** What a verb does, as an action of commander. */
  act<A extends readonly unknown[]>(
    work: (session: Session, ...given: A) => Promise<Result>,
  ): (this: Command, ...given: A) => Promise<void> {
    const shell = this
    return async function (this: Command, ...given) {
      const options = commonOptions.parse(this.opts())
      try {
        const result = await work(openSession(shell.io, options), ...given)
        shell.io.out(options.json ? `${JSON.stringify(result.json, undefined, 2)}\n` : result.text)
        shell.exit = result.exit ?? 'done'
      } catch (error) {
        shell.fail(error, options.json)
      }
    }
  }

  /** Tells what went wrong: to a person on standard error, to a script also as the JSON document that it waits for. */
  fail(error: unknown, isJson: boolean): void {
    const told = toldOf(error)
    if (isJson) this.io.out(`${JSON.stringify(failureJson(told), undefined, 2)}\n`)
    this.io.err(failureText(told))
    this.exit = told.exit
  }

  get code(): number {
    return exitCodes[this.exit].code
  }
}
