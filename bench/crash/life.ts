/** One life of the server that is killed: its process, the memory it took, and what it says of its runs. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type EndedRun, type MemoryUse, type Orders, serverMessage } from './messages.ts'

const entry = fileURLToPath(new URL('./server.ts', import.meta.url))

/** The most bytes of any life so far. */
export class Peaks {
  resident = 0
  heap = 0
  /** While only exports run. */
  exporting = 0

  note({ resident, heap, exporting }: MemoryUse): void {
    this.resident = Math.max(this.resident, resident)
    this.heap = Math.max(this.heap, heap)
    if (exporting) this.exporting = Math.max(this.exporting, resident)
  }
}

export interface LifeOptions {
  readonly orders: Orders
  /** Megabytes that the heap of JavaScript may take. */
  readonly heapMegabytes?: number
  readonly peaks?: Peaks
}

export class Life {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  #killed = false
  #givenUp = false
  readonly runs: EndedRun[] = []

  constructor({ orders, heapMegabytes, peaks }: LifeOptions) {
    const limits = heapMegabytes === undefined ? [] : [`--max-old-space-size=${heapMegabytes}`]
    const args = ['--disable-warning=ExperimentalWarning', ...limits, entry, JSON.stringify(orders)]
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#ended = once(this.#child, 'exit')
    this.#child.on('message', (said) => {
      const parsed = serverMessage.parse(said)
      if (parsed.kind === 'run') this.runs.push(parsed)
      else peaks?.note(parsed)
    })
  }

  get over(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** Did a kill of ours meet the process while it lived? */
  get killed(): boolean {
    return this.#killed
  }

  kill(): void {
    if (!this.#killed && !this.over) this.#killed = this.#child.kill('SIGKILL')
  }

  /** Ends it without its counting as killed. */
  giveUp(): void {
    this.#givenUp = true
    this.#child.kill('SIGKILL')
  }

  /** Resolves when it was killed, or came to its end. Throws when it failed by itself. */
  async ends(): Promise<void> {
    await this.#ended
    if (this.#killed || this.#givenUp) return
    const { exitCode, signalCode } = this.#child
    if (exitCode !== 0) throw new Error(`The server ended by itself with ${exitCode ?? signalCode}.`)
  }
}
