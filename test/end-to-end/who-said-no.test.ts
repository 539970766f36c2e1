/** At every destination: who has said no stays so; who leaves a list keeps all else there is of them; who returns is back. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { vendorSetUps } from '../../demo/at-vendor.ts'
import { connectionTo } from '../../demo/set-up.ts'
import { exampleCredentials as keys } from '../../sandbox/credentials.ts'
import type { SandboxVendor } from '../../sandbox/sandbox.ts'
import { createExport, type Export } from '../../src/store/export.ts'
import { listsOf } from '../../src/store/list.ts'
import { askAs } from './at-vendor.ts'
import { crowd, emailsOf, hashesOf, inCity, openRig, type Person, type Rig } from './rig.ts'

const unsubscribed: Person = { id: 'no1', email: 'no@people.example', name: 'No' }
let rig: Rig
beforeAll(async () => {
  rig = await openRig({ settings: { iterable: { unsubscribed: [unsubscribed.email] } } })
})
afterEach(async () => await rig.clear())
afterAll(async () => {
  expect(rig.sandbox.forbidden()).toEqual([])
  await rig.close()
})

const ask = askAs(() => rig)

const [stays, moves] = crowd(1, 3)
if (stays === undefined || moves === undefined) throw new Error('Two people are needed.')

/** The lists of a test, as the vendor knows them: of who is in Oslo, and of who is there or in Bergen. */
interface Both {
  readonly oslo: string
  readonly everywhere: string
}

interface Vendor {
  readonly destination: SandboxVendor
  /** Makes the list that an export goes into; without it, each segment has one of its own. */
  readonly make?: (name: string) => Promise<string>
  readonly fields: Readonly<Record<string, string>>
  /** Who has said no, or cannot be reached, and how the vendor tells it of them. */
  readonly no: readonly Person[]
  /** Makes them say so, once they are on the lists; without it they did before. */
  readonly say?: (lists: Both) => Promise<void>
  /** What says at the vendor that they still do. */
  readonly standing: (person: Person, lists: Both) => Promise<unknown>
  readonly said: readonly unknown[]
  /** Of those, who are members all the same: they are on the list, and get no mail. */
  readonly membersAllTheSame: readonly Person[]
  /** What there is of somebody besides the list that they left. */
  readonly kept: (person: Person, lists: Both) => Promise<unknown>
  readonly keeps: unknown
  readonly names?: (people: readonly Person[]) => string[]
}

const noted = (id: string, email: string): Person => ({ id, email, name: 'No' })
const client = keys['campaign-monitor'].clientOfAccount
const subscriberPath = (list: string, { email }: Person) =>
  `/api/v3.3/subscribers/${list}.json?email=${encodeURIComponent(email)}`
const stateIn = async (list: string, person: Person): Promise<string> =>
  z.object({ State: z.string() }).parse(await ask('campaign-monitor', 'GET', subscriberPath(list, person))).State
const [bounced, suppressed] = [noted('no2', 'bounced@people.example'), noted('no3', 'suppressed@people.example')]

const contactAt = async ({ email }: Person): Promise<unknown> =>
  await ask('dotdigital', 'GET', `/contacts/v3/email/${encodeURIComponent(email)}`)
const atDotdigital = {
  unsubscribed: noted('no4', 'a@unsubscribed.sandbox.invalid'),
  left: noted('no5', 'a@left.sandbox.invalid'),
  suppressed: noted('no6', 'a@suppressed.sandbox.invalid'),
}
const contactShape = z.object({ status: z.string(), lists: z.array(z.object({ id: z.number(), status: z.string() })) })

const userShape = z.object({
  user: z.object({
    dataFields: z.looseObject({ unsubscribedChannelIds: z.array(z.number()), userListIds: z.array(z.number()) }),
  }),
})
const userAt = async ({ email }: Person) =>
  userShape.parse(await ask('iterable', 'GET', `/api/users/${encodeURIComponent(email)}`)).user.dataFields
const forgotten = noted('no7', 'a@forgotten.sandbox.invalid')

const foundShape = z.object({
  result: z.record(z.string(), z.object({ contact: z.object({ list_ids: z.array(z.string()) }) })),
})

const vendors: readonly Vendor[] = [
  {
    destination: 'campaign-monitor',
    make: async (name) =>
      z.string().parse(await ask('campaign-monitor', 'POST', `/api/v3.3/lists/${client}.json`, { Title: name })),
    fields: { Name: 'FirstName' },
    no: [unsubscribed, bounced, suppressed],
    async say({ oslo, everywhere }) {
      for (const list of [oslo, everywhere]) {
        await ask('campaign-monitor', 'GET', `/mailbox/bounce?list=${list}&email=${bounced.email}`)
      }
      await ask('campaign-monitor', 'GET', `/mailbox/unsubscribe?list=${oslo}&email=${unsubscribed.email}`)
      const EmailAddresses = [suppressed.email]
      await ask('campaign-monitor', 'POST', `/api/v3.3/clients/${client}/suppress.json`, { EmailAddresses })
    },
    standing: async (person, { oslo, everywhere }) => [await stateIn(oslo, person), await stateIn(everywhere, person)],
    // An unsubscribe is for all lists of the client.
    said: [
      ['Unsubscribed', 'Suppressed'],
      ['Bounced', 'Bounced'],
      ['Suppressed', 'Suppressed'],
    ],
    membersAllTheSame: [],
    kept: async (person, { everywhere }) => await stateIn(everywhere, person),
    keeps: 'Active',
  },
  {
    destination: 'dotdigital',
    make: async (name) =>
      String(z.object({ id: z.number() }).parse(await ask('dotdigital', 'POST', '/v2/address-books', { name })).id),
    fields: { FIRSTNAME: 'FirstName' },
    no: Object.values(atDotdigital),
    standing: async (person) => {
      if (person === atDotdigital.suppressed) return await contactAt(person).catch(() => 'nobody')
      const { status, lists } = contactShape.parse(await contactAt(person))
      return { status, lists: lists.map((list) => list.status) }
    },
    said: [
      { status: 'unsubscribed', lists: ['subscribed', 'subscribed'] },
      { status: 'subscribed', lists: ['suppressed', 'suppressed'] },
      'nobody',
    ],
    membersAllTheSame: [atDotdigital.unsubscribed],
    kept: async (person, { everywhere }) => {
      const { status, lists } = contactShape.parse(await contactAt(person))
      return { status, other: lists.find(({ id }) => String(id) === everywhere)?.status }
    },
    keeps: { status: 'subscribed', other: 'subscribed' },
  },
  {
    destination: 'iterable',
    fields: { firstName: 'FirstName' },
    no: [unsubscribed, forgotten],
    standing: async (person) =>
      person === forgotten
        ? await userAt(person).catch(() => 'nobody')
        : (await userAt(person)).unsubscribedChannelIds.length,
    said: [1, 'nobody'],
    membersAllTheSame: [unsubscribed],
    kept: async (person, { everywhere }) => {
      const { unsubscribedChannelIds, userListIds } = await userAt(person)
      return { unsubscribedChannelIds, other: userListIds.includes(Number(everywhere)) }
    },
    keeps: { unsubscribedChannelIds: [], other: true },
  },
  {
    // Its unsubscribes are lists of their own, which no request of ours can touch: the sandbox has none.
    destination: 'sendgrid',
    make: async (name) => await rig.sendgridList(name),
    fields: { first_name: 'FirstName' },
    no: [],
    standing: async () => undefined,
    said: [],
    membersAllTheSame: [],
    kept: async ({ email }, { everywhere }) => {
      const body = { emails: [email] }
      const found = foundShape.parse(await ask('sendgrid', 'POST', '/v3/marketing/contacts/search/emails', body))
      return found.result[email]?.contact.list_ids.includes(everywhere)
    },
    keeps: true,
  },
  {
    // Members have no states, and nothing tells of one of them.
    destination: 'microsoft-advertising',
    fields: {},
    no: [],
    standing: async () => undefined,
    said: [],
    membersAllTheSame: [],
    kept: async (person, { everywhere }) =>
      rig.sandbox.members('microsoft-advertising', everywhere).includes(hashesOf([person])[0] ?? ''),
    keeps: true,
    names: hashesOf,
  },
]

/** Two lists, by one export where each segment has its own, else by an export each. */
const exportsOf = async ({ destination, make, fields }: Vendor): Promise<Export[]> => {
  const segments = [
    await rig.segment('In Oslo'),
    await rig.segment('Everywhere', { any: [inCity('Oslo'), inCity('Bergen')] }),
  ]
  const connectionId = (await connectionTo(rig.server.ports, destination)).id
  const common = {
    connectionId,
    settings: vendorSetUps[destination].exportSettings,
    matching: { identifier: 'Email', fields },
  }
  if (make === undefined) return [await createExport(rig.db, { ...common, name: destination, segmentIds: segments })]
  const made: Export[] = []
  for (const [index, segment] of segments.entries()) {
    const name = `${destination} ${index}`
    const listRemoteId = await make(name)
    made.push(await createExport(rig.db, { ...common, name, segmentIds: [segment], listRemoteId }))
  }
  return made
}

const listsAt = async (exports: readonly Export[]): Promise<Both> => {
  const ids: string[] = []
  for (const { id } of exports) for (const { remoteId } of await listsOf(rig.db, id)) ids.push(remoteId ?? '')
  const [oslo, everywhere] = ids
  if (!oslo || !everywhere) throw new Error('There are not two lists.')
  return { oslo, everywhere }
}

describe.each(vendors)('$destination', (vendor) => {
  const { destination, no, said, keeps, membersAllTheSame, names = emailsOf } = vendor
  const members = (list: string): string[] => rig.sandbox.members(destination, list)

  test('D19 who said no stays so; who leaves keeps all else; who returns is back', async () => {
    await rig.people([stays, moves, ...no])
    const exports = await exportsOf(vendor)
    await rig.refreshed()
    const lists = await listsAt(exports)
    await vendor.say?.(lists)
    const standings = async () => await Promise.all(no.map(async (person) => await vendor.standing(person, lists)))
    expect(await standings()).toEqual(said)
    expect(await vendor.kept(moves, lists)).toEqual(keeps)
    expect(members(lists.oslo)).toEqual(names([stays, moves, ...membersAllTheSame]))

    // Values of those who said no change, so that they are written as well.
    await rig.people([stays, { ...moves, city: 'Bergen' }, ...no.map((person) => ({ ...person, name: 'Changed' }))])
    await rig.refreshed()
    expect(members(lists.oslo)).toEqual(names([stays, ...membersAllTheSame]))
    expect(members(lists.everywhere)).toEqual(names([stays, moves, ...membersAllTheSame]))
    expect(await vendor.kept(moves, lists)).toEqual(keeps)
    expect(await standings()).toEqual(said)

    // They leave the segment and come back with somebody who left.
    await rig.people([stays])
    await rig.refreshed()
    expect(members(lists.oslo)).toEqual(names([stays]))
    await rig.people([stays, moves, ...no])
    await rig.refreshed()
    for (const one of exports) expect(await rig.lastRun(one)).toMatchObject({ unknown: 0 })
    for (const list of [lists.oslo, lists.everywhere]) {
      expect(members(list)).toEqual(names([stays, moves, ...membersAllTheSame]))
    }
    expect(await vendor.kept(moves, lists)).toEqual(keeps)
    expect(await standings()).toEqual(said)
    expect(rig.sandbox.forbidden()).toEqual([])
  })
})
