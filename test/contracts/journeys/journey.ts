/**
 * The journey of every destination on its simulator: connect, choose, first run, unchanged, changed, left, returned, refused,
 * and what is answered to wrong keys and lists that are not there.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { askVendor, vendorSetUps } from '../../../demo/at-vendor.ts'
import { connectionTo } from '../../../demo/set-up.ts'
import { open } from '../../../sandbox/browser.ts'
import type { Sandbox, SandboxOptions, SandboxVendor } from '../../../sandbox/sandbox.ts'
import { connect, signIn } from '../../../src/connections/connect.ts'
import { openConnection } from '../../../src/connections/open-connection.ts'
import { converse } from '../../../src/delivery/conversation.ts'
import { deliver } from '../../../src/delivery/deliver.ts'
import { MemoryRun } from '../../../src/delivery/fixtures/memory-ports.ts'
import { type Connection, createConnection } from '../../../src/store/connection.ts'
import { createExport, type Export, removeExport } from '../../../src/store/export.ts'
import { listsOf } from '../../../src/store/list.ts'
import { listSegments } from '../../../src/store/segment.ts'
import { crowd, openRig, type Person, type Rig, sha256 } from '../../end-to-end/rig.ts'
import type { RigOptions } from '../../end-to-end/rig-options.ts'
import { refused, settings, type Traveller, travellers } from './vendors.ts'

const { signal } = new AbortController()
/** What is on the lists without us shows there only after a while. */
const SEEN_MS = 3000
/** A busy machine takes a while for a refresh of five exports. */
const LONGEST_MS = 300_000
/** Members before us; one of them is in the segment as well. */
const before: readonly Person[] = [...crowd(1, 2), ...crowd(9001, 9003)]
const addressOf = (length: number): string => {
  const [before, after] = ['long@', '.example']
  const domain = Array.from({ length: length - before.length - after.length }, (_, index) =>
    index % 50 === 49 ? '.' : 'a',
  )
  return `${before}${domain.join('')}${after}`
}
/** Longer than the usual search for addresses takes. */
const long: Person = { id: 'long', email: addressOf(150), name: 'Long' }
/** Longer than an address may be. */
const tooLong = addressOf(300)

/** A way that must end in a refusal, which is what is looked at. */
const refusedBy = async (what: string, work: () => Promise<unknown>): Promise<void> => {
  const refusal = await work().then(
    () => undefined,
    (error: unknown) => error,
  )
  if (refusal === undefined) throw new Error(`${what} was not refused.`)
}

const pick = async (
  rig: Rig,
  traveller: Traveller,
  connection: Connection,
  list: string | undefined,
): Promise<void> => {
  const { exportSettings } = vendorSetUps[traveller.destination]
  const { destination, place, channel } = await openConnection(rig.server.ports, connection, exportSettings)
  const all = await converse(() => destination.lists(place), channel, signal)
  const id = list ?? all[0]?.id
  const one = id === undefined ? undefined : await converse(() => destination.list(id, place), channel, signal)
  await converse(() => destination.list(traveller.unknownList, place), channel, signal)
  const { accountFields } = destination
  if (accountFields !== undefined) await converse(() => accountFields(place, one), channel, signal)
}

const signInAgain = async (rig: Rig, connection: Connection): Promise<void> => {
  const { ports } = rig.server
  const agree = async (page: string): Promise<void> => {
    const { headers } = await askVendor(ports, 'microsoft-advertising', 'GET', page)
    await open(headers.location ?? '')
  }
  await signIn(ports, connection, agree, signal)
}

const wrongKey = async (rig: Rig, { destination, wrong }: Traveller, right: Connection): Promise<void> => {
  const { ports } = rig.server
  const connection = await createConnection(ports.db, ports.vault, {
    ...{ name: `${destination} by a wrong key`, destination, credentials: wrong, settings: right.settings },
  })
  await signInAgain(rig, connection)
  await refusedBy(`A wrong key of ${destination}`, async () => await connect(ports, connection, signal))
}

interface Trip {
  readonly traveller: Traveller
  readonly wanted: Export
  readonly list: string | undefined
}

const setOut = async (rig: Rig, traveller: Traveller): Promise<Trip> => {
  const { destination, make } = traveller
  const connection = await connectionTo(rig.server.ports, destination)
  await wrongKey(rig, traveller, connection)
  const segments = [
    await rig.segment(`${destination} everybody`),
    await rig.segment(`${destination} in Bergen`, { field: 'City', op: 'is', value: 'Bergen' }),
  ]
  const list = await make?.(rig, `Journey to ${destination}`)
  const name = (await listSegments(rig.db)).find(({ id }) => id === segments[0])?.name ?? ''
  await traveller.before?.(rig, list ?? name, before)
  const wanted = await createExport(rig.db, {
    ...{ name: destination, connectionId: connection.id, settings: vendorSetUps[destination].exportSettings },
    matching: { identifier: 'Email', fields: await traveller.fields(rig) },
    segmentIds: segments,
    ...(list === undefined ? {} : { listRemoteId: list }),
  })
  await pause(SEEN_MS)
  await pick(rig, traveller, connection, list)
  return { traveller, wanted, list }
}

/** Somebody of whom nothing but the address is known any more is taken off, and somebody who is not there. */
const takeOffUnknown = async (rig: Rig, { traveller, wanted }: Trip): Promise<void> => {
  const { ports } = rig.server
  const connection = await connectionTo(ports, traveller.destination)
  const { destination, place, channel } = await openConnection(ports, connection, wanted.settings)
  const [bound] = await listsOf(ports.db, wanted.id)
  if (bound?.remoteId === undefined) throw new Error(`The list of ${traveller.destination} is not bound.`)
  const addresses = ['person20@people.example', 'nobody@people.example', long.email, tooLong]
  const identifiers = destination.identifier.hash === 'sha256' ? addresses.map(sha256) : addresses
  const run = new MemoryRun(identifiers.map((identifier) => ({ identifier })))
  run.plan({ from: 0, to: identifiers.length - 1 }, identifiers.length, { listId: '1', operation: 'remove', route: 0 })
  const { outbox, staging, checkpoints } = run
  const lists = new Map([['1', { id: bound.remoteId, name: bound.name }]])
  const target = { place, lists }
  const end = await deliver({
    destination,
    target,
    channel,
    outbox,
    staging,
    checkpoints,
    clock: ports.clock,
    signal,
    halt: signal,
  })
  if (end.kind !== 'complete') throw new Error(`A removal by address at ${traveller.destination}: ${end.kind}.`)
}

/** A refresh, after which every export must have got somewhere. */
const step = async (rig: Rig, what: string, trips: readonly Trip[], people: readonly Person[]): Promise<void> => {
  await rig.people(people)
  await rig.refreshed()
  for (const { traveller, wanted } of trips) {
    const { status, reason, unknown } = await rig.lastRun(wanted)
    if (status !== 'Successful' && status !== 'Partial')
      throw new Error(`${traveller.destination}, ${what}: ${status}: ${reason}`)
    if (unknown > 0) throw new Error(`${traveller.destination}, ${what}: ${unknown} of unknown outcome: ${reason}`)
  }
}

const lostList = async (rig: Rig, { traveller, wanted }: Trip): Promise<void> => {
  if (traveller.make === undefined) return
  const { connectionId, matching, segmentIds, settings } = wanted
  const lost = await createExport(rig.db, {
    ...{
      name: `${wanted.name} lost`,
      connectionId,
      matching,
      segmentIds,
      settings,
      listRemoteId: traveller.unknownList,
    },
  })
  const { status } = await rig.run(lost)
  if (status !== 'Failed') throw new Error(`A list that ${traveller.destination} does not have: ${status}.`)
  await removeExport(rig.db, lost.id)
}

const people = [...crowd(1, 31), ...crowd(31, 41, 'Bergen'), ...refused, long]
const gone = new Set(['2', '3', '4', '35', long.id])
const changed = people.map((person) =>
  person.id === '5' || person.name === 'No' ? { ...person, name: 'Changed' } : person,
)

const travel = async (rig: Rig, chosen: readonly Traveller[]): Promise<void> => {
  const trips: Trip[] = []
  for (const traveller of chosen) trips.push(await setOut(rig, traveller))
  await step(rig, 'first run', trips, people)
  await step(rig, 'unchanged', trips, people)
  for (const { traveller, list } of trips) if (list !== undefined) await traveller.say?.(rig, list, crowd(10, 13))
  // Names of those who said no change too, and one is taken away.
  const again = changed.map((person) =>
    Number(person.id) >= 9 && Number(person.id) < 14 ? { ...person, name: '' } : person,
  )
  await step(
    rig,
    'changed',
    trips,
    again.filter(({ id }) => !gone.has(id)),
  )
  await step(rig, 'returned', trips, again)
  for (const trip of trips) await lostList(rig, trip)
  for (const trip of trips) await takeOffUnknown(rig, trip)
}

/** The second way of those who have one: large files, here of few people. */
const large: ReadonlySet<SandboxVendor> = new Set(['sendgrid', 'microsoft-advertising'])

const onRig = async (options: RigOptions, work: (rig: Rig) => Promise<void>): Promise<void> => {
  // No fault ever; but waits pass at the sandbox's pace.
  const rig = await openRig({ settings, faults: { share: 0, seed: 1 }, longestMs: LONGEST_MS, ...options })
  try {
    await work(rig)
    const forbidden: Sandbox['forbidden'] = rig.sandbox.forbidden
    if (forbidden().length > 0) throw new Error(`Forbidden requests: ${forbidden().join(', ')}`)
  } finally {
    await rig.close()
  }
}

/** Goes every way, and tells `onExchanged` of every request. Throws where a journey does not end as it should. */
export const everyJourney = async (onExchanged: NonNullable<SandboxOptions['onExchanged']>): Promise<undefined> => {
  await onRig({ onExchanged }, async (rig) => await travel(rig, travellers))
  const some = travellers.filter(({ destination }) => large.has(destination))
  await onRig({ onExchanged, run: { route: 1 } }, async (rig) => await travel(rig, some))
}
