/** The engine as a rehearsal sees it: everything happens in one transaction that is never committed. */
import type { Dialect } from './dialect.ts'
import type { Columns, DataEngine, Query, Session } from './engine.ts'

/** A session that can also stream: the connection that the transaction is open on. */
export interface RehearsedSession extends Session {
  stream(query: Query): AsyncIterable<Columns>
}

/**
 * One statement after the other, since they share a connection. A transaction within it is part of it: what that leaves
 * behind is seen by what follows, and by nobody else.
 */
export class RehearsalEngine implements DataEngine {
  readonly dialect: Dialect
  readonly spillFolder: string
  readonly #session: RehearsedSession
  #last: Promise<unknown> = Promise.resolve()
  #isOver = false

  constructor(session: RehearsedSession, { dialect, spillFolder }: Pick<DataEngine, 'dialect' | 'spillFolder'>) {
    this.#session = session
    this.dialect = dialect
    this.spillFolder = spillFolder
  }

  run: DataEngine['run'] = (query) => this.#next(() => this.#session.run(query))
  rows: DataEngine['rows'] = (query, shape) => this.#next(() => this.#session.rows(query, shape))
  columns: DataEngine['columns'] = (query) => this.#next(() => this.#session.columns(query))

  async *stream(query: Query): AsyncIterable<Columns> {
    this.#assertOpen()
    yield* this.#session.stream(query)
  }

  async transaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return await work(this)
  }

  async rehearse<T>(work: (engine: DataEngine) => Promise<T>): Promise<T> {
    return await work(this)
  }

  async sparing<T>(work: () => Promise<T>): Promise<T> {
    return await work()
  }

  /**
   * What was asked for and not waited for is done, and nothing more is: on this connection it would be written. It closes
   * nothing: whoever rehearses ends the transaction.
   */
  async close(): Promise<void> {
    this.#isOver = true
    await this.#last
  }

  #assertOpen(): void {
    if (this.#isOver) throw new Error('The rehearsal is over.')
  }

  async #next<T>(work: () => Promise<T>): Promise<T> {
    this.#assertOpen()
    const mine = this.#last.then(work)
    this.#last = mine.catch(() => undefined)
    return await mine
  }
}
