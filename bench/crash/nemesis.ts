/** Starts the server again and again, and kills it: with a request open, or at a point that the database shows. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { RequestEvent, Sandbox, SandboxVendor } from '../../sandbox/sandbox.ts'
import { forEachVendor } from '../../sandbox/vendors.ts'
import { exports } from './definitions.ts'
import { attach, type GatePoint, open, shut, waiting } from './gates.ts'
import type { Orders } from './messages.ts'
import { allAt, startSilence } from './silence.ts'

/** A point of a run: what the server writes there, and what it means. */
export const points = {
  'between the vendor’s answer and our checkpoint': {
    table: 'batch',
    condition: `new.state in ('accepted', 'done') and old.state = 'sending'`,
  },
  'between the last batch and settle': { table: 'run', condition: `new.phase = 'settling'` },
  'between settle and its mark': { table: 'run', condition: `new.phase = 'ended'` },
} as const satisfies Readonly<Record<string, GatePoint>>
export type Point = keyof typeof points
export const allPoints: readonly Point[] = [
  'between the vendor’s answer and our checkpoint',
  'between the last batch and settle',
  'between settle and its mark',
]

const entry = fileURLToPath(new URL('./server.ts', import.meta.url))

export interface Kills {
  /** Kills that landed while a request to the vendor was open. */
  readonly withRequestOpen: Readonly<Record<SandboxVendor, number>>
  /** Points that were reached and killed at. */
  readonly atPoints: readonly Point[]
}

/** Draws a whole number from 1 to `most`. */
export type Draw = (most: number) => number

/** At each vendor. */
export const KILLS_WITH_REQUEST_OPEN = 6
/** Requests of one life before the kill, at most: small enough that every run has requests for all kills. */
const REQUESTS_OF_A_LIFE = 5

export class Nemesis {
  readonly #orders: Orders
  readonly #sandbox: Pick<Sandbox, 'openRequests'>
  readonly #draw: Draw
  #onRequest: (event: RequestEvent) => void = () => undefined

  constructor(orders: Orders, sandbox: Pick<Sandbox, 'openRequests'>, draw: Draw) {
    this.#orders = orders
    this.#sandbox = sandbox
    this.#draw = draw
  }

  /** To be given every request event of the sandbox, in the midst of the request. */
  readonly onRequest = (event: RequestEvent): void => this.#onRequest(event)

  /** Lives once without a new refresh, so that connections and exports are there. */
  async prepare(): Promise<void> {
    await this.#ends(this.#start({ ...this.#orders, refreshes: 0 }))
  }

  /**
   * One refresh with all its kills, to its end. While the server is killed at one vendor the others do not answer, so that
   * none is done before its turn; then all go on at once. Throws when the server fails by itself.
   */
  async run(): Promise<Kills> {
    const landed = forEachVendor(() => 0)
    const silence = await startSilence()
    try {
      for (const { destination } of exports) {
        const { endpoints } = this.#orders
        const orders = {
          ...this.#orders,
          endpoints: { ...allAt(silence.url), [destination]: endpoints[destination] ?? '' },
        }
        while (
          landed[destination] < KILLS_WITH_REQUEST_OPEN &&
          (await this.#killWithRequestOpen(destination, orders))
        ) {
          landed[destination]++
        }
      }
    } finally {
      silence.close()
    }
    const atPoints: Point[] = []
    for (const point of allPoints) if (await this.#killAt(point)) atPoints.push(point)
    await this.#ends(this.#start())
    return { withRequestOpen: landed, atPoints }
  }

  #start(orders: Orders = this.#orders): ChildProcess {
    return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry, JSON.stringify(orders)], {
      stdio: ['ignore', 'inherit', 'inherit'],
    })
  }

  async #ends(child: ChildProcess): Promise<void> {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    if (child.exitCode !== 0) throw new Error(`The server ended by itself with ${child.exitCode ?? child.signalCode}.`)
  }

  /** Kills in the midst of one of the vendor's next requests. False when the server came to its end first. */
  async #killWithRequestOpen(vendor: SandboxVendor, orders: Orders): Promise<boolean> {
    const child = this.#start(orders)
    const phase = this.#draw(2) === 1 ? 'open' : 'applied'
    let left = this.#draw(REQUESTS_OF_A_LIFE)
    let landed = false
    this.#onRequest = (event) => {
      if (
        landed ||
        event.vendor !== vendor ||
        event.phase !== phase ||
        --left > 0 ||
        this.#sandbox.openRequests() === 0
      )
        return
      landed = child.kill('SIGKILL')
    }
    await once(child, 'exit')
    this.#onRequest = () => undefined
    if (!landed && child.exitCode !== 0) throw new Error(`The server ended by itself with ${child.exitCode}.`)
    return landed
  }

  /** False when the server never came to the point. */
  async #killAt(point: Point): Promise<boolean> {
    const client = await attach(this.#orders.home)
    try {
      await shut(client, points[point])
      const child = this.#start()
      const ended = once(child, 'exit')
      while (child.exitCode === null && (await waiting(client)).length === 0) await pause(5)
      const reached = child.kill('SIGKILL')
      await ended
      await open(client, points[point])
      return reached
    } finally {
      await client.end()
    }
  }
}
