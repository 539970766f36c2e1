/** The commands that work on this machine, beside those that speak to the API. Each loads its part when it is called. */
import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import type { RunningApi } from './api/listen.ts'
import { type Config, parseEndpoint, readConfig } from './config.ts'
import { SundError } from './errors.ts'
import type { Log } from './store/log.ts'

const DEFAULT_PORT = 4700

const positive = (text: string): number => {
  const value = Number(text)
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('It must be a number above 0.')
  return value
}

const share = (text: string): number => {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('It must be from 0 to 1.')
  return value
}

const whole = (text: string): number => {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError('It must be a whole number.')
  return value
}

const portOf = (text: string): number => {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('It must be a number from 0 to 65535.')
  return port
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

interface ServeOptions {
  readonly home?: string
  readonly port: number
  readonly endpoint: ReadonlyMap<string, URL>
}

const tellApi = ({ url, token }: RunningApi): string => {
  const lines = [`Sund works. Its API is at ${url}/api/v1; Ctrl-C stops it.`]
  if (token.fresh === undefined) lines.push(`Callers bear the token in ${token.file}.`)
  else lines.push(`Callers bear this token, which is told once and kept in ${token.file}:`, `  ${token.fresh}`)
  return `${lines.join('\n')}\n`
}

const serve = async ({ home: folder, port, endpoint: endpoints }: ServeOptions): Promise<void> => {
  const [{ listen }, { openServer }] = await Promise.all([import('./api/listen.ts'), import('./server.ts')])
  const config = readConfig()
  const home = folder === undefined ? config.home : resolve(folder)
  const options = { ...serverOptions(config), home, endpoints: new Map([...config.endpoints, ...endpoints]) }
  const server = await openServer(options)
  try {
    const api = await listen({ server, home, port, log: options.log })
    try {
      await server.start()
      process.stderr.write(tellApi(api))
      if (!(await untilStopped(server.lost))) throw new SundError('home.lost', { folder: home })
    } finally {
      await api.close()
    }
  } finally {
    await server.close()
  }
}

interface SandboxOptions {
  readonly home: string
  readonly pace: number
  readonly limits: boolean
  readonly latency: number
  readonly faults: number
  readonly seed: number
  readonly port: ReadonlyMap<string, number>
  readonly page: number
}

/** `sendgrid=4720`. Which vendors there are is known once the simulators are loaded. */
const vendorPort = (text: string, before: ReadonlyMap<string, number>): ReadonlyMap<string, number> => {
  const [vendor = '', port = ''] = text.split('=', 2)
  if (vendor === '') throw new InvalidArgumentError('It must be like sendgrid=4720.')
  return new Map([...before, [vendor, portOf(port)]])
}

const sandbox = async ({ home, latency, faults: share, seed, port, ...options }: SandboxOptions): Promise<void> => {
  const { portsOf, runSandbox } = await import('../sandbox/main.ts')
  const faults = { share, seed }
  await runSandbox({ ...options, home: resolve(home), latencyMs: latency, ports: portsOf(port), faults })
}

interface DemoOptions {
  readonly once: boolean
  readonly json: boolean
  readonly data?: string
  readonly home: string
  readonly dump?: string
  readonly pace: number
  readonly faults: number
  readonly seed: number
}

const demo = async ({ data: tables, faults: share, seed, ...options }: DemoOptions): Promise<void> => {
  const { runDemo } = await import('../demo/demo.ts')
  process.exitCode = await runDemo({
    ...serverOptions(readConfig()),
    ...options,
    faults: { share, seed },
    ...(tables === undefined ? {} : { tables }),
  })
}

const EXIT_ERROR = 1

/** What keeps one of these from working is one line: what happened, and what to do next. */
const told =
  <T>(work: (options: T) => Promise<void>) =>
  async (options: T): Promise<void> => {
    try {
      await work(options)
    } catch (error) {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
      process.exitCode = EXIT_ERROR
    }
  }

export const addCommands = (program: Command): void => {
  program
    .command('serve')
    .description('Work on refreshes and runs, and serve the API, until stopped')
    .option('--home <folder>', 'data folder (default: SUND_HOME or ./.sund)')
    .option('--port <n>', 'port of 127.0.0.1 that the API listens on; 0 takes any free one', portOf, DEFAULT_PORT)
    .option('--endpoint <destination=url>', 'send what is meant for a destination to this address', endpoint, new Map())
    .action(told(serve))

  program
    .command('sandbox')
    .description('Simulate the vendors on this machine')
    .option('--home <folder>', 'folder of the simulators’ state', '.sund/sandbox')
    .option('--pace <n>', 'how much faster than the vendors', positive, 1)
    .option(
      '--port <vendor=n>',
      'port of 127.0.0.1 for a vendor, 0 for any free one; may be repeated',
      vendorPort,
      new Map(),
    )
    .option(
      '--page <n>',
      'port of 127.0.0.1 of the page that shows lists and requests, 0 for any free one',
      portOf,
      4710,
    )
    .option('--no-limits', 'keep no rate limits')
    .option('--latency <ms>', 'milliseconds that each answer takes longer', Number, 0)
    .option('--faults <share>', 'share of the requests that go wrong, from 0 to 1', share, 0)
    .option('--seed <n>', 'which requests go wrong, and how: the same for the same number', whole, 1)
    .action(told(sandbox))

  program
    .command('demo')
    .description('The main job from nothing, on simulated vendors')
    .option('--once', 'end after one refresh', false)
    .option('--json', 'print one JSON object', false)
    .option('--data <folder>', 'folder of the tables (default: generated)')
    .option('--home <folder>', 'folder of all state', '.sund/demo')
    .option('--dump <folder>', 'have the simulators write their lists here')
    .option('--pace <n>', 'how much faster than the vendors the simulators are', positive, 20)
    .option('--faults <share>', 'share of the simulators’ requests that go wrong, from 0 to 1', share, 0)
    .option('--seed <n>', 'which requests go wrong, and how: the same for the same number', whole, 1)
    .action(told(demo))
}
