/** The commands of `sund`. Each is thin: what it does stands in the part that it calls. */
import { resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { runDemo } from '../demo/demo.ts'
import { runSandbox } from '../sandbox/main.ts'
import { type Config, parseEndpoint, readConfig } from './config.ts'
import { SundError } from './errors.ts'
import { openServer } from './server.ts'
import type { Log } from './store/log.ts'

const EXIT_ERROR = 1

const positive = (text: string): number => {
  const value = Number(text)
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('It must be a number above 0.')
  return value
}

const logOf = ({ logLevel }: Config): Log => {
  const tell = (line: string) => process.stderr.write(`${line}\n`)
  return {
    info: logLevel === 'info' || logLevel === 'debug' ? tell : () => undefined,
    warn: logLevel === 'silent' || logLevel === 'error' ? () => undefined : tell,
  }
}

/** True when a person stops us; false when the data folder was lost to another process. */
const untilStopped = async (lost: AbortSignal): Promise<boolean> =>
  await new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done(true))
    lost.addEventListener('abort', () => done(false), { once: true })
  })

const endpoint = (text: string, before: ReadonlyMap<string, URL>): ReadonlyMap<string, URL> =>
  new Map([...before, parseEndpoint(text, '--endpoint')])

const serverOptions = (config: Config) => ({
  log: logOf(config),
  ...(config.key === undefined ? {} : { key: config.key }),
  ...(config.databaseUrl === undefined ? {} : { databaseUrl: config.databaseUrl }),
})

const program = new Command('sund').description(
  'Carries segments of unified customer profiles to the services that market to them.',
)

program
  .command('serve')
  .description('work on refreshes and runs until stopped')
  .option('--home <folder>', 'data folder (default: SUND_HOME or ./.sund)')
  .option('--endpoint <destination=url>', 'send what is meant for a destination to this address', endpoint, new Map())
  .action(async ({ home, endpoint: endpoints }: { home?: string; endpoint: ReadonlyMap<string, URL> }) => {
    const config = readConfig()
    const server = await openServer({
      ...serverOptions(config),
      home: home === undefined ? config.home : resolve(home),
      endpoints: new Map([...config.endpoints, ...endpoints]),
    })
    try {
      await server.start()
      process.stderr.write('Sund works. Ctrl-C stops it.\n')
      if (!(await untilStopped(server.lost))) throw new SundError('home.lost', { folder: home ?? config.home })
    } finally {
      await server.close()
    }
  })

program
  .command('sandbox')
  .description('simulate the vendors on this machine')
  .option('--home <folder>', 'folder of the simulators’ state', '.sund/sandbox')
  .option('--pace <n>', 'how much faster than the vendors', positive, 1)
  .option('--no-limits', 'keep no rate limits')
  .option('--latency <ms>', 'milliseconds that each answer takes longer', Number, 0)
  .action(async ({ home, pace, limits, latency }: { home: string; pace: number; limits: boolean; latency: number }) => {
    await runSandbox({ home: resolve(home), pace, limits, latencyMs: latency, ports: {} })
  })

program
  .command('demo')
  .description('the main job from nothing, on simulated vendors')
  .option('--once', 'end after one refresh', false)
  .option('--json', 'print one JSON object', false)
  .option('--data <folder>', 'folder of the tables (default: generated)')
  .option('--home <folder>', 'folder of all state', '.sund/demo')
  .option('--dump <folder>', 'have the simulators write their lists here')
  .option('--pace <n>', 'how much faster than the vendors the simulators are', positive, 20)
  .action(async (given: { once: boolean; json: boolean; data?: string; home: string; dump?: string; pace: number }) => {
    const { data: tables, ...options } = given
    process.exitCode = await runDemo({
      ...serverOptions(readConfig()),
      ...options,
      ...(tables === undefined ? {} : { tables }),
    })
  })

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(
    `${error instanceof SundError ? error.message : error instanceof Error ? error.message : String(error)}\n`,
  )
  process.exitCode = EXIT_ERROR
}
