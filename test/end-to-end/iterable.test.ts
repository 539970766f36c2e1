/** Iterable from a file of people to its lists: named as the segments, made once, and nobody subscribed or deleted on the way. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { exampleCredentials } from '../../sandbox/credentials.ts'
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts'
import { anyPorts } from '../../sandbox/vendors.ts'
import { listsOf } from '../../src/store/list.ts'
import { namedLists } from '../../src/store/list-names.ts'
import { updateSegment } from '../../src/store/segment.ts'
import { keptPorts } from './kept-ports.ts'
import { crowd, emailsOf, inCity, openRig, type Person, type Rig } from './rig.ts'

let rig: Rig | undefined
let child: ChildProcess | undefined
let folder: string | undefined

const end = async (ended: ChildProcess | undefined): Promise<void> => {
  if (ended === undefined || ended.exitCode !== null || ended.signalCode !== null) return
  const exit = once(ended, 'exit')
  ended.kill('SIGKILL')
  await exit
}
afterEach(async () => {
  await rig?.close()
  await end(child)
  if (folder !== undefined) await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  rig = undefined
  child = undefined
  folder = undefined
})

const asPerson = (id: string, email: string, city = 'Oslo'): Person => ({ id, email, city })

/** Addresses on the list of this name. */
const onList = (sandbox: Sandbox, name: string): string[] => {
  const [list, second] = sandbox.lists('iterable').filter((one) => one.name === name)
  if (list === undefined || second !== undefined) throw new Error(`There is not one list “${name}”.`)
  return sandbox.members('iterable', list.id)
}

const profile = z.object({
  user: z.object({
    dataFields: z.looseObject({ unsubscribedChannelIds: z.array(z.number()), userListIds: z.array(z.number()) }),
  }),
})
const profileOf = async ({ urls }: Sandbox, email: string) => {
  const headers = { 'api-key': exampleCredentials.iterable.apiKey }
  const answer = await fetch(`${urls.iterable}/api/users/${encodeURIComponent(email)}`, { headers })
  return profile.parse(await answer.json()).user.dataFields
}

test('a list for each segment; who leaves one keeps the other, the profile and the subscription; who returns is back', async () => {
  const [stays, moves] = [asPerson('1', 'stays@example.com'), asPerson('2', 'no@example.com')]
  rig = await openRig({ settings: { iterable: { unsubscribed: [moves.email] } } })
  const { sandbox } = rig
  await rig.people([stays, moves])
  const segments = [
    await rig.segment('In Oslo'),
    await rig.segment('Everywhere', { any: [inCity('Oslo'), inCity('Bergen')] }),
  ]
  const wanted = await rig.iterableExport('Two lists', segments, { identifier: 'Email', fields: { city: 'City' } })
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 4, rejected: 0, unknown: 0 })
  const names = (await listsOf(rig.db, wanted.id)).map(({ name }) => name)
  expect(sandbox.lists('iterable').map(({ name }) => name)).toEqual(names)
  const [inOslo = '', everywhere = ''] = names
  expect(onList(sandbox, inOslo)).toEqual(emailsOf([stays, moves]))
  expect(onList(sandbox, everywhere)).toEqual(emailsOf([stays, moves]))
  expect(await rig.requestsOf(async () => await rig?.run(wanted))).toBe(0)

  await rig.people([stays, { ...moves, city: 'Bergen' }])
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 0, updated: 1, removed: 1 })
  expect(onList(sandbox, inOslo)).toEqual([stays.email])
  expect(onList(sandbox, everywhere)).toEqual(emailsOf([stays, moves]))
  expect(await profileOf(sandbox, moves.email)).toMatchObject({
    city: 'Bergen',
    unsubscribedChannelIds: [expect.any(Number)],
    userListIds: [expect.any(Number)],
  })

  await rig.people([stays, moves])
  await rig.refreshed()
  expect(onList(sandbox, inOslo)).toEqual(emailsOf([stays, moves]))
  expect(await profileOf(sandbox, moves.email)).toMatchObject({ unsubscribedChannelIds: [expect.any(Number)] })
  expect(sandbox.forbidden()).toEqual([])
})

test('who is refused is named with the reason, and somebody forgotten is not asked about again', async () => {
  rig = await openRig()
  const { sandbox } = rig
  const good = crowd(1, 8)
  const bad = [
    asPerson('b1', 'x@forgotten.sandbox.invalid'),
    asPerson('b2', 'x@errored.sandbox.invalid'),
    asPerson('b3', 'x@conflict.sandbox.invalid'),
  ]
  await rig.people([...good, ...bad])
  const wanted = await rig.iterableExport('Refused', [await rig.segment('Everybody')])
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Partial', added: good.length, rejected: 3, unknown: 0 })
  expect((await rig.rejects(wanted)).map(({ code }) => code).sort()).toEqual(['conflict', 'forgotten', 'invalid_data'])
  expect(await rig.members(wanted)).toEqual(emailsOf(good))

  await rig.people([...good, ...bad.slice(0, 1)])
  await rig.refreshed()
  expect(await rig.requestsOf(async () => await rig?.run(wanted))).toBe(0)
  expect(await rig.members(wanted)).toEqual(emailsOf(good))
  expect(sandbox.forbidden()).toEqual([])
})

test('a segment that is renamed keeps its list, since Iterable cannot rename one, and the difference is shown', async () => {
  rig = await openRig()
  const people = crowd(1, 4)
  await rig.people(people)
  const segment = await rig.segment('Everybody')
  const wanted = await rig.iterableExport('Renamed', [segment])
  await rig.refreshed()
  await updateSegment(rig.db, segment, { name: 'Regulars' })
  await rig.people(people.slice(1))
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 0, removed: 1 })
  expect(rig.sandbox.lists('iterable')).toMatchObject([{ name: 'Everybody 1', members: people.length - 1 }])
  expect(await namedLists(rig.db)).toMatchObject([{ name: 'Everybody 1', segmentName: 'Regulars' }])
})

test('a list of the name that somebody else made is read first, however empty it says it is, and whoever is on it stays', async () => {
  // The ten minutes that the list is waited for pass at the sandbox's pace.
  rig = await openRig({ serverPace: 300 })
  const people = crowd(1, 4)
  await rig.people(people)
  const wanted = await rig.iterableExport('Same name', [await rig.segment('Theirs')])
  const headers = { 'api-key': exampleCredentials.iterable.apiKey, 'content-type': 'application/json' }
  const url = rig.sandbox.urls.iterable
  const ask = async (path: string, body: object): Promise<Response> =>
    await fetch(`${url}/api/lists${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  const made = await ask('', { name: 'Theirs 1' })
  const { listId } = z.object({ listId: z.number() }).parse(await made.json())
  const subscribers = [{ email: 'stranger@example.com' }]
  await expect.poll(async () => (await ask('/subscribe', { listId, subscribers })).status).toBe(200)
  // Its size does not tell of them yet.
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: people.length, removed: 0 })
  await rig.people(people.slice(1))
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 0, removed: 1 })
  expect(onList(rig.sandbox, 'Theirs 1')).toEqual([...emailsOf(people.slice(1)), 'stranger@example.com'].sort())
})

/**
 * Vendors in a process of their own, which kills itself at the `dies`th request to `path`: after it was applied, before it
 * is answered.
 */
const startVendors = async (home: string, ports: object, path: string, dies: number): Promise<string> => {
  const module = new URL('../../sandbox/sandbox.ts', import.meta.url).href
  const script = `
    import { startSandbox } from ${JSON.stringify(module)}
    let seen = 0
    const sandbox = await startSandbox({
      home: ${JSON.stringify(home)}, pace: 300, ports: ${JSON.stringify(ports)},
      onRequest: ({ phase, path, method }) => {
        if (phase === 'applied' && method === 'POST' && path === ${JSON.stringify(path)} && ++seen === ${dies}) {
          process.kill(process.pid, 'SIGKILL')
        }
      },
    })
    process.stdout.write(sandbox.urls.iterable + '\\n')`
  child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  for await (const text of child.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
    printed += String(text)
    if (printed.includes('\n')) return printed.trim()
  }
  throw new Error('The vendors did not start.')
}

describe('an answer that is lost because the vendor died', () => {
  test.each([
    ['/api/lists', 1],
    ['/api/lists/subscribe', 3],
  ])('to request %s, number %i: Failed, and the next run completes the one list', async (path, dies) => {
    folder = await mkdtemp(join(tmpdir(), 'sund-vendors-'))
    const ports = await keptPorts()
    const url = await startVendors(folder, ports, path, dies)
    rig = await openRig({ patienceMs: 600, urls: { iterable: url }, run: { maxRecords: 50 } })
    const dying = child
    const people = crowd(1, 501)
    await rig.people(people)
    const wanted = await rig.iterableExport('Lost', [await rig.segment('Everybody')])
    await rig.refreshed()
    expect(dying?.signalCode).toBe('SIGKILL')
    expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Failed', reasonCode: 'run.destination_unreachable' })

    await startVendors(folder, ports, path, 0)
    const next = await rig.run(wanted)
    expect(next).toMatchObject({ status: 'Successful', rejected: 0, unknown: 0 })
    // Some left before the vendor came back.
    const left = people.slice(0, 495)
    await rig.people(left)
    await rig.refreshed()
    expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', removed: 5, unknown: 0, rejected: 0 })
    await end(child)
    const sandbox = await startSandbox({ home: folder, ports: anyPorts })
    try {
      expect(onList(sandbox, 'Everybody 1')).toEqual(emailsOf(left))
      expect(sandbox.lists('iterable')).toHaveLength(1)
      expect(sandbox.forbidden()).toEqual([])
    } finally {
      await sandbox.close()
    }
  })
})
