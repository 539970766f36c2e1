/** How lists and exports end: people are left, or ours are taken off first; then what is known of them is gone. */
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { concludeAllPartings, forgetWhatIsOver } from '../../src/exports/leaving.ts'
import { type Export, findExport, listExports, removeExport, updateExport } from '../../src/store/export.ts'
import { emptyList, exportsWithPartings, forgetList, leaveExport, letGo } from '../../src/store/leaving.ts'
import { listsOf } from '../../src/store/list.ts'
import { createRun, type Run, runsOf } from '../../src/store/run.ts'
import { removeSegment } from '../../src/store/segment.ts'
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

const counted = z.object({ n: z.number() })
const tables = ['ledger', 'reject', 'sealed_outbox', 'outcome_span', 'draft_outbox', 'invalid_person'] as const

/** Rows of every table in which exports keep people, and their outboxes. */
const kept = async (): Promise<number> => {
  const { engine } = rig.server.ports
  let rows = 0
  for (const table of tables) {
    const [row] = await engine.rows(sql`select count(*) as n from ${sql.table(table)}`, counted)
    rows += row?.n ?? 0
  }
  const [outboxes] = await engine.rows(
    sql`select count(*) as n from information_schema.tables where table_name like 'outbox_%'`,
    counted,
  )
  return rows + (outboxes?.n ?? 0)
}

const lastRun = async ({ id }: Export): Promise<Run> => {
  const found = (await runsOf(rig.db, id, 20)).find(({ last }) => last)
  if (found === undefined) throw new Error('There was no last run.')
  return found
}

/** The last run of the export, Held for an approval; nothing was asked of any vendor. */
const heldLast = async (wanted: Export): Promise<Run & { readonly deltaHash: string }> => {
  expect(
    await rig.requestsOf(async () => {
      await rig.server.requestLast(wanted.id)
      await rig.idle()
    }),
  ).toBe(0)
  const run = await lastRun(wanted)
  if (run.deltaHash === undefined) throw new Error(`The last run is ${run.status}: ${run.reason}`)
  expect(run).toMatchObject({ status: 'Held', reasonCode: 'run.held_last', removed: 0 })
  return { ...run, deltaHash: run.deltaHash }
}

const approved = async ({ id, deltaHash }: { readonly id: string; readonly deltaHash: string }): Promise<Run> => {
  const { id: sent } = await rig.server.approveRun(id, deltaHash)
  await rig.idle()
  const run = await rig.runOf(sent)
  // What follows a last run comes a moment after it is settled.
  if (run.status === 'Successful') await soon(async () => expect(await exportsWithPartings(rig.db)).toEqual([]))
  return run
}

const soon = async (look: () => Promise<void>): Promise<void> =>
  await vi.waitFor(look, { timeout: 20_000, interval: 50 })

const inOslo = crowd(1, 11)
const inBergen = crowd(11, 16, 'Bergen')

/** An export of two segments to Iterable, each with a list of its own, and who is on the two. */
const twoLists = async () => {
  await rig.people([...inOslo, ...inBergen])
  const oslo = await rig.segment('Oslo')
  const bergen = await rig.segment('Bergen', { field: 'City', op: 'is', value: 'Bergen' })
  const wanted = await rig.iterableExport('Two lists', [oslo, bergen])
  await rig.refreshed()
  const lists = await listsOf(rig.db, wanted.id)
  const of = (segment: string) => {
    const list = lists.find(({ segmentId }) => segmentId === segment)
    if (list?.remoteId === undefined) throw new Error('A segment has no list.')
    return { ...list, remoteId: list.remoteId }
  }
  const [first, second] = [of(oslo), of(bergen)]
  const on = (list: { readonly remoteId: string }) => rig.sandbox.members('iterable', list.remoteId)
  expect([on(first), on(second)]).toEqual([emailsOf(inOslo), emailsOf(inBergen)])
  return { wanted, oslo, bergen, first, second, on }
}

/** Has the export fill the first segment's list alone. */
const takeOff = async ({ id }: Export, segment: string, people: 'leave' | 'remove') => {
  const { segmentIds } = await updateExport(rig.db, id, {})
  const left = segmentIds.filter((one) => one !== segment)
  await updateExport(rig.db, id, { segmentIds: left }, undefined, async (tx) => {
    await letGo(tx, id, (list) => list.segmentId === segment, { people, at: new Date() })
  })
}

describe('a segment is taken off an export', () => {
  test('usually its list is left as it is, nothing is sent, and it is taken up again with the segment', async () => {
    const { wanted, bergen, oslo, second, on } = await twoLists()
    await updateExport(rig.db, wanted.id, { segmentIds: [oslo] })
    expect(await rig.requestsOf(async () => await rig.run(wanted))).toBe(0)
    expect(on(second)).toEqual(emailsOf(inBergen))
    expect(await listsOf(rig.db, wanted.id)).toMatchObject([{ closed: false }, { closed: true, emptying: false }])

    // Whoever left the segment meanwhile is taken off when it comes back, since they are known as ours.
    await rig.people([...inOslo, ...inBergen.slice(1)])
    await rig.refreshed()
    expect(on(second)).toEqual(emailsOf(inBergen))
    await updateExport(rig.db, wanted.id, { segmentIds: [oslo, bergen] })
    expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', removed: 1, added: 0 })
    expect(on(second)).toEqual(emailsOf(inBergen.slice(1)))
  })

  test('or our people are taken off once a person has approved it, and then the list is forgotten', async () => {
    const { wanted, bergen, second, first, on } = await twoLists()
    const stranger: Person = { id: 'x', email: 'stranger@people.example' }
    await rig.atIterable('POST', '/api/lists/subscribe', {
      listId: Number(second.remoteId),
      subscribers: [{ email: stranger.email }],
    })
    await takeOff(wanted, bergen, 'remove')
    const held = await heldLast(wanted)
    expect(held.reason).toMatch(/5 people whom we added would be taken off: “Bergen \d+”/)
    expect(await approved(held)).toMatchObject({ status: 'Successful', removed: 5, added: 0, last: true })
    expect(on(second)).toEqual([stranger.email])
    expect(on(first)).toEqual(emailsOf(inOslo))
    expect(await listsOf(rig.db, wanted.id)).toMatchObject([{ id: first.id }])
    const known = sql`select count(*) as n from ledger where list_id = ${second.id}::bigint`
    await soon(async () => expect(await rig.server.ports.engine.rows(known, counted)).toEqual([{ n: 0 }]))
    expect(await rig.requestsOf(async () => await rig.run(wanted))).toBe(0)
    // Nothing of the list keeps its segment from being removed.
    await removeSegment(rig.db, bergen)
  })

  test('whoever is on a list that was forgotten was there before us when the export comes back to it', async () => {
    await rig.people(inOslo)
    const [one, other] = [await rig.sendgridList('Forgotten'), await rig.sendgridList('For a while')]
    const wanted = await rig.sendgridExport('There and back', { segmentIds: [await rig.segment('All')], list: one })
    await rig.refreshed()
    const { id } = await rig.list(wanted)
    await updateExport(rig.db, wanted.id, { listRemoteId: other })
    await rig.run(wanted)
    await forgetList(rig.db, id, new Date())
    await updateExport(rig.db, wanted.id, { listRemoteId: one })
    expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', updated: 10, added: 0 })
    // Nobody of them is ever removed by us.
    await rig.people(inOslo.slice(1))
    await rig.refreshed()
    expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', removed: 0 })
    expect(rig.sandbox.members('sendgrid', one)).toEqual(emailsOf(inOslo))
  })

  test('a last run that is canceled leaves everybody, and the list is taken up again', async () => {
    const { wanted, oslo, bergen, second, on } = await twoLists()
    await takeOff(wanted, bergen, 'remove')
    const held = await heldLast(wanted)
    await rig.server.cancelRun(held.id)
    expect(await listsOf(rig.db, wanted.id)).toMatchObject([{}, { closed: true, emptying: false }])
    await rig.run(wanted)
    expect((await runsOf(rig.db, wanted.id, 9)).filter(({ last }) => last)).toHaveLength(1)
    await updateExport(rig.db, wanted.id, { segmentIds: [oslo, bergen] })
    expect(await rig.requestsOf(async () => await rig.run(wanted))).toBe(0)
    expect(on(second)).toEqual(emailsOf(inBergen))
  })

  test('runs of the export neither wait for the approval nor replace what was Held for it', async () => {
    const { wanted, bergen, first, on } = await twoLists()
    await takeOff(wanted, bergen, 'remove')
    const before = await heldLast(wanted)
    await rig.people([...inOslo.slice(1), ...inBergen])
    await rig.refreshed()
    const [later] = (await runsOf(rig.db, wanted.id, 9)).filter(({ last }) => !last)
    expect(later).toMatchObject({ status: 'Successful', removed: 1 })
    expect(on(first)).toEqual(emailsOf(inOslo.slice(1)))
    // Every run has the list that waits looked at again, and what is to be approved is the same.
    await soon(async () => {
      const again = await lastRun(wanted)
      expect(again.id).not.toBe(before.id)
      expect(again).toMatchObject({ status: 'Held', deltaHash: before.deltaHash })
    })
    expect(await approved({ ...before, id: (await lastRun(wanted)).id })).toMatchObject({ removed: 5 })
  })

  test('a list that its export fills is neither emptied nor forgotten', async () => {
    const { first } = await twoLists()
    await expect(emptyList(rig.db, first.id)).rejects.toMatchObject({ code: 'list.filled' })
    await expect(forgetList(rig.db, first.id, new Date())).rejects.toMatchObject({ code: 'list.filled' })
  })

  test('a list in an account that the connection leads to no more is not emptied', async () => {
    const { wanted, bergen, second, on } = await twoLists()
    await takeOff(wanted, bergen, 'remove')
    await rig.db.updateTable('list').set({ account: 'another' }).where('id', '=', second.id).execute()
    await rig.server.requestLast(wanted.id)
    await rig.idle()
    expect(await lastRun(wanted)).toMatchObject({ status: 'Failed', reasonCode: 'list.other_account', requests: 0 })
    expect(on(second)).toEqual(emailsOf(inBergen))
  })
})

describe('an export is removed', () => {
  const toSendGrid = async (people: readonly Person[] = inOslo) => {
    await rig.people(people)
    const list = await rig.sendgridList(`List ${await rig.segment('Number')}`)
    const segment = await rig.segment('Everybody')
    const wanted = await rig.sendgridExport('Weekly', { segmentIds: [segment], list })
    await rig.refreshed()
    return { wanted, segment, list, on: () => rig.sandbox.members('sendgrid', list) }
  }

  test('the people stay, and nothing of it stays in the data folder', async () => {
    const { wanted, segment, list, on } = await toSendGrid()
    expect(await kept()).toBeGreaterThan(10)
    await removeExport(rig.db, wanted.id)
    await forgetWhatIsOver(rig.server.ports)
    expect(await kept()).toBe(0)
    expect(on()).toEqual(emailsOf(inOslo))

    // Another one with its name, to the same list, inherits nothing: everybody was there before it.
    const other = await rig.sendgridExport('Weekly', { segmentIds: [segment], list })
    expect(await rig.run(other)).toMatchObject({ status: 'Successful', added: 0, updated: 10 })
    await rig.people(inOslo.slice(5))
    await rig.refreshed()
    expect(await rig.lastRun(other)).toMatchObject({ status: 'Successful', removed: 0 })
    expect(on()).toEqual(emailsOf(inOslo))
  })

  test('what a process that died left of it goes with the next start', async () => {
    const { wanted } = await toSendGrid()
    await removeExport(rig.db, wanted.id)
    expect(await kept()).toBeGreaterThan(10)
    await rig.closeServer()
    await rig.openServer()
    expect(await kept()).toBe(0)
  })

  test('or ours are taken off first: approved, done, gone; its name is free and its last run can be looked at', async () => {
    const { wanted, segment, list, on } = await toSendGrid()
    await leaveExport(rig.db, wanted.id, new Date())
    await expect(updateExport(rig.db, wanted.id, { name: 'Other' })).rejects.toMatchObject({ code: 'export.leaving' })
    const held = await heldLast(wanted)
    // A refresh does not fill the lists again.
    await rig.refreshed()
    const again = await lastRun(wanted)
    expect(again).toMatchObject({ status: 'Held', last: true, deltaHash: held.deltaHash })
    expect(on()).toEqual(emailsOf(inOslo))

    const done = await approved({ id: again.id, deltaHash: held.deltaHash })
    expect(done).toMatchObject({ status: 'Successful', removed: 10 })
    expect(on()).toEqual([])
    expect(await listExports(rig.db)).toEqual([])
    await soon(async () => expect(await kept()).toBe(0))
    await expect(createRun(rig.db, { exportId: wanted.id })).rejects.toMatchObject({ code: 'export.missing' })
    const other = await rig.sendgridExport('Weekly', { segmentIds: [segment], list })
    expect(await rig.run(other)).toMatchObject({ status: 'Successful', added: 10 })
  })

  test('a crash between the last run and what follows it is made up for by the next start', async () => {
    const { wanted, on } = await toSendGrid()
    await leaveExport(rig.db, wanted.id, new Date())
    const held = await heldLast(wanted)
    await rig.db.updateTable('export').set({ leaving: false }).where('id', '=', wanted.id).execute()
    // Without the wish the run ends, and the export stays: as after a process that died in between.
    await approved(held)
    expect(on()).toEqual([])
    await rig.db.updateTable('export').set({ leaving: true }).where('id', '=', wanted.id).execute()
    await concludeAllPartings(rig.server.ports)
    expect(await findExport(rig.db, 'Weekly')).toBeUndefined()
    expect(await kept()).toBe(0)
  })

  test('a process that dies before the last run is made makes it at its next start, and never a second one', async () => {
    const { wanted } = await toSendGrid()
    await leaveExport(rig.db, wanted.id, new Date())
    await rig.closeServer()
    await rig.openServer()
    await rig.idle()
    const held = await lastRun(wanted)
    expect(held).toMatchObject({ status: 'Held', reasonCode: 'run.held_last' })
    await rig.closeServer()
    await rig.openServer()
    await rig.idle()
    expect(await lastRun(wanted)).toEqual(held)
  })

  test('what waits for an approval goes on waiting when a refresh fails', async () => {
    const { wanted } = await toSendGrid()
    await leaveExport(rig.db, wanted.id, new Date())
    const held = await heldLast(wanted)
    await rig.removeFile()
    expect(await rig.refresh()).toMatchObject({ status: 'Failed' })
    expect(await lastRun(wanted)).toEqual(await rig.runOf(held.id))
    expect(await rig.runOf(held.id)).toMatchObject({ status: 'Held' })
  })

  test('whoever was there before us stays, and so does the export while somebody of ours is on the list', async () => {
    await rig.people(inOslo)
    const list = await rig.sendgridList('With others')
    const theirs = inOslo.slice(0, 3)
    await rig.putAtSendGrid(list, theirs)
    const wanted = await rig.sendgridExport('Mixed', { segmentIds: [await rig.segment('Everybody')], list })
    await rig.refreshed()
    expect(await rig.lastRun(wanted)).toMatchObject({ added: 7, updated: 3 })
    await leaveExport(rig.db, wanted.id, new Date())
    const held = await heldLast(wanted)
    expect(held.reason).toMatch(/7 people/)
    expect(await approved(held)).toMatchObject({ status: 'Successful', removed: 7 })
    expect(rig.sandbox.members('sendgrid', list)).toEqual(emailsOf(theirs))
    expect(await listExports(rig.db)).toEqual([])
  })

  test('a vendor that is down keeps the export until it works again', async () => {
    const { wanted, on } = await toSendGrid()
    await leaveExport(rig.db, wanted.id, new Date())
    const held = await heldLast(wanted)
    await rig.closeServer()
    await rig.openServer({ patienceMs: 10 })
    await rig.vendorsDown()
    expect(await approved(held)).toMatchObject({ status: 'Failed', removed: 0 })
    expect(await findExport(rig.db, 'Weekly')).toMatchObject({ leaving: true })
    await rig.vendorsUp()
    const next = await heldOrDone(wanted)
    expect(next).toMatchObject({ status: 'Successful', removed: 10 })
    expect(on()).toEqual([])
    expect(await listExports(rig.db)).toEqual([])
  })

  test('a key of another account, where nobody is known, ends nothing', async () => {
    const { wanted, on } = await toSendGrid()
    await leaveExport(rig.db, wanted.id, new Date())
    const held = await heldLast(wanted)
    const [account, away] = [join(rig.base, 'sandbox'), join(rig.base, 'sandbox-away')]
    await rig.vendorsDown()
    await rename(account, away)
    await rig.vendorsUp()
    expect(await approved(held)).toMatchObject({ status: 'Failed', reasonCode: 'run.list_gone', removed: 0, writes: 0 })
    expect(await findExport(rig.db, 'Weekly')).toMatchObject({ leaving: true })
    await rig.vendorsDown()
    await rm(account, { recursive: true })
    await rename(away, account)
    await rig.vendorsUp()
    expect(on()).toEqual(emailsOf(inOslo))
    expect(await heldOrDone(wanted)).toMatchObject({ status: 'Successful', removed: 10 })
    expect(on()).toEqual([])
  })

  /** The next last run, approved where that is asked for. */
  const heldOrDone = async (wanted: Export): Promise<Run> => {
    const { run } = await rig.server.requestLast(wanted.id)
    await rig.idle()
    const ended = await rig.runOf(run.id)
    return ended.deltaHash === undefined ? ended : await approved({ id: ended.id, deltaHash: ended.deltaHash })
  }

  test('from an audience that others fill too nobody is taken off', async () => {
    await rig.people(inOslo)
    const segment = await rig.segment('Shared')
    const wanted = await rig.microsoftExport('Shared', [segment])
    await rig.refreshed()
    const { id, remoteId = '' } = await rig.list(wanted)
    await rig.db
      .updateTable('list')
      .set({ ownership: 'add-only', ownership_of: remoteId })
      .where('id', '=', id)
      .execute()
    await leaveExport(rig.db, wanted.id, new Date())
    const { run } = await rig.server.requestLast(wanted.id)
    await rig.idle()
    expect(await rig.runOf(run.id)).toMatchObject({ status: 'Successful', removed: 0, requests: 0 })
    await soon(async () => expect(await listExports(rig.db)).toEqual([]))
    expect(rig.sandbox.members('microsoft-advertising', remoteId)).toEqual(hashesOf(inOslo))
  })
})
