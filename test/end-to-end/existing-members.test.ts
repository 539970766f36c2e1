/** Lists that have members before Sund comes: they are read first, updated where the segment names them, and never removed. */
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { OutboundAnswer } from '../../src/outbound/door.ts'
import type { OutboundRequest } from '../../src/outbound/exchange.ts'
import { type Export, removeExport } from '../../src/store/export.ts'
import { decideOwnership } from '../../src/store/list-ownership.ts'
import { listsOfRun } from '../../src/store/run-settle.ts'
import { execute, runOf } from './by-hand.ts'
import { crowd, emailsOf, hashesOf, openRig, type Person, type Rig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterEach(async () => await rig.clear())
afterAll(async () => {
  expect(rig.sandbox.forbidden()).toEqual([])
  await rig.close()
})

/** In the segment, and on the list before us. */
const both = crowd(1, 4)
const ours = crowd(4, 11)
const others = ['other1@example.com', 'other2@example.com']

const contactsOf = (people: readonly Person[]) => people.map(({ email, name = '' }) => ({ email, first_name: name }))

/** Puts people on a list at SendGrid, as somebody who works there would. */
const putThere = async (list: string, contacts: readonly { email: string }[]): Promise<void> => {
  const before = rig.sandbox.members('sendgrid', list)
  await rig.atSendGrid('PUT', '/v3/marketing/contacts', { list_ids: [list], contacts })
  const all = [...new Set([...before, ...contacts.map(({ email }) => email.toLowerCase())])].sort()
  await expect.poll(() => rig.sandbox.members('sendgrid', list)).toEqual(all)
}

/** A list with others and some of ours on it, and an export into it that has not run. */
const filledList = async (name: string): Promise<{ list: string; wanted: Export }> => {
  await rig.people([...both, ...ours])
  const segmentIds = [await rig.segment('Everybody')]
  await rig.refreshed()
  const list = await rig.sendgridList(name)
  // Their first names differ from ours, and an address is written as somebody typed it.
  await putThere(list, [
    ...others.map((email) => ({ email })),
    ...both.map(({ email }) => ({ email: email.toUpperCase(), first_name: 'Before' })),
  ])
  return { list, wanted: await rig.sendgridExport(name, { segmentIds, list }) }
}

const rows = z.object({ owner: z.string(), state: z.string(), n: z.number() })
const ledger = async (wanted: Export): Promise<z.infer<typeof rows>[]> => {
  const { id } = await rig.list(wanted)
  return await rig.server.ports.engine.rows(
    sql`select owner, state, count(*) as n from ledger where list_id = ${id}::bigint group by 1, 2 order by 1, 2`,
    rows,
  )
}
const reading = async (): Promise<number> => {
  const [row] = await rig.server.ports.engine.rows(
    sql`select count(*) as n from list_reading`,
    z.object({ n: z.number() }),
  )
  return row?.n ?? 0
}

const everybodyThere = [...others, ...emailsOf([...both, ...ours])].sort()

describe('a SendGrid list that has members', () => {
  test('they are updated where the segment names them, and stay when they leave it', async () => {
    const { list, wanted } = await filledList('Newsletter')
    const run = await rig.run(wanted)
    expect(run).toMatchObject({ status: 'Successful', added: ours.length, updated: both.length, removed: 0 })
    expect(await listsOfRun(rig.db, run.id)).toMatchObject([{ theirs: both.length + others.length, kept: 0 }])
    expect(rig.sandbox.members('sendgrid', list)).toEqual(everybodyThere)
    expect(await ledger(wanted)).toEqual([
      { owner: 'ours', state: 'present', n: ours.length },
      { owner: 'theirs', state: 'present', n: both.length + others.length },
    ])
    expect(await rig.requestsOf(async () => await rig.run(wanted))).toBe(0)

    // One who was there before us leaves the segment, and one whom we added.
    await rig.people([...both.slice(1), ...ours.slice(1)])
    await rig.refreshed()
    expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 0, updated: 0, removed: 1 })
    const gone = emailsOf(ours.slice(0, 1))
    expect(rig.sandbox.members('sendgrid', list)).toEqual(everybodyThere.filter((email) => !gone.includes(email)))
    expect(await rig.requestsOf(async () => await rig.run(wanted))).toBe(0)
  })

  test('and was empty at a first run that sent nobody: who came since is read', async () => {
    await rig.people(both)
    const segmentIds = [await rig.segment('Of Bergen', { field: 'City', op: 'is', value: 'Bergen' })]
    await rig.refreshed()
    const list = await rig.sendgridList('Filled later')
    const wanted = await rig.sendgridExport('Filled later', { segmentIds, list })
    expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', added: 0 })
    await putThere(list, contactsOf(both))
    await rig.people(both.map((person) => ({ ...person, city: 'Bergen' })))
    await rig.refreshed()
    expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 0, updated: both.length })
    expect(await ledger(wanted)).toEqual([{ owner: 'theirs', state: 'present', n: both.length }])
  })
})

const isExport = ({ url }: OutboundRequest): boolean => url.pathname.includes('/contacts/exports')
const isFile = ({ url }: OutboundRequest): boolean => url.pathname.startsWith('/storage/')
const changed = (given: OutboundAnswer, more: (body: Record<string, unknown>) => object): OutboundAnswer => {
  const body = z.record(z.string(), z.unknown()).parse(JSON.parse(given.text))
  return { ...given, text: JSON.stringify({ ...body, ...more(body) }) }
}
const oneMore = (count: unknown): number => Number(count) + 1

describe('a reading that cannot be proved whole', () => {
  test.each<[string, string, (given: OutboundAnswer, request: OutboundRequest) => OutboundAnswer]>([
    [
      'the files hold fewer than the export says',
      'run.destination_refused',
      (given, request) =>
        isExport(request) ? changed(given, ({ contact_count: n }) => ({ contact_count: oneMore(n) })) : given,
    ],
    [
      'the list has more than the export says',
      'run.members_missed',
      (given, { url }) =>
        /\/lists\/[^/]+$/.test(url.pathname)
          ? changed(given, ({ contact_count: n }) => ({ contact_count: oneMore(n) }))
          : given,
    ],
    [
      'the export has no file',
      'run.destination_refused',
      (given, request) => (isExport(request) ? changed(given, () => ({ urls: [] })) : given),
    ],
    [
      'a file is there no more',
      'run.destination_refused',
      (given, request) => (isFile(request) ? { ...given, status: 403 } : given),
    ],
  ])('%s: Failed, nothing sent, nobody known; the next run reads again', async (name, code, answer) => {
    const { list, wanted } = await filledList(name)
    const before = rig.sandbox.members('sendgrid', list)
    const id = await runOf(rig, wanted)
    expect(await execute(rig, id, { answer })).toMatchObject({ status: 'Failed', reasonCode: code, writes: 0 })
    expect(rig.sandbox.members('sendgrid', list)).toEqual(before)
    expect([await ledger(wanted), await reading()]).toEqual([[], 0])
    expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', added: ours.length, updated: both.length })
    expect(rig.sandbox.members('sendgrid', list)).toEqual(everybodyThere)
  })
})

describe('a process that dies', () => {
  /** Dies at the point, with nothing done after it: no write to the engine either. */
  const killedAt = async (wanted: Export, at: { request?: (request: OutboundRequest) => boolean; write?: number }) => {
    const id = await runOf(rig, wanted)
    const halt = new AbortController()
    const die = () => {
      halt.abort(new Error('The process dies.'))
      throw halt.signal.reason
    }
    const alive = () => {
      if (halt.signal.aborted) die()
    }
    let writes = 0
    await expect(
      execute(rig, id, {
        halt: halt.signal,
        before: {
          request: (request) => (at.request?.(request) === true ? die() : alive()),
          run: alive,
          transaction: () => (++writes === at.write ? die() : alive()),
        },
      }),
    ).rejects.toThrow('The process dies.')
    return id
  }
  /** The second look at the list: everybody has been read, and nobody is in the ledger. */
  const secondLook = () => {
    let looks = 0
    return ({ url }: OutboundRequest) => /\/lists\/[^/]+$/.test(url.pathname) && ++looks === 2
  }

  test.each([
    ['before it fetches the file', () => ({ request: isFile }), 0, []],
    ['with everybody read, and none in the ledger', () => ({ request: secondLook() }), 5, []],
    ['before they come into the ledger', () => ({ write: 3 }), 5, []],
    ['before it seals', () => ({ write: 5 }), 0, [{ owner: 'theirs', state: 'present', n: 5 }]],
  ])('%s: the next one reads again, and takes nobody for ours', async (name, point, half, known) => {
    const { list, wanted } = await filledList(name)
    const id = await killedAt(wanted, point())
    expect([await reading(), await ledger(wanted)]).toEqual([half, known])
    // Somebody joins the list while no process runs.
    await putThere(list, contactsOf(ours.slice(0, 1)))
    await rig.closeServer()
    await rig.openServer()
    await rig.idle()
    const late = 1
    expect(await rig.runOf(id)).toMatchObject({
      status: 'Successful',
      added: ours.length - late,
      updated: both.length + late,
    })
    expect(rig.sandbox.members('sendgrid', list)).toEqual(everybodyThere)
    expect([await reading(), await ledger(wanted)]).toEqual([
      0,
      [
        { owner: 'ours', state: 'present', n: ours.length - late },
        { owner: 'theirs', state: 'present', n: 5 + late },
      ],
    ])
  })
})

describe('an audience that somebody else made', () => {
  /** Made by another export of ours that is gone, so it bears the mark of nobody who is known. */
  const foundByName = async (): Promise<Export> => {
    await rig.people(both)
    const segment = await rig.segment('Found')
    await rig.refreshed()
    const made = await rig.microsoftExport('Made', [segment])
    await rig.run(made)
    await removeExport(rig.db, made.id)
    await rig.people([...both, ...ours])
    await rig.refreshed()
    return await rig.microsoftExport('Found', [segment])
  }
  const asked = async (wanted: Export): Promise<void> => {
    const run = await rig.run(wanted)
    expect(run).toMatchObject({ status: 'Failed', reasonCode: 'run.list_undecided', writes: 0, added: 0 })
    const { id, ownership } = await rig.list(wanted)
    expect(run.reason).toMatch(new RegExp(`sund lists decide ${id} ours.*sund lists decide ${id} add-only`))
    expect(ownership?.is).toBe('undecided')
  }

  test('add-only: everybody is added, nobody is removed, and the run says how many stay', async () => {
    const wanted = await foundByName()
    await asked(wanted)
    await decideOwnership(rig.db, (await rig.list(wanted)).id, 'add-only')
    const everybody = [...both, ...ours]
    expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', added: everybody.length })
    await rig.people(ours)
    await rig.refreshed()
    const run = await rig.lastRun(wanted)
    expect(run).toMatchObject({ status: 'Successful', removed: 0, requests: 0 })
    expect(await listsOfRun(rig.db, run.id)).toMatchObject([{ removed: 0, kept: both.length }])
    expect(await rig.members(wanted)).toEqual(hashesOf(everybody))
    // Sund's alone after all: from now on equal to the segment.
    await decideOwnership(rig.db, (await rig.list(wanted)).id, 'ours')
    expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', removed: both.length })
    expect(await rig.members(wanted)).toEqual(hashesOf(ours))
  })

  test('Sund’s alone: equal to the segment from then on', async () => {
    const wanted = await foundByName()
    await asked(wanted)
    await asked(wanted)
    await decideOwnership(rig.db, (await rig.list(wanted)).id, 'ours')
    expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', added: both.length + ours.length })
    await rig.people(ours)
    await rig.refreshed()
    expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', removed: both.length })
    expect(await rig.members(wanted)).toEqual(hashesOf(ours))
  })
})
