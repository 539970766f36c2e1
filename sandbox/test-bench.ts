/** For the tests of the simulators: a sandbox on free ports in a folder of its own, with a clock that is set by hand. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Sandbox, type SandboxOptions, startSandbox } from './sandbox.ts'
import { anyPorts, type SandboxVendor } from './vendors.ts'

/** The start of a minute. */
const firstMoment = Date.UTC(2027, 0, 4, 12, 0, 0)

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON, or undefined where it is none. */
  readonly json: unknown
}

export interface Bench {
  readonly home: string
  sandbox(): Sandbox
  now(): number
  /** Moves the clock. */
  pass(seconds: number): void
  /** Stops the sandbox and starts another one on the same folder. */
  restart(): Promise<void>
  end(): Promise<void>
  ask(vendor: SandboxVendor, method: string, path: string, request?: Asked): Promise<Reply>
}

export interface Asked {
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
  readonly body?: string | Uint8Array<ArrayBuffer> | FormData
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const startBench = async (options: Omit<Partial<SandboxOptions>, 'home' | 'now'> = {}): Promise<Bench> => {
  const home = await mkdtemp(join(tmpdir(), 'sund-sandbox-'))
  let time = firstMoment
  const start = (): Promise<Sandbox> => startSandbox({ ports: anyPorts, ...options, home, now: () => time })
  let sandbox = await start()
  return {
    home,
    sandbox: () => sandbox,
    now: () => time,
    pass(seconds) {
      time += seconds * 1000
    },
    async restart() {
      await sandbox.close()
      sandbox = await start()
    },
    async end() {
      await sandbox.close()
      await rm(home, { recursive: true })
    },
    async ask(vendor, method, path, { headers = {}, json, body } = {}) {
      const url = path.startsWith('http') ? path : `${sandbox.urls[vendor]}${path}`
      const content = json === undefined ? body : JSON.stringify(json)
      const reply = await fetch(url, {
        method,
        redirect: 'manual',
        headers: { ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(content === undefined ? {} : { body: content }),
      })
      const text = await reply.text()
      return { status: reply.status, headers: reply.headers, text, json: jsonOf(text) }
    },
  }
}
