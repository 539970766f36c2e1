import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Log } from './log.ts'
import { type Handler, openQueue, type Queue } from './queue.ts'
import { silent, startTestServer, type TestServer } from './test-database.ts'

let server: TestServer
let url: string
let queues: Queue[]

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())
beforeEach(async () => {
  url = await server.emptyDatabase()
  queues = []
})
afterEach(async () => {
  for (const queue of queues) await queue.stop()
})

const open = async (log: Log = silent): Promise<Queue> => {
  const queue = await openQueue({ url, log })
  queues.push(queue)
  return queue
}

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

/** A handler that tells what it was given, and goes on when told to. */
const gate = () => {
  const begun: string[] = []
  const ended: string[] = []
  const doors = new Map<string, () => void>()
  const handler: Handler = async ({ id = '' }, signal) => {
    begun.push(id)
    await Promise.race([new Promise<void>((resolve) => doors.set(id, resolve)), untilAborted(signal)])
    ended.push(id)
  }
  return { begun, ended, handler, open: (id: string) => doors.get(id)?.() }
}

test('a job is worked on once, also where it was sent before anybody worked', async () => {
  const queue = await open()
  expect(await queue.send('run', { id: '1' }, '1')).toBe(true)
  const work = gate()
  await queue.work('run', 2, work.handler)
  await expect.poll(() => work.begun).toEqual(['1'])
  await queue.send('run', { id: '2' }, '2')
  await expect.poll(() => work.begun).toEqual(['1', '2'])
  work.open('2')
  work.open('1')
  await expect.poll(() => work.ended).toEqual(['2', '1'])
})

test('a key waits or is worked on once; after its end it may come again', async () => {
  const queue = await open()
  const work = gate()
  expect(await queue.send('run', { id: '1' }, '1')).toBe(true)
  expect(await queue.send('run', { id: '1' }, '1')).toBe(false)
  await queue.work('run', 3, work.handler)
  await expect.poll(() => work.begun).toEqual(['1'])
  expect(await queue.send('run', { id: '1' }, '1')).toBe(false)
  expect(await queue.send('refresh', { id: '1' }, '1')).toBe(true)
  work.open('1')
  await expect.poll(() => queue.send('run', { id: '1' }, '1')).toBe(true)
  await expect.poll(() => work.begun).toEqual(['1', '1'])
  expect(work.ended).toEqual(['1'])
  work.open('1')
})

test('a key that is sent to another queue waits there until it is not worked on any more', async () => {
  const queue = await open()
  const work = gate()
  const others = gate()
  for (const one of ['run', 'refresh'] as const) await queue.send(one, { id: one }, 'same')
  await queue.work('run', 1, work.handler)
  await expect.poll(() => work.begun).toEqual(['run'])
  await queue.work('refresh', 2, others.handler)
  await queue.send('refresh', { id: 'other' }, 'other')
  await expect.poll(() => others.begun).toEqual(['other'])
  work.open('run')
  await expect.poll(() => others.begun).toEqual(['other', 'refresh'])
  expect(work.ended).toEqual(['run'])
  for (const id of ['other', 'refresh']) others.open(id)
})

test('no more jobs at once than were asked for', async () => {
  const queue = await open()
  const work = gate()
  for (const id of ['1', '2', '3']) await queue.send('run', { id }, id)
  await queue.work('run', 2, work.handler)
  await expect.poll(() => work.begun.length).toBe(2)
  const [first = ''] = work.begun
  work.open(first)
  await expect.poll(() => work.begun.length).toBe(3)
  expect(work.ended).toEqual([first])
})

test('stopping aborts the handler, and the next start takes its job up again', async () => {
  const first = await open()
  const work = gate()
  await first.send('run', { id: '1' }, '1')
  await first.work('run', 1, work.handler)
  await expect.poll(() => work.begun).toEqual(['1'])
  queues = []
  await first.stop()
  expect(work.ended).toEqual([])
  const second = await open()
  await second.work('run', 1, work.handler)
  await expect.poll(() => work.begun).toEqual(['1', '1'])
  work.open('1')
  await expect.poll(() => work.ended).toEqual(['1'])
})

test('a handler that fails is told of by kind, keeps its words out of log and database, and its job comes again', async () => {
  const warnings: string[] = []
  const queue = await open({ info: () => {}, warn: (message) => void warnings.push(message) })
  await queue.send('run', { id: '1' }, '1')
  await queue.work('run', 1, () => Promise.reject(new Error('something private')))
  await expect.poll(() => warnings.join()).toContain('failed: Error')
  expect(warnings.join()).not.toContain('private')
  queues = []
  await queue.stop()
  const client = new Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query({ text: 'select state, output::text from pgboss.job', rowMode: 'array' })
  await client.end()
  expect(JSON.stringify(rows)).not.toContain('private')
  expect(rows).toMatchObject([['retry', expect.any(String)]])
  const work = gate()
  await (await open()).work('run', 1, work.handler)
  await expect.poll(() => work.begun).toEqual(['1'])
})

const otherProcess = (): ChildProcess => {
  const module = pathToFileURL(join(import.meta.dirname, 'queue.ts')).href
  const code = `
    const { openQueue } = await import(${JSON.stringify(module)})
    const queue = await openQueue({ url: ${JSON.stringify(url)}, log: { info() {}, warn() {} } })
    await queue.work('run', 1, ({ id }) => { console.log('working on ' + id); return new Promise(() => {}) })
    await queue.send('run', { id: '7' }, '7')`
  return spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: ['ignore', 'pipe', 'inherit'] })
}

test('the job of a killed process is worked on as soon as the next one opens', async () => {
  const other = otherProcess()
  if (other.stdout === null) throw new Error('no output')
  for await (const line of createInterface({ input: other.stdout })) {
    expect(line).toBe('working on 7')
    break
  }
  other.kill('SIGKILL')
  await once(other, 'exit')
  const queue = await open()
  const work = gate()
  await queue.work('run', 1, work.handler)
  await expect.poll(() => work.begun).toEqual(['7'])
  expect(await queue.send('run', { id: '7' }, '7')).toBe(false)
})

test('a server that does not answer is told as that', async () => {
  const nobody = new URL(url)
  nobody.port = '1'
  await expect(openQueue({ url: nobody.href, log: silent })).rejects.toMatchObject({ code: 'database.unreachable' })
})
