/** Runs over HTTP: started or joined, followed, looked into record by record, canceled, approved; people are masked. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { crowd, type Person } from '../../test/end-to-end/rig.ts'
import type { Export } from '../store/export.ts'
import { createRun } from '../store/run.ts'
import { requestCancel } from '../store/run-decisions.ts'
import { type ApiRig, openApiRig, Problem } from './fixtures/api-rig.ts'

let api: ApiRig
beforeAll(async () => {
  api = await openApiRig({ run: { maxRecords: 10 } })
})
afterEach(async () => await api.rig.clear())
afterAll(async () => {
  expect(api.rig.sandbox.forbidden()).toEqual([])
  await api.close()
})

const codeOf = async (asked: Promise<unknown>): Promise<string> => {
  try {
    await asked
  } catch (error) {
    if (error instanceof Problem && error.body instanceof Object && 'code' in error.body) return String(error.body.code)
    throw error
  }
  return 'answered'
}

/** Follows a run to its end and gives its last state. */
const settled = async (id: string) => {
  for await (const { event, state } of api.client.watchRun({ path: { id } })) if (event === 'end') return state
  throw new Error('The stream ended before the run.')
}

const stranger: Person = { id: 'stranger', email: 'stranger@people.example', city: 'Bergen' }

const microsoft = async (people: readonly Person[]): Promise<Export> => {
  await api.rig.people([stranger, ...people])
  const name = `Runs ${Math.random()}`
  return await api.rig.microsoftExport(name, [await api.rig.segment(name)])
}

it('follows a refresh with the runs of its exports to their ends', async () => {
  const wanted = await microsoft(crowd(0, 25))
  const { status, body: started } = await api.client.startRefresh()
  expect(status).toBe(202)
  const states: string[] = []
  let last: { status: string; runs: readonly { status: string; exportId: string }[] } | undefined
  for await (const { state } of api.client.watchRefresh({ path: { id: started.id } })) {
    states.push(state.status)
    last = state
  }
  expect(last).toMatchObject({ status: 'Successful', runs: [{ status: 'Successful', exportId: wanted.id }] })
  expect(states.length).toBeGreaterThan(1)
  const { body: refresh } = await api.client.getRefresh({ path: { id: started.id } })
  expect(refresh).toEqual(last)
  const { body: runs } = await api.client.listRuns({ query: { refresh: started.id } })
  expect(runs).toMatchObject({ total: 1, items: [{ exportId: wanted.id, added: 25 }] })
})

it('looks into a run by batch and by record, masked unless asked', async () => {
  const broken = { id: '900', email: 'bad@errored.sandbox.invalid' }
  await api.rig.people([...crowd(0, 14), broken, { id: '901', email: '' }, { id: '902', email: 'nobody' }])
  const list = await api.rig.sendgridList('Looked into')
  const segmentIds = [await api.rig.segment('Looked into')]
  const wanted = await api.rig.sendgridExport('Looked into', { segmentIds, list })
  await api.rig.refreshed()
  const { id } = await api.rig.lastRun(wanted)
  const path = { id }

  const { body: run } = await api.client.getRun({ path })
  expect(run).toMatchObject({
    status: 'Partial',
    added: 14,
    rejected: 1,
    invalid: 2,
    lists: [{ expected: 15, added: 14 }],
  })
  const { body: batches } = await api.client.listBatches({ path, query: { size: 1, page: 2 } })
  expect(batches.total).toBeGreaterThan(1)
  expect(batches.items).toMatchObject([{ number: 2, operation: 'add', from: 11 }])
  expect(run.batches.done).toBe(
    (await api.client.listBatches({ path })).body.items.filter((one) => one.state === 'done').length,
  )

  const { body: all } = await api.client.listOutcomes({ path })
  expect(all.total).toBe(15)
  expect(all.items.map(({ seq }) => seq)).toEqual(Array.from({ length: 15 }, (_, index) => index + 1))
  expect(JSON.stringify(all)).not.toMatch(/person\d|people\.example|bad@/)
  const second = await api.client.listOutcomes({ path, query: { size: 10, page: 2 } })
  expect(second.body.items).toEqual(all.items.slice(10))

  const { body: refused } = await api.client.listOutcomes({ path, query: { fate: 'rejected', reveal: 'true' } })
  expect(refused).toMatchObject({ total: 1, items: [{ identifier: broken.email, kind: 'add', fate: 'rejected' }] })
  expect(refused.items[0]?.reason).toMatch(/\w/)
  const { body: masked } = await api.client.listOutcomes({ path, query: { fate: 'rejected' } })
  expect(masked.items).toMatchObject([{ identifier: 'ba***@er***' }])
  const listId = run.lists[0]?.listId ?? ''
  expect((await api.client.listOutcomes({ path, query: { list: '999999' } })).body.total).toBe(0)
  expect((await api.client.listOutcomes({ path, query: { list: listId, fate: 'applied' } })).body.total).toBe(14)

  const { body: invalid } = await api.client.listInvalidPeople({ path })
  expect(invalid.items.map(({ reason }) => reason).sort()).toEqual(['malformed', 'missing'])

  const { body: lists } = await api.client.listLists({ query: { export: wanted.id } })
  expect(lists.items).toMatchObject([
    { id: listId, segmentName: null, remoteId: list, people: { present: 14, rejected: 1, left: 0 } },
  ])
  const { body: rejects } = await api.client.listRejects({ query: { list: listId } })
  expect(rejects).toMatchObject({ total: 1, items: [{ identifier: 'ba***@er***', runId: id, operation: 'add' }] })
  const revealed = await api.client.listRejects({ query: { list: listId, reveal: 'true' } })
  expect(revealed.body.items[0]).toMatchObject({ identifier: broken.email, customerId: refused.items[0]?.customerId })

  // The next plan drops the records; what they came to stays.
  await api.rig.refreshed()
  expect(await codeOf(api.client.listOutcomes({ path }))).toBe('run.records_gone')
  expect(await codeOf(api.client.listInvalidPeople({ path }))).toBe('run.records_gone')
  expect((await api.client.getRun({ path })).body).toMatchObject({ added: 14, rejected: 1 })
})

it('finds people by page, customer ID and exact address, masked unless asked', async () => {
  await microsoft(crowd(0, 5))
  await api.rig.refreshed()
  const { body: version } = await api.client.getProfilesVersion()
  expect(version).toMatchObject({ rows: 6 })
  const pages = await Promise.all(
    [1, 2].map(async (page) => (await api.client.listProfiles({ query: { page, size: 4 } })).body),
  )
  expect(pages.map(({ items, total }) => [items.length, total])).toEqual([
    [4, 6],
    [2, 6],
  ])
  expect(new Set(pages.flatMap(({ items }) => items.map(({ customerId }) => customerId))).size).toBe(6)
  expect(JSON.stringify(pages)).not.toMatch(/person\d@|stranger@/)

  const query = { reveal: 'true' } as const
  const search = { email: '  PERSON3@People.example ' }
  const { body: found } = await api.client.searchProfiles({ body: search, query })
  expect(found).toMatchObject({ total: 1, items: [{ fields: { Email: 'person3@people.example', City: 'Oslo' } }] })
  const customerId = found.items[0]?.customerId ?? ''
  expect((await api.client.searchProfiles({ body: { customerId }, query })).body.items).toEqual(found.items)
  expect((await api.client.getProfile({ path: { customerId }, query })).body).toEqual(found.items[0])
  const { body: masked } = await api.client.getProfile({ path: { customerId } })
  expect(masked.fields).toMatchObject({ Email: 'pe***@pe***', City: 'Oslo' })
  expect((await api.client.searchProfiles({ body: { email: 'person' } })).body.total).toBe(0)
  expect(await codeOf(api.client.getProfile({ path: { customerId: 'nobody' } }))).toBe('profile.missing')
})

it('shows what was ingested, and where the rows stand that were not', async () => {
  await api.rig.writeFile(
    'Id,Email,FirstName,City\n1,a@people.example,A,Oslo\n,b@people.example,B,Oslo\n2,c@people.example,C,Oslo\n',
  )
  await api.rig.refreshed()
  const { body: table } = await api.client.getTable({ path: { name: 'People' } })
  expect(table).toMatchObject({ rows: 2, setAside: 1, file: 'People.csv', key: 'Id' })
  expect((await api.client.listTables()).body.items).toEqual([table])
  const { body: rows } = await api.client.listSetAsideRows({ path: { name: 'People' } })
  expect(rows).toMatchObject({ total: 1, items: [{ file: 'People.csv', line: 3, reason: 'key_missing' }] })
  expect(await codeOf(api.client.getTable({ path: { name: 'Nowhere' } }))).toBe('table.missing')
})

it('starts a run, and joins the one that is live', async () => {
  const wanted = await microsoft(crowd(0, 5))
  await api.rig.refreshed()
  const live = (await createRun(api.rig.db, { exportId: wanted.id })).run
  const { status, body: joined } = await api.client.startRun({ path: { id: wanted.id } })
  expect([status, joined.id, joined.joined]).toEqual([202, live.id, true])
  expect(await settled(joined.id)).toMatchObject({ status: 'Successful', requests: 0 })
  const { body: next } = await api.client.startRun({ path: { id: wanted.id } })
  expect(next).toMatchObject({ joined: false, exportId: wanted.id })
  await settled(next.id)
  expect(await codeOf(api.client.startRun({ path: { id: '999999' } }))).toBe('export.missing')
})

it('cancels a run that waits, before anything is planned or sent', async () => {
  const wanted = await microsoft(crowd(0, 5))
  await api.rig.refreshed()
  await api.rig.people([stranger, ...crowd(0, 9)])
  await api.rig.refreshed()
  const path = { id: (await createRun(api.rig.db, { exportId: wanted.id })).run.id }
  const { status, body: asked } = await api.client.cancelRun({ path })
  expect(status).toBe(202)
  expect(asked.cancelRequestedAt).toMatch(/^\d{4}-/)
  const before = api.rig.sandbox.requests('microsoft-advertising').length
  await api.client.startRun({ path: { id: wanted.id } })
  expect(await settled(path.id)).toMatchObject({ status: 'Canceled', requests: 0 })
  expect(api.rig.sandbox.requests('microsoft-advertising')).toHaveLength(before)
  expect(await codeOf(api.client.cancelRun({ path }))).toBe('run.already_settled')
  expect(await codeOf(api.client.cancelRun({ path: { id: '999999' } }))).toBe('run.missing')
})

it('remembers across a restart that a run is to be canceled', async () => {
  const wanted = await microsoft(crowd(0, 5))
  await api.rig.refreshed()
  await api.down()
  // As a process leaves it that is killed between the two: the run is live, and nobody works on it.
  const { run } = await createRun(api.rig.db, { exportId: wanted.id })
  await requestCancel(api.rig.db, run.id, new Date())
  await api.rig.closeServer()
  await api.rig.openServer()
  await api.up()
  expect(await settled(run.id)).toMatchObject({ status: 'Canceled', added: 0 })
})

const gated = async () => {
  const everybody = crowd(0, 200)
  const wanted = await microsoft(everybody)
  await api.rig.refreshed()
  await api.rig.people([stranger, ...everybody.slice(100)])
  await api.rig.refreshed()
  const run = await api.rig.lastRun(wanted)
  expect(run.status).toBe('Held')
  return { wanted, path: { id: run.id }, deltaHash: run.deltaHash ?? '' }
}

it('shows what a Held run would do, and sends it once it is approved by its hash', async () => {
  const { wanted, path, deltaHash } = await gated()
  const { body: would } = await api.client.listOutcomes({ path, query: { size: 500 } })
  expect(would.total).toBe(100)
  expect(new Set(would.items.map(({ kind, fate }) => `${kind} ${fate}`))).toEqual(new Set(['remove unsent']))

  expect(await codeOf(api.client.approveRun({ path, body: { deltaHash: 'another' } }))).toBe('run.delta_changed')
  expect((await api.client.getRun({ path })).body.status).toBe('Held')

  const decisions = await Promise.allSettled(
    Array.from({ length: 4 }, async () => await api.client.approveRun({ path, body: { deltaHash } })),
  )
  const approved = decisions.flatMap((one) => (one.status === 'fulfilled' ? [one.value.body] : []))
  expect(approved).toHaveLength(1)
  expect(approved[0]).toMatchObject({ exportId: wanted.id, approved: true })
  expect(await settled(approved[0]?.id ?? '')).toMatchObject({ status: 'Successful', removed: 100 })
  expect((await api.client.getRun({ path })).body).toMatchObject({ status: 'Canceled', reasonCode: 'run.replaced' })
  expect(await codeOf(api.client.approveRun({ path, body: { deltaHash } }))).toBe('run.not_held')
  expect(await api.rig.members(wanted)).toHaveLength(100)
})

it('lets go of a Held run: then it cannot be approved any more', async () => {
  const { wanted, path, deltaHash } = await gated()
  const { body } = await api.client.cancelRun({ path })
  expect(body).toMatchObject({ status: 'Canceled', reasonCode: 'run.dismissed' })
  expect(await codeOf(api.client.approveRun({ path, body: { deltaHash } }))).toBe('run.not_held')
  expect(await api.rig.members(wanted)).toHaveLength(200)
})

it('ends its streams when it closes', async () => {
  const wanted = await microsoft(crowd(0, 5))
  await api.rig.refreshed()
  const { run } = await createRun(api.rig.db, { exportId: wanted.id })
  const stream = api.client.watchRun({ path: { id: run.id } })[Symbol.asyncIterator]()
  expect((await stream.next()).value).toMatchObject({ event: 'progress', state: { status: 'Queued' } })
  const ended = stream.next()
  await api.down()
  // No `end`: the run has not ended, and its follower comes again.
  expect(await ended).toMatchObject({ done: true })
  await api.up()
  await api.client.cancelRun({ path: { id: run.id } })
  await api.client.startRun({ path: { id: wanted.id } })
  expect(await settled(run.id)).toMatchObject({ status: 'Canceled' })
})
