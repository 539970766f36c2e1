/** Runs that were cut off after their outbox was sealed: each goes on as it began, or ends with its true reason. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { exampleCredentials } from '../../sandbox/credentials.ts'
import { SundError } from '../../src/errors.ts'
import { pinnedShape } from '../../src/exports/pinned.ts'
import { createConnection, removeConnection, updateConnection } from '../../src/store/connection.ts'
import { type Export, updateExport } from '../../src/store/export.ts'
import { updateRun } from '../../src/store/run.ts'
import { execute, haltedAt, haltedInMidst, loseOutbox, runOf } from './by-hand.ts'
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

const { apiKey, apiKeyWithoutMarketing } = exampleCredentials.sendgrid
const people = crowd(0, 100)

/** A refresh with nothing to send, then these people: an export whose run is the first to do anything. */
const audience = async (name: string): Promise<Export> => {
  await rig.people(people)
  const segment = await rig.segment(name)
  await rig.refreshed()
  return await rig.microsoftExport(name, [segment])
}

let connections = 0
const sendgridConnection = async (key: string): Promise<string> => {
  const { db, vault } = rig.server.ports
  const name = `SendGrid ${++connections}`
  return (
    await createConnection(db, vault, { name, destination: 'sendgrid', settings: {}, credentials: { apiKey: key } })
  ).id
}

/** An export over a connection of its own. */
const contacts = async (name: string): Promise<Export> => {
  await rig.people(people)
  const segmentIds = [await rig.segment(name)]
  await rig.refreshed()
  const connectionId = await sendgridConnection(apiKey)
  return await rig.sendgridExport(name, { segmentIds, list: await rig.sendgridList(name), connectionId })
}

describe('a run whose outbox is gone from the engine', () => {
  test('after some of it was sent: Failed, nothing is asked of the vendor, and nobody is moved', async () => {
    const wanted = await audience('Planes')
    const run = await haltedInMidst(rig, wanted, 9, 10)
    const members = await rig.members(wanted)
    expect(members.length).toBeGreaterThan(0)
    await loseOutbox(rig, run)
    const requests = await rig.requestsOf(async () => {
      const ended = await execute(rig, run)
      expect(ended).toMatchObject({ status: 'Failed', reasonCode: 'run.planes_disagree', added: 0, removed: 0 })
      expect(ended.reason).toMatch(/its outbox is missing.*restore the database of the same moment/s)
    })
    expect(requests).toBe(0)
    expect(await rig.members(wanted)).toEqual(members)
  })
})

describe('an export that was changed while its run is halted', () => {
  test('to another connection: the run goes on with its own', async () => {
    const wanted = await contacts('Pinned')
    const run = await haltedAt(rig, wanted, 1)
    // The new one would be refused.
    await updateExport(rig.db, wanted.id, { connectionId: await sendgridConnection(apiKeyWithoutMarketing) })
    expect(await execute(rig, run)).toMatchObject({ status: 'Successful', added: people.length })
    expect(await rig.members(wanted)).toEqual(emailsOf(people))
    // Changes count from the next plan.
    await rig.people(crowd(0, 101))
    await rig.refreshed()
    expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Failed', reasonCode: 'run.destination_refused' })
  })
})

/** Makes what a halted run needs unusable; gives back what mends it. */
type Spoil = (wanted: Export, run: string) => Promise<() => Promise<void>>

const spoils: readonly [what: string, make: (name: string) => Promise<Export>, code: string, spoil: Spoil][] = [
  [
    'its connection was removed',
    contacts,
    'connection.missing',
    async ({ id, connectionId }) => {
      await updateExport(rig.db, id, { connectionId: await sendgridConnection(apiKey) })
      await removeConnection(rig.db, connectionId)
      return async () => undefined
    },
  ],
  [
    'the secrets of its connection can no longer be read',
    contacts,
    'vault.unreadable',
    async ({ connectionId }) => {
      const unreadable = { credentials: Buffer.from('not sealed') }
      await rig.db.updateTable('connection').set(unreadable).where('id', '=', connectionId).execute()
      const { db, vault } = rig.server.ports
      return async () => void (await updateConnection(db, vault, connectionId, { credentials: { apiKey } }))
    },
  ],
  [
    'the destination asks for a setting that it was planned without',
    audience,
    'destination.setting_missing',
    async (_wanted, run) => {
      const pinned = pinnedShape.parse((await rig.runOf(run)).pinned)
      const { accountId: _, ...settings } = pinned.settings
      await updateRun(rig.db, run, { pinned: { ...pinned, settings } })
      return async () => undefined
    },
  ],
]

describe('a sealed run that would fail the same way each time it is resumed', () => {
  test.each(spoils)('%s: Failed with that, and the next run sends everything', async (_what, make, code, spoil) => {
    const wanted = await make(`Spoilt ${code}`)
    const run = await haltedAt(rig, wanted, 1)
    const mend = await spoil(wanted, run)
    const requests = await rig.requestsOf(async () => {
      expect(await execute(rig, run)).toMatchObject({ status: 'Failed', reasonCode: code, added: 0, unknown: 0 })
    })
    expect(requests).toBe(0)
    await mend()
    expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', added: people.length })
  })

  test.each(['22P05', '23505', '42703'])('the database refuses a statement of ours (%s): Failed', async (code) => {
    const wanted = await audience(`Statement ${code}`)
    const run = await haltedAt(rig, wanted, 1)
    const read = () => {
      throw Object.assign(new Error('unsupported Unicode escape sequence'), { code })
    }
    const ended = await execute(rig, run, { before: { read } })
    expect(ended).toMatchObject({ status: 'Failed', reasonCode: 'run.unexpected', added: 0, unknown: 0 })
    expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', added: people.length })
  })

  test('an error of ours in the middle: Failed, what was sent is counted, and the next run sends the rest', async () => {
    const wanted = await audience('In the middle')
    let requests = 0
    let failed = false
    const request = () => {
      requests++
    }
    const statement = () => {
      if (failed || requests <= 6) return
      failed = true
      throw new TypeError('The answer holds something unforeseen: person7@people.example.')
    }
    const run = await execute(rig, await runOf(rig, wanted), { before: { request, run: statement }, maxRecords: 10 })
    expect(run).toMatchObject({ status: 'Failed', reasonCode: 'run.unexpected', removed: 0 })
    expect(run.reason).not.toContain('person7')
    expect(run.added + run.unknown).toBeGreaterThan(0)
    expect(run.added).toBeLessThan(people.length)
    expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', added: people.length - run.added, unknown: 0 })
    expect(await rig.members(wanted)).toEqual(hashesOf(people))
  })
})

describe('a store of ours that fails while a sealed run is under way', () => {
  test.each([
    ['the database is unreachable', new SundError('database.unreachable', { where: 'db', reason: 'gone' })],
    ['the disk is full', new SundError('home.disk_full')],
    // As pg throws it; the name of a person could stand in it.
    ['the database fails', Object.assign(new Error('could not serialize access'), { code: '40001' })],
  ])('%s: the run stays live, and is done when it works again', async (what, outage) => {
    const wanted = await audience(`Outage ${what}`)
    const run = await runOf(rig, wanted)
    const read = () => {
      throw outage
    }
    await expect(execute(rig, run, { before: { read } })).rejects.toBe(outage)
    const live = await rig.runOf(run)
    expect(live).toMatchObject({ status: 'Processing', phase: 'delivering' })
    expect(live.settledAt).toBeUndefined()
    expect(await execute(rig, run)).toMatchObject({ status: 'Successful', added: people.length, unknown: 0 })
    expect(await rig.members(wanted)).toEqual(hashesOf(people))
  })
})

test('a run that the vendor refused and that was killed before it was settled ends with that reason', async () => {
  const wanted = await contacts('Refused')
  expect(await rig.run(wanted)).toMatchObject({ status: 'Successful' })
  const { db, vault } = rig.server.ports
  const refuse = { credentials: { apiKey: apiKeyWithoutMarketing } }
  await updateConnection(db, vault, wanted.connectionId, refuse)
  await rig.people(crowd(0, 110))
  await rig.refreshed()
  await updateConnection(db, vault, wanted.connectionId, { credentials: { apiKey } })
  // Refused before anything is sealed, it would end unsent.
  const run = await haltedAt(rig, wanted, 1)
  await updateConnection(db, vault, wanted.connectionId, refuse)
  const transaction = async () => {
    if ((await rig.runOf(run)).phase === 'settling') throw new Error('Killed.')
  }
  await expect(execute(rig, run, { before: { transaction } })).rejects.toThrow('Killed.')
  expect((await rig.runOf(run)).settledAt).toBeUndefined()
  // Resumed, it must not try again either: what it ended with is settled.
  await updateConnection(db, vault, wanted.connectionId, { credentials: { apiKey } })
  const requests = await rig.requestsOf(async () => {
    const ended = await execute(rig, run)
    expect(ended).toMatchObject({ status: 'Failed', reasonCode: 'run.destination_refused', added: 0 })
    expect(ended.reason).toMatch(/access forbidden.*full Marketing access/)
  })
  expect(requests).toBe(0)
  expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', added: 10 })
})

test('a refusal whose words cannot be stored as they are still ends the run', async () => {
  const wanted = await contacts('Unprintable')
  const run = await haltedAt(rig, wanted, 1)
  // Shortened for the report, it ends in half of a character.
  const message = `${'x'.repeat(198)}${'\u{1F600}'.repeat(20)}`
  const text = JSON.stringify({ errors: [{ field: null, message }] })
  const ended = await execute(rig, run, { answer: { status: 403, headers: {}, text } })
  expect(ended).toMatchObject({ status: 'Failed', reasonCode: 'run.destination_refused', added: 0 })
  expect(ended.reason).toContain('xxx\uFFFD')
  expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', added: people.length })
})
