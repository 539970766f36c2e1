/** How much memory DuckDB may fill: all that it is given for large statements, little while records are only read out. */
import type { DuckDBConnection } from '@duckdb/node-api'

/** Enough for some slices of an outbox at once; what needs more is asked again with all of it. */
const SPARED_MB = 96
/** Times that much, where DuckDB cannot give back more: it is still far from all of it. */
const NEXT_BEST = [1, 2, 4]

export interface MemoryOptions {
  readonly full: string
  /** What does not fit into memory has another place. */
  readonly canSpare: boolean
  /** Megabytes, while records are only read out. */
  readonly sparedMb?: number
}

const inMb = (megabytes: number): string => `${megabytes}MB`

/** Sets DuckDB's limit by what goes on. DuckDB gives back what it holds beyond a limit that is lowered. */
export class MemoryLimit {
  readonly #connection: DuckDBConnection
  readonly #full: string
  readonly #canSpare: boolean
  readonly #sparedMb: number
  #sparing = 0
  #large = 0
  #limit: string
  #closed = false
  #settings: Promise<void> = Promise.resolve()

  /** The connection is this one's own. */
  constructor(connection: DuckDBConnection, { full, canSpare, sparedMb = SPARED_MB }: MemoryOptions) {
    this.#connection = connection
    this.#full = full
    this.#canSpare = canSpare
    this.#sparedMb = sparedMb
    this.#limit = full
  }

  /** Work that may need everything. Its limit stays until something is read out again: small writes come in numbers. */
  async whole<T>(work: () => Promise<T>): Promise<T> {
    this.#large++
    try {
      await this.#set()
      return await work()
    } finally {
      this.#large--
    }
  }

  /** Before something is read out. */
  async reading(): Promise<void> {
    if (this.#sparing > 0) await this.#set()
  }

  /** Work that needs little by itself. */
  async spared<T>(work: () => Promise<T>): Promise<T> {
    this.#sparing++
    try {
      await this.#inTurn(async () => await this.#release())
      await this.#set()
      return await work()
    } finally {
      this.#sparing--
      await this.#set()
    }
  }

  close(): void {
    this.#closed = true
    this.#connection.closeSync()
  }

  #set(): Promise<void> {
    return this.#inTurn(async () => await this.#apply())
  }

  #inTurn(change: () => Promise<void>): Promise<void> {
    // What failed before was told to whoever asked for it.
    this.#settings = this.#settings.then(change, change)
    return this.#settings
  }

  get #spares(): boolean {
    return this.#canSpare && this.#sparing > 0 && this.#large === 0 && !this.#closed
  }

  /**
   * What was written since the last checkpoint cannot all be given back: eight bytes for each row that was deleted, say.
   * Where that would leave little of the low limit to read with, there is a checkpoint first. It ends nobody's transaction;
   * where it is refused, the next best limit has to do.
   */
  async #release(): Promise<void> {
    if (!this.#spares || (await this.#isLowered(inMb(this.#sparedMb / 2)))) return
    await this.#connection.run('checkpoint').catch(() => undefined)
  }

  async #apply(): Promise<void> {
    if (this.#closed) return
    if (!this.#spares) return await this.#limitTo(this.#full)
    for (const times of NEXT_BEST) {
      // Too much may be in use just now to lower the limit: it is tried again before the next reading.
      if (await this.#isLowered(inMb(this.#sparedMb * times))) return
    }
  }

  async #limitTo(limit: string): Promise<void> {
    if (limit === this.#limit) return
    await this.#connection.run(`set memory_limit = '${limit}'`)
    this.#limit = limit
  }

  /** False where more is in use. */
  async #isLowered(limit: string): Promise<boolean> {
    return await this.#limitTo(limit).then(
      () => true,
      () => false,
    )
  }
}
