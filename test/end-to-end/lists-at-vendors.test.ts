/** What happens to a bound list when it, or its segment, is renamed, deleted or changed: seen before anything is sent. */
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { connectionTo } from '../../demo/set-up.ts'
import { exampleCredentials } from '../../sandbox/credentials.ts'
import { createAgain } from '../../src/exports/leaving.ts'
import { readTokens } from '../../src/store/connection-tokens.ts'
import { createExport, type Export } from '../../src/store/export.ts'
import { namedLists } from '../../src/store/list-names.ts'
import { updateSegment } from '../../src/store/segment.ts'
import { crowd, emailsOf, hashesOf, openRig, type Rig } from './rig.ts'

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
const people = crowd(1, 11)
const { signal } = new AbortController()

/** As somebody does on Microsoft Advertising's own pages. */
const atMicrosoft = async ({ connectionId }: Export, method: string, body: object): Promise<void> => {
  const tokens = await readTokens(rig.db, rig.server.ports.vault, connectionId)
  const answer = await fetch(`${rig.sandbox.urls['microsoft-advertising']}/CampaignManagement/v13/Audiences`, {
    method,
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${tokens?.accessToken}`,
      developertoken: own.developerToken,
      customerid: own.customerId,
      customeraccountid: own.accountId,
    },
    body: JSON.stringify(body),
  })
  expect([answer.status, await answer.json()]).toMatchObject([200, { PartialErrors: [] }])
}

const changeAudience = async (wanted: Export, id: string, changes: object): Promise<void> =>
  await atMicrosoft(wanted, 'PUT', { Audiences: [{ Type: 'CustomerList', Id: id, ...changes }] })

const audiences = () => rig.sandbox.lists('microsoft-advertising').map(({ name }) => name)

const toMicrosoft = async () => {
  await rig.people(people)
  const segment = await rig.segment('Audience')
  const wanted = await rig.microsoftExport(`Ads ${segment}`, [segment])
  await rig.refreshed()
  const { id, name, remoteId = '' } = await rig.list(wanted)
  return { wanted, segment, id, name, remoteId }
}

const shownName = async ({ id }: Export) => (await namedLists(rig.db)).find(({ exportId }) => exportId === id)?.name

const oneMore = async (): Promise<void> => {
  await rig.people([...people, ...crowd(11, 12)])
  await rig.refreshed()
}

describe('renamed', () => {
  test('at the vendor: nothing breaks, and the next run that sends something shows the new name', async () => {
    const { wanted, remoteId, name } = await toMicrosoft()
    await changeAudience(wanted, remoteId, { Name: `${name} for ads` })
    expect(await rig.requestsOf(async () => await rig.run(wanted))).toBe(0)
    await oneMore()
    expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 1 })
    expect(await shownName(wanted)).toBe(`${name} for ads`)
    expect(rig.sandbox.members('microsoft-advertising', remoteId)).toHaveLength(11)
  })

  test('a segment: its audience follows with the next run, once', async () => {
    const { wanted, segment, name, remoteId } = await toMicrosoft()
    await updateSegment(rig.db, segment, { name: `${name} renamed` })
    expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', added: 0, updated: 0, writes: 1 })
    expect(audiences()).toContain(`${name} renamed`)
    expect(audiences()).not.toContain(name)
    expect(await shownName(wanted)).toBe(`${name} renamed`)
    expect(await rig.requestsOf(async () => await rig.run(wanted))).toBe(0)
    expect(rig.sandbox.members('microsoft-advertising', remoteId)).toEqual(hashesOf(people))
  })

  test('a segment whose audience somebody named otherwise: that name stays', async () => {
    const { wanted, segment, name, remoteId } = await toMicrosoft()
    await changeAudience(wanted, remoteId, { Name: `${name} by hand` })
    await updateSegment(rig.db, segment, { name: `${name} renamed` })
    expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', writes: 0 })
    expect(audiences()).toContain(`${name} by hand`)
    expect(await shownName(wanted)).toBe(`${name} by hand`)
    expect(await rig.requestsOf(async () => await rig.run(wanted))).toBe(0)
  })

  test('a segment to a name that another audience has: the name stays, and no second one is made', async () => {
    const other = await toMicrosoft()
    const { wanted, segment, name } = await toMicrosoft()
    await updateSegment(rig.db, other.segment, { name: 'Out of the way' })
    await updateSegment(rig.db, segment, { name: other.name })
    expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', added: 0 })
    expect(await shownName(wanted)).toBe(name)
    expect(audiences().filter((one) => one === other.name)).toHaveLength(1)
    expect(await rig.requestsOf(async () => await rig.run(wanted))).toBe(0)
  })

  test('a segment whose list cannot be renamed: it is filled on, and the difference is shown', async () => {
    await rig.people(people)
    const segment = await rig.segment('Static')
    const wanted = await rig.iterableExport('Mails', [segment])
    await rig.refreshed()
    const { name } = await rig.list(wanted)
    await updateSegment(rig.db, segment, { name: `${name} renamed` })
    await oneMore()
    expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 1 })
    expect((await namedLists(rig.db)).at(-1)).toMatchObject({ name, segmentName: `${name} renamed` })
    expect(rig.sandbox.lists('iterable').filter((list) => list.name.startsWith(name))).toHaveLength(1)
  })
})

describe('deleted at the vendor', () => {
  const deleted = async () => {
    await rig.people(people)
    const segment = await rig.segment('Gone')
    const wanted = await rig.iterableExport('Mails', [segment])
    await rig.refreshed()
    const { id, name, remoteId = '' } = await rig.list(wanted)
    await rig.atIterable('DELETE', `/api/lists/${remoteId}`)
    return { wanted, segment, id, name, remoteId }
  }
  const named = (name: string) => rig.sandbox.lists('iterable').filter((list) => list.name === name)

  test('the run fails with what to do, nothing is made by itself, and everything is sent to the one that is made again', async () => {
    const { wanted, id, name } = await deleted()
    await oneMore()
    const failed = await rig.lastRun(wanted)
    expect(failed).toMatchObject({ status: 'Failed', reasonCode: 'run.list_gone', writes: 0, added: 0 })
    expect(failed.reason).toContain(`sund lists create-again ${id}`)
    expect(named(name)).toEqual([])

    const made = await createAgain(rig.server.ports, id, signal)
    expect(made.id).not.toBe(id)
    expect(named(name)).toEqual([])
    expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', added: 11, updated: 0 })
    const { remoteId = '' } = await rig.list(wanted)
    expect(named(name)).toHaveLength(1)
    expect(rig.sandbox.members('iterable', remoteId)).toEqual(emailsOf([...people, ...crowd(11, 12)]))
  })

  test('one of its name that somebody made since is found, never a second one made', async () => {
    const { wanted, id, name, remoteId } = await toMicrosoft()
    await atMicrosoft(wanted, 'DELETE', { AudienceIds: [remoteId] })
    const audience = { Type: 'CustomerList', Name: name, Scope: 'Account', ParentId: own.accountId }
    await atMicrosoft(wanted, 'POST', { Audiences: [{ ...audience, MembershipDuration: -1 }] })
    await createAgain(rig.server.ports, id, signal)
    expect(await rig.run(wanted)).toMatchObject({ status: 'Failed', reasonCode: 'run.list_undecided', writes: 0 })
    expect(audiences().filter((one) => one === name)).toHaveLength(1)
  })

  test('a list that is there is not made again', async () => {
    await rig.people(people)
    const wanted = await rig.iterableExport('Mails', [await rig.segment('There')])
    await rig.refreshed()
    const { id } = await rig.list(wanted)
    await expect(createAgain(rig.server.ports, id, signal)).rejects.toMatchObject({ code: 'list.still_there' })
    expect(await rig.requestsOf(async () => await rig.run(wanted))).toBe(0)
  })

  test('a list that a person chose is not made by Sund', async () => {
    await rig.people(people)
    const list = await rig.sendgridList('Chosen')
    const wanted = await rig.sendgridExport('Weekly', { segmentIds: [await rig.segment('All')], list })
    await rig.refreshed()
    const { id } = await rig.list(wanted)
    await expect(createAgain(rig.server.ports, id, signal)).rejects.toMatchObject({ code: 'list.not_made_here' })
  })
})

test('an audience whose membership duration was changed is not filled; without an end again, everybody is sent once more', async () => {
  const { wanted, remoteId } = await toMicrosoft()
  await changeAudience(wanted, remoteId, { MembershipDuration: 30 })
  await oneMore()
  const failed = await rig.lastRun(wanted)
  expect(failed).toMatchObject({ status: 'Failed', reasonCode: 'run.destination_refused', writes: 0 })
  expect(failed.reason).toMatch(/drops people after 30 days/)
  await changeAudience(wanted, remoteId, { MembershipDuration: -1 })
  expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', added: 1, updated: 10 })
  expect(await rig.requestsOf(async () => await rig.run(wanted))).toBe(0)
})

test('members of whom each has a value that is refused make the run Partial, and it says so', async () => {
  await rig.people(crowd(1, 4).map((one) => ({ ...one, name: 'x'.repeat(80) })))
  const list = await rig.sendgridList('Nobody fits')
  const wanted = await createExport(rig.db, {
    name: 'Too long',
    connectionId: (await connectionTo(rig.server.ports, 'sendgrid')).id,
    settings: {},
    matching: { identifier: 'Email', fields: { first_name: 'FirstName' } },
    segmentIds: [await rig.segment('Everybody')],
    listRemoteId: list,
  })
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({
    ...{ status: 'Partial', reasonCode: 'run.nobody_fits', added: 0, invalid: 3 },
  })
})

test('fields whose names differ only in case are two fields', async () => {
  await rig.people(people)
  await rig.atIterable('POST', '/api/lists', { name: 'With fields' })
  const listId = Number(rig.sandbox.lists('iterable').find(({ name }) => name === 'With fields')?.id)
  const known = { email: 'known@people.example', dataFields: { town: 'x', Town: 'y' } }
  await vi.waitFor(async () => await rig.atIterable('POST', '/api/lists/subscribe', { listId, subscribers: [known] }))
  const wanted = await rig.iterableExport('Case', [await rig.segment('Case')], {
    identifier: 'Email',
    fields: { town: 'City', Town: 'FirstName' },
  })
  await rig.refreshed()
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 10 })
})
