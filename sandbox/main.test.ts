/** The command as a process of its own: what it prints, how it stops, what is left after it was killed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exampleCredentials } from './credentials.ts'
import { portsOf, runSandbox } from './main.ts'
import { startSandbox } from './sandbox.ts'
import { anyPorts } from './vendors.ts'

const key = exampleCredentials.sendgrid.apiKey
const main = new URL('./main.ts', import.meta.url).href

interface Started {
  readonly child: ChildProcess
  readonly url: string
  readonly printed: string
  complaints(): string
}

let home: string
let children: ChildProcess[]

const start = async (): Promise<Started> => {
  const args = { home, pace: 1, limits: true, latencyMs: 0, ports: anyPorts, page: 0 }
  const script = `import { runSandbox } from ${JSON.stringify(main)}; await runSandbox(${JSON.stringify(args)})`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  let complaints = ''
  child.stderr.on('data', (text) => {
    complaints += String(text)
  })
  let printed = ''
  for await (const text of child.stdout.iterator({ destroyOnReturn: false })) {
    printed += String(text)
    if (printed.includes('Ctrl+C')) break
  }
  const url = /sendgrid {2}(http:\S+)/.exec(printed)?.[1]
  if (url === undefined) throw new Error(`The sandbox did not start: ${complaints}`)
  return { child, url, printed, complaints: () => complaints }
}

const ask = async (url: string, method: string, path: string, body?: unknown): Promise<unknown> => {
  const reply = await fetch(`${url}/v3/marketing${path}`, {
    method,
    headers: { authorization: `Bearer ${key}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return reply.json()
}

beforeEach(async () => {
  children = []
  home = await mkdtemp(join(tmpdir(), 'sund-sandbox-'))
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await rm(home, { recursive: true, maxRetries: 3 })
})

describe('portsOf', () => {
  it('takes the vendors that there are, and names them when asked for another', () => {
    expect(portsOf(new Map([['sendgrid', 4720]]))).toEqual({ sendgrid: 4720 })
    expect(() => portsOf(new Map([['pigeon', 1]]))).toThrow(/no “pigeon”. It has: campaign-monitor, .*sendgrid/)
  })
})

describe('runSandbox', () => {
  it('says what to do where the port of its page is taken, and leaves nothing running', async () => {
    const taker = createServer().listen(0, '127.0.0.1')
    await once(taker, 'listening')
    const address = taker.address()
    const page = typeof address === 'object' && address !== null ? address.port : 0
    const args = { home, pace: 1, limits: true, latencyMs: 0, ports: anyPorts, page }
    await expect(runSandbox(args)).rejects.toThrow(
      new RegExp(`page: port ${page} of 127.0.0.1 is in use.*--page <port> \\(0 takes any free one`),
    )
    taker.close()
    // The files of the simulators are free again.
    await (await startSandbox({ home, ports: anyPorts })).close()
  })

  it('prints addresses and credentials, complains of nothing, and stops at SIGTERM', async () => {
    const { child, printed, complaints } = await start()
    expect(printed).toContain(`apiKey  ${key}`)
    const shown = /shown at (http:\S+)/.exec(printed)?.[1] ?? ''
    expect(await (await fetch(shown)).text()).toContain('Simulated services')
    expect(printed).toMatch(/microsoft-advertising {2}http:\/\/127\.0\.0\.1:\d+\n/)
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(complaints()).toBe('')
  })

  it('has every accepted job after it was killed', async () => {
    const first = await start()
    const accepted = await ask(first.url, 'PUT', '/contacts', { contacts: [{ email: 'a@example.com' }] })
    expect(accepted).toEqual({ job_id: expect.any(String) })
    first.child.kill('SIGKILL')
    await once(first.child, 'exit')
    const second = await start()
    const { job_id } = { job_id: '', ...(typeof accepted === 'object' ? accepted : {}) }
    expect(await ask(second.url, 'GET', `/contacts/imports/${job_id}`)).toMatchObject({
      status: 'pending',
      results: { requested_count: 1 },
    })
  })
})
