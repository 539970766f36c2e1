/** Vendors that are not there, or die while a run is under way: the run says so, and a later one loses nothing. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { startSandbox } from '../../sandbox/sandbox.ts'
import { anyPorts, forEachVendor } from '../../sandbox/vendors.ts'
import { keptPorts } from './kept-ports.ts'
import { crowd, emailsOf, hashesOf, openRig, type Rig } from './rig.ts'

const end = async (ended: ChildProcess | undefined): Promise<void> => {
  if (ended === undefined || ended.exitCode !== null || ended.signalCode !== null) return
  const exit = once(ended, 'exit')
  ended.kill('SIGKILL')
  await exit
}

let rig: Rig | undefined
let child: ChildProcess | undefined
let folder: string | undefined
afterEach(async () => {
  await rig?.close()
  await end(child)
  if (folder !== undefined) await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  rig = undefined
  child = undefined
  folder = undefined
})

/** Milliseconds, in place of minutes, that a vendor may fail. */
const PATIENCE = 600

test('a vendor that refuses connections: Failed with the reason; when it is back the next run completes', async () => {
  rig = await openRig({ patienceMs: PATIENCE })
  const people = crowd(1, 101)
  await rig.people(people)
  const segmentIds = [await rig.segment('Everybody')]
  const list = await rig.sendgridList('Down')
  const exports = [
    await rig.sendgridExport('Lists', { segmentIds, list }),
    await rig.microsoftExport('Audiences', segmentIds),
  ]
  await rig.vendorsDown()
  await rig.refreshed()
  for (const wanted of exports) {
    const run = await rig.lastRun(wanted)
    expect(run).toMatchObject({ status: 'Failed', reasonCode: 'run.destination_unreachable', added: 0, unknown: 0 })
    expect(run.reason).toMatch(/could not be reached.*Run the export again when the service answers/s)
  }
  await rig.vendorsUp()
  for (const wanted of exports) {
    expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', added: 100, unknown: 0 })
    expect(await rig.members(wanted)).toHaveLength(100)
  }
  expect(rig.sandbox.members('sendgrid', list)).toEqual(emailsOf(people))
})

test('a vendor that goes down after it accepted a job: the people are unknown, and the next run completes the list', async () => {
  // Its job is looked at after two seconds, by when it is down.
  rig = await openRig({ patienceMs: PATIENCE, serverPace: 1 })
  const { sandbox } = rig
  const people = crowd(1, 51)
  await rig.people(people)
  const list = await rig.sendgridList('Accepted')
  const wanted = await rig.sendgridExport('Accepted', { segmentIds: [await rig.segment('Everybody')], list })
  await rig.server.requestRefresh()
  await expect.poll(() => sandbox.requests('sendgrid').some(({ method }) => method === 'PUT')).toBe(true)
  await rig.vendorsDown()
  await rig.idle()
  const run = await rig.lastRun(wanted)
  expect(run).toMatchObject({ status: 'Failed', reasonCode: 'run.destination_unreachable', added: 0, unknown: 50 })
  await rig.vendorsUp()
  expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', added: 50, unknown: 0 })
  expect(rig.sandbox.members('sendgrid', list)).toEqual(emailsOf(people))
})

const sandboxModule = new URL('../../sandbox/sandbox.ts', import.meta.url).href
const addresses = z.object(forEachVendor(() => z.string()))
type Addresses = z.infer<typeof addresses>

/**
 * Vendors in a process of their own, which kills itself at the `dies`th write to a customer list: after it was applied,
 * before it is answered.
 */
const startVendors = async (home: string, ports: object, dies: number): Promise<Addresses> => {
  const script = `
    import { startSandbox } from ${JSON.stringify(sandboxModule)}
    let writes = 0
    const sandbox = await startSandbox({
      home: ${JSON.stringify(home)}, pace: 300, ports: ${JSON.stringify(ports)},
      onRequest: ({ phase, path }) => {
        if (phase === 'applied' && path.endsWith('/Apply') && ++writes === ${dies}) process.kill(process.pid, 'SIGKILL')
      },
    })
    process.stdout.write(JSON.stringify(sandbox.urls) + '\\n')`
  child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  for await (const text of child.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
    printed += String(text)
    if (printed.includes('\n')) return addresses.parse(JSON.parse(printed))
  }
  throw new Error('The vendors did not start.')
}

test('a vendor that dies in the middle of a run, its answer lost: Failed, and the next run completes the list', async () => {
  folder = await mkdtemp(join(tmpdir(), 'sund-vendors-'))
  const ports = await keptPorts()
  const urls = await startVendors(folder, ports, 3)
  rig = await openRig({ patienceMs: PATIENCE, urls, run: { maxRecords: 100 } })
  const dying = child
  await rig.people(crowd(0, 1000))
  const wanted = await rig.microsoftExport('Cut off', [await rig.segment('Everybody')])
  await rig.refreshed()
  expect(dying?.signalCode).toBe('SIGKILL')
  const run = await rig.lastRun(wanted)
  expect(run).toMatchObject({ status: 'Failed', reasonCode: 'run.destination_unreachable' })
  expect(run.unknown).toBeGreaterThanOrEqual(100)
  expect(run.added).toBeLessThanOrEqual(900)

  await startVendors(folder, ports, 0)
  const next = await rig.run(wanted)
  expect(next).toMatchObject({ status: 'Successful', added: 1000 - run.added, rejected: 0, unknown: 0 })
  // Some left before the vendor came back; those whose answer was lost stand there once.
  const left = crowd(0, 990)
  await rig.people(left)
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', removed: 10, unknown: 0, rejected: 0 })
  const { remoteId = '' } = await rig.list(wanted)
  await end(child)
  const sandbox = await startSandbox({ home: folder, ports: anyPorts })
  try {
    expect(sandbox.members('microsoft-advertising', remoteId)).toEqual(hashesOf(left))
    expect(sandbox.forbidden()).toEqual([])
  } finally {
    await sandbox.close()
  }
})
