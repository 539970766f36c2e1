/** A dry run tells what the run after it does, to the record and to the request, at all five services; and it writes nowhere. */
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { vendorSetUps } from '../../demo/at-vendor.ts'
import { connectionTo } from '../../demo/set-up.ts'
import type { LoggedRequest } from '../../sandbox/frame/request-log.ts'
import type { SandboxVendor } from '../../sandbox/sandbox.ts'
import { sandboxVendors } from '../../sandbox/vendors.ts'
import type { Matching } from '../../src/domain/matching.ts'
import { type DryRun, dryRun } from '../../src/exports/dry-run.ts'
import { renew } from '../../src/refresh/refresh.ts'
import { createExport, type Export, removeExport } from '../../src/store/export.ts'
import { leaveExport } from '../../src/store/leaving.ts'
import { createRun, type Run } from '../../src/store/run.ts'
import { settleRun } from '../../src/store/run-settle.ts'
import { createSegment } from '../../src/store/segment.ts'
import { crowd, inCity, openRig, type Person, type Rig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  // Looks at jobs go at the simulators' pace.
  rig = await openRig({ faults: { share: 0, seed: 0 } })
})
afterEach(async () => await rig.clear())
afterAll(async () => {
  expect(rig.sandbox.forbidden()).toEqual([])
  await rig.close()
})

const matchings: Readonly<Record<SandboxVendor, Matching['fields']>> = {
  // One that the list has, and one that has to be made on it.
  'campaign-monitor': { Name: 'FirstName', '[City]': 'City' },
  dotdigital: { FIRSTNAME: 'FirstName' },
  iterable: {},
  'microsoft-advertising': {},
  sendgrid: { first_name: 'FirstName' },
  webhook: { name: 'FirstName' },
}
const keepsValues = (vendor: SandboxVendor): boolean => Object.keys(matchings[vendor]).length > 0

/** Requests that look at jobs or that come too early for a new list, as the vendors' logs name them. */
const isLook = ({ method, path, status }: LoggedRequest): boolean =>
  method === 'GET'
    ? /^\/v3\/marketing\/contacts\/imports\/|^\/contacts\/v3\/import\/|^\/v2\/contacts\/deletion\//.test(path)
    : path === '/api/lists/subscribe' && status >= 400

const hashed = z.object({ h: z.string().nullable() })
const named = z.object({ name: z.string() })

/** Every table of the data plane, every table of ours in the control plane, and every list at the vendors. */
const everything = async (): Promise<Readonly<Record<string, unknown>>> => {
  const { engine, db } = rig.server.ports
  const state: Record<string, unknown> = {}
  const tables = await engine.rows(sql`select table_name as name from information_schema.tables order by 1`, named)
  for (const { name } of tables) {
    const rows = sql`select md5(string_agg(cast(t as varchar), '|' order by cast(t as varchar))) as h from ${sql.id(name)} t`
    state[`data ${name}`] = await engine.rows(rows, hashed)
  }
  const { rows } =
    await sql`select table_name as name from information_schema.tables where table_schema = 'public'`.execute(db)
  for (const { name } of z.array(named).parse(rows)) {
    const all = await sql`select md5(string_agg(t::text, '|' order by t::text)) as h from ${sql.id(name)} t`.execute(db)
    state[`control ${name}`] = z.array(hashed).parse(all.rows)
  }
  for (const vendor of sandboxVendors) {
    for (const { id } of rig.sandbox.lists(vendor)) {
      state[`${vendor} ${id}`] = rig.sandbox.members(vendor, id)
    }
    state[`${vendor} writes`] = rig.sandbox.requests(vendor).filter(({ write, method }) => write && method !== 'POST')
  }
  return state
}

const tellRun = async ({ id }: Export): Promise<DryRun> =>
  await dryRun(rig.server.ports, id, new AbortController().signal)

/** Told twice alike, with nothing changed by it. */
const told = async (wanted: Export): Promise<DryRun> => {
  const before = await everything()
  const first = await tellRun(wanted)
  expect(await tellRun(wanted)).toEqual(first)
  expect(await everything()).toEqual(before)
  return first
}

const people = async (all: readonly Person[]): Promise<void> => {
  await rig.people(all)
  await renew(rig.server.ports, async () => undefined)
}

/** Does the run, and compares. `looks` are told as a range, all else to the request. */
const done = async (wanted: Export, vendor: SandboxVendor, dry: DryRun, approved?: string): Promise<Run> => {
  const seen = rig.sandbox.requests(vendor).length
  const run = await rig.run(wanted, approved)
  const looks = rig.sandbox.requests(vendor).slice(seen).filter(isLook).length
  expect(run).toMatchObject({ status: 'Successful', rejected: 0, unknown: 0 })
  const { added, updated, removed, invalid, duplicates, requests } = dry
  expect(run).toMatchObject({ added, updated, removed, invalid, duplicates })
  expect(run.requests - looks).toBe(requests.least - dry.looks.least)
  return run
}

const exportTo = async (vendor: SandboxVendor): Promise<Export> => {
  const { exportSettings, list } = vendorSetUps[vendor]
  const segment = await createSegment(rig.db, `Told at ${vendor}`, inCity('Oslo'))
  const connection = await connectionTo(rig.server.ports, vendor)
  const { ports } = rig.server
  return await createExport(rig.db, {
    name: `Told at ${vendor}`,
    connectionId: connection.id,
    settings: exportSettings,
    matching: { identifier: 'Email', fields: matchings[vendor] },
    segmentIds: [segment.id],
    ...(list === undefined ? {} : { listRemoteId: await list(ports, `Told at ${vendor}`) }),
  })
}

const members = crowd(0, 200)
const invalid: Person = { id: 'invalid', email: 'no address', city: 'Oslo' }
const double: Person = { ...(members[0] ?? invalid), id: 'zz double' }
const stranger: Person = { id: 'stranger', email: 'stranger@people.example', city: 'Bergen' }
const others = [invalid, double, stranger]
const renamed = (all: readonly Person[]): Person[] => all.map((one) => ({ ...one, name: `New ${one.name}` }))

describe.each(sandboxVendors.map((vendor) => [vendor] as const))('at %s', (vendor) => {
  test('a run does what was told: first, unchanged, changed, returners, held and approved', {
    timeout: 120_000,
  }, async () => {
    const wanted = await exportTo(vendor)
    await people([...members, ...others])

    const first = await told(wanted)
    expect(first).toMatchObject({
      verdict: { kind: 'pass' },
      added: 200,
      updated: 0,
      removed: 0,
      invalid: 1,
      duplicates: 1,
    })
    expect(first.sample).toHaveLength(3)
    expect(first.lists).toHaveLength(1)
    await done(wanted, vendor, first)

    const unchanged = await told(wanted)
    expect(unchanged).toMatchObject({ added: 0, updated: 0, removed: 0, requests: { least: 0, most: 0 }, sample: [] })
    await done(wanted, vendor, unchanged)

    // Ten leave, five join, and five have another value.
    const left = members.slice(0, 10)
    await people([...members.slice(10, 195), ...renamed(members.slice(195)), ...crowd(200, 205), invalid, stranger])
    const changed = await told(wanted)
    expect(changed).toMatchObject({ added: 5, updated: keepsValues(vendor) ? 5 : 0, removed: 10, duplicates: 0 })
    await done(wanted, vendor, changed)

    await people([...members, ...crowd(200, 205), invalid, stranger])
    const returned = await told(wanted)
    expect(returned).toMatchObject({ added: left.length, removed: 0 })
    await done(wanted, vendor, returned)

    await people([...members.slice(80), ...crowd(200, 205), stranger])
    const held = await told(wanted)
    expect(held).toMatchObject({ verdict: { kind: 'held', code: 'run.held_many_removals' }, removed: 80, added: 0 })
    expect(held.lists[0]).toMatchObject({ removed: 80, present: 205, gate: { code: 'run.held_many_removals' } })
    const waiting = await rig.run(wanted)
    expect(waiting).toMatchObject({ status: 'Held', reasonCode: 'run.held_many_removals', removed: 0 })
    expect(waiting.reason).toBe(held.verdict.kind === 'held' ? held.verdict.reason : undefined)
    await done(wanted, vendor, held, waiting.deltaHash)
  })
})

test('people who were on the list before are read, and told as theirs', { timeout: 60_000 }, async () => {
  const list = await rig.sendgridList('Theirs before')
  const before = members.slice(0, 7).map(({ email }) => ({ email }))
  await rig.atSendGrid('PUT', '/v3/marketing/contacts', { list_ids: [list], contacts: before })
  await expect.poll(() => rig.sandbox.members('sendgrid', list).length, { timeout: 20_000 }).toBe(7)
  const wanted = await rig.sendgridExport('Theirs', { segmentIds: [await rig.segment('Theirs')], list })
  await people([...members.slice(5, 20), stranger])

  const state = await everything()
  const first = await tellRun(wanted)
  expect(await everything()).toEqual(state)
  expect(first).toMatchObject({ added: 13, updated: 2, lists: [{ theirs: 7 }] })
  const run = await rig.run(wanted)
  expect(run).toMatchObject({ status: 'Successful', added: 13, updated: 2, removed: 0 })
})

test('who would not get through is told: over the limit, or a list that is gone', async () => {
  const limited = await connectionTo(rig.server.ports, 'iterable')
  await rig.db.updateTable('connection').set({ people_limit: 20 }).where('id', '=', limited.id).execute()
  const over = await rig.iterableExport('Over', [await rig.segment('Over')])
  await people([...members.slice(0, 30), stranger])
  expect(await told(over)).toMatchObject({
    verdict: { kind: 'refused', code: 'run.over_contract_limit' },
    limit: { people: 30, value: 20, over: 'contract' },
  })
  expect(await rig.run(over)).toMatchObject({ status: 'Failed', reasonCode: 'run.over_contract_limit' })
  await rig.db.updateTable('connection').set({ people_limit: null }).where('id', '=', limited.id).execute()

  const missing = await rig.sendgridExport('Missing', {
    segmentIds: [await rig.segment('Missing')],
    list: '00000000-0000-4000-8000-000000000000',
  })
  await people([...members.slice(0, 30), stranger])
  await expect(tellRun(missing)).rejects.toMatchObject({ code: 'run.list_missing' })
  expect(await rig.run(missing)).toMatchObject({ status: 'Failed', reasonCode: 'run.list_missing' })
})

test('an audience that somebody else made is told as what an administrator has to decide on', async () => {
  const segment = await rig.segment('Found')
  const made = await rig.microsoftExport('Made before', [segment])
  await people([...members.slice(0, 5), stranger])
  await rig.run(made)
  await removeExport(rig.db, made.id)
  const wanted = await rig.microsoftExport('Found', [segment])
  const dry = await told(wanted)
  expect(dry).toMatchObject({ verdict: { kind: 'refused', code: 'run.list_undecided' } })
  const run = await rig.run(wanted)
  expect(run).toMatchObject({ status: 'Failed', reasonCode: 'run.list_undecided', requests: dry.requests.most })
})

test('while a run is under way nothing is told', async () => {
  await people([...members.slice(0, 3), stranger])
  const wanted = await rig.iterableExport('Busy', [await rig.segment('Busy')])
  const { run } = await createRun(rig.db, { exportId: wanted.id })
  await expect(tellRun(wanted)).rejects.toMatchObject({ code: 'dryrun.export_running', details: { run: run.id } })
  const counters = { added: 0, updated: 0, removed: 0, rejected: 0, unknown: 0, invalid: 0, duplicates: 0 }
  await settleRun(rig.db, run.id, { status: 'Canceled', counters, lists: [], at: new Date() })
})

describe('is not told', () => {
  const weekly = async (): Promise<Export> => {
    await rig.people(crowd(1, 6))
    const list = await rig.sendgridList(`Not told ${await rig.segment('Number')}`)
    const wanted = await rig.sendgridExport('Not told', { segmentIds: [await rig.segment('Everybody')], list })
    await rig.refreshed()
    return wanted
  }

  test('of an export that leaves: its next run takes people off', async () => {
    const wanted = await weekly()
    await leaveExport(rig.db, wanted.id, new Date())
    await expect(tellRun(wanted)).rejects.toMatchObject({ code: 'export.leaving' })
  })

  test('where a run began and ended meanwhile', async () => {
    const wanted = await weekly()
    const { ports } = rig.server
    let others: Promise<Run> | undefined
    const engine = new Proxy(ports.engine, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target)
        if (name !== 'rehearse') return typeof value === 'function' ? value.bind(target) : value
        return async (work: Parameters<typeof target.rehearse>[0]) => {
          others ??= rig.run(wanted)
          await others
          return await target.rehearse(work)
        }
      },
    })
    const told = dryRun({ ...ports, engine }, wanted.id, new AbortController().signal)
    await expect(told).rejects.toMatchObject({ code: 'dryrun.export_running' })
  })
})
