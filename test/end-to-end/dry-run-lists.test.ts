/** A dry run of lists that were renamed, deleted or let go tells what the run after it does, to the request, or the same error. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { exampleCredentials } from '../../sandbox/credentials.ts'
import { type DryRun, dryRun } from '../../src/exports/dry-run.ts'
import { createAgain } from '../../src/exports/leaving.ts'
import { renew } from '../../src/refresh/refresh.ts'
import { readTokens } from '../../src/store/connection-tokens.ts'
import { type Export, getExport, updateExport } from '../../src/store/export.ts'
import { forgetList, leaveExport, letGo } from '../../src/store/leaving.ts'
import { listsOf } from '../../src/store/list.ts'
import type { Run } from '../../src/store/run.ts'
import { updateSegment } from '../../src/store/segment.ts'
import { crowd, openRig, type Person, type Rig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterEach(async () => await rig.clear())
afterAll(async () => {
  expect(rig.sandbox.forbidden()).toEqual([])
  await rig.close()
})

const own = exampleCredentials['microsoft-advertising']
const members = crowd(1, 11)
const stranger: Person = { id: 'stranger', email: 'stranger@people.example', city: 'Trondheim' }
const { signal } = new AbortController()

/** Profiles are made anew, and no export runs. */
const people = async (all: readonly Person[]): Promise<void> => {
  await rig.people([...all, stranger])
  await renew(rig.server.ports, async () => undefined)
}

const tell = async ({ id }: Export): Promise<DryRun> => await dryRun(rig.server.ports, id, signal)

/** Lists as they are known to us: a dry run changes none of it. */
const known = async ({ id }: Export) => await listsOf(rig.db, id)

/** Tells, then runs, and compares all figures. No job is looked at here, so every request is told for certain. */
const toldAndDone = async (wanted: Export): Promise<{ readonly dry: DryRun; readonly run: Run }> => {
  const before = await known(wanted)
  const dry = await tell(wanted)
  expect(await tell(wanted)).toEqual(dry)
  expect(await known(wanted)).toEqual(before)
  expect(dry.verdict).toEqual({ kind: 'pass' })
  const run = await rig.run(wanted)
  const { added, updated, removed, invalid, duplicates, requests } = dry
  expect(run).toMatchObject({ status: 'Successful', added, updated, removed, invalid, duplicates })
  expect({ least: run.requests, most: run.requests }).toEqual(requests)
  return { dry, run }
}

/** Both end with this error, after the same requests, and nothing was sent. */
const bothFail = async (wanted: Export, code: string): Promise<void> => {
  const dry: Promise<DryRun>[] = []
  const asked = await rig.requestsOf(async () => {
    dry.push(tell(wanted))
    await Promise.allSettled(dry)
  })
  const run = await rig.run(wanted)
  expect(run).toMatchObject({ status: 'Failed', reasonCode: code, writes: 0, requests: asked })
  await expect(dry[0]).rejects.toMatchObject({ code, message: run.reason })
}

/** As somebody does on Microsoft Advertising's own pages. */
const changeAudience = async ({ connectionId }: Export, Id: string, changes: object): Promise<void> => {
  const tokens = await readTokens(rig.db, rig.server.ports.vault, connectionId)
  const answer = await fetch(`${rig.sandbox.urls['microsoft-advertising']}/CampaignManagement/v13/Audiences`, {
    method: 'PUT',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${tokens?.accessToken}`,
      developertoken: own.developerToken,
      customerid: own.customerId,
      customeraccountid: own.accountId,
    },
    body: JSON.stringify({ Audiences: [{ Type: 'CustomerList', Id, ...changes }] }),
  })
  expect([answer.status, await answer.json()]).toMatchObject([200, { PartialErrors: [] }])
}

const toMicrosoft = async () => {
  await people(members)
  const segment = await rig.segment('Told')
  const wanted = await rig.microsoftExport(`Ads ${segment}`, [segment])
  await renew(rig.server.ports, async () => undefined)
  await rig.run(wanted)
  const { name, remoteId = '' } = await rig.list(wanted)
  return { wanted, segment, name, remoteId }
}

const toIterable = async () => {
  await people(members)
  const segment = await rig.segment('Told')
  const wanted = await rig.iterableExport(`Mails ${segment}`, [segment])
  await renew(rig.server.ports, async () => undefined)
  await rig.run(wanted)
  const { id, name, remoteId = '' } = await rig.list(wanted)
  return { wanted, id, name, remoteId }
}

const oneMore = async (): Promise<void> => await people([...members, ...crowd(11, 12)])

describe('renamed', () => {
  test('at the vendor: the list is told by its new name, and nothing is asked while there is nobody to send', async () => {
    const { wanted, remoteId, name } = await toMicrosoft()
    await changeAudience(wanted, remoteId, { Name: `${name} for ads` })
    expect((await toldAndDone(wanted)).dry).toMatchObject({ requests: { most: 0 }, lists: [{ name }] })
    await oneMore()
    const { dry } = await toldAndDone(wanted)
    expect(dry).toMatchObject({ added: 1, lists: [{ name: `${name} for ads`, made: false }] })
  })

  test.each<[string, (name: string) => string, boolean, number]>([
    ['with nobody to send', (name) => `${name} renamed`, false, 1],
    ['with somebody to send', (name) => `${name} renamed`, true, 2],
    ['to a name that is too long for an audience', (name) => name.padEnd(129, 'x'), false, 0],
  ])('a segment: the renaming is counted, %s', async (_when, nameOf, sends, writes) => {
    const { wanted, segment, name } = await toMicrosoft()
    await updateSegment(rig.db, segment, { name: nameOf(name) })
    if (sends) await oneMore()
    const { run } = await toldAndDone(wanted)
    expect(run).toMatchObject({ added: sends ? 1 : 0, writes })
    // It is tried once.
    expect((await toldAndDone(wanted)).dry.requests).toEqual({ least: 0, most: 0 })
  })

  test('a segment to a name that another audience has: the try is counted', async () => {
    const other = await toMicrosoft()
    const { wanted, segment, name } = await toMicrosoft()
    await updateSegment(rig.db, other.segment, { name: `Out of the way ${segment}` })
    await updateSegment(rig.db, segment, { name: other.name })
    const { run } = await toldAndDone(wanted)
    expect(run).toMatchObject({ requests: 2, writes: 1 })
    expect((await rig.list(wanted)).name).toBe(name)
  })

  test('a segment whose audience somebody named otherwise: only the look is counted', async () => {
    const { wanted, segment, name, remoteId } = await toMicrosoft()
    await changeAudience(wanted, remoteId, { Name: `${name} by hand` })
    await updateSegment(rig.db, segment, { name: `${name} renamed` })
    expect((await toldAndDone(wanted)).run).toMatchObject({ requests: 1, writes: 0 })
  })
})

describe('gone or not to be filled', () => {
  test('a list that was deleted: nothing is wrong while nobody is to be sent, then both say what to do', async () => {
    const { wanted, id, remoteId } = await toIterable()
    await rig.atIterable('DELETE', `/api/lists/${remoteId}`)
    expect((await toldAndDone(wanted)).dry.requests).toEqual({ least: 0, most: 0 })
    await oneMore()
    await bothFail(wanted, 'run.list_gone')

    await createAgain(rig.server.ports, id, signal)
    const dry = await tell(wanted)
    expect(dry).toMatchObject({ verdict: { kind: 'pass' }, added: 11, lists: [{ made: true }] })
    // How often a new list is asked for until the service knows it is its own affair.
    const run = await rig.run(wanted)
    expect(run).toMatchObject({ status: 'Successful', added: 11 })
    expect(run.requests).toBeGreaterThanOrEqual(dry.requests.least)
  })

  test('an audience that was given a membership duration: the same words, and everybody again after it', async () => {
    const { wanted, remoteId } = await toMicrosoft()
    await changeAudience(wanted, remoteId, { MembershipDuration: 30 })
    await oneMore()
    await bothFail(wanted, 'run.destination_refused')
    await changeAudience(wanted, remoteId, { MembershipDuration: -1 })
    expect((await toldAndDone(wanted)).dry).toMatchObject({ added: 1, updated: 10 })
  })
})

describe('let go', () => {
  const inBergen = crowd(21, 26, 'Bergen')
  const twoAudiences = async () => {
    await people([...members, ...inBergen])
    const oslo = await rig.segment('Oslo')
    const bergen = await rig.segment('Bergen', { field: 'City', op: 'is', value: 'Bergen' })
    const wanted = await rig.microsoftExport(`Two ${oslo}`, [oslo, bergen])
    await renew(rig.server.ports, async () => undefined)
    await rig.run(wanted)
    return { wanted, oslo, bergen }
  }

  test('a list whose segment was taken off is not told; when it comes back, what changed meanwhile is', async () => {
    const { wanted, oslo, bergen } = await twoAudiences()
    await updateExport(rig.db, wanted.id, { segmentIds: [oslo] })
    await people([...members, ...inBergen.slice(1)])
    const { dry } = await toldAndDone(wanted)
    expect(dry).toMatchObject({ removed: 0, requests: { most: 0 }, lists: [{ segmentIds: [oslo] }] })
    expect(dry.lists).toHaveLength(1)
    await updateExport(rig.db, wanted.id, { segmentIds: [oslo, bergen] })
    expect((await toldAndDone(wanted)).dry).toMatchObject({ added: 0, removed: 1 })
  })

  test('one that is being emptied, while its last run is Held, is not told either', async () => {
    const { wanted, oslo, bergen } = await twoAudiences()
    await updateExport(rig.db, wanted.id, { segmentIds: [oslo] }, undefined, async (tx) => {
      await letGo(tx, wanted.id, ({ segmentId }) => segmentId === bergen, { people: 'remove', at: new Date() })
    })
    await rig.server.requestLast(wanted.id)
    await rig.idle()
    expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Held', last: true })
    await people([...members.slice(1), ...inBergen])
    const { dry } = await toldAndDone(wanted)
    expect(dry).toMatchObject({ removed: 1, lists: [{ segmentIds: [oslo], removed: 1 }] })
  })

  test('a list that the export was put on again after it was forgotten: everybody there was there before', async () => {
    await people(members)
    const [one, other] = [await rig.sendgridList('Told one'), await rig.sendgridList('Told other')]
    const segmentIds = [await rig.segment('Everybody')]
    const wanted = await rig.sendgridExport('There and back', { segmentIds, list: one })
    await renew(rig.server.ports, async () => undefined)
    await rig.run(wanted)
    const { id } = await rig.list(wanted)
    await updateExport(rig.db, wanted.id, { listRemoteId: other })
    await rig.run(wanted)
    await forgetList(rig.db, id, new Date())
    await updateExport(rig.db, wanted.id, { listRemoteId: one })
    const dry = await tell(wanted)
    expect(dry).toMatchObject({ verdict: { kind: 'pass' }, added: 0, updated: 10, lists: [{ theirs: 10 }] })
    expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', added: 0, updated: 10 })
  })

  test('an export that leaves runs no more: nothing is told of a run that would not come', async () => {
    const { wanted } = await twoAudiences()
    await leaveExport(rig.db, wanted.id, new Date())
    await expect(tell(wanted)).rejects.toMatchObject({ code: 'export.leaving', details: { name: wanted.name } })
    expect(await rig.run(wanted)).toMatchObject({ last: true, status: 'Held' })
    expect(await getExport(rig.db, wanted.id)).toMatchObject({ leaving: true })
  })
})
