/** The long conversations of the real destinations with the simulated vendors, killed at every step of them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noRates } from '../../bench/home.ts'
import { exampleCredentials } from '../../sandbox/credentials.ts'
import { signIn } from '../../sandbox/microsoft-advertising/test-sign-in.ts'
import type { SandboxVendor } from '../../sandbox/sandbox.ts'
import { type Bench, startBench } from '../../sandbox/test-bench.ts'
import { openChannel } from '../../src/delivery/channel.ts'
import { deliver, type End } from '../../src/delivery/deliver.ts'
import { Crash, MemoryRun } from '../../src/delivery/fixtures/memory-ports.ts'
import { type VirtualClock, virtualClock } from '../../src/delivery/fixtures/virtual-clock.ts'
import type { AnyDestination } from '../../src/destination-kit/kit.ts'
import { microsoftAdvertising } from '../../src/destinations/microsoft-advertising.ts'
import { sendgrid } from '../../src/destinations/sendgrid.ts'
import { type Door, openDoor } from '../../src/outbound/door.ts'
import { sha256 } from './rig.ts'

const PEOPLE = 12
const BATCH = 6
/** One in each batch is refused by the vendor. */
const REFUSED: readonly number[] = [2, 9]
/** Longer than any job may still work. */
const LATER_MS = 8 * 24 * 3_600_000
/** Every run here lets its clock go on. */
const A_CENTURY_SECONDS = 100 * 365 * 24 * 3600

interface Case {
  readonly name: string
  readonly vendor: SandboxVendor
  readonly destination: AnyDestination
  readonly operation: 'add' | 'remove'
  /** What is sent of the person of this seq; `tag` makes the people of one run its own. */
  identifier(tag: string, seq: number): string
}

/** The simulator takes no address with two dots in a row. */
const address = (tag: string, seq: number): string =>
  `${REFUSED.includes(seq) ? 'refused..' : 'person'}${seq}@${tag}.example.com`
const hashOf = (tag: string, seq: number): string => sha256(address(tag, seq))
const refusedHashes = new Set<string>()

const cases: readonly Case[] = [
  {
    name: 'a CSV import at SendGrid',
    vendor: 'sendgrid',
    destination: sendgrid,
    operation: 'add',
    identifier: address,
  },
  {
    name: 'a Bulk upload that adds at Microsoft Advertising',
    vendor: 'microsoft-advertising',
    destination: microsoftAdvertising,
    operation: 'add',
    identifier: hashOf,
  },
  {
    name: 'a Bulk upload that removes at Microsoft Advertising',
    vendor: 'microsoft-advertising',
    destination: microsoftAdvertising,
    operation: 'remove',
    identifier: hashOf,
  },
]

const app = exampleCredentials['microsoft-advertising']
const settings = {
  region: 'us',
  customerId: app.customerId,
  accountId: app.accountId,
  terms: 'yes',
}
const credentials = {
  apiKey: exampleCredentials.sendgrid.apiKey,
  clientId: app.clientId,
  clientSecret: app.clientSecret,
  developerToken: app.developerToken,
}

let bench: Bench
let token: string
let clock: VirtualClock
let passed = 0
let lists = 0

/** The simulators' clock goes with the virtual one. */
const synchronize = (): void => {
  bench.pass((clock.elapsed() - passed) / 1000)
  passed = clock.elapsed()
}

beforeAll(async () => {
  clock = virtualClock()
  bench = await startBench({
    limits: false,
    settings: {
      sendgrid: { countsReadable: true },
      'microsoft-advertising': { tokenSeconds: A_CENTURY_SECONDS, refuses: (hash) => refusedHashes.has(hash) },
    },
  })
  token = (await signIn(bench)).access_token
})
afterAll(async () => await bench.end())

const makeList = async (vendor: SandboxVendor, name: string): Promise<string> => {
  if (vendor === 'sendgrid') {
    const headers = { authorization: `Bearer ${credentials.apiKey}` }
    await bench.ask(vendor, 'POST', '/v3/marketing/lists', { headers, json: { name } })
  } else {
    const headers = {
      ...{ Authorization: `Bearer ${token}`, DeveloperToken: app.developerToken },
      ...{ CustomerId: app.customerId, CustomerAccountId: app.accountId },
    }
    const audience = { Type: 'CustomerList', Name: name, Scope: 'Account', ParentId: app.accountId }
    const json = { Audiences: [{ ...audience, MembershipDuration: -1 }] }
    await bench.ask(vendor, 'POST', '/CampaignManagement/v13/Audiences', { headers, json })
  }
  const made = bench
    .sandbox()
    .lists(vendor)
    .find((list) => list.name === name)
  if (made === undefined) throw new Error(`${vendor} did not make a list.`)
  return made.id
}

/** Says where a process dies: at which call of the outside, before or after its effect. */
type Dies = (call: number, when: 'before' | 'after') => boolean

const nowhere: Dies = () => false

class Company {
  readonly of: Case
  readonly listId: string
  readonly tag: string

  constructor(of: Case, listId: string, tag: string) {
    this.of = of
    this.listId = listId
    this.tag = tag
  }

  #fields(seq: number): Record<string, string | null> {
    return this.of.vendor === 'sendgrid' ? { first_name: `Person, "${seq}"`, city: null } : {}
  }

  planned(operation: 'add' | 'remove'): MemoryRun {
    const people = Array.from({ length: PEOPLE }, (_, seq) => ({
      identifier: this.of.identifier(this.tag, seq),
      fields: this.#fields(seq),
    }))
    return new MemoryRun(people).plan({ from: 0, to: PEOPLE - 1 }, BATCH, { listId: '7', operation, route: 1 })
  }

  members(): string[] {
    synchronize()
    return bench.sandbox().members(this.of.vendor, this.listId)
  }

  /** Runs to the end through as many processes as it takes; gives how often one died. */
  async deliver(run: MemoryRun, dies: Dies): Promise<number> {
    let calls = 0
    let deaths = 0
    for (let lives = 0; lives < 20; lives++) {
      const halt = new AbortController()
      const die = (call: number, when: 'before' | 'after'): void => {
        if (halt.signal.aborted) throw new Crash()
        if (!dies(call, when)) return
        deaths++
        halt.abort(new Crash())
        throw new Crash()
      }
      const step = (): (() => void) => {
        const call = ++calls
        die(call, 'before')
        return () => die(call, 'after')
      }
      let after = (): void => undefined
      // A checkpoint has its effect at once, so no other step comes between.
      run.interrupt = (_call, when) => {
        if (when === 'before') after = step()
        else after()
      }
      const end = await this.#live(run, halt.signal, step)
      if (end === 'dead' || end.kind === 'halted') continue
      expect(end).toEqual({ kind: 'complete' })
      return deaths
    }
    throw new Error('It never came through.')
  }

  async #live(run: MemoryRun, halt: AbortSignal, step: () => () => void): Promise<End | 'dead'> {
    const { destination, vendor } = this.of
    const real = openDoor({ endpoints: new Map([[vendor, new URL(bench.sandbox().urls[vendor])]]) })
    let inFlight = 0
    clock.busy = () => inFlight > 0
    const door: Door = {
      ...real,
      async exchange(request, signal) {
        inFlight++
        try {
          synchronize()
          const after = step()
          const answer = await real.exchange(request, signal)
          after()
          return answer
        } finally {
          inFlight--
        }
      },
    }
    const place = { settings, found: {} }
    try {
      return await deliver({
        destination,
        target: { place, lists: new Map([['7', { id: this.listId, name: 'News' }]]) },
        channel: openChannel({
          ...{ destination, place, credentials, door, clock, rates: noRates, account: vendor, random: () => 0.5 },
          ...(vendor === 'sendgrid' ? {} : { tokens: { current: async () => token, renew: async () => token } }),
        }),
        ...{ outbox: run.outbox, staging: run.staging, checkpoints: run.checkpoints, clock },
        signal: new AbortController().signal,
        halt,
      })
    } catch (error) {
      if (error instanceof Crash) return 'dead'
      throw error
    } finally {
      await real.close()
    }
  }
}

/** A list of its own, with the people on it where they shall be removed. */
const open = async (of: Case): Promise<Company> => {
  const tag = `run${++lists}`
  for (const seq of REFUSED) if (of.operation === 'add') refusedHashes.add(hashOf(tag, seq))
  const company = new Company(of, await makeList(of.vendor, tag), tag)
  if (of.operation === 'remove') {
    await company.deliver(company.planned('add'), nowhere)
    expect(company.members()).toHaveLength(PEOPLE)
  }
  return company
}

const expectExact = async (company: Company, run: MemoryRun): Promise<void> => {
  const { of, tag } = company
  const seqs = Array.from({ length: PEOPLE }, (_, seq) => seq)
  const isRefused = (seq: number): boolean => of.operation === 'add' && REFUSED.includes(seq)
  const wanted = seqs
    .filter((seq) => of.operation === 'add' && !isRefused(seq))
    .map((seq) => of.identifier(tag, seq))
    .sort()
  expect(company.members()).toEqual(wanted)
  expect(seqs.map((seq) => run.staged.get(seq)?.kind)).toEqual(
    seqs.map((seq) => (isRefused(seq) ? 'rejected' : 'applied')),
  )
  expect(new Set(run.states())).toEqual(new Set(['done']))
  // Everything that was accepted has had time to work, also what nobody follows any more.
  await clock.sleep(LATER_MS, new AbortController().signal)
  expect(company.members()).toEqual(wanted)
  expect(bench.sandbox().forbidden()).toEqual([])
}

describe.each(cases)('$name', (of) => {
  test('names exactly those whom the vendor refuses', async () => {
    const company = await open(of)
    const run = company.planned(of.operation)
    expect(await company.deliver(run, nowhere)).toBe(0)
    expect(run.lostAt.size).toBe(0)
    await expectExact(company, run)
  })

  test.each(['before', 'after'] as const)(
    'ends with the right list when it is killed %s any request or checkpoint',
    async (moment) => {
      for (let point = 1; ; point++) {
        const company = await open(of)
        const run = company.planned(of.operation)
        const deaths = await company.deliver(run, (call, when) => call === point && when === moment)
        await expectExact(company, run)
        if (deaths > 0) continue
        // Of each file: sending, an address, kept, the upload, accepted, a look, staged, done.
        expect(point).toBeGreaterThan(2 * 8)
        return
      }
    },
    120_000,
  )

  test('ends with the right list when it is killed at every fourth request or checkpoint', async () => {
    const company = await open(of)
    const run = company.planned(of.operation)
    const deaths = await company.deliver(run, (call, when) => when === 'after' && call % 4 === 0 && call < 50)
    expect(deaths).toBeGreaterThan(3)
    await expectExact(company, run)
  })
})
