/** How lists end over HTTP: let go, emptied, forgotten, made again; each refusal with its code and with nothing changed. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connectionTo } from '../../demo/set-up.ts'
import { exampleCredentials } from '../../sandbox/credentials.ts'
import { crowd, emailsOf } from '../../test/end-to-end/rig.ts'
import type { Export } from '../store/export.ts'
import { createRun } from '../store/run.ts'
import { settleRun } from '../store/run-settle.ts'
import { type ApiRig, openApiRig, Problem } from './fixtures/api-rig.ts'

const { apiKey, clientOfAccount, otherClient } = exampleCredentials['campaign-monitor']

let api: ApiRig
beforeAll(async () => {
  api = await openApiRig()
})
afterEach(async () => await api.rig.clear())
afterAll(async () => {
  expect(api.rig.sandbox.forbidden()).toEqual([])
  await api.close()
})

/** The code of the problem document that answers. */
const codeOf = async (asked: Promise<unknown>): Promise<string> => {
  try {
    await asked
  } catch (error) {
    if (error instanceof Problem && error.body instanceof Object && 'code' in error.body) return String(error.body.code)
    throw error
  }
  return 'answered'
}

const inOslo = crowd(1, 11)
const inBergen = crowd(11, 16, 'Bergen')

/** An export of two segments to Iterable that has run, with its lists by segment. */
const twoLists = async () => {
  await api.rig.people([...inOslo, ...inBergen])
  const oslo = await api.rig.segment('Oslo')
  const bergen = await api.rig.segment('Bergen', { field: 'City', op: 'is', value: 'Bergen' })
  const { id } = await api.rig.iterableExport('Two lists', [oslo, bergen])
  await api.rig.refreshed()
  const lists = await listsOf(id)
  const listOf = (segment: string) => {
    const found = lists.find(({ segmentId }) => segmentId === segment)
    if (found === undefined) throw new Error('The segment has no list.')
    return { ...found, on: () => api.rig.sandbox.members('iterable', found.remoteId ?? '') }
  }
  return { path: { id }, oslo, bergen, first: listOf(oslo), second: listOf(bergen) }
}

/** What follows a run comes a moment after it. */
const soon = <T>(look: () => Promise<T>) => expect.poll(look, { timeout: 20_000 })

const listsOf = async (wanted: string) => (await api.client.listLists({ query: { export: wanted } })).body.items
const shownList = async (id: string) => (await api.client.getList({ path: { id } })).body
const runsOf = async (wanted: string) => (await api.client.listRuns({ query: { export: wanted } })).body.items
const lastRunOf = async (wanted: string) => (await runsOf(wanted)).find(({ last }) => last)

/** The export as it is, with its tag, to be replaced by something else. */
const read = async ({ id }: { readonly id: string }) => {
  const { body, etag = '' } = await api.client.getExport({ path: { id } })
  const { id: _id, leaving: _leaving, ...same } = body
  return { body: same, headers: { 'if-match': etag } }
}

type Changes = Partial<Awaited<ReturnType<typeof read>>['body']>

const replace = async (path: { readonly id: string }, changes: Changes, people?: 'leave' | 'remove') => {
  const { body, headers } = await read(path)
  const query = people === undefined ? {} : { people }
  return await api.client.replaceExport({ path, query, headers, body: { ...body, ...changes } })
}

/** Approves the Held last run of the export, to its end. */
const approved = async (wanted: string) => {
  await api.rig.idle()
  const held = await lastRunOf(wanted)
  expect(held).toMatchObject({ status: 'Held', reasonCode: 'run.held_last' })
  const { id = '', deltaHash = '' } = held ?? {}
  const { body } = await api.client.approveRun({ path: { id }, body: { deltaHash } })
  await api.rig.idle()
  return (await api.client.getRun({ path: { id: body.id } })).body
}

/** While a run of the export is under way. */
const whileRunning = async (exportId: string, work: () => Promise<void>): Promise<void> => {
  const { run } = await createRun(api.rig.db, { exportId })
  await work()
  const counters = { added: 0, updated: 0, removed: 0, rejected: 0, unknown: 0, invalid: 0, duplicates: 0 }
  await settleRun(api.rig.db, run.id, { status: 'Canceled', counters, lists: [], at: new Date() })
}

describe('PUT /exports/{id}?people=', () => {
  it.each([undefined, 'leave' as const])('leaves people on the list that it lets go, told %s', async (people) => {
    const { path, oslo, second } = await twoLists()
    expect((await replace(path, { segmentIds: [oslo] }, people)).body.segmentIds).toEqual([oslo])
    await api.rig.idle()
    expect(await lastRunOf(path.id)).toBeUndefined()
    const { emptying, closedAt } = await shownList(second.id)
    expect({ emptying, closedAt }).toEqual({ emptying: false, closedAt: expect.stringMatching(/^\d{4}-/) })
    expect(second.on()).toEqual(emailsOf(inBergen))
  })

  it('has them taken off once a run is approved, and forgets the list', async () => {
    const { path, oslo, first, second } = await twoLists()
    await replace(path, { segmentIds: [oslo] }, 'remove')
    expect(await shownList(second.id)).toMatchObject({ emptying: true })
    expect(second.on()).toEqual(emailsOf(inBergen))
    expect(await approved(path.id)).toMatchObject({ status: 'Successful', removed: 5, last: true })
    expect([first.on(), second.on()]).toEqual([emailsOf(inOslo), []])
    await soon(async () => (await listsOf(path.id)).map(({ id }) => id)).toEqual([first.id])
    expect(await codeOf(api.client.getList({ path: { id: second.id } }))).toBe('list.missing')
  })

  it('takes the wish back when the segment is put on again, also where the run that is Held is approved then', async () => {
    const { path, oslo, bergen, second } = await twoLists()
    await replace(path, { segmentIds: [oslo] }, 'remove')
    await api.rig.idle()
    await replace(path, { segmentIds: [oslo, bergen] })
    expect(await shownList(second.id)).toMatchObject({ emptying: false })
    expect(await approved(path.id)).toMatchObject({ removed: 0, last: true })
    expect(second.on()).toEqual(emailsOf(inBergen))
  })

  it('asks for no run where no list is let go', async () => {
    const { path } = await twoLists()
    await replace(path, { name: 'Other name' }, 'remove')
    await api.rig.idle()
    expect(await runsOf(path.id)).toHaveLength(1)
  })

  it('lets go of the list that was chosen when another one is', async () => {
    await api.rig.people(inOslo)
    const [one, other] = [await api.rig.sendgridList('Let go'), await api.rig.sendgridList('Instead')]
    const segmentIds = [await api.rig.segment('All')]
    const { id } = await api.rig.sendgridExport('Moved', { segmentIds, list: one })
    await api.rig.refreshed()
    await replace({ id }, { listId: other }, 'remove')
    expect(await approved(id)).toMatchObject({ status: 'Successful', removed: 10 })
    expect(api.rig.sandbox.members('sendgrid', one)).toEqual([])
  })

  it.each<[string, () => Promise<Changes>]>([
    [
      'another connection',
      async () => ({ connectionId: (await connectionTo(api.rig.server.ports, 'iterable', 'Another')).id }),
    ],
  ])('takes nobody off with %s, and changes nothing', async (_what, changes) => {
    const { path, first, second } = await twoLists()
    const before = (await read(path)).body
    expect(await codeOf(replace(path, await changes(), 'remove'))).toBe('request.unusable')
    expect((await read(path)).body).toEqual(before)
    expect(await listsOf(path.id)).toMatchObject([{ emptying: false }, { emptying: false }])
    expect([first.on().length, second.on().length]).toEqual([10, 5])
    expect(await codeOf(replace(path, await changes(), 'leave'))).toBe('answered')
  })

  it('takes nobody off with another account either, where the lists cannot be reached', async () => {
    await api.rig.people(inOslo)
    const { id, settings } = await api.rig.microsoftExport('Account', [await api.rig.segment('Account')])
    await api.rig.refreshed()
    const changes = { settings: { ...settings, accountId: '151000002' } }
    expect(await codeOf(replace({ id }, changes, 'remove'))).toBe('request.unusable')
    expect((await read({ id })).body.settings).toEqual(settings)
    expect(await codeOf(replace({ id }, changes, 'leave'))).toBe('answered')
  })

  it.each([
    ['another word', 'keep', 400],
    ['the word twice', 'leave&people=remove', 400],
  ])('takes no %s', async (_what, people, status) => {
    const { path } = await twoLists()
    const { body, headers } = await read(path)
    expect(await api.call('PUT', `/exports/${path.id}?people=${people}`, { body, headers })).toMatchObject({ status })
  })

  it('is refused while the export is being removed', async () => {
    const { path, oslo } = await twoLists()
    const { headers } = await read(path)
    await api.client.leaveExport({ path, headers })
    expect(await codeOf(replace(path, { segmentIds: [oslo] }, 'leave'))).toBe('export.leaving')
    expect(await codeOf(api.client.startDryRun({ path }))).toBe('export.leaving')
  })
})

describe('POST /exports/{id}/leave', () => {
  it('takes our people off all lists once its run is approved; then the export is gone, and its runs are not', async () => {
    const { path, first, second } = await twoLists()
    const { headers } = await read(path)
    const answer = await api.call('POST', `/exports/${path.id}/leave`, { headers })
    expect(answer).toMatchObject({ status: 202, body: { exportId: path.id, last: true, joined: false } })
    expect(answer.headers.get('location')).toMatch(/^\/api\/v1\/runs\/\d+$/)
    expect((await api.client.getExport({ path })).body.leaving).toBe(true)
    await api.rig.idle()
    expect([first.on().length, second.on().length]).toEqual([10, 5])

    const done = await approved(path.id)
    expect(done).toMatchObject({ status: 'Successful', removed: 15 })
    expect([first.on(), second.on()]).toEqual([[], []])
    await soon(() => codeOf(api.client.getExport({ path }))).toBe('export.missing')
    expect((await api.client.getRun({ path: { id: done.id } })).body).toMatchObject({ removed: 15 })
    expect(await codeOf(api.client.startRun({ path }))).toBe('export.missing')
  })

  it('keeps the export when its run is canceled', async () => {
    const { path, second } = await twoLists()
    const { headers } = await read(path)
    await api.client.leaveExport({ path, headers })
    await api.rig.idle()
    await api.client.cancelRun({ path: { id: (await lastRunOf(path.id))?.id ?? '' } })
    expect((await api.client.getExport({ path })).body.leaving).toBe(false)
    expect(second.on()).toEqual(emailsOf(inBergen))
  })

  it('ends at once for an export that never ran', async () => {
    const { id } = await api.rig.iterableExport('Never ran', [await api.rig.segment('Never ran')])
    const { headers } = await read({ id })
    await api.client.leaveExport({ path: { id }, headers })
    await api.rig.idle()
    await soon(() => codeOf(api.client.getExport({ path: { id } }))).toBe('export.missing')
  })

  it('is done on the version that was read, and not while a run is under way', async () => {
    const { path } = await twoLists()
    const { headers } = await read(path)
    expect(await api.call('POST', `/exports/${path.id}/leave`)).toMatchObject({ status: 428 })
    const stale = { 'if-match': '"another"' }
    expect(await codeOf(api.client.leaveExport({ path, headers: stale }))).toBe('request.stale')
    await whileRunning(path.id, async () => {
      expect(await codeOf(api.client.leaveExport({ path, headers }))).toBe('export.running')
    })
    expect(await codeOf(api.client.leaveExport({ path: { id: '999999' }, headers }))).toBe('export.missing')
    expect((await api.client.getExport({ path })).body.leaving).toBe(false)
  })
})

describe('a list that was let go', () => {
  const letGo = async () => {
    const all = await twoLists()
    await replace(all.path, { segmentIds: [all.oslo] })
    return { ...all, list: { path: { id: all.second.id } }, filled: { path: { id: all.first.id } } }
  }

  it('POST /lists/{id}/empty: is emptied later, once a run is approved', async () => {
    const { path, list, second } = await letGo()
    const { status, body } = await api.client.emptyList(list)
    expect([status, body]).toMatchObject([202, { exportId: path.id, last: true, joined: false }])
    expect(await approved(path.id)).toMatchObject({ status: 'Successful', removed: 5 })
    expect(second.on()).toEqual([])
    await soon(() => codeOf(api.client.emptyList(list))).toBe('list.missing')
  })

  it('POST /lists/{id}/empty: asks once however often it is sent with one key', async () => {
    const { path, list } = await letGo()
    const headers = { 'idempotency-key': 'empty-it-once' }
    const [first, second] = [
      await api.client.emptyList({ ...list, headers }),
      await api.client.emptyList({ ...list, headers }),
    ]
    expect(second.body).toEqual(first.body)
    await api.rig.idle()
    expect((await runsOf(path.id)).filter(({ last }) => last)).toHaveLength(1)
  })

  it('DELETE /lists/{id}: is forgotten, people stay, and its segment may be removed', async () => {
    const { path, list, bergen, second, first } = await letGo()
    const answer = await api.call('DELETE', `/lists/${second.id}`)
    expect([answer.status, answer.text]).toEqual([204, ''])
    expect((await listsOf(path.id)).map(({ id }) => id)).toEqual([first.id])
    expect(second.on()).toEqual(emailsOf(inBergen))
    expect(await codeOf(api.client.forgetList(list))).toBe('list.missing')
    const { etag = '' } = await api.client.getSegment({ path: { id: bergen } })
    const headers = { 'if-match': etag }
    expect((await api.client.removeSegment({ path: { id: bergen }, headers })).status).toBe(204)
  })

  it('keeps its segment from being removed until then', async () => {
    const { bergen } = await letGo()
    const { etag = '' } = await api.client.getSegment({ path: { id: bergen } })
    const wanted = { path: { id: bergen }, headers: { 'if-match': etag } }
    expect(await codeOf(api.client.removeSegment(wanted))).toBe('segment.in_use')
  })

  it('is not forgotten while a run of its export is under way', async () => {
    const { path, list } = await letGo()
    await whileRunning(path.id, async () => {
      expect(await codeOf(api.client.forgetList(list))).toBe('export.running')
    })
    expect(await listsOf(path.id)).toHaveLength(2)
  })

  it.each<[string, (path: { path: { id: string } }) => Promise<unknown>]>([
    ['emptied', async (wanted) => await api.client.emptyList(wanted)],
    ['forgotten', async (wanted) => await api.client.forgetList(wanted)],
  ])('is neither one that is filled nor one that is not there: not %s', async (_what, ask) => {
    const { filled, path } = await letGo()
    expect(await codeOf(ask(filled))).toBe('list.filled')
    expect(await codeOf(ask({ path: { id: '999999' } }))).toBe('list.missing')
    expect(await shownList(filled.path.id)).toMatchObject({ emptying: false, people: { present: 10 } })
    expect(await lastRunOf(path.id)).toBeUndefined()
  })
})

describe('POST /lists/{id}/create-again', () => {
  const again = async (id: string) => await api.client.createListAgain({ path: { id } })

  it('puts a new list in the place of one that is gone, which the next run makes', async () => {
    const { path, oslo, first, second } = await twoLists()
    await api.rig.atIterable('DELETE', `/api/lists/${first.remoteId}`)
    const { status, body: made } = await again(first.id)
    expect(status).toBe(200)
    expect(made).toMatchObject({ segmentId: oslo, name: first.name, remoteId: null, people: { present: 0 } })
    expect(made.id).not.toBe(first.id)
    expect((await listsOf(path.id)).map(({ id }) => id).sort()).toEqual([made.id, second.id].sort())
    expect(await codeOf(again(first.id))).toBe('list.missing')
    expect(await codeOf(again(made.id))).toBe('list.not_found_yet')
    const { body: run } = await api.client.startRun({ path })
    await api.rig.idle()
    expect((await api.client.getRun({ path: { id: run.id } })).body).toMatchObject({ status: 'Successful', added: 10 })
    const { remoteId } = await shownList(made.id)
    expect(api.rig.sandbox.members('iterable', remoteId ?? '')).toEqual(emailsOf(inOslo))
  })

  it('refuses a list that is there, and forgets nothing', async () => {
    const { first } = await twoLists()
    expect(await codeOf(again(first.id))).toBe('list.still_there')
    expect(await shownList(first.id)).toMatchObject({ remoteId: first.remoteId, people: { present: 10 } })
  })

  it('refuses a list that was let go, and one that is gone while a run is under way', async () => {
    const { path, oslo, first, second } = await twoLists()
    await replace(path, { segmentIds: [oslo] })
    expect(await codeOf(again(second.id))).toBe('list.closed')
    await api.rig.atIterable('DELETE', `/api/lists/${first.remoteId}`)
    await whileRunning(path.id, async () => expect(await codeOf(again(first.id))).toBe('export.running'))
    expect(await shownList(first.id)).toMatchObject({ remoteId: first.remoteId })
  })

  it('refuses a list that a person chose, and one in another account', async () => {
    await api.rig.people(inOslo)
    const list = await api.rig.sendgridList('Chosen')
    const chosen = await api.rig.sendgridExport('Chosen', { segmentIds: [await api.rig.segment('All')], list })
    const elsewhere = await api.rig.microsoftExport('Elsewhere', [await api.rig.segment('Elsewhere')])
    await api.rig.refreshed()
    const idOf = async ({ id }: Export): Promise<string> => (await listsOf(id))[0]?.id ?? ''
    expect(await codeOf(again(await idOf(chosen)))).toBe('list.not_made_here')
    const { settings } = elsewhere
    await replace(elsewhere, { settings: { ...settings, accountId: '151000002' } })
    expect(await codeOf(again(await idOf(elsewhere)))).toBe('list.other_account')
  })

  it('does not take a service that is down for a list that is gone', async () => {
    const { first } = await twoLists()
    await api.down()
    await api.rig.closeServer()
    await api.rig.openServer({ patienceMs: 10 })
    await api.up()
    await api.rig.vendorsDown()
    try {
      expect(await codeOf(again(first.id))).toBe('run.destination_unreachable')
    } finally {
      await api.rig.vendorsUp()
    }
    expect(await shownList(first.id)).toMatchObject({ remoteId: first.remoteId })
  })
})

describe('GET /connections/{id}/choices/{setting}', () => {
  const connection = async (destination: string, credentials: Readonly<Record<string, string>>) => {
    const body = { name: `Choices ${Math.random()}`, destination, credentials }
    return (await api.client.createConnection({ body })).body.id
  }
  const choices = async (id: string, setting: string) => await api.client.listChoices({ path: { id, setting } })

  it('tells the clients of a Campaign Monitor account, before the connection was checked', async () => {
    const id = await connection('campaign-monitor', { apiKey, clientId: '', clientSecret: '' })
    const { items } = (await choices(id, 'clientId')).body
    expect(items).toMatchObject([{ id: clientOfAccount, name: expect.stringMatching(/\S/) }])
    expect(items.map((one) => one.id)).not.toContain(otherClient)
    expect((await api.client.getConnection({ path: { id } })).body.found).toBeNull()
  })

  it.each([
    ['a setting without choices', 'addressBookId'],
    ['a property of every object', 'constructor'],
    ['a setting that is not there', 'nothing'],
  ])('knows none of %s', async (_what, setting) => {
    const id = await connection('dotdigital', exampleCredentials.dotdigital)
    expect(await codeOf(choices(id, setting))).toBe('destination.no_choices')
  })

  it('says in the words of the service that a key is wrong', async () => {
    const id = await connection('campaign-monitor', { apiKey: 'wrong', clientId: '', clientSecret: '' })
    expect(await codeOf(choices(id, 'clientId'))).toBe('run.destination_refused')
    expect(await codeOf(choices('999999', 'clientId'))).toBe('connection.missing')
  })
})
