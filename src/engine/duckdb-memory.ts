/** How much memory DuckDB may fill: all that it is given for large statements, little while records are only read out. */
import type { DuckDBConnection } from '@duckdb/node-api'

/** Enough for some slices of an outbox at once; what needs more is asked again with all of it. */
const SPARED = '96MB'

/** Sets DuckDB's limit by what goes on. DuckDB gives back what it holds beyond a limit that is lowered. */
export class MemoryLimit {
  readonly #connection: DuckDBConnection
  readonly #full: string
  readonly #canSpare: boolean
  #sparing = 0
  #large = 0
  #limit: string
  #closed = false
  #settings: Promise<void> = Promise.resolve()

  /** `canSpare`: what does not fit into memory has another place. */
  constructor(connection: DuckDBConnection, full: string, canSpare: boolean) {
    this.#connection = connection
    this.#full = full
    this.#canSpare = canSpare
    this.#limit = full
  }

  /** Work that may need everything. */
  async whole<T>(work: () => Promise<T>): Promise<T> {
    this.#large++
    try {
      await this.#set()
      return await work()
    } finally {
      this.#large--
      await this.#set()
    }
  }

  /** Work that needs little by itself. */
  async spared<T>(work: () => Promise<T>): Promise<T> {
    this.#sparing++
    try {
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
    // What failed before was told to whoever asked for it.
    const apply = async () => await this.#apply()
    this.#settings = this.#settings.then(apply, apply)
    return this.#settings
  }

  async #apply(): Promise<void> {
    const wanted = this.#canSpare && this.#sparing > 0 && this.#large === 0 ? SPARED : this.#full
    if (wanted === this.#limit || this.#closed) return
    try {
      await this.#connection.run(`set memory_limit = '${wanted}'`)
      this.#limit = wanted
    } catch (error) {
      // Too much is in use just now to lower the limit: it is tried again with the next statement.
      if (wanted === this.#full) throw error
    }
  }
}
