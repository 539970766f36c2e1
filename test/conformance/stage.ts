/** One destination with its simulator, a wire between them, and a clock that nobody has to wait for. */
import { createHash } from 'node:crypto'
import { rateAccountOf } from '../../src/connections/rate-account.ts'
import { type Channel, type ChannelOptions, openChannel } from '../../src/delivery/channel.ts'
import { converse } from '../../src/delivery/conversation.ts'
import { seeded } from '../../src/delivery/fixtures/rig.ts'
import { type VirtualClock, virtualClock } from '../../src/delivery/fixtures/virtual-clock.ts'
import type { Tokens } from '../../src/delivery/ports.ts'
import { openRates } from '../../src/delivery/rates.ts'
import type { Values } from '../../src/destination-kit/access.ts'
import type { AnyDestination, List, Place, Talk } from '../../src/destination-kit/kit.ts'
import { openDuckDb } from '../../src/engine/duckdb.ts'
import type { DataEngine } from '../../src/engine/engine.ts'
import { ensureExportTables } from '../../src/exports/tables.ts'
import { type Door, openDoor } from '../../src/outbound/door.ts'
import type { AtVendor, Fixtures } from './fixtures.ts'
import { signedIn } from './sign-in.ts'
import { openSimulator, type Simulator } from './simulator.ts'
import { Wire } from './wire.ts'

/** Long enough for a busy machine; cases about time limits say their own. */
const timeouts = { connectMs: 5_000, headersMs: 10_000, bodyMs: 10_000, totalMs: 20_000 }

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The definition's defaults where nothing is given. */
const settled = (definition: AnyDestination, given: Values<string>): Values<string> =>
  Object.fromEntries(
    Object.entries(definition.settings).map(([name, setting]) => [name, given[name] ?? setting.default ?? '']),
  )

export class Stage {
  readonly definition: AnyDestination
  readonly fixtures: Fixtures
  readonly clock: VirtualClock
  readonly wire: Wire
  readonly simulator: Simulator
  readonly door: Door
  readonly engine: DataEngine
  /** The simulator's clock stands still at this moment, so that no job of it ends. */
  frozenAt: number | undefined
  readonly #rates: ReturnType<typeof openRates>
  #place: Place<string, string> = { settings: {}, found: {} }
  #tokens: Tokens | undefined
  #made = 0

  constructor(
    subject: { readonly definition: AnyDestination; readonly fixtures: Fixtures },
    parts: Pick<Stage, 'clock' | 'wire' | 'simulator' | 'door' | 'engine'>,
  ) {
    this.definition = subject.definition
    this.fixtures = subject.fixtures
    this.clock = parts.clock
    this.wire = parts.wire
    this.simulator = parts.simulator
    this.door = parts.door
    this.engine = parts.engine
    this.#rates = openRates(this.clock)
  }

  get place(): Place<string, string> {
    return this.#place
  }

  /** Where tokens are renewed. */
  get tokenPath(): string | undefined {
    const { oauth } = this.definition
    return oauth === undefined ? undefined : new URL(oauth.token).pathname
  }

  /** Numbers that no other case of this stage has. */
  number(): number {
    this.#made++
    return this.#made
  }

  /** Signs in, and proves the connection, as a person who sets it up does. */
  async setUp(): Promise<void> {
    const { definition, fixtures, door, clock } = this
    const { credentials } = fixtures
    this.#tokens = await signedIn({ definition, credentials, door, clock, random: seeded(3) })
    this.#place = { settings: settled(definition, {}), found: {} }
    const settings = settled(definition, (await fixtures.settings?.(this.atVendor)) ?? {})
    this.#place = { settings, found: {} }
    const { found } = await this.hold(() => definition.check(settings))
    this.#place = { settings, found }
  }

  channel(more: Partial<ChannelOptions> = {}): Channel {
    const { definition, fixtures, place, door, clock } = this
    const { credentials } = fixtures
    return openChannel({
      ...{ destination: definition, place, credentials, door, clock, timeouts, rates: this.#rates },
      ...(this.#tokens === undefined ? {} : { tokens: this.#tokens }),
      account: rateAccountOf(definition, place, credentials),
      random: seeded(7),
      ...more,
    })
  }

  /** Holds a conversation about nobody. */
  async hold<T>(talk: () => Talk<T>): Promise<T> {
    return await converse(talk, this.channel(), new AbortController().signal)
  }

  /** Past the wire, so that nothing goes wrong and nothing is counted. */
  readonly atVendor: AtVendor = async (method, path, body) => {
    const token = (await this.#tokens?.current()) ?? ''
    let answer = await this.#askVendor(token, method, path, body)
    if (answer.status === 401 && this.#tokens !== undefined) {
      const renewed = await this.#tokens.renew(token, () => undefined)
      answer = await this.#askVendor(renewed, method, path, body)
    }
    const text = await answer.text()
    if (!answer.ok) throw new Error(`The simulator answers ${answer.status}: ${text}`)
    return /^[[{"]/.test(text) ? JSON.parse(text) : text
  }

  async #askVendor(token: string, method: string, path: string, body: unknown): Promise<Response> {
    const { definition, fixtures, simulator, place } = this
    const [host] = Object.values(definition.hosts)
    return await fetch(`http://127.0.0.1:${simulator.port}${path}`, {
      method,
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        ...host?.headers(fixtures.credentials, token, place.settings),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }

  /** A list that nobody else uses, empty. The wire is quiet, and has forgotten how it came about. */
  async newList(): Promise<List> {
    const { definition, fixtures, place } = this
    const name = `List ${this.number()}`
    const made = fixtures.makeList
    this.wire.clear()
    const ensure = definition.ensureList
    const list =
      made !== undefined
        ? { id: await made(this.atVendor, name), name }
        : (await this.hold(() => ensure?.({ name, mark: `mark ${name}` }, place) ?? noList(definition))).list
    // A vendor may take a while to know of it.
    await this.clock.sleep(120_000, new AbortController().signal)
    this.wire.clear()
    return list
  }

  /** Lower-case identifiers on the list, sorted, with all that is due applied. */
  members({ id }: List): string[] {
    return this.simulator.members(id)
  }

  /** As the vendor is told an address, and shows it: its hash, or in lower case. */
  identifier(email: string): string {
    return this.definition.identifier.hash === undefined ? email.toLowerCase() : sha256(email.trim().toLowerCase())
  }

  async close(): Promise<void> {
    await this.engine.close()
    await this.door.close()
    await this.wire.close()
    await this.simulator.close()
  }
}

const noList = (definition: AnyDestination): never => {
  throw new Error(`${definition.id} makes no lists, and its fixtures have no makeList.`)
}

/** Time stands still while a request is on its way. */
const counted = (door: Door, clock: VirtualClock): Door => {
  let inFlight = 0
  clock.busy = () => inFlight > 0
  return {
    async exchange(request, signal) {
      inFlight++
      try {
        return await door.exchange(request, signal)
      } finally {
        inFlight--
      }
    },
    spool: () => door.spool(),
    endpoint: (destination) => door.endpoint(destination),
    pageAt: (destination, url) => door.pageAt(destination, url),
    close: () => door.close(),
  }
}

export const openStage = async (subject: {
  readonly definition: AnyDestination
  readonly fixtures: Fixtures
}): Promise<Stage> => {
  const clock = virtualClock()
  let stage: Stage | undefined
  const now = (): number => stage?.frozenAt ?? clock.now().getTime()
  const simulator = await openSimulator(subject.fixtures.simulator, now)
  const { port, writes } = simulator
  const wire = new Wire({ port, writes, elapsed: () => clock.elapsed(), never: subject.fixtures.never })
  const endpoint = await wire.start()
  simulator.answersAt(endpoint.origin)
  const door = counted(openDoor({ endpoints: new Map([[subject.definition.id, endpoint]]) }), clock)
  const engine = await openDuckDb({ file: ':memory:', threads: 1 })
  await ensureExportTables(engine)
  stage = new Stage(subject, { clock, wire, simulator, door, engine })
  await stage.setUp()
  return stage
}
